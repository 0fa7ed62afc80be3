"""A small service that works a queue off, to be killed: `python -m tests.support.queue_service DATABASE JOBS STEP`.

STEP is `before:N` or `after:N`, the N-th commit at which the process kills itself, or `never`.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.queue import Ledger, put

from whinchat.core.dispatch.handler import Outcome
from whinchat.core.ports import Batch, Claim, Database, Job, Row, Statement
from whinchat.infra.clock import SystemClock
from whinchat.infra.crypto.keyring import KeyRing, RootKey
from whinchat.infra.crypto.sealer import AesSealer
from whinchat.infra.queue.runner import JobRunner
from whinchat.infra.queue.sql import SqlQueue
from whinchat.infra.storage.sqlite import SqliteDatabase
from whinchat.testing.metrics import RecordedMetrics

KIND = "test.effect"
LEASE = 0.5
KEYS = KeyRing(b"l" * 32, (RootKey("00000001", 0, b"k" * 32),))


class Deadly(SqliteDatabase):
    """A database whose process dies at one of its commits."""

    def __init__(self, path: Path, step: str) -> None:
        super().__init__(path)
        self._when, _, number = step.partition(":")
        self._left = int(number or 0)

    async def commit(self, batch: Batch) -> tuple[tuple[Row, ...], ...]:
        self._left -= 1
        if self._left == 0 and self._when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        results = await super().commit(batch)
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return results


@dataclass
class Effect:
    """Leaves its effect once; `flaky` jobs fail the first time, `parent` ones add a job of their own."""

    ledger: Ledger
    concurrency: int
    kind: str = KIND

    async def run(self, claim: Claim) -> Outcome:
        await asyncio.sleep(0)
        if claim.key.startswith("flaky") and claim.attempt == 1:
            raise OSError
        children = (Job(kind=KIND, key=f"child of {claim.key}", priority=9),) if claim.key.startswith("parent") else ()
        return Outcome(changes=Batch((self.ledger.effect(claim.key),)), jobs=children)


def job(number: int) -> Job:
    name = ("plain", "flaky", "parent")[number % 3]
    return Job(kind=KIND, key=f"{name} {number}", priority=-number, payload=b"sealed")


async def work_off(database: Database, *, at_once: int) -> None:
    """Run everything that is in the queue to its end."""
    clock = SystemClock()
    queue = SqlQueue(
        database, AesSealer(KEYS), clock, random.SystemRandom(), lease=LEASE, first_pause=0.02, longest_pause=0.05
    )

    async def settle(outcome: Outcome, done: Statement, cause: int | None) -> None:
        added = tuple(statement for job in outcome.jobs for statement in queue.add(job))
        await database.commit(Batch((*outcome.changes.statements, *added, done)))

    handler = Effect(Ledger(database), at_once)
    runner = JobRunner(queue, [handler], settle, clock, RecordedMetrics(), at_once=at_once)
    async with asyncio.TaskGroup() as group:
        group.create_task(runner.run())
        while await queue.depths():
            await asyncio.sleep(0.01)
        runner.stop(5)


async def main(path: Path, jobs: int, step: str) -> None:
    async with Deadly(path, step) as database:
        queue = SqlQueue(database, AesSealer(KEYS), SystemClock(), random.SystemRandom())
        for number in range(jobs):
            await put(database, queue, job(number))
        sys.stdout.write("added\n")
        sys.stdout.flush()
        await work_off(database, at_once=1 if step != "never" else 8)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
