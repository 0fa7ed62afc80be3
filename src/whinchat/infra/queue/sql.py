"""`ports.Queue` over a table of any `ports.Database`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from whinchat.core.errors import StorageError
from whinchat.core.ports import Batch, Claim, Clock, Database, Job, JobState, Random, Sealer, Statement, Value
from whinchat.core.resilience.waiting import set_within
from whinchat.infra.queue import statements as sql
from whinchat.infra.queue.migrations import payload_row

log = logging.getLogger(__name__)

_Claimed = tuple[int, str, str, int, int, int | None, int, bytes]
"""id, kind, key, attempt, max_attempts, cause, priority, payload: what `statements.claim` returns."""


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that was given up after its last attempt. `died_at` in milliseconds; `error` is a code."""

    id: int
    kind: str
    key: str
    attempts: int
    error: str
    died_at: int
    cause: int | None


class SqlQueue:
    """A lease lasts `lease` seconds; a worker that does not extend it in time loses the job to whoever claims next.

    After the n-th failed attempt a job pauses for a random time up to `first_pause` * 2^(n-1) seconds, at most
    `longest_pause`. One runner per queue object is woken by `announce`; other processes look every few seconds.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        clock: Clock,
        random: Random,
        *,
        lease: float = 30.0,
        first_pause: float = 2.0,
        longest_pause: float = 600.0,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._random = random
        self._lease = lease
        self._first_pause = first_pause
        self._longest_pause = longest_pause
        self._announced = asyncio.Event()
        self._looked_at = 0
        """When jobs were last claimed; milliseconds. Whatever came due before has been seen."""

    # --- adding --------------------------------------------------------------------------------------------------

    def add(self, job: Job) -> tuple[Statement, ...]:
        since = self._clock.now() + round(job.delay * 1000)
        args: dict[str, Value] = {
            "kind": job.kind,
            "key": job.key,
            "priority": job.priority,
            "since": since,
            "due": since if job.delay > 0 else None,
            "max_attempts": job.max_attempts,
            "cause": job.cause,
            "payload": self._sealer.seal("jobs", payload_row((job.kind, job.key)), job.payload),
        }
        return (Statement(sql.ADD, args),)

    def announce(self) -> None:
        self._announced.set()

    # --- working off ---------------------------------------------------------------------------------------------

    async def claim(self, kinds: Sequence[str]) -> Claim | None:
        claims = await self.claim_many(dict.fromkeys(kinds, 1), 1)
        return claims[0] if claims else None

    async def claim_many(self, room: Mapping[str, int], at_most: int) -> list[Claim]:
        self._announced.clear()
        wanted = [(kind, count) for kind, count in room.items() if count > 0]
        if not wanted or at_most <= 0:
            return []
        now = self._looked_at = self._clock.now()
        token = int.from_bytes(self._random.randbytes(8), "big") >> 1  # a positive 64-bit integer
        expires = now + round(self._lease * 1000)
        args: dict[str, Value] = {"now": now, "expires": expires, "token": token, "at_most": at_most}
        for n, (kind, count) in enumerate(wanted):
            args[f"kind{n}"] = kind
            args[f"room{n}"] = count
        come_due = Statement(sql.COME_DUE, {"now": now})
        _, rows = await self._database.commit(Batch((come_due, Statement(sql.claim(len(wanted)), args))))
        claimed = sorted((cast("_Claimed", row) for row in rows), key=lambda row: (row[6], row[0]))
        return [claim for row in claimed if (claim := await self._open(row, token, expires)) is not None]

    async def _open(self, row: _Claimed, token: int, expires: int) -> Claim | None:
        """The claim, or None for a job that nobody should run again."""
        job_id, kind, key, attempt, max_attempts, cause, _, sealed = row
        # Beyond the last attempt: it never came as far as failing, its worker stopped or died every time.
        payload, fault = b"", "lost" if attempt > max_attempts else ""
        try:
            payload = self._sealer.open("jobs", payload_row((kind, key)), sealed)
        except StorageError as error:
            fault = error.code
        claim = Claim(job_id, kind, key, payload, attempt, max_attempts, token, expires, cause)
        if fault:
            await self._bury(claim, fault)
            return None
        return claim

    async def extend(self, claim: Claim) -> Claim | None:
        expires = self._clock.now() + round(self._lease * 1000)
        args = {"id": claim.id, "token": claim.token, "expires": expires}
        ((*extended,),) = await self._database.commit(Batch((Statement(sql.EXTEND, args),)))
        return replace(claim, expires=expires) if extended else None

    async def end_leases(self) -> None:
        """Whoever held a job is gone: for a process that has the database for itself, before its runner starts."""
        await self._touch(Statement(sql.END_LEASES, {"now": self._clock.now()}))

    def finish(self, claim: Claim) -> Statement:
        return Statement(sql.FINISH, {"id": claim.id, "token": claim.token}, rows=1)

    async def fail(self, claim: Claim, error: str, *, retry_after: float | None = None) -> JobState:
        if claim.attempt >= claim.max_attempts:
            await self._bury(claim, error)
            return JobState.DEAD
        pause = min(self._longest_pause, self._first_pause * 2.0 ** (claim.attempt - 1)) * self._random.random()
        await self._put_back(claim, max(pause, retry_after or 0.0), claim.attempt, error)
        return JobState.WAITING

    async def release(self, claim: Claim) -> None:
        await self._put_back(claim, 0.0, claim.attempt - 1, None)

    async def _put_back(self, claim: Claim, pause: float, attempt: int, error: str | None) -> None:
        since = self._clock.now() + round(pause * 1000)
        mine: dict[str, Value] = {"id": claim.id, "token": claim.token}
        like: dict[str, Value] = {"kind": claim.kind, "key": claim.key}
        back = {**mine, "since": since, "due": since if pause > 0 else None, "attempt": attempt, "error": error}
        await self._database.commit(
            Batch(
                (
                    Statement(sql.TAKE_OVER_FOLLOW_UP, {**mine, **like}, rows=1),
                    Statement(sql.REMOVE_LIKE, {**like, "state": JobState.WAITING.value}),
                    Statement(sql.PUT_BACK, back, rows=1),
                )
            )
        )
        self.announce()

    async def _bury(self, claim: Claim, error: str) -> None:
        like = {"kind": claim.kind, "key": claim.key, "state": JobState.DEAD.value}
        args: dict[str, Value] = {"id": claim.id, "token": claim.token, "now": self._clock.now(), "error": error}
        await self._database.commit(Batch((Statement(sql.REMOVE_LIKE, like), Statement(sql.BURY, args, rows=1))))
        log.error("a job is given up", extra={"kind": claim.kind, "job": claim.id, "error": error})
        self.announce()  # a follow-up may be waiting for it

    async def wait(self, seconds: float) -> None:
        """Until something was announced or comes due, at most `seconds`."""
        if self._announced.is_set():
            return
        row = await self._database.fetch_one(sql.NEXT_DUE, {"after": self._looked_at})
        if row is not None and row[0] is not None:
            seconds = min(seconds, (cast("int", row[0]) - self._clock.now()) / 1000)
        await set_within(self._announced, seconds, self._clock)

    # --- looking after it ----------------------------------------------------------------------------------------

    async def dead(self, limit: int) -> list[DeadJob]:
        """The jobs that were given up, the latest first."""
        rows = await self._database.fetch(sql.DEAD, {"limit": limit})
        return [DeadJob(*cast("tuple[int, str, str, int, str, int, int | None]", row)) for row in rows]

    async def revive(self, job_id: int) -> bool:
        """Let a dead job wait again, with all its attempts; False when there is no such dead job."""
        found = await self._touch(*self.revival(job_id))
        self.announce()
        return found

    def revival(self, job_id: int) -> tuple[Statement, ...]:
        """Lets a dead job wait again, with all its attempts, to be committed with something else; workers that look
        every few seconds find it.
        """
        args = {"id": job_id}
        return Statement(sql.DISCARD_IF_WAITING, args), Statement(sql.REVIVE, {**args, "now": self._clock.now()})

    async def discard(self, job_id: int) -> bool:
        """Remove a dead job for good; False when there is no such dead job."""
        return await self._touch(self.removal(job_id))

    def removal(self, job_id: int) -> Statement:
        return Statement(sql.DISCARD, {"id": job_id})

    async def _touch(self, *statements: Statement) -> bool:
        return any(await self._database.commit(Batch(statements)))

    def forget(self, before: int) -> Statement:
        """Removes the jobs that died before `before` (milliseconds), for retention."""
        return Statement(sql.FORGET, {"before": before})

    async def depths(self) -> dict[tuple[str, JobState], int]:
        rows = self._database.stream(sql.DEPTHS)  # they are few, but all jobs are counted
        return {(str(kind), JobState(str(state))): cast("int", count) async for kind, state, count in rows}

    async def oldest_waiting(self) -> float:
        """Seconds for which the oldest job that could run has waited; 0 when none waits."""
        row = await self._database.fetch_one(sql.OLDEST)
        if row is None or row[0] is None:
            return 0.0
        return max(0.0, (self._clock.now() - cast("int", row[0])) / 1000)
