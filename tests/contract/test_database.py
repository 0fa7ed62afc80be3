"""What every `ports.Database` does, the one for tests included."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from whinchat.core.errors import Conflict
from whinchat.core.ports import EMPTY, Batch, Database, Migration, Statement, Value
from whinchat.infra.clock import SystemClock
from whinchat.infra.storage.migrate import migrate
from whinchat.infra.storage.sqlite import SqliteDatabase
from whinchat.testing.database import MemoryDatabase

SCHEMA = (
    Migration(
        "notes",
        1,
        "notes and their tags",
        {
            "sqlite": """
                CREATE TABLE notes (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, body BLOB, stars INTEGER);
                CREATE TABLE tags (note INTEGER NOT NULL REFERENCES notes (id), tag TEXT NOT NULL);
                CREATE TABLE copies (name TEXT NOT NULL);
                CREATE TRIGGER copied AFTER UPDATE ON notes BEGIN INSERT INTO copies VALUES (new.name); END;"""
        },
    ),
)


@pytest.fixture(params=["memory", "sqlite"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    if request.param == "memory":
        yield MemoryDatabase(SCHEMA)
        return
    path = tmp_path / "contract.db"
    migrate(path, SCHEMA, None, SystemClock())
    async with SqliteDatabase(path) as sqlite:
        yield sqlite


def add(name: str, rows: int | None = None, **values: Value) -> Statement:
    args = {"name": name, "body": None, "stars": 0, **values}
    return Statement("INSERT INTO notes (name, body, stars) VALUES (:name, :body, :stars)", args, rows)


def star(name: str, rows: int | None) -> Statement:
    return Statement("UPDATE notes SET stars = stars + 1 WHERE name = :name", {"name": name}, rows)


async def names(database: Database) -> list[Value]:
    return [name for (name,) in await database.fetch("SELECT name FROM notes ORDER BY id")]


async def test_what_was_committed_is_read(database: Database) -> None:
    await database.commit(Batch((add("milk"), add("bread"))))
    assert await names(database) == ["milk", "bread"]
    assert await database.fetch_one("SELECT id, name FROM notes WHERE name = :name", {"name": "bread"}) == (2, "bread")
    assert [row async for row in database.stream("SELECT name FROM notes ORDER BY id")] == [("milk",), ("bread",)]


@pytest.mark.parametrize("durable", [True, False])
async def test_durable_or_not_the_answer_is_the_same(database: Database, durable: bool) -> None:
    assert await database.commit(Batch((add("milk"),), durable)) == ((),)
    assert await names(database) == ["milk"]


async def test_nothing_found_is_none_or_empty(database: Database) -> None:
    assert await database.fetch_one("SELECT name FROM notes WHERE id = :id", {"id": 7}) is None
    assert await database.fetch("SELECT name FROM notes") == []
    assert [row async for row in database.stream("SELECT name FROM notes")] == []


async def test_only_the_first_of_many_rows_is_fetched_and_writing_goes_on(database: Database) -> None:
    await database.commit(Batch((add("milk"), add("bread"))))
    assert await database.fetch_one("SELECT name FROM notes ORDER BY id") == ("milk",)
    await database.commit(Batch((add("salt"),)))
    assert await database.fetch_one("SELECT count(*) FROM notes") == (3,)


async def test_rows_of_returning_come_back_per_statement(database: Database) -> None:
    insert = "INSERT INTO notes (name) VALUES (:name) RETURNING id, name"
    twice = "UPDATE notes SET stars = 5 RETURNING name"
    results = await database.commit(
        Batch((Statement(insert, {"name": "milk"}, rows=1), add("bread"), Statement(twice, {}, rows=2)))
    )
    assert results == (((1, "milk"),), (), (("milk",), ("bread",)))


async def test_an_empty_batch_does_nothing(database: Database) -> None:
    assert await database.commit(EMPTY) == ()


@pytest.mark.parametrize("value", [0, -(2**63), 2**63 - 1, 1.5, "", "ünïcødé \x00 🐦", b"", b"\x00\xff", None])
async def test_values_come_back_as_they_went_in(database: Database, value: Value) -> None:
    await database.commit(Batch((add("value", body=value),)))
    found = await database.fetch_one("SELECT body FROM notes")
    assert found == (value,)
    assert found is not None
    assert type(found[0]) is type(value)


async def test_another_number_of_rows_than_expected_undoes_the_whole_batch(database: Database) -> None:
    with pytest.raises(Conflict) as conflict:
        await database.commit(Batch((add("milk"), star("milk", rows=1), star("bread", rows=1), add("salt"))))
    assert conflict.value.statement == 2
    assert await names(database) == []


async def test_a_lone_statement_with_an_expectation_is_undone_too(database: Database) -> None:
    await database.commit(Batch((add("milk"), add("bread"))))
    with pytest.raises(Conflict, match="touched 2 rows instead of 1"):
        await database.commit(Batch((Statement("UPDATE notes SET stars = 9", {}, rows=1),)))
    assert await database.fetch("SELECT DISTINCT stars FROM notes") == [(0,)]


async def test_no_rows_may_be_expected(database: Database) -> None:
    await database.commit(Batch((add("milk"), star("bread", rows=0))))
    assert await names(database) == ["milk"]


async def test_what_triggers_do_is_not_counted(database: Database) -> None:
    await database.commit(Batch((add("milk"), star("milk", rows=1))))
    assert await database.fetch("SELECT name FROM copies") == [("milk",)]


async def test_returned_rows_are_counted_against_the_expectation(database: Database) -> None:
    returning = Statement("UPDATE notes SET stars = 1 WHERE name = 'none' RETURNING id", {}, rows=1)
    with pytest.raises(Conflict, match="touched 0 rows instead of 1"):
        await database.commit(Batch((add("milk", rows=1), returning)))
    assert await names(database) == []


async def test_a_statement_that_only_looks_is_not_counted_by_the_one_before(database: Database) -> None:
    looking = Statement("SELECT 1 FROM notes WHERE name = 'none'", {}, rows=1)
    with pytest.raises(Conflict):
        await database.commit(Batch((add("milk", rows=1), looking)))


async def test_a_broken_constraint_is_a_conflict_and_undoes_the_batch(database: Database) -> None:
    await database.commit(Batch((add("milk"),)))
    with pytest.raises(Conflict) as conflict:
        await database.commit(Batch((add("bread"), add("milk"))))
    assert conflict.value.statement == 1
    with pytest.raises(Conflict):
        await database.commit(Batch((add("milk"),)))
    assert await names(database) == ["milk"]


async def test_references_are_kept(database: Database) -> None:
    with pytest.raises(Conflict):
        await database.commit(Batch((Statement("INSERT INTO tags VALUES (99, 'lost')", {}),)))


@pytest.mark.parametrize(
    "wrong",
    [
        Statement("INSERT INTO nowhere VALUES (1)", {}),
        Statement("INSERT INTO notes (name) VALUES (:missing)", {}),
        Statement("INSERT INTO notes (name) VALUES (:name)", {"name": "half a surrogate \ud83d"}),
        Statement("INSERT INTO notes (name, stars) VALUES ('x', :stars)", {"stars": 2**64}),
        Statement("this is no SQL", {}),
    ],
    ids=["no table", "no argument", "no text", "no number", "no SQL"],
)
async def test_a_mistake_in_a_batch_is_that_batchs_alone(database: Database, wrong: Statement) -> None:
    batches = [Batch((add("before"),)), Batch((add("with it"), wrong)), Batch((add("after"),)), Batch((wrong,))]
    results = await asyncio.gather(*(database.commit(batch) for batch in batches), return_exceptions=True)
    assert [isinstance(result, Exception) for result in results] == [False, True, False, True]
    assert await names(database) == ["before", "after"]


async def test_of_many_who_want_the_same_one_wins(database: Database) -> None:
    await database.commit(Batch((add("chair"),)))
    take = Statement("UPDATE notes SET stars = 1 WHERE name = 'chair' AND stars = 0", {}, rows=1)
    results = await asyncio.gather(*(database.commit(Batch((take,))) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in results) == 19


async def test_many_at_once_are_all_there_in_their_order(database: Database) -> None:
    batches = [Batch((add(f"note {number:04}"),), durable=number % 7 == 0) for number in range(600)]
    await asyncio.gather(*(database.commit(batch) for batch in batches))
    assert await names(database) == [f"note {number:04}" for number in range(600)]


async def test_a_stream_is_one_snapshot_of_any_length(database: Database) -> None:
    await database.commit(Batch(tuple(add(f"note {number:04}") for number in range(1_000))))
    seen: list[Value] = []
    async for (name,) in database.stream("SELECT name FROM notes WHERE id > :after ORDER BY id", {"after": 10}):
        if not seen:
            await database.commit(Batch((add("late"),)))
        seen.append(name)
    assert seen == [f"note {number:04}" for number in range(10, 1_000)]
    assert await database.fetch_one("SELECT count(*) FROM notes") == (1_001,)


async def test_a_stream_may_be_left_early(database: Database) -> None:
    await database.commit(Batch(tuple(add(f"note {number}") for number in range(600))))
    async for (name,) in database.stream("SELECT name FROM notes ORDER BY id"):
        assert name == "note 0"
        break
    await database.commit(Batch((Statement("DROP TABLE tags", {}),)))


async def test_a_mistake_in_a_query_is_told_to_who_asked(database: Database) -> None:
    for ask in (database.fetch, database.fetch_one):
        with pytest.raises(Exception, match="nowhere"):
            await ask("SELECT 1 FROM nowhere")
    with pytest.raises(Exception, match="nowhere"):
        [row async for row in database.stream("SELECT 1 FROM nowhere")]
    assert await names(database) == []
