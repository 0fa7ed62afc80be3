"""Copies of a database in use. A backup is one file, and never holds the key that opens what is sealed in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import apsw

import whinchat
from whinchat.core.errors import StorageError
from whinchat.core.ports import Clock, SealedColumn
from whinchat.infra.crypto.rotation import CANARY, key_ids_query
from whinchat.infra.files import sync
from whinchat.infra.storage.connection import connect, make_private, translated

STEP = 1_024  # pages, 4 MB
NOTE = (
    "A backup of a Whinchat database. The key that opens what is sealed in it is NOT in this file: "
    "keep the key file or an export of it (`whinchat keys export`) in another place."
)
TABLE = "CREATE TABLE backup_info (note TEXT NOT NULL, made_at INTEGER, version TEXT NOT NULL, key_ids TEXT NOT NULL)"

Progress = Callable[[int], None]
"""Called with how many more bytes are copied."""


@dataclass(frozen=True, slots=True)
class BackupInfo:
    made_at: int
    """Milliseconds since 1970 in UTC."""
    version: str
    """Of the Whinchat that made it."""
    key_ids: tuple[str, ...]
    """The keys without which what is sealed in it cannot be opened."""


def backup(
    source: Path,
    target: Path,
    *,
    clock: Clock,
    columns: Sequence[SealedColumn] = (),
    progress: Progress | None = None,
) -> BackupInfo:
    """Copy the database at `source` as it is now to the new file `target`, while others go on reading and writing.

    `target` appears when the copy is complete, checked and on the disk. While the copy is made SQLite keeps its log,
    so that the -wal file may grow by what is written meanwhile.

    Raises:
        StorageError: there is no database, or `target` exists (`exists`); the database is `damaged`; `disk_full`.
    """
    if not source.is_file():
        raise StorageError(f"there is no database at {source}", hint="Look at storage.data.", code="no_database")
    if target.exists():
        raise StorageError(f"{target} is there already", hint="Choose another name.", code="exists")
    part = target.with_name(f".{target.name}.part")
    try:
        with translated(target):
            part.unlink(missing_ok=True)
            make_private(part)
            info = _write(source, part, clock, columns, progress)
            part.rename(target)
            sync(target.parent)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return info


def _write(
    source: Path, part: Path, clock: Clock, columns: Sequence[SealedColumn], progress: Progress | None
) -> BackupInfo:
    copy_database(source, part, progress)
    with closing(apsw.Connection(str(part))) as copy:
        copy.pragma("journal_mode", "DELETE")  # one file, nothing beside it
        info = BackupInfo(clock.now(), whinchat.__version__, key_ids(copy, columns))
        copy.execute(TABLE)
        copy.execute(
            "INSERT INTO backup_info VALUES (?, ?, ?, ?)", (NOTE, info.made_at, info.version, ",".join(info.key_ids))
        )
        require_sound(copy, source)
    sync(part)
    return info


def copy_database(source: Path, target: Path, progress: Progress | None) -> None:
    """Copy page by page, from one snapshot, into the empty file `target`."""
    with closing(connect(source)) as original, closing(apsw.Connection(str(target))) as copy:
        copy.pragma("synchronous", "OFF")  # the caller syncs the finished file
        copy.pragma("journal_mode", "OFF")
        with translated(source), original:  # one read transaction, or every commit would start the copy anew
            original.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
            page_size = original.pragma("page_size")
            with copy.backup("main", original, "main") as copying:
                while not copying.done:
                    before = copying.page_count - copying.remaining
                    copying.step(STEP)
                    if progress:
                        progress((copying.page_count - copying.remaining - before) * page_size)


def read_info(backup_file: Path) -> BackupInfo:
    """What a backup says of itself. Raises StorageError (code `not_backup`, `damaged`)."""
    with closing(connect(backup_file)) as connection, translated(backup_file):
        if not connection.table_exists("main", "backup_info"):
            raise StorageError(
                f"{backup_file} is no backup made by Whinchat",
                hint="Give a file that `whinchat db backup` has written.",
                code="not_backup",
            )
        ((made_at, version, ids),) = connection.execute("SELECT made_at, version, key_ids FROM backup_info")
        return BackupInfo(made_at, version, tuple(ids.split(",")) if ids else ())


def key_ids(connection: apsw.Connection, columns: Sequence[SealedColumn]) -> tuple[str, ...]:
    """The ids of the keys with which anything in the database is sealed."""
    found: set[str] = set()
    for column in (CANARY, *columns):
        if has_column(connection, column):
            found.update(bytes(start).hex() for (start,) in connection.execute(key_ids_query(column)))
    return tuple(sorted(found))


def has_column(connection: apsw.Connection, column: SealedColumn) -> bool:
    """False in a database from before the step that brings the column."""
    query = "SELECT 1 FROM pragma_table_info(?) WHERE name = ?"
    return bool(connection.execute(query, (column.table, column.column)).fetchall())


def require_sound(connection: apsw.Connection, path: Path) -> None:
    """Raises StorageError (code `damaged`)."""
    if (finding := connection.execute("PRAGMA integrity_check(1)").get) != "ok":
        raise StorageError(
            f"the database {path} is damaged: {finding}",
            hint="See all of it with `whinchat db check`; go back to a backup with `whinchat db restore FILE`.",
            code="damaged",
        )
