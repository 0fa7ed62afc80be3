"""Numbered schema steps, each in a transaction of its own together with the row that says it was taken."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import apsw

from whinchat.core.errors import StorageError
from whinchat.core.ports import Clock, Migration
from whinchat.infra.files import stamp
from whinchat.infra.storage.backup import backup
from whinchat.infra.storage.connection import connect, translated
from whinchat.infra.storage.lock import ProcessLock

KEPT = 3  # automatic backups
PREFIX = "before-migration-"
TABLE = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        component TEXT NOT NULL,
        number INTEGER NOT NULL,
        name TEXT NOT NULL,
        checksum TEXT NOT NULL,
        applied_at INTEGER NOT NULL,
        PRIMARY KEY (component, number)
    )"""


@dataclass(frozen=True, slots=True)
class Version:
    """How far a component's schema is: the highest step taken, and the highest that this Whinchat knows."""

    component: str
    applied: int
    known: int


def migrate(path: Path, migrations: Sequence[Migration], backup_to: Path | None, clock: Clock) -> list[Migration]:
    """Take the steps that are missing, in the order given, and return them.

    Before the first step on a database that holds something, a backup is written to the folder `backup_to`; the last
    few are kept. A step that fails leaves the database as the step before left it.

    Raises:
        StorageError: the database was written by a newer Whinchat (`newer_schema`); a step that was taken is not the
            one we know (`changed_schema`); a step failed (`migration_failed`); another process has it (`in_use`).
        ValueError: the numbers of a component do not count 1, 2, 3, …
    """
    if path.exists() and not pending_in(path, migrations):
        return []
    with ProcessLock(path):
        if backup_to is not None and _holds_something(path):
            _back_up(path, backup_to, clock)
        with closing(connect(path, write=True)) as connection:
            return apply(connection, path, migrations, clock)


def pending_in(path: Path, migrations: Sequence[Migration]) -> list[Migration]:
    """The steps that are missing in the existing database at `path`. Raises as `migrate` does."""
    with closing(connect(path)) as connection, translated(path):
        return pending(connection, migrations)


def pending(connection: apsw.Connection, migrations: Sequence[Migration]) -> list[Migration]:
    known = {(step.component, step.number): step for step in migrations}
    _require_counting(migrations)
    applied = _applied(connection)
    components = {component for component, _ in known}
    for (component, number), checksum_then in applied.items():
        # Components that are not known at all belong to an application that is not installed: nobody reads them.
        if component in components and (component, number) not in known:
            raise StorageError(
                f"the database was written by a newer Whinchat ({component} step {number})",
                hint="Run that version again, or go back to a backup from before with `whinchat db restore FILE`.",
                code="newer_schema",
            )
        if component in components and checksum(known[component, number]) != checksum_then:
            raise StorageError(
                f"step {number} of {component} was taken in another form than this Whinchat knows",
                hint="Run the version that wrote the database, or go back to a backup with `whinchat db restore FILE`.",
                code="changed_schema",
            )
    return [step for key, step in known.items() if key not in applied]


def versions(connection: apsw.Connection, migrations: Iterable[Migration]) -> list[Version]:
    applied: dict[str, int] = defaultdict(int)
    known: dict[str, int] = defaultdict(int)
    for component, number in _applied(connection):
        applied[component] = max(applied[component], number)
    for step in migrations:
        known[step.component] = max(known[step.component], step.number)
    return [Version(name, applied[name], known[name]) for name in sorted({*applied, *known})]


def apply(connection: apsw.Connection, path: Path, migrations: Sequence[Migration], clock: Clock) -> list[Migration]:
    """The steps that are missing, on a connection that nobody else writes beside."""
    with translated(path):
        # Steps may rebuild tables that others refer to; the references are checked at the end of each step.
        connection.pragma("foreign_keys", False)
        connection.execute(TABLE)
        steps = pending(connection, migrations)
        for step in steps:
            _take(connection, step, clock)
        connection.pragma("foreign_keys", True)
    return steps


def checksum(step: Migration) -> str:
    return hashlib.sha256(step.sql["sqlite"].encode()).hexdigest()


def _take(connection: apsw.Connection, step: Migration, clock: Clock) -> None:
    try:
        with connection:
            connection.execute(step.sql["sqlite"]).fetchall()  # all of it, past statements that give rows
            connection.execute(
                "INSERT INTO schema_migrations VALUES (?, ?, ?, ?, ?)",
                (step.component, step.number, step.name, checksum(step), clock.now()),
            )
            _require_references(connection)
    except (apsw.SQLError, apsw.ConstraintError) as error:
        raise StorageError(
            f"step {step.number} of {step.component} ({step.name}) failed: {error}",
            hint="The database is as the step before left it. Run the version before again, and report this.",
            code="migration_failed",
        ) from error


def _require_references(connection: apsw.Connection) -> None:
    if broken := connection.execute("PRAGMA foreign_key_check").fetchall():
        raise apsw.ConstraintError(f"{len(broken)} rows refer to nothing")


def _applied(connection: apsw.Connection) -> Mapping[tuple[str, int], str]:
    if not connection.table_exists("main", "schema_migrations"):
        return {}
    rows = connection.execute("SELECT component, number, checksum FROM schema_migrations ORDER BY component, number")
    return {(component, number): checksum for component, number, checksum in rows}


def _require_counting(migrations: Iterable[Migration]) -> None:
    last: dict[str, int] = defaultdict(int)
    for step in migrations:
        last[step.component] += 1
        if step.number != last[step.component]:
            raise ValueError(f"step {step.number} of {step.component} should be number {last[step.component]}")


def _holds_something(path: Path) -> bool:
    if not path.exists():
        return False
    with closing(connect(path)) as connection:
        return bool(connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall())


def _back_up(path: Path, folder: Path, clock: Clock) -> None:
    backup(path, folder / f"{PREFIX}{stamp(clock.now())}.db", clock=clock)
    for old in sorted(folder.glob(f"{PREFIX}*.db"))[:-KEPT]:
        old.unlink()
