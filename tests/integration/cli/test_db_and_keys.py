"""`whinchat db` and `whinchat keys` as the operator types them, over a real folder."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.support.notes import SCHEMA, SEALED, STARS, count, fill, note

from whinchat.cli.main import main
from whinchat.core.ports import Statement
from whinchat.infra.crypto.keyring import KeyRing, load, open_keys
from whinchat.infra.crypto.sealer import AesSealer
from whinchat.infra.storage.lock import ProcessLock
from whinchat.infra.storage.sqlite import SqliteDatabase

PASSPHRASE = "correct horse battery staple"


class House:
    """An installation: its folder, and what a command says."""

    def __init__(self, folder: Path, run: Callable[[list[str]], tuple[int, str]]) -> None:
        self.data = folder / "data"
        self.database = self.data / "whinchat.db"
        self.keys = folder / "keys" / "root.key"
        self.folder = folder
        self._run = run

    def run(self, command: str) -> tuple[int, str]:
        return self._run(command.split())

    def ok(self, command: str) -> str:
        code, output = self.run(command)
        assert code == 0, output
        return output

    def refused(self, command: str) -> str:
        code, output = self.run(command)
        assert code == 2
        assert output.startswith("error: ")
        assert "hint: " in output
        return output

    def ring(self) -> KeyRing:
        return load(self.keys, self.data)

    def notes(self) -> int:
        return asyncio.run(count(self.database))


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> House:
    """With a database that holds ten sealed notes."""
    bootstrap = SimpleNamespace(
        APPS=(),
        migrations=lambda: SCHEMA,
        sealed_columns=lambda: (SEALED,),
        after_restore=lambda: (Statement("UPDATE notes SET body = NULL WHERE id = 1", {}),),
    )
    monkeypatch.setitem(sys.modules, "whinchat.bootstrap", bootstrap)
    monkeypatch.setenv("WHINCHAT_STORAGE__DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WHINCHAT_KEYS__PATH", str(tmp_path / "keys" / "root.key"))
    monkeypatch.chdir(tmp_path)

    def run(arguments: list[str]) -> tuple[int, str]:
        capfd.readouterr()
        code = main(arguments, apps=tuple)
        out, err = capfd.readouterr()
        return code, out + err

    house = House(tmp_path, run)
    (tmp_path / "words").write_text(PASSPHRASE + "\n")
    (tmp_path / "short").write_text("short\n")
    (tmp_path / "wrong").write_text("another passphrase\n")
    house.ok("db migrate")
    ring = open_keys(house.keys, house.data, now=0, sealed=False)
    asyncio.run(fill(house.database, AesSealer(ring), 10))
    return house


def test_migrating_says_what_it_did_and_backs_up_first(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert house.ok("db migrate") == "ok: nothing to do\n"
    monkeypatch.setattr(sys.modules["whinchat.bootstrap"], "migrations", lambda: (*SCHEMA, STARS))
    assert house.ok("db migrate") == "notes 2: stars\nok: 1 steps taken\n"
    (backup,) = (house.data / "backups").iterdir()
    assert backup.name.startswith("before-migration-")
    monkeypatch.undo()


def test_a_backup_is_made_and_restored(house: House) -> None:
    output = house.ok("db backup monday.db")
    assert "ok: monday.db" in output
    assert "The key is not in it" in output
    assert house.ring().newest.id in output
    asyncio.run(_add_later(house.database))
    assert "is kept as" in house.ok("db restore monday.db")
    assert house.notes() == 10
    assert "ok: nothing is wrong" in house.ok("db check")


def test_a_backup_gets_a_name_of_its_own(house: House) -> None:
    house.ok("db backup")
    (backup,) = (house.data / "backups").iterdir()
    assert backup.match("whinchat-*-*-*.db")


async def _add_later(path: Path) -> None:
    async with SqliteDatabase(path) as database:
        await database.commit(note("later"))


def test_refusals_say_the_way_out(house: House) -> None:
    house.ok("db backup monday.db")
    house.refused("db backup monday.db")
    house.refused("db restore none.db")
    with ProcessLock(house.database):
        assert "in use" in house.refused("db restore monday.db")
        assert "in use" in house.refused("keys rotate")
    house.keys.chmod(0o644)
    assert "chmod 600" in house.refused("keys status")
    assert "chmod 600" in house.refused("db check")


def test_a_check_tells_what_is_wrong_and_exits_with_1(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads(house.ok("db check --json"))["ok"] is True
    asyncio.run(_spoil(house.database))
    code, output = house.run("db check")
    assert code == 1
    assert "damaged: 1 rows refer" in output
    assert "1 of 10 in notes.body do not open" in output
    assert "db restore" in output
    house.keys.rename(house.folder / "lost.key")
    code, output = house.run("db check")
    assert "wrong: there is sealed data, and no key file" in output
    monkeypatch.setattr(sys.modules["whinchat.bootstrap"], "migrations", lambda: (*SCHEMA, STARS))
    assert "schema of notes: 1, 1 steps to take" in house.run("db check")[1]
    house.database.write_bytes(house.database.read_bytes()[:-4096] + bytes(4096))
    code, output = house.run("db check")
    assert code == 1
    assert output.startswith("damaged: ")


async def _spoil(path: Path) -> None:
    async with SqliteDatabase(path) as database:
        await database._writer.run(lambda connection: connection.pragma("foreign_keys", False))
        await database._writer.run(
            lambda connection: connection.execute(
                "CREATE TABLE tags (note REFERENCES notes (id)); INSERT INTO tags VALUES (99);"
                "UPDATE notes SET body = x'00' WHERE id = 3"
            )
        )


def test_keys_are_rotated_and_the_old_one_is_dropped_when_told(house: House) -> None:
    old = house.ring().newest
    assert "seals, in use" in house.ok("keys status")
    output = house.ok("keys rotate")
    assert "11 values were sealed again" in output
    assert "Export the keys again" in output
    assert house.ring().keys[0].id == old.id
    status = house.ok("keys status")
    assert f"{old.id}  made 1970-01-01  opens\n" in status
    assert "0 values were sealed again" in house.ok("keys rotate --continue --prune")
    assert old.id not in house.ok("keys status")
    assert "nothing is wrong" in house.ok("db check")


def test_keys_can_be_rotated_before_there_is_any_data(house: House) -> None:
    shutil.rmtree(house.data)
    assert "0 values" in house.ok("keys rotate")
    assert len(house.ring().keys) == 2
    assert "opens" in house.ok("keys status")


def test_a_rotation_needs_the_present_schema(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["whinchat.bootstrap"], "migrations", lambda: (*SCHEMA, STARS))
    assert "db migrate" in house.refused("keys rotate --continue")


def test_a_lost_key_file_comes_back_from_its_export(house: House) -> None:
    ring = house.ring()
    assert ring.newest.id in house.ok("keys export keys.json --passphrase-file words")
    house.refused("keys export keys.json --passphrase-file words")
    house.refused("keys export more.json --passphrase-file short")
    house.keys.unlink()
    assert "key file" in house.refused("keys status")
    assert "passphrase" in house.run("keys import keys.json --passphrase-file wrong")[1]
    house.refused("keys import none.json --passphrase-file words")
    house.refused("keys import words --passphrase-file words")
    assert house.ok("keys import keys.json --passphrase-file words")
    assert house.ring() == ring
    house.ok("keys import keys.json --passphrase-file words")
    assert house.ring() == ring


def test_keys_that_older_backups_need_come_back(house: House) -> None:
    house.ok("keys export keys.json --passphrase-file words")
    house.ok("db backup monday.db")
    house.ok("keys rotate --prune")
    assert "keys import" in house.refused("db restore monday.db")
    house.ok("keys import keys.json --passphrase-file words")
    house.ok("db restore monday.db")
    assert "nothing is wrong" in house.ok("db check")


def test_the_passphrase_is_asked_for_unseen(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, object]] = []

    def prompt(text: str, **options: object) -> str:
        asked.append((text, options["hide_input"]))
        return PASSPHRASE

    monkeypatch.setattr("click.prompt", prompt)
    house.ok("keys export keys.json")
    house.ok("keys import keys.json")
    assert asked == [("Passphrase", True)] * 2


@pytest.mark.parametrize(
    "command",
    ["db", "db migrate", "db backup", "db restore", "db check", "keys", "keys rotate", "keys export", "keys import"],
)
def test_help_teaches(house: House, command: str) -> None:
    output = house.ok(f"{command} --help")
    assert "Usage:" in output
    assert " " not in command or "Example" in output
