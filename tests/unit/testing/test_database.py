"""The database for tests: what it can be made to do."""

from __future__ import annotations

import pytest

from whinchat.core.errors import WhinchatError
from whinchat.core.ports import Batch, Migration, Statement
from whinchat.testing.database import FAULTS, MemoryDatabase

SCHEMA = Migration("notes", 1, "notes", {"sqlite": "CREATE TABLE notes (name TEXT);\nCREATE TABLE more (x);"})


class Killed(BaseException):
    pass


def note(name: str) -> Batch:
    return Batch((Statement("INSERT INTO notes VALUES (:name)", {"name": name}),))


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_commit_fails_by_name_as_often_as_told(fault: str) -> None:
    database = MemoryDatabase([SCHEMA])
    database.fail_next(fault, times=2)
    for _ in range(2):
        with pytest.raises(WhinchatError) as error:
            await database.commit(note("milk"))
        assert error.value.code == fault
    assert await database.fetch("SELECT * FROM notes") == []
    await database.commit(note("milk"))
    assert await database.fetch("SELECT * FROM notes") == [("milk",)]


def test_a_fault_that_is_not_known_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="disk_full"):
        MemoryDatabase().fail_next("disk_ful")


@pytest.mark.parametrize(("point", "written"), [("before_commit", []), ("after_commit", [("milk",)])])
async def test_a_kill_before_or_after_a_commit(point: str, written: list[tuple[str]]) -> None:
    reached = []

    def hook(name: str) -> None:
        reached.append(name)
        if name == point:
            raise Killed

    database = MemoryDatabase([SCHEMA], hook=hook)
    with pytest.raises(Killed):
        await database.commit(note("milk"))
    assert reached[-1] == point
    database.hook = None
    assert await database.fetch("SELECT * FROM notes") == written
    await database.commit(note("bread"))
