"""What became of one event: arrival, handling, jobs, replies, delivery, read from the rows that did it. No content."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from whinchat.core.dispatch.handler import JobHandler, Outcome
from whinchat.core.ports import Batch, Claim, Clock, Database, Statement


@dataclass(frozen=True, slots=True)
class Step:
    """`at` in milliseconds UTC; None for what has not happened yet."""

    at: int | None
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of the list of recent events."""

    id: int
    kind: str
    state: str
    arrived_at: int
    handled_at: int | None
    replies: int
    error: str | None


class Trace:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def event_of(self, reference: str) -> int | None:
        """The event that caused the reply with this reference (or a beginning of it)."""
        row = await self._database.fetch_one(
            "SELECT cause FROM outbox WHERE reference >= :start AND reference < :end AND cause IS NOT NULL LIMIT 1",
            {"start": reference, "end": reference + "\U0010ffff"},
        )
        return None if row is None else msgspec.convert(row, tuple[int])[0]

    async def recent(self, limit: int, state: str | None = None) -> list[Summary]:
        """The newest events, of one state if given."""
        rows = await self._database.fetch(
            """SELECT id, kind, state, arrived_at, handled_at,
                      (SELECT count(*) FROM outbox WHERE outbox.cause = events.id), error
                 FROM events WHERE :state IS NULL OR state = :state ORDER BY id DESC LIMIT :limit""",
            {"limit": limit, "state": state},
        )
        return [Summary(*msgspec.convert(row, tuple[int, str, str, int, int | None, int, str | None])) for row in rows]

    async def steps(self, event_id: int) -> list[Step]:
        """Everything that happened because of the event, in order; empty when it is not known (any more)."""
        row = await self._database.fetch_one(
            "SELECT kind, state, attempts, arrived_at, handled_at, error FROM events WHERE id = :id", {"id": event_id}
        )
        if row is None:
            return []
        kind, state, attempts, arrived, handled, error = msgspec.convert(
            row, tuple[str, str, int, int, int | None, str | None]
        )
        found = [Step(arrived, "arrived", kind)]
        if state == "waiting" or attempts:
            found.append(Step(None, "attempts failed", f"{attempts}, last: {error}" if attempts else "0, waiting"))
        if handled is not None:
            found.append(Step(handled, "handled" if state == "done" else "set aside", error or ""))
        found += await self._jobs(event_id)
        found += await self._replies(event_id)
        return sorted(found, key=lambda step: step.at if step.at is not None else 2**62)

    async def _jobs(self, event_id: int) -> list[Step]:
        done = await self._database.fetch("SELECT at, what FROM steps WHERE cause = :id ORDER BY id", {"id": event_id})
        found = [Step(at, "job done", what) for at, what in (msgspec.convert(row, tuple[int, str]) for row in done)]
        open_jobs = await self._database.fetch(
            "SELECT kind, state, since, attempt, error FROM jobs WHERE cause = :id", {"id": event_id}
        )
        for row in open_jobs:
            kind, state, since, attempt, error = msgspec.convert(row, tuple[str, str, int, int, str | None])
            found.append(Step(since, f"job {state}", f"{kind}, attempt {attempt}" + (f", {error}" if error else "")))
        return found

    async def _replies(self, event_id: int) -> list[Step]:
        rows = await self._database.fetch(
            """SELECT reference, kind, state, created_at, settled_at, attempts, delivery, error
                 FROM outbox WHERE cause = :id ORDER BY id""",
            {"id": event_id},
        )
        found = []
        for row in rows:
            reference, kind, state, created, settled, attempts, delivery, error = msgspec.convert(
                row, tuple[str, str, str, int, int | None, int, str | None, str | None]
            )
            found.append(Step(created, "reply queued", f"{kind} {reference}"))
            detail = ", ".join(
                filter(None, [f"attempt {attempts}" if attempts > 1 else "", delivery or "", error or ""])
            )
            found.append(Step(settled, f"reply {state}", f"{kind} {reference}" + (f" ({detail})" if detail else "")))
        return found


class Traced:
    """A job handler that leaves a step behind when its job was caused by an event: finished jobs have no row."""

    def __init__(self, handler: JobHandler, clock: Clock) -> None:
        self._handler = handler
        self._clock = clock
        self.kind = handler.kind
        self.concurrency = handler.concurrency

    async def run(self, claim: Claim) -> Outcome:
        outcome = await self._handler.run(claim)
        if claim.cause is None:
            return outcome
        step = Statement(
            "INSERT INTO steps (cause, at, what) VALUES (:cause, :now, :what)",
            {"cause": claim.cause, "now": self._clock.now(), "what": claim.kind},
        )
        return outcome + Outcome(changes=Batch((step,)))
