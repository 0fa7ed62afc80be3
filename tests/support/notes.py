"""A small schema for tests of storage: notes, one column of them sealed."""

from __future__ import annotations

from pathlib import Path

from whinchat.core.ports import Batch, Migration, SealedColumn, Sealer, Statement
from whinchat.infra.clock import SystemClock
from whinchat.infra.crypto import rotation
from whinchat.infra.storage.migrate import migrate
from whinchat.infra.storage.sqlite import SqliteDatabase

NOTES = Migration(
    "notes",
    1,
    "notes",
    {"sqlite": "CREATE TABLE notes (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, body BLOB);"},
)
STARS = Migration("notes", 2, "stars", {"sqlite": "ALTER TABLE notes ADD COLUMN stars INTEGER NOT NULL DEFAULT 0;"})
SCHEMA = (*rotation.MIGRATIONS, NOTES)
SEALED = SealedColumn("notes", ("name",), "body")


def made(path: Path) -> Path:
    """An empty database with the schema."""
    migrate(path, SCHEMA, None, SystemClock())
    return path


def add(name: str, body: bytes | None = None) -> Statement:
    return Statement("INSERT INTO notes (name, body) VALUES (:name, :body)", {"name": name, "body": body}, rows=1)


def note(name: str, body: bytes | None = None, durable: bool = False) -> Batch:
    return Batch((add(name, body),), durable)


async def fill(path: Path, sealer: Sealer, count: int) -> None:
    """Sealed notes, and the mark of the key."""
    async with SqliteDatabase(path) as database:
        await rotation.verify_key(database, sealer)
        names = [f"note {number:04}" for number in range(count)]
        sealed = (add(name, sealer.seal("notes", name, f"secret of {name}".encode())) for name in names)
        await database.commit(Batch(tuple(sealed)))


async def count(path: Path) -> int:
    async with SqliteDatabase(path) as database:
        row = await database.fetch_one("SELECT count(*) FROM notes")
        assert row is not None
        return int(row[0] or 0)
