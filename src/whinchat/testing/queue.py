"""A queue for tests."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Claim, Clock, Database, Job, JobState, Migration, Row, Statement, Value
from whinchat.core.resilience.waiting import set_within

MIGRATIONS = (
    Migration(
        "memory_queue",
        1,
        "jobs",
        {
            "sqlite": """
CREATE TABLE memory_jobs (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    kind          TEXT NOT NULL,
    key           TEXT NOT NULL,
    state         TEXT NOT NULL,
    priority      INTEGER NOT NULL,
    due_at        INTEGER NOT NULL,
    attempt       INTEGER NOT NULL,
    max_attempts  INTEGER NOT NULL,
    token         INTEGER NOT NULL DEFAULT 0,
    cause         INTEGER,
    error         TEXT,
    payload       BLOB NOT NULL
);
"""
        },
    ),
)

_HURRY = """
    UPDATE memory_jobs SET priority = min(priority, :priority),
                           due_at = CASE WHEN attempt = 0 THEN min(due_at, :due) ELSE due_at END
     WHERE kind = :kind AND key = :key AND state = 'waiting'"""

_ADD = """
    INSERT INTO memory_jobs (kind, key, state, priority, due_at, attempt, max_attempts, cause, payload)
         SELECT :kind, :key, 'waiting', :priority, :due, 0, :max_attempts, :cause, :payload
          WHERE NOT EXISTS (SELECT 1 FROM memory_jobs WHERE kind = :kind AND key = :key AND state = 'waiting')"""

_ALL = """
    SELECT id, kind, key, state, due_at, attempt, max_attempts, token, cause, payload FROM memory_jobs
     WHERE state <> 'dead' ORDER BY priority, id"""

_CLAIM = """
    UPDATE memory_jobs SET state = 'running', attempt = attempt + 1, token = token + 1, due_at = :expires
     WHERE id = :id AND token = :token
 RETURNING id"""

_EXTEND = "UPDATE memory_jobs SET due_at = :expires WHERE id = :id AND token = :token AND state = 'running'"

_FINISH = "DELETE FROM memory_jobs WHERE id = :id AND token = :token AND state = 'running'"

_MOVE = """
    UPDATE memory_jobs SET state = :state, due_at = :due, attempt = :attempt, error = :error
     WHERE id = :id AND token = :token AND state = 'running'"""

_TAKE_OVER = """
    UPDATE memory_jobs SET payload = follow.payload, priority = min(memory_jobs.priority, follow.priority)
      FROM memory_jobs AS follow
     WHERE memory_jobs.id = :id AND follow.kind = :kind AND follow.key = :key AND follow.state = 'waiting'"""

_REMOVE_OTHERS = "DELETE FROM memory_jobs WHERE kind = :kind AND key = :key AND state = :state AND id <> :id"

_Row = tuple[int, str, str, str, int, int, int, int, int | None, bytes]
"""id, kind, key, state, due_at, attempt, max_attempts, token, cause, payload: what `_ALL` gives."""


class MemoryQueue:
    """`ports.Queue` in the plainest way: it reads all jobs and decides in Python. For one process, nothing is sealed.

    Its statements are true SQL, so jobs appear and end with the batch that they are part of. The database needs
    `MIGRATIONS`; `whinchat.testing.database.MemoryDatabase` does. The n-th failed attempt pauses for 2^(n-1) seconds.
    """

    def __init__(self, database: Database, clock: Clock, *, lease: float = 30.0) -> None:
        self._database = database
        self._clock = clock
        self._lease = round(lease * 1000)
        self._announced = asyncio.Event()
        self._looked_at = 0

    def add(self, job: Job) -> tuple[Statement, ...]:
        like: dict[str, Value] = {"kind": job.kind, "key": job.key, "priority": job.priority}
        due = {**like, "due": self._clock.now() + round(job.delay * 1000)}
        new = {**due, "max_attempts": job.max_attempts, "cause": job.cause, "payload": job.payload}
        return Statement(_HURRY, due), Statement(_ADD, new)

    def announce(self) -> None:
        self._announced.set()

    async def claim(self, kinds: Sequence[str]) -> Claim | None:
        claims = await self.claim_many(dict.fromkeys(kinds, 1), 1)
        return claims[0] if claims else None

    async def claim_many(self, room: Mapping[str, int], at_most: int) -> list[Claim]:
        self._announced.clear()
        self._looked_at = self._clock.now()
        rows = [cast("_Row", row) for row in await self._database.fetch(_ALL)]
        running = {(row[1], row[2]) for row in rows if row[3] == JobState.RUNNING}
        taken: Counter[str] = Counter()
        claims: list[Claim] = []
        for job_id, kind, key, state, due_at, attempt, max_attempts, token, cause, payload in rows:
            blocked = state == JobState.WAITING and (kind, key) in running
            if due_at > self._clock.now() or blocked or taken[kind] >= room.get(kind, 0) or len(claims) >= at_most:
                continue
            expires = self._clock.now() + self._lease
            claim = Claim(job_id, kind, key, payload, attempt + 1, max_attempts, token + 1, expires, cause)
            ((*won,),) = await self._commit(Statement(_CLAIM, {"id": job_id, "token": token, "expires": expires}))
            if not won:
                continue
            if claim.attempt > max_attempts:
                await self._bury(claim, "lost")
            else:
                taken[kind] += 1
                claims.append(claim)
        return claims

    async def extend(self, claim: Claim) -> Claim | None:
        renewed = replace(claim, expires=self._clock.now() + self._lease)
        args = {"id": claim.id, "token": claim.token, "expires": renewed.expires}
        try:
            await self._commit(Statement(_EXTEND, args, rows=1))
        except Conflict:
            return None
        return renewed

    def finish(self, claim: Claim) -> Statement:
        args = {"id": claim.id, "token": claim.token}
        return Statement(_FINISH, args, rows=1)

    async def fail(self, claim: Claim, error: str, *, retry_after: float | None = None) -> JobState:
        if claim.attempt >= claim.max_attempts:
            await self._bury(claim, error)
            return JobState.DEAD
        pause = max(2.0 ** (claim.attempt - 1), retry_after or 0.0)
        await self._move(claim, JobState.WAITING, round(pause * 1000), claim.attempt, error)
        return JobState.WAITING

    async def release(self, claim: Claim) -> None:
        await self._move(claim, JobState.WAITING, 0, claim.attempt - 1, None)

    async def _bury(self, claim: Claim, error: str) -> None:
        await self._move(claim, JobState.DEAD, 0, claim.attempt, error)

    async def _move(self, claim: Claim, state: JobState, pause: int, attempt: int, error: str | None) -> None:
        mine: dict[str, Value] = {"id": claim.id, "token": claim.token}
        like: dict[str, Value] = {"id": claim.id, "kind": claim.kind, "key": claim.key}
        moved = {**mine, "state": state.value, "due": self._clock.now() + pause, "attempt": attempt, "error": error}
        follow = (Statement(_TAKE_OVER, like),) if state is JobState.WAITING else ()
        others = Statement(_REMOVE_OTHERS, {**like, "state": state.value})
        await self._commit(Statement(_MOVE, moved, rows=1), *follow, others)
        self.announce()

    async def _commit(self, *statements: Statement) -> tuple[tuple[Row, ...], ...]:
        return await self._database.commit(Batch(statements))

    async def wait(self, seconds: float) -> None:
        """Until something was announced or comes due, at most `seconds`."""
        after = {"after": self._looked_at}
        row = await self._database.fetch_one("SELECT min(due_at) FROM memory_jobs WHERE due_at > :after", after)
        if row is not None and row[0] is not None:
            seconds = min(seconds, (cast("int", row[0]) - self._clock.now()) / 1000)
        await set_within(self._announced, seconds, self._clock)
