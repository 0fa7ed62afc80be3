"""What the tests of the queue share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Batch, Claim, Clock, Database, Job, Migration, Queue, Statement
from whinchat.infra.storage.migrate import migrate
from whinchat.infra.storage.sqlite import SqliteDatabase
from whinchat.testing.clock import FakeClock

LEASE = 30.0
WORK = "test.work"


@asynccontextmanager
async def sqlite(folder: Path, migrations: Sequence[Migration], clock: Clock) -> AsyncIterator[SqliteDatabase]:
    path = folder / "whinchat.db"
    migrate(path, migrations, None, clock)
    async with SqliteDatabase(path) as database:
        yield database


async def put(database: Database, queue: Queue, *jobs: Job) -> None:
    """Add the jobs as an outcome would: in one batch, announced after the commit."""
    await database.commit(Batch(tuple(statement for job in jobs for statement in queue.add(job))))
    queue.announce()


def job(key: str = "one", kind: str = WORK, *, priority: int = 0, delay: float = 0.0, payload: bytes = b"") -> Job:
    return Job(kind=kind, key=key, priority=priority, delay=delay, payload=payload)


@dataclass(frozen=True, slots=True)
class World:
    queue: Queue
    rival: Queue
    """Another worker on the same jobs."""
    database: Database
    clock: FakeClock

    async def put(self, *jobs: Job) -> None:
        await put(self.database, self.queue, *jobs)

    async def claim(self, *kinds: str) -> Claim:
        claim = await self.queue.claim(kinds or (WORK,))
        assert claim is not None
        return claim

    async def keys(self, *kinds: str) -> list[str]:
        """The keys of everything that can be claimed, in order."""
        claims = await self.queue.claim_many(dict.fromkeys(kinds or (WORK,), 100), 100)
        return [claim.key for claim in claims]

    async def finish(self, claim: Claim) -> None:
        await self.database.commit(Batch((self.queue.finish(claim),)))


class Work:
    """A job handler that does what the test says, and remembers what it was given."""

    def __init__(self, kind: str = WORK, concurrency: int = 4) -> None:
        self.kind = kind
        self.concurrency = concurrency
        self.claims: list[Claim] = []
        self.errors: list[BaseException] = []
        """Raised by the next runs, in order."""
        self.outcome = NOTHING
        self.at_once = 0
        self.most_at_once = 0
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def run(self, claim: Claim) -> Outcome:
        self.claims.append(claim)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.may_end.wait()
        finally:
            self.at_once -= 1
        if self.errors:
            raise self.errors.pop(0)
        return self.outcome

    @property
    def keys(self) -> list[str]:
        return [claim.key for claim in self.claims]


class Ledger:
    """A table in which effects are counted, so that a test sees which of them were committed."""

    MIGRATION = Migration(
        "ledger", 1, "effects", {"sqlite": "CREATE TABLE effects (name TEXT PRIMARY KEY, times INTEGER NOT NULL);\n"}
    )

    def __init__(self, database: Database) -> None:
        self._database = database

    @staticmethod
    def effect(name: str) -> Statement:
        return Statement(
            "INSERT INTO effects (name, times) VALUES (:name, 1) ON CONFLICT (name) DO UPDATE SET times = times + 1",
            {"name": name},
        )

    async def effects(self) -> dict[str, int]:
        rows = await self._database.fetch("SELECT name, times FROM effects")
        return {str(name): int(str(times)) for name, times in rows}
