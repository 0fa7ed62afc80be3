"""Schema steps over real files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.notes import NOTES, STARS, add

from whinchat.core.errors import StorageError
from whinchat.core.ports import Batch, Migration
from whinchat.infra.storage.backup import read_info
from whinchat.infra.storage.connection import connect
from whinchat.infra.storage.lock import ProcessLock
from whinchat.infra.storage.migrate import Version, migrate, versions
from whinchat.infra.storage.sqlite import SqliteDatabase
from whinchat.testing.clock import FakeClock

TAGS = Migration("tags", 1, "tags", {"sqlite": "CREATE TABLE tags (note INTEGER REFERENCES notes (id));"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notes.db"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def state(path: Path, migrations: Sequence[Migration]) -> list[tuple[str, int, int]]:
    connection = connect(path)
    try:
        return [(each.component, each.applied, each.known) for each in versions(connection, migrations)]
    finally:
        connection.close()


def tables(path: Path) -> set[str]:
    connection = connect(path)
    try:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    finally:
        connection.close()


def test_missing_steps_are_taken_in_order_and_only_once(path: Path, clock: FakeClock) -> None:
    assert migrate(path, [NOTES, TAGS], None, clock) == [NOTES, TAGS]
    assert migrate(path, [NOTES, STARS, TAGS], None, clock) == [STARS]
    assert migrate(path, [NOTES, STARS, TAGS], None, clock) == []
    connection = connect(path)
    rows = connection.execute("SELECT component, number, name, applied_at FROM schema_migrations").fetchall()
    assert sorted(rows) == [
        ("notes", 1, "notes", clock.now()),
        ("notes", 2, "stars", clock.now()),
        ("tags", 1, "tags", clock.now()),
    ]
    assert versions(connection, [NOTES, TAGS]) == [Version("notes", 2, 1), Version("tags", 1, 1)]
    connection.close()


async def test_what_was_there_is_backed_up_before_the_first_step(path: Path, clock: FakeClock, tmp_path: Path) -> None:
    backups = tmp_path / "backups"
    migrate(path, [NOTES], backups, clock)
    assert not backups.exists()  # there was nothing yet
    async with SqliteDatabase(path) as database:
        await database.commit(Batch((add("milk"),)))
    migrate(path, [NOTES, STARS], backups, clock)
    (backup,) = backups.iterdir()
    assert backup.name == "before-migration-20260101-000000-000.db"
    assert state(backup, []) == [("notes", 1, 0)]
    assert read_info(backup).made_at == clock.now()
    migrate(path, [NOTES, STARS], backups, clock)
    assert len(list(backups.iterdir())) == 1


def test_only_the_last_backups_are_kept(path: Path, clock: FakeClock, tmp_path: Path) -> None:
    backups = tmp_path / "backups"
    steps = [Migration("many", number, "", {"sqlite": f"CREATE TABLE t{number} (x);"}) for number in range(1, 7)]
    for upto in range(1, 7):
        migrate(path, steps[:upto], backups, clock)
        clock.move(3600)
    assert [file.name[-13:-7] for file in sorted(backups.iterdir())] == ["030000", "040000", "050000"]


def test_a_step_that_fails_leaves_the_database_at_the_step_before(path: Path, clock: FakeClock) -> None:
    broken = Migration("notes", 2, "broken", {"sqlite": "CREATE TABLE half (x);\nCREATE TABEL done (x);"})
    with pytest.raises(StorageError, match="step 2 of notes") as error:
        migrate(path, [NOTES, broken], None, clock)
    assert error.value.code == "migration_failed"
    assert tables(path) == {"notes", "schema_migrations"}
    assert migrate(path, [NOTES, STARS], None, clock) == [STARS]


def test_a_step_that_leaves_references_to_nothing_fails(path: Path, clock: FakeClock) -> None:
    lost = Migration("tags", 2, "lost", {"sqlite": "INSERT INTO tags VALUES (7);"})
    with pytest.raises(StorageError, match="1 rows refer to nothing"):
        migrate(path, [NOTES, TAGS, lost], None, clock)
    assert state(path, []) == [("notes", 1, 0), ("tags", 1, 0)]


def test_a_step_may_rebuild_a_table_that_others_refer_to(path: Path, clock: FakeClock) -> None:
    filled = Migration(
        "tags", 2, "fill", {"sqlite": "INSERT INTO notes VALUES (1, 'milk', x'');\nINSERT INTO tags VALUES (1);"}
    )
    rebuilt = Migration(
        "tags",
        3,
        "rebuild",
        {
            "sqlite": """
                CREATE TABLE new_notes (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, body BLOB);
                INSERT INTO new_notes SELECT * FROM notes;
                DROP TABLE notes;
                ALTER TABLE new_notes RENAME TO notes;"""
        },
    )
    assert len(migrate(path, [NOTES, TAGS, filled, rebuilt], None, clock)) == 4


def test_a_step_is_taken_whole_although_parts_of_it_give_rows(path: Path, clock: FakeClock) -> None:
    chatty = Migration("notes", 2, "chatty", {"sqlite": "SELECT 1 UNION SELECT 2;\nCREATE TABLE after_all (x);"})
    migrate(path, [NOTES, chatty], None, clock)
    assert "after_all" in tables(path)


def test_a_newer_schema_is_refused_and_left_alone(path: Path, clock: FakeClock, tmp_path: Path) -> None:
    migrate(path, [NOTES, STARS], None, clock)
    with pytest.raises(StorageError, match="notes step 2") as error:
        migrate(path, [NOTES, TAGS], tmp_path / "backups", clock)
    assert error.value.code == "newer_schema"
    assert "db restore" in error.value.hint
    assert tables(path) == {"notes", "schema_migrations"}


def test_an_application_that_is_not_installed_any_more_is_no_obstacle(path: Path, clock: FakeClock) -> None:
    migrate(path, [NOTES, TAGS], None, clock)
    assert migrate(path, [NOTES], None, clock) == []


def test_a_step_that_was_changed_afterwards_is_refused(path: Path, clock: FakeClock) -> None:
    migrate(path, [NOTES], None, clock)
    with pytest.raises(StorageError) as error:
        migrate(path, [replace(NOTES, sql={"sqlite": "CREATE TABLE notes (id);"})], None, clock)
    assert error.value.code == "changed_schema"


def test_steps_that_do_not_count_are_a_fault_of_the_program(path: Path, clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="step 2 of notes should be number 1"):
        migrate(path, [STARS], None, clock)
    with pytest.raises(ValueError, match="should be number 2"):
        migrate(path, [NOTES, NOTES], None, clock)


def test_nothing_is_migrated_under_a_running_service(path: Path, clock: FakeClock) -> None:
    migrate(path, [NOTES], None, clock)
    with ProcessLock(path):
        assert migrate(path, [NOTES], None, clock) == []
        with pytest.raises(StorageError) as error:
            migrate(path, [NOTES, STARS], None, clock)
    assert error.value.code == "in_use"
