"""Every queue, over every database."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.queue import LEASE, Ledger, World, sqlite

from whinchat.infra.crypto.keyring import KeyRing
from whinchat.infra.crypto.sealer import AesSealer
from whinchat.infra.queue import migrations as sql_queue
from whinchat.infra.queue.sql import SqlQueue
from whinchat.testing import queue as memory_queue
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.queue import MemoryQueue
from whinchat.testing.sealer import PlainSealer


async def a_sqlite_file(folder: Path, clock: FakeClock) -> AsyncIterator[World]:
    sealer, chance = AesSealer(KeyRing.new(clock.now())), random.Random(7)
    async with sqlite(folder, (*sql_queue.MIGRATIONS, Ledger.MIGRATION), clock) as database:
        queue, rival = (SqlQueue(database, sealer, clock, chance, lease=LEASE) for _ in range(2))
        yield World(queue, rival, database, clock)


async def a_table_in_memory(_: Path, clock: FakeClock) -> AsyncIterator[World]:
    database, chance = MemoryDatabase((*sql_queue.MIGRATIONS, Ledger.MIGRATION)), random.Random(7)
    queue, rival = (SqlQueue(database, PlainSealer(), clock, chance, lease=LEASE) for _ in range(2))
    yield World(queue, rival, database, clock)


async def the_fake(_: Path, clock: FakeClock) -> AsyncIterator[World]:
    database = MemoryDatabase((*memory_queue.MIGRATIONS, Ledger.MIGRATION))
    queue, rival = (MemoryQueue(database, clock, lease=LEASE) for _ in range(2))
    yield World(queue, rival, database, clock)


@pytest.fixture(params=[a_sqlite_file, a_table_in_memory, the_fake])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async for made in request.param(tmp_path, FakeClock()):
        yield made
