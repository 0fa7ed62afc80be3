"""Whatever is wrong around the service: it says so and how to go on, or goes on by itself. Nothing is lost."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import signal
import socket
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.disks import fill, small_disk, write_protect
from tests.support.live import TOKEN, Child, Service, until
from tests.support.running import Chat, Running, running, verb

from whinchat.bootstrap import APPS
from whinchat.config.tree import settings_of

SETTINGS = settings_of({app.name: app.settings for app in APPS})


def bad(name: str | int) -> str:
    return f"https://paypa1-login-{name}.pages.dev/verify"


# --- a start that is refused -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Has protected a group for a while, and is stopped now; `backup.db` is a backup of it."""
    folder = tmp_path_factory.mktemp("installation")
    with running(folder) as town:
        chat = town.group("Neighbours")
        for number in range(60):
            chat.say("Bob", bad(number))
        town.settle()
        assert town.verb("db", "backup", str(folder / "backup.db")).code == 0
        town.service.child.stop()
        yield town


@pytest.fixture
def copy(installation: Running, tmp_path: Path) -> Iterator[Service]:
    """The installation, to be spoilt."""
    original = installation.service.folder
    for name in ("data", "root.key"):
        (shutil.copytree if name == "data" else shutil.copy2)(original / name, tmp_path / name)
    service = Service(tmp_path, installation.world)
    yield service
    service.kill()


def refusal(service: Service, **environment: str) -> str:
    """What `whinchat run` says when it does not start."""
    service.start(wait=False, **environment)
    assert service.child.wait() == 2, service.child.output()
    said = service.child.output()
    assert "Traceback" not in said
    assert said.splitlines()[-2].startswith("error: ") or "hint: " in said
    return said


def test_every_setting_that_is_wrong_is_named_with_the_way_out(copy: Service) -> None:
    tables: dict[str, list[str]] = {}
    for key in SETTINGS:
        section, _, name = key.rpartition(".")
        tables.setdefault(section, []).append(f"{name} = [[1]]")
    text = "\n".join(line for section, lines in tables.items() for line in (f"[{section}]", *lines))
    (copy.folder / "whinchat.toml").write_text(text, encoding="utf-8")
    copy.environment.clear()
    said = refusal(copy)
    told = {line.strip().partition(":")[0] for line in said.splitlines()}
    assert told >= set(SETTINGS)
    assert said.count("Correct it, or remove it") + said.count("Write each as") == len(SETTINGS)
    assert "whinchat config check" in said


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"WHINCHAT_STORAGE__MIN_FREE_MB": "plenty"}, ["storage.min_free_mb", "a whole number from 1"]),
        ({"WHINCHAT_STORAGE__DATTA": "x"}, ["storage.datta", "Did you mean storage.data?"]),
        ({"WHINCHAT_SERVICE__OWNERS": "+1555010O"}, ["service.owners", "not shown"]),
        ({"WHINCHAT_SERVICE__OWNERS": "15550100@s.whatsapp.net"}, ["service.owners", '"+15550100"']),
        ({"WHINCHAT_TRANSPORT__KIND": "pigeons"}, ["transport.kind", '"simulator"']),
        ({"WHINCHAT_TRANSPORT__SIMULATOR__WORLD": "http://example.org:80"}, ["transport.simulator.world"]),
        ({"WHINCHAT_PRIVATE__PORT": "65536", "WHINCHAT_LOG__LEVEL": "loud"}, ["2 settings are wrong", "log.level"]),
        ({"WHINCHAT_APPS__SCANNER__CORRECTION_HOURS": "-1"}, ["apps.scanner.correction_hours"]),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
def test_a_wrong_variable_is_refused(tmp_path: Path, environment: dict[str, str], expected: list[str]) -> None:
    printed = verb("config", "check", folder=tmp_path, environment=environment)
    assert printed.code == 2
    assert all(part in printed.err for part in expected), printed.err


def test_a_wrong_file_is_refused(copy: Service) -> None:
    (copy.folder / "whinchat.toml").write_text("[storage\ndata = var", encoding="utf-8")
    assert "is not TOML" in refusal(copy)


def test_a_key_inside_the_data_folder_is_refused(copy: Service) -> None:
    said = refusal(copy, WHINCHAT_KEYS__PATH=str(copy.folder / "data" / "root.key"))
    assert "keys.path" in said
    assert "choose a path outside" in said


# --- a database that is not as it was ----------------------------------------------------------------------------


def _change(path: Path, change: Callable[[bytearray], bytes | bytearray]) -> None:
    path.write_bytes(change(bytearray(path.read_bytes())))


def _flip(content: bytearray, start: int, end: int) -> bytearray:
    content[start:end] = bytes(byte ^ 0x55 for byte in content[start:end])
    return content


@pytest.mark.parametrize(
    "change",
    [
        lambda content: _flip(content, 0, 100),
        lambda content: _flip(content, 4096, len(content)),
        lambda content: content[:50],
        lambda content: b"this was a database once" * 100,
    ],
    ids=["header", "everything but the first page", "fifty bytes", "text"],
)
def test_a_damaged_database_is_refused(copy: Service, change: Callable[[bytearray], bytes]) -> None:
    _change(copy.database, change)
    damaged = copy.database.read_bytes()
    said = refusal(copy)
    assert "is damaged" in said
    assert "whinchat db restore FILE" in said
    assert copy.database.read_bytes() == damaged, "nothing was changed"


def test_a_backup_brings_back_what_was_cut_off(copy: Service, installation: Running) -> None:
    _change(copy.database, lambda content: content[: len(content) // 2])
    town = Running(installation.world, copy)
    assert "is damaged" in refusal(copy)
    assert town.verb("db", "check").code != 0
    assert town.verb("doctor").code == 1
    restored = town.verb("db", "restore", str(installation.service.folder / "backup.db"))
    assert restored.code == 0, restored.err
    copy.start()
    assert town.count("SELECT count(*) FROM scanner_sightings") == 60


@pytest.mark.parametrize("table", ["sqlite_autoindex_events_1", "outbox"])
def test_damage_that_shows_later_fails_readiness_and_loses_nothing(
    copy: Service, installation: Running, table: str
) -> None:
    with contextlib.closing(sqlite3.connect(copy.database)) as database:
        (size,) = database.execute("PRAGMA page_size").fetchone()
        (page,) = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    _change(copy.database, lambda content: _flip(content, (page - 1) * size, page * size))
    town = Running(installation.world, copy)
    chat = Chat(town, "Neighbours")
    copy.start(WHINCHAT_SERVICE__SHUTDOWN_SECONDS="2")
    message = chat.say("Bob", bad(f"later-{table.replace('_', '-')}"))
    until(lambda: town.ready()[0] == 503, "the damage is noticed")
    failing = town.ready()[1]["failing"]["database"]
    assert "is damaged" in failing["detail"]
    assert "whinchat db restore" in failing["hint"]
    assert chat.replies(message) == []
    assert town.get("/healthz")[0] == 200
    copy.child.send(signal.SIGTERM)
    assert copy.child.wait() == 0
    assert copy.child.output().count("the database is damaged") <= 2
    assert town.verb("db", "restore", str(installation.service.folder / "backup.db")).code == 0
    copy.start()
    town.settle()
    # What had been taken over into the damaged database went with it; what had not been is still with the network.
    taken = table == "outbox"
    assert len(chat.replies(message)) == (0 if taken else 1)


def test_a_newer_schema_is_refused(copy: Service) -> None:
    with contextlib.closing(sqlite3.connect(copy.database)) as database, database:
        database.execute("INSERT INTO schema_migrations VALUES ('core', 99, 'later', 'x', 1)")
    said = refusal(copy)
    assert "written by a newer Whinchat (core step 99)" in said
    assert "Run that version again" in said


# --- a key that does not fit -------------------------------------------------------------------------------------


def test_without_its_key_nothing_is_read_and_nothing_deleted(copy: Service) -> None:
    key = copy.folder / "root.key"
    kept = key.read_bytes()
    key.unlink()
    said = refusal(copy)
    assert "is missing" in said
    assert "whinchat keys import FILE" in said
    assert not key.exists(), "a new key would hide that the old one is missing"
    key.write_bytes(kept)
    key.chmod(0o600)
    copy.start()


def _with_other_secret(key: Path, part: str) -> None:
    content: dict[str, Any] = json.loads(key.read_bytes())
    secret = b64encode(secrets.token_bytes(32)).decode()
    if part == "lookup":
        content["lookup"] = secret
    else:
        content["keys"][0]["secret"] = secret
    key.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize("part", ["lookup", "keys"])
def test_another_installations_key_is_refused(copy: Service, part: str) -> None:
    _with_other_secret(copy.folder / "root.key", part)
    assert "sealed with other keys" in refusal(copy)


def test_a_key_that_others_can_read_or_that_is_damaged_is_refused(copy: Service) -> None:
    key = copy.folder / "root.key"
    key.chmod(0o644)
    assert f"chmod 600 {key}" in refusal(copy)
    key.chmod(0o600)
    key.write_text("{}", encoding="utf-8")
    assert "is damaged" in refusal(copy)


# --- folders and disks -------------------------------------------------------------------------------------------


def test_a_file_in_the_place_of_the_data_folder_is_refused(copy: Service) -> None:
    shutil.rmtree(copy.folder / "data")
    (copy.folder / "data").write_text("", encoding="utf-8")
    said = refusal(copy)
    assert "cannot be made" in said
    assert "storage.data" in said


def test_a_disk_that_is_not_to_be_written_to_is_refused(copy: Service, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 16) as disk:
        data = {"WHINCHAT_STORAGE__DATA": str(disk / "data"), "WHINCHAT_STORAGE__MIN_FREE_MB": "1"}
        write_protect(disk, on=True)
        said = refusal(copy, **data)
        assert "Read-only file system" in said
        assert "storage.data" in said
        write_protect(disk, on=False)
        shutil.copytree(copy.folder / "data", disk / "data")
        write_protect(disk, on=True)
        said = refusal(copy, **data)
        assert "not read-only" in said


def test_a_full_disk_stops_intake_until_there_is_room_again(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 24) as disk:
        settings = {"WHINCHAT_STORAGE__DATA": str(disk / "data"), "WHINCHAT_STORAGE__MIN_FREE_MB": "4"}
        with running(tmp_path, settings) as town:
            chat = town.group("Neighbours")
            before = [chat.say("Bob", bad(f"before-{number}")) for number in range(3)]
            town.settle()
            ballast = fill(disk)
            during = [chat.say("Bob", bad(f"during-{number}")) for number in range(20)]
            until(lambda: "disk" in town.ready()[1]["failing"], "the full disk is noticed")
            status, report = town.ready()
            assert status == 503
            assert "less than 4 MB free" in report["failing"]["disk"]["detail"]
            assert "resumes by itself" in report["failing"]["disk"]["hint"]
            assert town.get("/healthz")[0] == 200
            assert any(not chat.replies(message) for message in during)
            ballast.unlink()
            town.settle()
            until(lambda: town.ready()[0] == 200, "it is well again")
            assert [len(chat.replies(message)) for message in before + during] == [1] * 23
            assert [chat.reaction(message) for message in before + during] == ["⛔"] * 23
            assert town.service.child.stop() == 0
            assert town.verb("db", "check").code == 0


def test_a_disk_with_too_little_room_from_the_beginning_takes_nothing_in(installation: Running, copy: Service) -> None:
    copy.environment["WHINCHAT_STORAGE__MIN_FREE_MB"] = "1000000"
    copy.environment["WHINCHAT_SERVICE__SHUTDOWN_SECONDS"] = "2"
    copy.start()
    town = Running(installation.world, copy)
    status, report = town.ready()
    assert (status, report["status"]) == (503, "failing")
    assert "less than 1000000 MB free" in report["failing"]["disk"]["detail"]
    stored, offered = town.count("SELECT count(*) FROM events"), town.world.counts()["handed_over"]
    Chat(town, "Neighbours").say("Bob", bad("refused"))
    until(lambda: town.world.counts()["handed_over"] > offered, "the message was offered")
    assert town.waiting()[0] >= 1, "it stays with the network"
    assert town.count("SELECT count(*) FROM events") == stored
    assert town.verb("doctor").code == 1


# --- the neighbourhood -------------------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_refused(copy: Service) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refusal(copy, WHINCHAT_PRIVATE__PORT=port)
        assert f"private.port: something else listens on 127.0.0.1:{port}" in said
        assert "0 takes any free one" in said
        said = refusal(copy, WHINCHAT_PRIVATE__HOST="192.0.2.1")
        assert "private.host" in said


def test_a_second_service_on_the_same_data_is_refused_and_the_first_goes_on(copy: Service, tmp_path: Path) -> None:
    copy.start()
    (tmp_path / "second").mkdir()
    second = Service(tmp_path / "second", copy.world, {"WHINCHAT_STORAGE__DATA": str(copy.folder / "data")})
    second.environment["WHINCHAT_KEYS__PATH"] = str(copy.folder / "root.key")
    try:
        assert "is in use by another Whinchat process" in refusal(second)
    finally:
        second.kill()
    assert Running(copy.world, copy).ready()[0] == 200


def test_a_world_that_is_not_there_yet_is_waited_for(copy: Service, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    copy.start(WHINCHAT_TRANSPORT__SIMULATOR__WORLD=f"http://127.0.0.1:{port}")
    town = Running(copy.world, copy)
    status, report = town.ready()
    assert (status, report["status"]) == (200, "degraded")
    assert "connecting" in report["degraded"]["transport simulator"]["detail"]
    late = Child(["whinchat", "simulator", "--port", str(port), "--token", TOKEN], tmp_path, "late", {})
    try:
        until(town.connected, "it connects by itself")
    finally:
        late.kill()
    until(lambda: not town.connected(), "it notices that the world is gone")


def test_a_wrong_token_is_told_and_does_not_end_the_service(copy: Service) -> None:
    copy.start(WHINCHAT_TRANSPORT__SIMULATOR__TOKEN="a-wrong-token-0123456789")
    until(lambda: "the world refuses the token" in copy.child.output(), "the log says why")
    _, report = Running(copy.world, copy).ready()
    assert report["status"] == "degraded"
    assert "the log says why" in report["degraded"]["transport simulator"]["hint"]
    assert "a-wrong-token" not in copy.child.output()
