"""A SQLite file of an application's own, beside the service's database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from whinchat.core.ports import Clock, Database, Migration
from whinchat.infra.storage.migrate import migrate
from whinchat.infra.storage.sqlite import SqliteDatabase


@asynccontextmanager
async def opened(path: Path, migrations: Sequence[Migration], clock: Clock) -> AsyncIterator[Database]:
    """Made or brought up to date first; other processes may have it open. Raises StorageError."""
    await asyncio.to_thread(migrate, path, migrations, None, clock)
    async with SqliteDatabase(path) as database:
        yield database
