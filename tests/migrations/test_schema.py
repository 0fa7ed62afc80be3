"""The migrations, and the schema they make, which is written down in `*.sql` here: every change shows in its diff."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from scripts.build_reference import schema

from whinchat.apps.scanner.feeds.migrations import MIGRATIONS as FEEDS
from whinchat.bootstrap import APPS, migrations, sealed_columns
from whinchat.core.ports import Migration
from whinchat.infra.storage.connection import connect
from whinchat.infra.storage.migrate import migrate, pending_in, versions
from whinchat.testing.clock import FakeClock

HERE = Path(__file__).parent
DATABASES: dict[str, Sequence[Migration]] = {"whinchat": migrations(), "feeds": FEEDS}
RENEW = "if the change is meant: python -m scripts.build_reference. A step that has shipped never changes; add one."


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Migrated from nothing, as at the first start."""
    path = tmp_path / "whinchat.db"
    migrate(path, migrations(), tmp_path / "backups", FakeClock())
    return path


@pytest.mark.parametrize("name", DATABASES)
def test_an_empty_database_becomes_the_schema_that_is_written_down(name: str) -> None:
    assert schema(DATABASES[name]) == (HERE / f"{name}.sql").read_text(encoding="utf-8"), RENEW


def test_a_first_start_makes_just_that(database: Path) -> None:
    expected = (HERE / "whinchat.sql").read_text(encoding="utf-8")
    with closing(connect(database)) as connection:
        found = connection.execute(
            """SELECT sql FROM sqlite_schema
                WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name <> 'schema_migrations' ORDER BY rowid"""
        ).fetchall()
    assert expected.endswith("".join(f"\n{sql};\n" for (sql,) in found))
    assert expected.count("\nCREATE ") == len(found)


@pytest.mark.parametrize("name", DATABASES)
def test_every_components_steps_count_up(name: str) -> None:
    steps = DATABASES[name]
    for component in {step.component for step in steps}:
        numbers = [step.number for step in steps if step.component == component]
        assert numbers == list(range(1, len(numbers) + 1))


def test_every_application_has_components_of_its_own() -> None:
    owners: dict[str, str] = {}
    for app in APPS:
        for step in app.migrations:
            assert owners.setdefault(step.component, app.name) == app.name


def test_all_steps_are_taken_and_none_is_left(database: Path) -> None:
    assert pending_in(database, migrations()) == []
    with closing(connect(database)) as connection:
        assert all(version.applied == version.known for version in versions(connection, migrations()))


def test_steps_may_be_taken_one_by_one(tmp_path: Path) -> None:
    """Somebody who updates often ends where somebody ends who updates once."""
    path = tmp_path / "whinchat.db"
    for taken in range(1, len(migrations()) + 1):
        clock = FakeClock(1_800_000_000_000 + taken)
        assert migrate(path, migrations()[:taken], tmp_path / "backups", clock) == [migrations()[taken - 1]]
    whole = tmp_path / "whole.db"
    migrate(whole, migrations(), None, FakeClock())
    with closing(connect(path)) as slow, closing(connect(whole)) as fast:
        query = "SELECT name, sql FROM sqlite_schema ORDER BY name"
        assert slow.execute(query).fetchall() == fast.execute(query).fetchall()
    assert len(list((tmp_path / "backups").glob("*.db"))) == min(3, len(migrations()) - 1)


def test_every_sealed_column_is_there_and_its_rows_can_be_told_apart(database: Path) -> None:
    """The rotation of keys finds a value by these columns."""
    with closing(connect(database)) as connection:
        for sealed in sealed_columns():
            columns = {row[1] for row in connection.execute(f"PRAGMA table_info({sealed.table})")}
            assert {*sealed.key_columns, sealed.column} <= columns, sealed
            assert tuple(sealed.key_columns) in _unique(connection, sealed.table), sealed


def test_what_could_name_people_is_kept_as_a_blob(database: Path) -> None:
    """Chats, people, messages and links stand in tables as keyed hashes or sealed, never as text."""
    with closing(connect(database)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            for _, name, kind, *_ in connection.execute(f"PRAGMA table_info({table})").fetchall():
                if name in {"chat", "person", "sender", "author", "message", "url", "rule", "body", "data", "payload"}:
                    assert kind == "BLOB", f"{table}.{name}"


def _unique(connection: apsw.Connection, table: str) -> set[tuple[str, ...]]:
    """The columns of each primary key and unique index."""
    found = set()
    primary = sorted((row[5], row[1]) for row in connection.execute(f"PRAGMA table_info({table})") if row[5])
    found.add(tuple(name for _, name in primary))
    for _, index, unique, *_ in connection.execute(f"PRAGMA index_list({table})").fetchall():
        if unique:
            found.add(tuple(row[2] for row in connection.execute(f"PRAGMA index_info({index})")))
    return found
