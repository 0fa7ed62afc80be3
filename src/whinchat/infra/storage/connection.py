"""Opening SQLite files: settings, permissions, and SQLite's errors in the words of the core."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from whinchat.core.errors import Overloaded, StorageError, WhinchatError

BUSY_MS = 5_000  # how long to wait for a lock that another process holds
LOG_LIMIT = 16 * 1024 * 1024  # bytes that the -wal file keeps after a checkpoint
OUT_OF_SPACE = (errno.ENOSPC, errno.EDQUOT)


def connect(path: Path, *, write: bool = False, cache_kib: int = 1_000, mmap_bytes: int = 0) -> apsw.Connection:
    """Open `path`, for reading only unless `write`, which also makes the file when it is not there.

    Raises:
        StorageError: not readable or writable (`read_only`), or not an undamaged SQLite file (`damaged`).
    """
    with translated(path):
        if write:
            make_private(path)
        flags = apsw.SQLITE_OPEN_READWRITE if write else apsw.SQLITE_OPEN_READONLY
        connection = apsw.Connection(str(path), flags=flags, statementcachesize=200)
        try:
            _prepare(connection, write, cache_kib, mmap_bytes)
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: apsw.Connection, write: bool, cache_kib: int, mmap_bytes: int) -> None:
    connection.set_busy_timeout(BUSY_MS)
    connection.pragma("cache_size", -cache_kib)
    connection.pragma("mmap_size", mmap_bytes)
    connection.pragma("temp_store", "MEMORY")
    if write:
        if connection.pragma("page_count") == 0:
            connection.pragma("auto_vacuum", "INCREMENTAL")  # can only be chosen before the first table
        connection.pragma("journal_mode", "WAL")
        connection.pragma("journal_size_limit", LOG_LIMIT)
        connection.pragma("synchronous", "NORMAL")
        connection.pragma("foreign_keys", True)
    connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()  # reads the header: garbage is found here


def make_private(path: Path) -> None:
    """See to it that the file exists and that it and its companions are the owner's alone.

    SQLite gives -wal and -shm the permissions of the main file. A folder that is made here is private too; one that
    was there keeps its permissions.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for file in companions(path):
        if file.exists() and file.stat().st_mode & 0o077:
            file.chmod(0o600)


def companions(path: Path) -> tuple[Path, Path, Path]:
    """The database file with its log and the log's index."""
    return path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


def in_words(error: Exception, path: Path) -> Exception:
    """What `error`, from SQLite or the operating system, means for the operator; others come back unchanged.

    Mistakes in SQL and in arguments are not translated: they are bugs and show as what they are.
    """
    if isinstance(error, OSError):
        return _disk_full(path) if error.errno in OUT_OF_SPACE else _read_only(path)
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            return words(path)
    return error


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise SQLite's and the operating system's errors within as `StorageError` or `Overloaded`."""
    try:
        yield
    except (apsw.Error, OSError) as error:
        meaning = in_words(error, path)
        if meaning is error:
            raise
        raise meaning from error


def closed() -> WhinchatError:
    return StorageError("the database is closed", code="closed")


def _disk_full(path: Path) -> WhinchatError:
    return StorageError(
        f"the disk that holds the database is full ({path.parent})",
        hint="Make room on it. Nothing that was confirmed is lost, and work goes on by itself when there is space.",
        code="disk_full",
    )


def _read_only(path: Path) -> WhinchatError:
    return StorageError(
        f"the database {path.name} in the folder {path.parent} cannot be opened or written",
        hint="Give the user that runs Whinchat that folder and the files in it, on a disk that is not read-only, "
        "or choose another folder (the service's own is storage.data).",
        code="read_only",
    )


def _damaged(path: Path) -> WhinchatError:
    return StorageError(
        f"the database {path} is damaged or is not a database",
        hint="See what is wrong with `whinchat db check`; go back to a backup with `whinchat db restore FILE`.",
        code="damaged",
    )


def _disk_error(path: Path) -> WhinchatError:
    return StorageError(
        f"the disk that holds the database reported an error ({path.parent})",
        hint="Look at the system's log and the health of the disk, then run `whinchat db check`.",
        code="disk_error",
    )


def _busy(path: Path) -> WhinchatError:
    return Overloaded(f"another process is writing to the database {path}", code="database_busy", retry_after=1.0)


_WORDS = {
    apsw.FullError: _disk_full,
    apsw.ReadOnlyError: _read_only,
    apsw.CantOpenError: _read_only,
    apsw.PermissionsError: _read_only,
    apsw.CorruptError: _damaged,
    apsw.NotADBError: _damaged,
    apsw.IOError: _disk_error,
    apsw.BusyError: _busy,
}
