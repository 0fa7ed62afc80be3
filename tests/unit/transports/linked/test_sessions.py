"""Where sessions lie, and how they travel."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.library import ME, ME_PHONE
from tests.support.linked.desk import store

from whinchat.core.errors import Refused, StorageError
from whinchat.transports.linked.sessions import Sessions

SECRET = 0x5A


def cover(data: bytes) -> bytes:
    """Stands for the encryption under a passphrase."""
    return bytes(byte ^ SECRET for byte in data)


def wrong(_: bytes) -> bytes:
    raise StorageError("another passphrase", code="passphrase_wrong")


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    sessions = Sessions(tmp_path / "linked")
    store(sessions.prepare("bot"))
    return sessions


def test_the_folder_and_its_files_are_for_one_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "linked"
    folder.mkdir(mode=0o777)
    sessions = Sessions(folder)
    path = sessions.prepare("bot")
    path.with_name("bot.db-wal").touch(0o644)
    sessions.prepare("bot")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {each.stat().st_mode & 0o777 for each in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("name", ["", "../etc", "Bot", "a" * 33, "-a", "a/b", "a.db"])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused) as refused:
        Sessions(tmp_path).path(name)
    assert refused.value.code == "bad_name"


def test_it_tells_which_accounts_there_are_and_which_are_linked(sessions: Sessions) -> None:
    sessions.prepare("empty")
    store(sessions.prepare("ended"), devices=())
    assert sessions.accounts() == ["bot", "empty", "ended"]
    assert [sessions.linked(name) for name in ("bot", "empty", "ended", "nobody")] == [True, False, False, False]


def test_it_tells_whose_device_it_is(sessions: Sessions) -> None:
    """Where the library keeps that otherwise, it says so itself a moment later."""
    assert sessions.owner("bot") == (ME_PHONE.replace("@", ":1@"), ME.replace("@", ":1@"))
    with closing(sqlite3.connect(sessions.path("bot"))) as connection:
        connection.execute("ALTER TABLE whatsmeow_device DROP COLUMN lid")
    assert sessions.owner("bot") == ()


def test_only_one_holds_a_session_also_in_another_process(sessions: Sessions, tmp_path: Path) -> None:
    with sessions.held("bot"), pytest.raises(Refused) as refused, Sessions(tmp_path / "linked").held("bot"):
        pass
    assert refused.value.code == "in_use"
    with sessions.held("bot"):
        assert (tmp_path / "linked" / "bot.lock").exists()


def test_an_export_is_the_session_as_it_is_now_and_legible_to_nobody(sessions: Sessions, tmp_path: Path) -> None:
    with closing(sqlite3.connect(sessions.path("bot"))) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("INSERT INTO whatsmeow_device (jid) VALUES ('4915@s.whatsapp.net')")
        connection.commit()  # in the journal only
        exported = sessions.export("bot", cover)
    assert b"4915" not in exported
    assert b"SQLite" not in exported
    other = Sessions(tmp_path / "other")
    other.import_("again", exported, cover)
    with closing(sqlite3.connect(other.path("again"))) as connection:
        rows = connection.execute("SELECT jid FROM whatsmeow_device").fetchall()
    assert ("4915@s.whatsapp.net",) in rows
    assert other.path("again").stat().st_mode & 0o777 == 0o600
    assert other.linked("again")


def test_an_import_takes_the_place_of_what_is_damaged(sessions: Sessions, tmp_path: Path) -> None:
    exported = sessions.export("bot", cover)
    other = Sessions(tmp_path / "other")
    other.prepare("bot").write_bytes(b"no database at all, but long enough to be one" * 200)
    with pytest.raises(StorageError):
        other.import_("bot", exported, cover)
    other.import_("bot", exported, cover, force=True)
    assert other.linked("bot")


def test_an_import_takes_nobodys_place_unless_that_is_said(sessions: Sessions, tmp_path: Path) -> None:
    exported = sessions.export("bot", cover)
    other = Sessions(tmp_path / "other")
    store(other.prepare("bot"), devices=("1@s.whatsapp.net",))
    leftover = other.path("bot").with_name("bot.db-wal")
    leftover.write_bytes(b"of another database")
    with pytest.raises(Refused) as refused:
        other.import_("bot", exported, cover)
    assert refused.value.code == "exists"
    other.import_("bot", exported, cover, force=True)
    assert not leftover.exists()
    assert other.linked("bot")
    other.import_("ended", exported, cover)
    assert sorted(path.name for path in other.path("bot").parent.iterdir()) == [
        "bot.db",
        "bot.lock",
        "ended.db",
        "ended.lock",
    ]


def test_what_is_in_use_neither_leaves_nor_comes(sessions: Sessions) -> None:
    exported = sessions.export("bot", cover)
    with sessions.held("bot"):
        for action in (
            lambda: sessions.export("bot", cover),
            lambda: sessions.import_("bot", exported, cover, force=True),
        ):
            with pytest.raises(Refused) as refused:
                action()
            assert refused.value.code == "in_use"


def test_without_a_link_there_is_nothing_to_export(sessions: Sessions) -> None:
    sessions.prepare("empty")
    for name in ("nobody", "empty"):
        with pytest.raises(Refused) as refused:
            sessions.export(name, cover)
        assert refused.value.code == "not_linked"


def test_another_passphrase_changes_nothing(sessions: Sessions, tmp_path: Path) -> None:
    with pytest.raises(StorageError) as error:
        Sessions(tmp_path / "other").import_("bot", sessions.export("bot", cover), wrong)
    assert error.value.code == "passphrase_wrong"
    assert not (tmp_path / "other").exists()


def test_a_damaged_file_is_told_and_not_read(sessions: Sessions) -> None:
    sessions.prepare("broken").write_bytes(b"no database at all " * 400)
    with pytest.raises(StorageError) as error:
        sessions.linked("broken")
    assert error.value.code == "damaged"
    with pytest.raises(StorageError):
        sessions.export("broken", cover)


@cache
def an_export() -> bytes:
    with TemporaryDirectory() as folder:
        sessions = Sessions(Path(folder))
        store(sessions.prepare("bot"))
        return sessions.export("bot", bytes)


@given(st.data())
def test_no_damage_to_an_export_is_taken_for_a_session(data: st.DataObject) -> None:
    whole = an_export()
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
    damaged = data.draw(st.sampled_from([whole[:at], flipped, whole + b"x"]) | st.binary(max_size=200))
    with TemporaryDirectory() as folder:
        sessions = Sessions(Path(folder))
        with suppress(Refused):
            sessions.import_("bot", damaged, bytes)
            assert sessions.linked("bot")  # the damage was where nothing matters, such as the name
            return
        assert sessions.accounts() == []


def test_forgotten_nothing_of_it_is_left(sessions: Sessions) -> None:
    path = sessions.path("bot")
    for name in ("bot.db-wal", "bot.parked"):
        path.with_name(name).touch()
    sessions.forget("bot")
    sessions.forget("bot")
    assert list(path.parent.iterdir()) == []
