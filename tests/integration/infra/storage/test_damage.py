"""Damage that shows while the service runs: it is remembered, and health says so until somebody mended it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from whinchat.bootstrap import migrations
from whinchat.core.errors import StorageError
from whinchat.core.ports import Batch, Statement
from whinchat.infra.storage.housekeeping import Writable
from whinchat.infra.storage.migrate import migrate
from whinchat.infra.storage.sqlite import SqliteDatabase
from whinchat.testing.clock import FakeClock


def damage(path: Path, table: str) -> None:
    """Flip the bits of the table's first page."""
    with closing(sqlite3.connect(path)) as database:
        (size,) = database.execute("PRAGMA page_size").fetchone()
        (page,) = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    content = bytearray(path.read_bytes())
    start = (page - 1) * size
    content[start : start + size] = bytes(byte ^ 0x55 for byte in content[start : start + size])
    path.write_bytes(content)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    path = tmp_path / "whinchat.db"
    migrate(path, migrations(), None, FakeClock())
    damage(path, "scanner_state")
    async with SqliteDatabase(path) as database:
        yield database


async def test_a_sound_database_is_well(database: SqliteDatabase) -> None:
    assert await database.fetch_one("SELECT count(*) FROM events") == (0,)
    assert database.damage is None
    assert (await Writable(database, database).check()).ok


async def read_one(database: SqliteDatabase) -> None:
    await database.fetch_one("SELECT value FROM scanner_state WHERE name = 'x'")


async def read_all(database: SqliteDatabase) -> None:
    await database.fetch("SELECT * FROM scanner_state")


async def write(database: SqliteDatabase) -> None:
    await database.commit(Batch((Statement("INSERT INTO scanner_state VALUES ('x', 'y')", {}),)))


@pytest.mark.parametrize("meet", [read_one, read_all, write])
async def test_damage_that_was_met_once_shows_in_health_from_then_on(
    database: SqliteDatabase, caplog: pytest.LogCaptureFixture, meet: Callable[[SqliteDatabase], Awaitable[None]]
) -> None:
    for _ in range(3):
        with pytest.raises(StorageError) as raised:
            await meet(database)
        assert raised.value.code == "damaged"
    finding = await Writable(database, database).check()
    assert (finding.ok, finding.critical) == (False, True)
    assert "is damaged" in finding.detail
    assert "whinchat db restore" in finding.hint
    assert [record.levelname for record in caplog.records] == ["ERROR"], "said once"
