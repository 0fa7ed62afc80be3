"""Keys and the data they seal: the check at start, and rotation, over a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.notes import SEALED, add, fill, made

from whinchat.core.errors import StorageError
from whinchat.core.ports import Batch, SealedColumn, Statement, joined
from whinchat.infra.crypto.keyring import KeyRing
from whinchat.infra.crypto.rotation import BATCH, key_ids_in_use, reseal, verify_key
from whinchat.infra.crypto.sealer import AesSealer
from whinchat.infra.storage.sqlite import SqliteDatabase

RING = KeyRing.new(0)
OLD = AesSealer(RING)
NEW = AesSealer(RING.with_new_key(1))
MANY = 2 * BATCH + 50


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    path = made(tmp_path / "notes.db")
    await fill(path, OLD, MANY)
    async with SqliteDatabase(path) as opened:
        yield opened


async def secrets(database: SqliteDatabase, sealer: AesSealer) -> set[bytes]:
    found = await database.fetch("SELECT name, body FROM notes WHERE length(body) > 0")
    return {sealer.open("notes", str(name), body) for name, body in found if isinstance(body, bytes)}


async def test_the_right_keys_are_recognised_before_and_after_rotation(database: SqliteDatabase) -> None:
    await verify_key(database, OLD)
    await verify_key(database, NEW)
    assert await database.fetch_one("SELECT count(*) FROM sealing") == (1,)


@pytest.mark.parametrize(
    "ring",
    [KeyRing.new(0), replace(RING, lookup=bytes(32)), replace(RING, keys=KeyRing.new(0).keys)],
    ids=["all", "look-up key", "sealing key"],
)
async def test_wrong_keys_are_refused_and_nothing_is_touched(database: SqliteDatabase, ring: KeyRing) -> None:
    before = await database.fetch("SELECT * FROM sealing")
    with pytest.raises(StorageError) as error:
        await verify_key(database, AesSealer(ring))
    assert error.value.code == "key_wrong"
    assert "Nothing was deleted" in error.value.hint
    assert await database.fetch("SELECT * FROM sealing") == before


async def test_a_mark_that_somebody_changed_is_refused(database: SqliteDatabase) -> None:
    await database.commit(Batch((Statement("UPDATE sealing SET canary = 'text'", {}),)))
    with pytest.raises(StorageError):
        await verify_key(database, OLD)


async def test_rotation_seals_everything_again_and_old_keys_may_go(database: SqliteDatabase) -> None:
    before = await secrets(database, OLD)
    await database.commit(Batch((add("wiped"), add("empty", b""))))
    steps: list[int] = []
    assert await reseal(database, NEW, [SEALED], steps.append) == MANY + 1 == sum(steps)
    assert max(steps) <= BATCH
    assert await key_ids_in_use(database, [SEALED]) == {NEW.ring.newest.id}
    only = AesSealer(NEW.ring.without({RING.newest.id}))
    assert await secrets(database, only) == before
    await verify_key(database, only)
    assert await reseal(database, NEW, [SEALED]) == 0


async def test_a_rotation_that_was_stopped_goes_on_where_it_was(database: SqliteDatabase) -> None:
    class Killed(Exception):
        pass

    def stop(_: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        await reseal(database, NEW, [SEALED], stop)
    assert len(await key_ids_in_use(database, [SEALED])) == 2
    assert len(await secrets(database, NEW)) == MANY
    assert await reseal(database, NEW, [SEALED]) == MANY
    assert await key_ids_in_use(database, [SEALED]) == {NEW.ring.newest.id}


async def test_a_value_that_does_not_open_stops_the_rotation_and_stays(database: SqliteDatabase) -> None:
    damaged = OLD.seal("notes", "elsewhere", b"x")
    await database.commit(Batch((add("moved", damaged),)))
    with pytest.raises(StorageError) as error:
        await reseal(database, NEW, [SEALED])
    assert error.value.code == "unsealable"
    assert await database.fetch_one("SELECT body FROM notes WHERE name = 'moved'") == (damaged,)


async def test_rows_may_have_keys_of_several_columns(database: SqliteDatabase) -> None:
    column = SealedColumn("pairs", ("a", "b"), "body")
    table = "CREATE TABLE pairs (a BLOB, b BLOB, body BLOB, PRIMARY KEY (a, b))"
    insert = "INSERT INTO pairs VALUES (:a, :b, :body)"
    rows = [(bytes([a]), bytes([b])) for a in range(30) for b in range(20)]
    inserts = (Statement(insert, {"a": a, "b": b, "body": OLD.seal("pairs", a + b, b"x")}) for a, b in rows)
    await database.commit(Batch((Statement(table, {}), *inserts)))
    assert await reseal(database, NEW, [column]) == 600 + 1
    assert await key_ids_in_use(database, [column]) == {NEW.ring.newest.id}


def test_the_values_of_a_key_are_joined() -> None:
    assert joined((b"a", b"b")) == b"ab"
    assert joined(("job", 7)) == "job7"
    assert joined((1,)) == "1"
