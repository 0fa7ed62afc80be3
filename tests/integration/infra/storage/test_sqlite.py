"""The embedded database over real files: what goes beyond the contract of the port."""

from __future__ import annotations

import asyncio
import resource
import stat
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest
import uvloop
from tests.support.notes import made, note

from whinchat.core.errors import Overloaded, StorageError
from whinchat.core.ports import Batch, Statement
from whinchat.infra.storage import connection, readers, writer
from whinchat.infra.storage.connection import connect
from whinchat.infra.storage.sqlite import SqliteDatabase

MEGABYTE = 1024 * 1024


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return made(tmp_path / "data" / "notes.db")


@pytest.fixture
async def database(path: Path) -> AsyncIterator[SqliteDatabase]:
    async with SqliteDatabase(path) as opened:
        yield opened


def total(path: Path) -> int:
    reader = connect(path)
    found: int = reader.execute("SELECT count(*) FROM notes").get
    reader.close()
    return found


async def wait_for_writer(gate: threading.Event, database: SqliteDatabase) -> asyncio.Task[bool]:
    """Keep the writer busy until the gate opens."""
    begun = threading.Event()

    def hold(_: apsw.Connection) -> bool:
        begun.set()
        return gate.wait(10)

    task = asyncio.ensure_future(database._writer.run(hold))
    while not begun.is_set():
        await asyncio.sleep(0)
    return task


# --- opening and closing -----------------------------------------------------------------------------------------


async def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "notes.db"
    async with SqliteDatabase(path, exclusive=True) as database:
        await database.commit(Batch((Statement("CREATE TABLE t (x)", {}),)))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        assert modes == dict.fromkeys(("notes.db", "notes.db-wal", "notes.db-shm", "notes.db.lock"), 0o600)
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_permissions_that_are_too_wide_are_narrowed(path: Path) -> None:
    path.chmod(0o644)
    async with SqliteDatabase(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_new_file_can_give_pages_back_and_keeps_a_log(path: Path) -> None:
    async with SqliteDatabase(path) as database:
        assert await database.fetch_one("PRAGMA auto_vacuum") == (2,)
        assert await database.fetch_one("PRAGMA journal_mode") == ("wal",)


async def test_closing_finishes_what_was_handed_over_and_leaves_no_thread(path: Path) -> None:
    before = threading.active_count()
    database = SqliteDatabase(path)
    await database.open()
    waiting = [asyncio.ensure_future(database.commit(note(f"note {number}"))) for number in range(300)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*waiting)
    await database.close()
    assert threading.active_count() == before
    assert not path.with_name("notes.db-wal").exists()
    assert total(path) == 300


async def test_after_closing_it_says_so(path: Path) -> None:
    database = SqliteDatabase(path)
    await database.open()
    await database.close()
    for ask in (database.commit(note("late")), database.fetch("SELECT 1"), database.fetch_one("SELECT 1")):
        with pytest.raises(StorageError) as error:
            await ask
        assert error.value.code == "closed"


async def test_a_stream_ends_with_the_database(path: Path) -> None:
    database = SqliteDatabase(path)
    await database.open()
    await database.commit(Batch(tuple(note(f"note {number}").statements[0] for number in range(600))))
    stream = database.stream("SELECT name FROM notes")
    assert await anext(stream)
    await database.close()
    with pytest.raises(StorageError):
        [row async for row in stream]


async def test_a_stream_that_was_left_open_does_not_disturb_the_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "STALL", 0.01)
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with SqliteDatabase(path) as database:
        await database.commit(note("milk"))
        stream = database.stream("SELECT name FROM notes")
        assert await anext(stream) == ("milk",)
    await asyncio.sleep(0.03)
    assert complaints == []


def test_under_uvloop_it_is_the_same(path: Path) -> None:
    async def story() -> int:
        async with SqliteDatabase(path) as database:
            await asyncio.gather(*(database.commit(note(f"note {number}")) for number in range(100)))
            return len([row async for row in database.stream("SELECT id FROM notes")])

    assert uvloop.run(story()) == 100


async def test_two_cannot_serve_the_same_database(path: Path) -> None:
    async with SqliteDatabase(path, exclusive=True):
        with pytest.raises(StorageError) as error:
            await SqliteDatabase(path, exclusive=True).open()
        assert error.value.code == "in_use"
        assert "storage.data" in error.value.hint
        async with SqliteDatabase(path) as tool:  # but a tool may look and write beside the service
            await tool.commit(note("from a tool"))
    async with SqliteDatabase(path, exclusive=True) as second:
        assert await second.fetch_one("SELECT name FROM notes") == ("from a tool",)


async def test_a_refused_start_leaves_the_lock_and_no_thread(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_bytes(b"this is no database at all" * 100)
    before = threading.active_count()
    for _ in range(2):  # the lock is free again after the first
        with pytest.raises(StorageError) as error:
            await SqliteDatabase(path, exclusive=True).open()
        assert error.value.code == "damaged"
        assert "whinchat db restore" in error.value.hint
    assert threading.active_count() == before


async def test_when_reading_cannot_begin_nothing_stays_open(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> apsw.Connection:
        raise StorageError("no", code="read_only")

    monkeypatch.setattr(readers, "connect", refuse)
    before = threading.active_count()
    with pytest.raises(StorageError):
        await SqliteDatabase(path).open()
    assert threading.active_count() == before


@pytest.mark.parametrize("where", ["file/notes.db", "file/deeper/notes.db"])
async def test_a_folder_that_cannot_be_is_read_only(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("in the way")
    for exclusive in (True, False):
        with pytest.raises(StorageError) as error:
            await SqliteDatabase(tmp_path / where, exclusive=exclusive).open()
        assert error.value.code == "read_only"
        assert "storage.data" in error.value.hint


async def test_a_folder_of_the_kernel_is_read_only() -> None:
    with pytest.raises(StorageError) as error:
        await SqliteDatabase(Path("/proc/notes.db")).open()
    assert error.value.code == "read_only"


# --- the writer --------------------------------------------------------------------------------------------------


async def test_what_waits_shares_a_transaction_and_a_failure_does_not(database: SqliteDatabase) -> None:
    gate = threading.Event()
    held = await wait_for_writer(gate, database)
    batches = [note("milk"), note("milk"), note("bread", durable=True)]
    results = asyncio.gather(*(database.commit(batch) for batch in batches), return_exceptions=True)
    await asyncio.sleep(0)
    gate.set()
    await held
    assert [isinstance(result, Exception) for result in await results] == [False, True, False]


async def test_durable_commits_switch_the_disk_sync_and_others_switch_it_back(database: SqliteDatabase) -> None:
    async def level() -> object:
        return await database._writer.run(lambda connection: connection.pragma("synchronous"))

    await database.commit(note("milk", durable=True))
    assert await level() == 2  # FULL
    await database.commit(note("bread"))
    assert await level() == 1  # NORMAL


async def test_who_stops_waiting_does_not_stop_the_others(database: SqliteDatabase, path: Path) -> None:
    gate = threading.Event()
    held = await wait_for_writer(gate, database)
    waiting = [asyncio.ensure_future(database.commit(note(f"note {number}"))) for number in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    gate.set()
    await held
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [tuple, asyncio.CancelledError, tuple]
    assert total(path) == 3


async def test_too_many_waiting_make_the_next_wait_for_room(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "WAITING", 3)
    async with SqliteDatabase(path) as database:
        gate = threading.Event()
        held = await wait_for_writer(gate, database)
        waiting = [asyncio.ensure_future(database.commit(note(f"note {number}"))) for number in range(50)]
        await asyncio.sleep(0)
        assert len(database._writer._turn) == 2
        gate.set()
        await held
        await asyncio.gather(*waiting)
    assert total(path) == 50


async def test_a_full_disk_is_refused_and_work_goes_on_when_there_is_space(database: SqliteDatabase) -> None:
    pages = await database._writer.run(lambda connection: connection.pragma("page_count"))
    await database._writer.run(lambda connection: connection.pragma("max_page_count", pages + 5))
    big, small = note("big", bytes(MEGABYTE)), note("small")
    results = await asyncio.gather(database.commit(small), database.commit(big), return_exceptions=True)
    assert [result.code for result in results if isinstance(result, StorageError)] == ["disk_full"] * 2
    await database.commit(small)
    await database._writer.run(lambda connection: connection.pragma("max_page_count", 100_000))
    await database.commit(big)
    assert await database.fetch("SELECT name, length(body) FROM notes") == [("small", None), ("big", MEGABYTE)]


async def test_a_commit_that_the_disk_refuses_fails_for_all_of_its_group(database: SqliteDatabase) -> None:
    await database.commit(note("before"))
    gate = threading.Event()
    held = await wait_for_writer(gate, database)
    waiting = [asyncio.ensure_future(database.commit(note(f"note {number}", bytes(100_000)))) for number in range(5)]
    await asyncio.sleep(0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))  # no file may grow further
    try:
        gate.set()
        await held
        results = await asyncio.gather(*waiting, return_exceptions=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {result.code for result in results if isinstance(result, StorageError)} == {"disk_error"}
    assert len(results) == 5
    await database.commit(note("after", bytes(100_000)))
    assert await database.fetch("SELECT name FROM notes ORDER BY id") == [("before",), ("after",)]


async def test_what_only_a_commit_finds_wrong_does_not_stop_the_writer(database: SqliteDatabase) -> None:
    tags = "CREATE TABLE tags (note INTEGER REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED)"
    await database.commit(Batch((Statement(tags, {}),)))
    with pytest.raises(apsw.ConstraintError):
        await database.commit(Batch((Statement("INSERT INTO tags VALUES (99)", {}),)))
    await database.commit(note("after"))
    assert await database.fetch("SELECT * FROM tags") == []


async def test_work_of_the_writers_that_fails_is_told_to_who_asked(database: SqliteDatabase) -> None:
    with pytest.raises(apsw.SQLError):
        await database._writer.run(lambda connection: connection.execute("nonsense"))
    await database.commit(note("after"))


async def test_another_process_that_writes_for_long_is_overload(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_MS", 20)
    other = connect(path, write=True)
    async with SqliteDatabase(path) as database:
        with other:
            other.execute("INSERT INTO notes (name) VALUES ('theirs')")
            with pytest.raises(Overloaded) as error:
                await database.commit(note("ours"))
            assert error.value.code == "database_busy"
        await database.commit(note("ours"))
    other.close()
    assert total(path) == 2


def test_a_loop_that_ends_without_closing_does_not_hang(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def forgetful() -> SqliteDatabase:
        database = SqliteDatabase(path)
        await database.open()
        return database

    database = asyncio.run(forgetful())
    database._writer._queue.put([None])
    database._writer._thread.join(5)
    assert not database._writer._thread.is_alive()
    assert "before the database was closed" in caplog.text
    database._readers._inline.close()


# --- reading -----------------------------------------------------------------------------------------------------


async def test_reading_goes_on_while_the_writer_is_busy(database: SqliteDatabase) -> None:
    await database.commit(note("milk"))
    gate = threading.Event()
    held = await wait_for_writer(gate, database)
    assert await database.fetch_one("SELECT name FROM notes") == ("milk",)
    assert await database.fetch("SELECT name FROM notes") == [("milk",)]
    gate.set()
    await held


async def test_many_readers_and_writers_at_once_see_what_was_committed(database: SqliteDatabase) -> None:
    async def write_and_look(number: int) -> None:
        await database.commit(note(f"note {number}"))
        query, args = "SELECT count(*) FROM notes WHERE name = :name", {"name": f"note {number}"}
        assert await database.fetch_one(query, args) == (1,)
        assert await database.fetch(query, args) == [(1,)]

    await asyncio.gather(*(write_and_look(number) for number in range(200)))


async def test_readers_cannot_write(database: SqliteDatabase) -> None:
    with pytest.raises(StorageError) as error:
        await database.fetch("INSERT INTO notes (name) VALUES ('sneaky') RETURNING id")
    assert error.value.code == "read_only"


async def test_a_stream_left_alone_is_ended_and_frees_the_log(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "STALL", 0.02)
    await database.commit(Batch(tuple(note(f"note {number}").statements[0] for number in range(600))))
    stream = database.stream("SELECT name FROM notes")
    assert await anext(stream)
    await database.checkpoint()
    await database.commit(note("more"))
    await database.checkpoint()
    assert (await database.sizes()).log > 0  # the stream still needs it
    await asyncio.sleep(0.1)
    await database.checkpoint()
    assert (await database.sizes()).log == 0
    with pytest.raises(StorageError) as error:
        [row async for row in stream]
    assert error.value.code == "stream_stalled"


# --- looking after it --------------------------------------------------------------------------------------------


async def test_what_was_deleted_is_given_back_to_the_disk(database: SqliteDatabase) -> None:
    for number in range(40):
        await database.commit(note(f"note {number}", bytes(100_000)))
    await database.commit(Batch((Statement("DELETE FROM notes", {}),)))
    before = await database.sizes()
    assert before.unused > 3 * MEGABYTE
    assert await database.incremental_vacuum(100) == 100
    released = await database.incremental_vacuum(1_000_000)
    await database.checkpoint()
    after = await database.sizes()
    assert after.unused == after.log == 0
    assert before.unused == (100 + released) * 4096
    assert after.database < 200_000
    assert after.disk_free > 0
