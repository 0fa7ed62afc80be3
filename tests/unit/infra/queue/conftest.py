from __future__ import annotations

import random

import pytest
from tests.support.queue import LEASE, Ledger
from tests.support.runner import RunnerBench

from whinchat.infra.queue.migrations import MIGRATIONS
from whinchat.infra.queue.sql import SqlQueue
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database() -> MemoryDatabase:
    return MemoryDatabase((*MIGRATIONS, Ledger.MIGRATION))


@pytest.fixture
def queue(database: MemoryDatabase, clock: FakeClock) -> SqlQueue:
    return SqlQueue(database, PlainSealer(), clock, random.Random(7), lease=LEASE, first_pause=2, longest_pause=60)


@pytest.fixture
def bench(database: MemoryDatabase, queue: SqlQueue, clock: FakeClock) -> RunnerBench:
    return RunnerBench(database, queue, clock)
