"""Backup, restore and check over real files."""

from __future__ import annotations

import asyncio
import stat
from dataclasses import replace
from pathlib import Path

import apsw
import pytest
from tests.support.notes import NOTES, SCHEMA, SEALED, STARS, add, count, fill, made, note

import whinchat
from whinchat.core.errors import StorageError
from whinchat.core.ports import Batch, Migration, Statement
from whinchat.infra.crypto.keyring import KeyRing
from whinchat.infra.crypto.rotation import reseal
from whinchat.infra.crypto.sealer import AesSealer
from whinchat.infra.storage.backup import BackupInfo, backup, read_info
from whinchat.infra.storage.check import Report, check, is_sealed
from whinchat.infra.storage.connection import connect
from whinchat.infra.storage.lock import ProcessLock
from whinchat.infra.storage.migrate import Version
from whinchat.infra.storage.restore import restore
from whinchat.infra.storage.sqlite import SqliteDatabase
from whinchat.testing.clock import FakeClock

RING = KeyRing.new(0)
SEALER = AesSealer(RING)
CLOCK = FakeClock()
FORGET = Statement("UPDATE notes SET body = NULL WHERE name = :name", {"name": "note 0001"})


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A database with forty sealed notes."""
    path = made(tmp_path / "data" / "notes.db")
    await fill(path, SEALER, 40)
    return path


@pytest.fixture
def copy(path: Path, tmp_path: Path) -> Path:
    target = tmp_path / "copy.db"
    backup(path, target, clock=CLOCK, columns=[SEALED])
    return target


def put_back(copy: Path, path: Path, sealer: AesSealer = SEALER, steps: tuple[Migration, ...] = SCHEMA) -> Path | None:
    return restore(copy, path, migrations=steps, sealer=sealer, after=[FORGET], clock=CLOCK)


def look(path: Path, sealer: AesSealer | None = SEALER) -> Report:
    return check(path, migrations=SCHEMA, sealer=sealer, columns=[SEALED])


def damage(path: Path, pages: slice = slice(-1, None)) -> None:
    """Flip bits in the last page, or in others."""
    data = path.read_bytes()
    whole = [data[at : at + 4096] for at in range(0, len(data), 4096)]
    whole[pages] = [bytes(byte ^ 0x5A for byte in page) for page in whole[pages]]
    path.write_bytes(b"".join(whole))


# --- backup ------------------------------------------------------------------------------------------------------


async def test_a_backup_is_one_private_file_that_says_what_it_needs(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "away" / "copy.db"
    info = backup(path, target, clock=CLOCK, columns=[SEALED])
    assert info == BackupInfo(CLOCK.now(), whinchat.__version__, (RING.newest.id,)) == read_info(target)
    assert [file.name for file in target.parent.iterdir()] == ["copy.db"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    text = target.read_bytes()
    assert b"is NOT in this file" in text
    assert RING.newest.secret not in text
    assert RING.lookup not in text


async def test_every_key_that_anything_is_sealed_with_is_named(path: Path, tmp_path: Path) -> None:
    newer = RING.with_new_key(1)
    async with SqliteDatabase(path) as database:
        sealer = AesSealer(newer)
        await database.commit(Batch((add("new", sealer.seal("notes", "new", b"x")),)))
    info = backup(path, tmp_path / "copy.db", clock=CLOCK, columns=[SEALED])
    assert set(info.key_ids) == {key.id for key in newer.keys}


async def test_a_backup_is_made_while_the_service_writes(path: Path, tmp_path: Path) -> None:
    copied: list[int] = []
    async with SqliteDatabase(path, exclusive=True) as database:
        for number in range(30):
            await database.commit(note(f"big {number}", bytes(300_000)))

        async def write() -> None:
            for number in range(10_000):
                await database.commit(note(f"meanwhile {number}", bytes(2_000)))

        writing = asyncio.create_task(write())
        await asyncio.sleep(0.01)
        await asyncio.to_thread(backup, path, tmp_path / "copy.db", clock=CLOCK, progress=copied.append)
        writing.cancel()
    assert sum(copied) == pytest.approx((tmp_path / "copy.db").stat().st_size, rel=0.05)
    assert len(copied) > 2
    assert 70 <= await count(tmp_path / "copy.db") < await count(path)


def test_without_a_database_there_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as error:
        backup(tmp_path / "none.db", tmp_path / "copy.db", clock=CLOCK)
    assert error.value.code == "no_database"


def test_nothing_is_written_over(path: Path, copy: Path) -> None:
    before = copy.read_bytes()
    with pytest.raises(StorageError) as error:
        backup(path, copy, clock=CLOCK)
    assert error.value.code == "exists"
    assert copy.read_bytes() == before


def test_a_damaged_database_gives_no_backup(path: Path, tmp_path: Path) -> None:
    damage(path)
    with pytest.raises(StorageError) as error:
        backup(path, tmp_path / "copy.db", clock=CLOCK)
    assert error.value.code == "damaged"
    assert {file.name for file in tmp_path.iterdir()} == {"data"}


def test_a_backup_that_cannot_be_written_says_where(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError) as error:
        backup(path, tmp_path / "file" / "copy.db", clock=CLOCK)
    assert error.value.code == "read_only"


# --- restore -----------------------------------------------------------------------------------------------------


async def test_a_backup_takes_the_place_of_the_database_which_is_kept(path: Path, copy: Path) -> None:
    async with SqliteDatabase(path) as database:
        await database.commit(note("later"))
    kept = put_back(copy, path)
    assert kept is not None
    assert await count(kept) == 41
    assert await count(path) == 40
    async with SqliteDatabase(path) as database:
        assert await database.fetch("SELECT id FROM notes WHERE body IS NULL") == [(2,)]
        assert await database.fetch("SELECT 1 FROM sqlite_schema WHERE name = 'backup_info'") == []
        assert await database.fetch_one("PRAGMA auto_vacuum") == (2,)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {file.name for file in path.parent.iterdir()} == {
        "notes.db",
        "notes.db.lock",
        "notes.db.before-restore-20260101-000000-000",
    }
    assert look(path).ok


async def test_it_is_restored_where_there_is_nothing_yet(copy: Path, tmp_path: Path) -> None:
    assert put_back(copy, tmp_path / "other" / "notes.db") is None
    assert await count(tmp_path / "other" / "notes.db") == 40


async def test_an_older_backup_is_brought_to_the_present_schema(path: Path, copy: Path) -> None:
    put_back(copy, path, steps=(*SCHEMA, STARS))
    async with SqliteDatabase(path) as database:
        assert await database.fetch_one("SELECT sum(stars) FROM notes") == (0,)


async def test_a_log_that_was_left_behind_never_meets_the_restored_database(path: Path, copy: Path) -> None:
    writer = connect(path, write=True)
    writer.execute("INSERT INTO notes (name) VALUES ('only in the log')")
    log = path.with_name("notes.db-wal").read_bytes()
    writer.close()
    path.with_name("notes.db-wal").write_bytes(log)  # as after a kill
    kept = put_back(copy, path)
    assert await count(path) == 40
    assert kept is not None
    assert await count(kept) == 41


async def test_a_log_that_somebody_still_reads_is_kept_with_the_old_database(path: Path, copy: Path) -> None:
    reader = connect(path)
    with reader:
        assert reader.execute("SELECT count(*) FROM notes").get == 40
        async with SqliteDatabase(path) as database:
            await database.commit(note("later"))
        kept = put_back(copy, path)
    reader.close()
    assert kept is not None
    assert kept.with_name(kept.name + "-wal").stat().st_size > 0
    assert await count(kept) == 41
    assert await count(path) == 40


async def test_even_a_damaged_database_is_kept(path: Path, copy: Path) -> None:
    path.write_bytes(b"garbage" * 1_000)
    kept = put_back(copy, path)
    assert kept is not None
    assert kept.read_bytes() == b"garbage" * 1_000
    assert await count(path) == 40


def refused(copy: Path, path: Path, sealer: AesSealer = SEALER, steps: tuple[Migration, ...] = SCHEMA) -> StorageError:
    """The refusal, after which everything is as it was."""
    before = path.read_bytes()
    with pytest.raises(StorageError) as error:
        put_back(copy, path, sealer, steps)
    assert path.read_bytes() == before
    assert {file.name for file in path.parent.iterdir()} <= {path.name, "notes.db.lock", "notes.db-wal", "notes.db-shm"}
    assert error.value.hint
    return error.value


def test_a_running_service_is_not_restored_under(path: Path, copy: Path) -> None:
    with ProcessLock(path):
        assert refused(copy, path).code == "in_use"


def test_only_whole_backups_are_restored(path: Path, copy: Path, tmp_path: Path) -> None:
    assert refused(tmp_path / "none.db", path).code == "no_backup"
    (tmp_path / "text.db").write_text("hello " * 1_000)
    assert refused(tmp_path / "text.db", path).code == "damaged"
    apsw.Connection(str(tmp_path / "other.db")).execute("CREATE TABLE t (x)")
    assert refused(tmp_path / "other.db", path).code == "not_backup"
    damage(copy)
    assert refused(copy, path).code == "damaged"


def test_a_backup_of_a_newer_version_is_refused(path: Path, tmp_path: Path) -> None:
    newer = made(tmp_path / "newer.db")
    put_back(_backup_of(path, tmp_path), newer, steps=(*SCHEMA, STARS))
    assert refused(_backup_of(newer, tmp_path), path).code == "newer_schema"


def test_a_backup_whose_key_is_not_there_is_refused(path: Path, copy: Path) -> None:
    error = refused(copy, path, AesSealer(KeyRing.new(0)))
    assert error.code == "key_missing"
    assert RING.newest.id in str(error)
    assert "keys import" in error.hint
    assert refused(copy, path, AesSealer(replace(RING, lookup=bytes(32)))).code == "key_wrong"


def test_what_goes_wrong_while_it_is_prepared_changes_nothing(path: Path, copy: Path) -> None:
    broken = Migration("notes", 2, "broken", {"sqlite": "CREATE TABEL x (y);"})
    assert refused(copy, path, steps=(*SCHEMA, broken)).code == "migration_failed"


async def test_a_database_that_was_never_sealed_needs_no_key(tmp_path: Path) -> None:
    path = made(tmp_path / "data" / "notes.db")
    copy = _backup_of(path, tmp_path)
    assert read_info(copy).key_ids == ()
    put_back(copy, path, AesSealer(KeyRing.new(0)))
    assert await count(path) == 0


def _backup_of(path: Path, folder: Path) -> Path:
    target = folder / f"backup-of-{path.name}"
    backup(path, target, clock=CLOCK, columns=[SEALED])
    return target


# --- check -------------------------------------------------------------------------------------------------------


async def test_a_sound_database_is_found_sound_while_it_is_used(path: Path) -> None:
    async with SqliteDatabase(path, exclusive=True):
        report = look(path)
    assert report.ok
    assert report.schema == (Version("notes", 1, 1), Version("sealing", 1, 1))
    assert (report.sealed[0].tried, report.sealed[0].unopened) == (40, 0)
    assert report.sizes.database > 0


def test_damage_in_the_middle_is_found(path: Path) -> None:
    damage(path)
    report = look(path)
    assert report.integrity
    assert not report.ok


async def test_damage_met_while_reading_says_the_way_out(path: Path) -> None:
    damage(path, slice(-2, None))
    async with SqliteDatabase(path) as database:
        with pytest.raises(StorageError) as error:
            await database.fetch("SELECT * FROM notes")
        assert error.value.code == "damaged"
        assert "whinchat db check" in error.value.hint


def test_damage_in_the_header_is_told_at_once(path: Path) -> None:
    damage(path, slice(1))
    with pytest.raises(StorageError) as error:
        look(path)
    assert error.value.code == "damaged"


def test_no_database_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as error:
        look(tmp_path / "none.db")
    assert error.value.code == "no_database"


async def test_values_that_do_not_open_are_counted(path: Path) -> None:
    async with SqliteDatabase(path) as database:
        await database.commit(Batch((Statement("UPDATE notes SET body = 'text' WHERE id = 40", {}, 1),)))
        await database.commit(Batch((Statement("UPDATE notes SET body = x'00' WHERE id > 38", {}, 2),)))
        await database.commit(Batch((Statement("UPDATE notes SET body = NULL WHERE id < 10", {}, 9),)))
    report = look(path)
    assert (report.sealed[0].tried, report.sealed[0].unopened) == (31, 2)
    assert not report.ok


def test_missing_and_wrong_keys_are_told(path: Path) -> None:
    assert "no key file" in look(path, None).key_problem
    assert "other keys" in look(path, AesSealer(KeyRing.new(0))).key_problem
    assert not look(path, None).ok


def test_schema_and_references_are_looked_at(path: Path) -> None:
    writer = connect(path, write=True)
    writer.pragma("foreign_keys", False)
    writer.execute("CREATE TABLE tags (note REFERENCES notes (id)); INSERT INTO tags VALUES (999)")
    writer.close()
    newer = check(path, migrations=[replace(NOTES, sql={"sqlite": "another"})], sealer=SEALER, columns=[])
    assert "another form" in newer.schema_problem
    assert newer.broken_references == 1


def test_an_empty_database_is_in_order(tmp_path: Path) -> None:
    connect(tmp_path / "empty.db", write=True).close()
    report = look(tmp_path / "empty.db")
    assert report.ok
    assert report.schema == (Version("notes", 0, 1), Version("sealing", 0, 1))


def test_a_database_is_sealed_from_its_first_mark_on(path: Path, tmp_path: Path) -> None:
    assert is_sealed(path)
    assert not is_sealed(made(tmp_path / "new.db"))
    assert not is_sealed(tmp_path / "none.db")


async def test_after_a_rotation_a_backup_needs_the_new_key_only(path: Path, tmp_path: Path) -> None:
    newer = RING.with_new_key(1)
    async with SqliteDatabase(path) as database:
        await reseal(database, AesSealer(newer), [SEALED])
    assert read_info(_backup_of(path, tmp_path)).key_ids == (newer.newest.id,)
