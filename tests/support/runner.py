"""A job runner over a queue in memory, on a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.support.queue import WORK, Ledger, put

from whinchat.core.dispatch.handler import JobHandler, Outcome
from whinchat.core.ports import Batch, Job, Statement
from whinchat.infra.queue.runner import RUN, JobRunner
from whinchat.infra.queue.sql import SqlQueue
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.metrics import RecordedMetrics

ANOTHER_HAS_IT = Batch((Statement("UPDATE jobs SET token = 1", {}),))


class RunnerBench:
    """What a test needs to play with a runner."""

    def __init__(self, database: MemoryDatabase, queue: SqlQueue, clock: FakeClock) -> None:
        self.database = database
        self.queue = queue
        self.clock = clock
        self.metrics = RecordedMetrics()
        self.ledger = Ledger(database)
        self.settled: list[int | None] = []
        self.settle_errors: list[Exception] = []
        self.while_settling: Callable[[], Awaitable[None]] | None = None

    async def settle(self, outcome: Outcome, done: Statement, cause: int | None) -> None:
        if self.while_settling:
            await self.while_settling()
        if self.settle_errors:
            raise self.settle_errors.pop(0)
        await self.database.commit(Batch((*outcome.changes.statements, done)))
        self.settled.append(cause)

    @asynccontextmanager
    async def running(
        self, *handlers: JobHandler, at_once: int = 8, deadline: float = 300.0
    ) -> AsyncIterator[JobRunner]:
        runner = JobRunner(
            self.queue,
            handlers,
            self.settle,
            self.clock,
            self.metrics,
            backlog=self.queue,
            at_once=at_once,
            deadline=deadline,
        )
        running = asyncio.get_running_loop().create_task(runner.run())
        await self.clock.advance(0)
        try:
            yield runner
        finally:
            runner.stop(0)
            await running

    async def put(self, *jobs: Job) -> None:
        await put(self.database, self.queue, *jobs)
        await self.clock.advance(0)

    def results(self, kind: str = WORK) -> dict[str, int]:
        names = ("done", "failed", "dead", "lost", "released", "unwritten")
        counts = {name: int(self.metrics.value(RUN, kind=kind, result=name)) for name in names}
        return {name: count for name, count in counts.items() if count}
