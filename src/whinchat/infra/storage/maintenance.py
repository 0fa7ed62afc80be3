"""Sizes, and giving back what is no longer used: what a nightly job needs."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import apsw

from whinchat.infra.storage.connection import BUSY_MS, companions

SLICE = 200  # pages given back in one go: some milliseconds in which nothing else is written


@dataclass(frozen=True, slots=True)
class Sizes:
    """All in bytes."""

    database: int
    log: int
    unused: int
    """In the database file, for later rows or for `incremental_vacuum`."""
    disk_free: int


def measure(connection: apsw.Connection, path: Path) -> Sizes:
    database, log, _ = (file.stat().st_size if file.exists() else 0 for file in companions(path))
    unused = connection.pragma("freelist_count") * connection.pragma("page_size")
    return Sizes(database, log, unused, shutil.disk_usage(path.parent).free)


def release_pages(connection: apsw.Connection, pages: int) -> int:
    before: int = connection.pragma("freelist_count")
    connection.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()  # a page per step
    after: int = connection.pragma("freelist_count")
    return before - after


def checkpoint(connection: apsw.Connection) -> None:
    """Move the log into the file and cut it off; without waiting, so readers in the middle of something keep it."""
    connection.set_busy_timeout(0)
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.BusyError:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
    finally:
        connection.set_busy_timeout(BUSY_MS)
