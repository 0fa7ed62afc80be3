"""Looking a database over without changing it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import apsw

from whinchat.core.errors import StorageError
from whinchat.core.ports import Migration, Row, SealedColumn
from whinchat.infra.crypto.rotation import CANARY, check_key
from whinchat.infra.crypto.sealer import AesSealer
from whinchat.infra.storage.backup import has_column
from whinchat.infra.storage.connection import connect, translated
from whinchat.infra.storage.maintenance import Sizes, measure
from whinchat.infra.storage.migrate import Version, pending, versions

MOST_FINDINGS = 20
SAMPLE = 50  # values of every sealed column that are opened, the newest first


@dataclass(frozen=True, slots=True)
class Sample:
    """How many values of a sealed column were tried, and how many of them did not open."""

    table: str
    column: str
    tried: int
    unopened: int


@dataclass(frozen=True, slots=True)
class Report:
    integrity: tuple[str, ...]
    """What SQLite found wrong with the file; empty when sound."""
    broken_references: int
    """Rows that refer to rows that are not there."""
    schema: tuple[Version, ...]
    schema_problem: str
    """Empty, or why this Whinchat cannot use the schema."""
    key_problem: str
    """Empty, or why the keys do not fit."""
    sealed: tuple[Sample, ...]
    sizes: Sizes

    @property
    def ok(self) -> bool:
        unopened = sum(sample.unopened for sample in self.sealed)
        return not (self.integrity or self.broken_references or self.schema_problem or self.key_problem or unopened)


def check(
    path: Path, *, migrations: Sequence[Migration], sealer: AesSealer | None, columns: Sequence[SealedColumn]
) -> Report:
    """Everything that can be found out while the service runs. `sealer` is None when there are no keys.

    Raises:
        StorageError: there is no database (`no_database`), or its header is `damaged`.
    """
    if not path.is_file():
        raise StorageError(f"there is no database at {path}", hint="Look at storage.data.", code="no_database")
    with closing(connect(path)) as connection, translated(path):
        integrity = _integrity(connection)
        if integrity:  # what else a damaged file says is worth nothing
            return Report(integrity, 0, (), "", "", (), measure(connection, path))
        return Report(
            integrity=(),
            broken_references=len(connection.execute("PRAGMA foreign_key_check").fetchall()),
            schema=tuple(versions(connection, migrations)),
            schema_problem=_schema_problem(connection, migrations),
            key_problem=_key_problem(connection, sealer),
            sealed=tuple(_sample(connection, sealer, column) for column in columns) if sealer else (),
            sizes=measure(connection, path),
        )


def is_sealed(path: Path) -> bool:
    """Whether the database was marked with a key (`rotation.verify_key`): then a missing key file is no first run."""
    if not path.exists():
        return False
    with closing(connect(path)) as connection, translated(path):
        return has_column(connection, CANARY) and bool(connection.execute("SELECT 1 FROM sealing").fetchall())


def _integrity(connection: apsw.Connection) -> tuple[str, ...]:
    try:
        findings = connection.execute(f"PRAGMA integrity_check({MOST_FINDINGS})").fetchall()
    except apsw.CorruptError as error:
        return (str(error),)
    return tuple(str(finding) for (finding,) in findings if finding != "ok")


def _schema_problem(connection: apsw.Connection, migrations: Sequence[Migration]) -> str:
    try:
        pending(connection, migrations)
    except StorageError as error:
        return str(error)
    return ""


def _key_problem(connection: apsw.Connection, sealer: AesSealer | None) -> str:
    if not has_column(connection, CANARY):
        return ""
    for mark in connection.execute("SELECT lookup, canary FROM sealing"):
        if sealer is None:
            return "there is sealed data, and no key file"
        try:
            check_key(sealer, mark)
        except StorageError as error:
            return str(error)
    return ""


def _sample(connection: apsw.Connection, sealer: AesSealer, column: SealedColumn) -> Sample:
    if not has_column(connection, column):
        return Sample(column.table, column.column, 0, 0)
    keys = ", ".join(column.key_columns)
    newest = ", ".join(f"{key} DESC" for key in column.key_columns)
    rows = connection.execute(
        f"SELECT {keys}, {column.column} FROM {column.table}"  # noqa: S608
        f" WHERE length({column.column}) > 0 ORDER BY {newest} LIMIT {SAMPLE}"
    ).fetchall()
    return Sample(column.table, column.column, len(rows), sum(not _opens(sealer, column, row) for row in rows))


def _opens(sealer: AesSealer, column: SealedColumn, row: Row) -> bool:
    *key, value = row
    try:
        sealer.open(column.table, column.row(tuple(key)), value if isinstance(value, bytes) else b"")
    except StorageError:
        return False
    return True
