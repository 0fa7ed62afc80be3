"""What sources are built from, without a network."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from whinchat.apps.scanner.migrations import MIGRATIONS
from whinchat.core.ports import Database, HttpClient, Migration, OpenDatabase, Resolver
from whinchat.testing import queue
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.http import FakeHttp
from whinchat.testing.queue import MemoryQueue
from whinchat.testing.resolver import FakeResolver
from whinchat.testing.sealer import PlainSealer
from whinchat.testing.workers import InlineWorkers


def _no_database(path: Path, migrations: Sequence[Migration]) -> AbstractAsyncContextManager[Database]:
    raise AssertionError("nothing here has a database of its own")


@dataclass
class Given:
    data: Path
    http: HttpClient | None = field(default_factory=FakeHttp)
    resolver: Resolver | None = field(default_factory=FakeResolver)
    clock: FakeClock = field(default_factory=FakeClock)
    random: random.Random = field(default_factory=lambda: random.Random(1))
    workers: InlineWorkers = field(default_factory=InlineWorkers)
    open_database: OpenDatabase = field(default=_no_database)
    database: MemoryDatabase = field(default_factory=lambda: MemoryDatabase((*MIGRATIONS, *queue.MIGRATIONS)))
    sealer: PlainSealer = field(default_factory=PlainSealer)

    @property
    def queue(self) -> MemoryQueue:
        return MemoryQueue(self.database, self.clock)
