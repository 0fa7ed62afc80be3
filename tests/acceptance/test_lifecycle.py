"""A service is stopped, started, backed up, restored, given new keys and lists; what it protects notices nothing."""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.live import until
from tests.support.running import Chat, Running, Said, running

SHOP = "https://www.blumenladen-sonnenhof.de/angebote"
OWNER = "+999555000777"
CORRECTED = 75.0  # seconds: lists are looked at each minute


def bad(name: str | int) -> str:
    return f"https://paypa1-login-{name}.pages.dev/verify"


Seen = dict[str, tuple[Chat, Said]]
"""A message in each of some chats."""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Seen]]:
    """A link was seen in three chats before a list that names it was imported; its correction is under way."""
    with running(tmp_path_factory.mktemp("imported")) as town:
        _make_up_for_missed_minutes(town)
        chats = {"Family": town.group("Family"), "Club": town.group("Club"), "Bob": town.direct("Bob")}
        seen = {name: (chat, chat.say("Bob", f"flowers: {SHOP}")) for name, chat in chats.items()}
        town.settle()
        for name in ("Family", "Club"):
            chat, message = seen[name]
            assert (chat.replies(message), chat.reaction(message)) == ([], None)
        (town.service.folder / "list.txt").write_text("blumenladen-sonnenhof.de\ngartenbau-lenzinger.at\n")
        done = town.verb("feeds", "import", "mylist", "list.txt")
        assert done.code == 0, done.err
        assert "2 entries in use" in done.out
        yield town, seen


def _make_up_for_missed_minutes(town: Running) -> None:
    """The service was off for a while: what it does each minute it does at its start."""
    until(lambda: town.count("SELECT count(*) FROM schedules") > 0, "the schedules are known")
    town.service.child.stop()
    with contextlib.closing(sqlite3.connect(town.service.database)) as database, database:
        database.execute("UPDATE schedules SET fired_at = fired_at - 120000 WHERE name LIKE 'scanner.lists%'")
    town.service.start()
    until(lambda: town.count("SELECT count(*) FROM scanner_state WHERE name = 'checked_lists'") == 1, "it made up")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, imported: tuple[Running, Seen]) -> Iterator[Running]:
    """`imported` goes on meanwhile, so that its minute passes while other tests run."""
    owner = {"WHINCHAT_SERVICE__OWNERS": OWNER}
    with running(tmp_path_factory.mktemp("lifecycle"), owner) as town:
        town.world.call("person", name="Olga", phone=OWNER)
        yield town


# --- stop and start ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_finishes_what_is_under_way_and_a_start_does_the_rest(town: Running, number: signal.Signals) -> None:
    chats = [town.group(f"{number.name} {each}") for each in range(12)]
    town.world.call("fault", kind="slow", seconds=0.7)
    messages = [(chat, chat.say("Bob", bad(f"{number.name.lower()}-{each}"))) for each, chat in enumerate(chats)]
    until(lambda: town.count("SELECT count(*) FROM outbox WHERE state = 'sending'") > 0, "sends are under way")
    started = time.monotonic()
    town.service.child.send(number)
    assert town.service.child.wait() == 0
    assert time.monotonic() - started < 20, "service.shutdown_seconds"
    assert town.count("SELECT count(*) FROM outbox WHERE state = 'sending'") == 0, "the results were waited for"
    town.world.call("clear_faults")
    late = [(chat, chat.say("Eve", bad(f"late-{number.name.lower()}"))) for chat in chats[:3]]
    town.service.start()
    town.settle()
    for chat, message in (*messages, *late):
        assert len(chat.replies(message)) == 1
        assert chat.reaction(message) == "⛔"
    assert town.count("SELECT count(*) FROM outbox WHERE state IN ('unknown', 'failed')") == 0


def test_a_start_after_a_kill_needs_no_help(town: Running) -> None:
    chat = town.group("Killed")
    messages = [chat.say("Bob", bad(f"killed-{number}")) for number in range(30)]
    town.service.child.kill()
    town.service.start()
    town.settle()
    assert all(chat.replies(message) for message in messages)
    assert town.ready()[0] == 200


def test_the_owner_restarts_it_from_a_chat_and_nothing_is_lost(town: Running) -> None:
    family, olga, process = town.group("Restarted"), town.direct("Olga"), town.service.child.pid
    asked = olga.say("Olga", "!scan restart")
    until(lambda: olga.replies(asked) != [], "the owner is told")
    messages = [family.say("Bob", bad(f"restarted-{number}")) for number in range(10)]
    until(lambda: town.service.child.output().count("Whinchat is ready") == 2, "it is there again")
    until(lambda: all(family.replies(message) for message in messages), "everything is answered")
    assert town.service.child.pid == process
    assert [len(family.replies(message)) for message in messages] == [1] * 10
    assert olga.replies(asked) == ["I restart. I am back in a few seconds; nothing is lost."]
    assert "Only the owner" in family.ask("Ana", "!scan restart")
    assert town.count("SELECT count(*) FROM audit WHERE action = 'scan restart'") == 1
    town.service.child.stop()
    town.service.start()


# --- backup and restore ------------------------------------------------------------------------------------------


def test_what_was_unsent_in_a_backup_is_not_sent_again_after_its_restore(town: Running) -> None:
    chat = town.group("Restore")
    town.world.call("fault", kind="reject", error="busy", retry_after=5.0, chat=chat.id)
    message = chat.say("Bob", bad("restore"))
    until(
        lambda: town.count("SELECT count(*) FROM outbox WHERE attempts > 0 AND state = 'queued'") > 0, "it is refused"
    )
    backup = town.service.folder / "monday.db"
    done = town.verb("db", "backup", str(backup))
    assert done.code == 0, done.err
    assert "The key is not in it" in done.out
    assert town.count("SELECT count(*) FROM outbox WHERE state = 'queued'") > 0
    town.world.call("clear_faults")
    town.settle()
    assert len(chat.replies(message)) == 1

    refused = town.verb("db", "restore", str(backup))
    assert refused.code == 2, "not under a running service"
    assert "in use" in refused.err
    town.service.child.stop()
    restored = town.verb("db", "restore", str(backup))
    assert restored.code == 0, restored.err
    assert "is kept as" in restored.out
    assert set(town.rows("SELECT DISTINCT state FROM outbox WHERE error = 'restored'")) == {("unknown",)}
    town.service.start()
    after = chat.say("Bob", bad("restore-after"))
    town.settle()
    assert len(chat.replies(message)) == 1
    assert len(chat.replies(after)) == 1, "consent and everything else is as it was"


def test_a_backup_that_is_damaged_or_under_another_key_is_not_restored(town: Running, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    assert town.verb("db", "backup", str(backup)).code == 0
    town.service.child.stop()
    before = town.service.database.read_bytes()
    content = bytearray(backup.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    (tmp_path / "damaged.db").write_bytes(content)
    damaged = town.verb("db", "restore", str(tmp_path / "damaged.db"))
    missing = town.verb("db", "restore", str(tmp_path / "missing.db"))
    for refused in (damaged, missing):
        assert refused.code == 2
        assert "Traceback" not in refused.err
    assert town.service.database.read_bytes() == before
    town.service.start()


def test_the_database_is_checked_and_migrated_beside_the_service(town: Running) -> None:
    checked = town.verb("db", "check")
    assert checked.code == 0, checked.out
    assert "ok: nothing is wrong with it" in checked.out
    assert "ok: nothing to do" in town.verb("db", "migrate").out


# --- keys --------------------------------------------------------------------------------------------------------


def test_a_rotation_that_the_service_does_not_finish_in_time_goes_on_later(
    town: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whinchat.cli.keys.PATIENCE", 0.5)
    monkeypatch.setattr("whinchat.cli.keys.LOOK", 0.1)
    town.service.child.send(signal.SIGSTOP)
    try:
        stuck = town.verb("keys", "rotate")
    finally:
        town.service.child.send(signal.SIGCONT)
    assert (stuck.code, "whinchat keys rotate --continue" in stuck.err) == (2, True)
    monkeypatch.undo()
    done = town.service.whinchat("keys", "rotate", "--continue")
    assert "the service has sealed everything again" in done.stdout, done.stderr


def test_keys_are_rotated_exported_and_imported(town: Running) -> None:
    folder = town.service.folder
    chat = town.group("Keys")
    message = chat.say("Bob", bad("keys"))
    chat.ask("Ana", "!scan deny example.net")
    (folder / "words").write_text("correct horse battery staple\n")
    refused = town.verb("keys", "rotate", "--prune")
    assert (refused.code, "--continue --prune" in refused.err) == (2, True)
    rotated = town.verb("keys", "rotate")
    assert (rotated.code, "the service has sealed everything again" in rotated.out) == (0, True), rotated.err
    town.service.child.stop()

    pruned = town.verb("keys", "rotate", "--continue", "--prune")
    assert pruned.code == 0, pruned.err
    assert "old keys were dropped" in pruned.out
    exported = town.verb("keys", "export", "export.json", "--passphrase-file", "words")
    assert exported.code == 0, exported.err
    key = folder / "root.key"
    kept = key.read_bytes()
    assert len(json.loads(kept)["keys"]) == 1
    key.unlink()
    town.service.start(wait=False)
    assert town.service.child.wait() == 2
    (folder / "wrong").write_text("incorrect horse battery\n")
    wrong = town.verb("keys", "import", "export.json", "--passphrase-file", "wrong")
    assert (wrong.code, key.exists()) == (2, False)
    imported = town.verb("keys", "import", "export.json", "--passphrase-file", "words")
    assert imported.code == 0, imported.err
    assert json.loads(key.read_bytes())["keys"] == json.loads(kept)["keys"]
    assert key.stat().st_mode & 0o777 == 0o600

    town.service.start()
    assert "pretends to be PayPal" in chat.ask(
        "Eve", "!scan explain", quote={"sender": message["sender"], "id": message["id"], "content": {"text": "?"}}
    )
    assert "example[.]net" in chat.ask("Ana", "!scan rules")
    assert town.verb("db", "check").code == 0


# --- trace -------------------------------------------------------------------------------------------------------


def test_a_message_can_be_traced_from_arrival_to_delivery(town: Running) -> None:
    chat = town.group("Trace")
    message = chat.say("Bob", bad("trace"))
    town.settle()
    for person in ("Ana", "Bob", "Eve"):
        town.world.call("read", chat=chat.id, person=person)
    town.settle()
    newest = town.verb("trace", "--last", "1", "--json")
    event = json.loads(newest.out.splitlines()[0])
    assert (event["kind"], event["state"], event["replies"]) == ("message", "done", 2)
    traced = town.verb("trace", str(event["id"]), "--json")
    steps = [json.loads(line) for line in traced.out.splitlines()]
    assert [step["what"] for step in steps][:2] == ["arrived", "handled"]
    assert {step["what"] for step in steps[2:]} == {"reply queued", "reply sent"}
    assert [step["at"] for step in steps] == sorted(step["at"] for step in steps)
    (sent,) = [step["detail"] for step in steps if step["what"] == "reply sent" and step["detail"].startswith("text")]
    assert "read" in sent or "delivered" in sent
    by_reply = town.verb("trace", sent.split()[1])
    assert "reply sent" in by_reply.out
    assert len(chat.replies(message)) == 1
    unknown = town.verb("trace", "999999")
    assert (unknown.code, "hint:" in unknown.err) == (2, True)


def test_a_message_that_was_set_aside_is_listed_and_can_be_tried_again(town: Running) -> None:
    chat = town.group("Aside")
    chat.ask("Ana", "!scan deny example.net")
    town.service.child.stop()
    rule = "chat = (SELECT chat FROM events ORDER BY id DESC LIMIT 1)"
    with contextlib.closing(sqlite3.connect(town.service.database)) as database, database:
        ((body,),) = database.execute(f"SELECT body FROM scanner_rules WHERE {rule}").fetchall()
        database.execute(f"UPDATE scanner_rules SET body = x'00' WHERE {rule}")
    town.service.start(WHINCHAT_SERVICE__MAX_ATTEMPTS="1")
    poison, other = chat.say("Bob", bad("aside")), chat.say("Bob", "good morning")
    town.settle()
    assert chat.replies(poison) == []
    assert town.rows("SELECT state FROM events ORDER BY id DESC LIMIT 2") == [("done",), ("aside",)], "the chat goes on"
    listed = town.verb("trace", "--aside", "--json")
    (event,) = [json.loads(line) for line in listed.out.splitlines()]
    assert event["error"] == "unsealable"
    assert "set aside" in town.verb("trace", str(event["id"])).out

    town.service.child.stop()
    with contextlib.closing(sqlite3.connect(town.service.database)) as database, database:
        database.execute(f"UPDATE scanner_rules SET body = ? WHERE {rule}", (body,))
    again = town.verb("trace", str(event["id"]), "--retry")
    assert (again.code, "back in line" in again.out) == (0, True)
    assert town.verb("trace", str(event["id"]), "--retry").code == 2
    town.service.start()
    town.settle()
    assert len(chat.replies(poison)) == 1
    assert chat.replies(other) == []


# --- doctor and config -------------------------------------------------------------------------------------------


def test_the_doctor_finds_the_running_service_and_what_ails_it(town: Running) -> None:
    port = {"WHINCHAT_PRIVATE__PORT": town.service.address.rpartition(":")[2]}
    town.service.environment.update(port)
    try:
        well = town.verb("doctor", "--json")
        found = {line["check"]: line for line in map(json.loads, well.out.splitlines())}
        assert well.code == 0, well.out
        assert "the service runs here" in found["private port"]["detail"]
        assert "transport" not in found["private port"]["detail"]
        assert "learned from links that are" in found["model"]["detail"]
        town.world.call("presence", person="Whinchat", online=False)
        until(lambda: not town.connected(), "the service notices")
        degraded = town.verb("doctor")
        assert degraded.code == 0, "a warning, nothing that keeps it from working"
        assert "transport simulator: " in degraded.out
        town.world.call("presence", person="Whinchat", online=True)
        (town.service.folder / "root.key").chmod(0o644)
        ill = town.verb("doctor")
        assert ill.code == 1
        assert f"key: chmod 600 {town.service.folder / 'root.key'}" in ill.out
    finally:
        (town.service.folder / "root.key").chmod(0o600)
        town.service.environment["WHINCHAT_PRIVATE__PORT"] = "0"


def test_the_settings_in_use_are_shown_with_their_origin_and_without_secrets(town: Running) -> None:
    shown = json.loads(town.verb("config", "show", "--json").out)
    assert shown["private.port"] == {"value": "0", "from": "environment"}
    assert shown["service.prefix"]["from"] == "default"
    assert shown["transport.simulator.token"]["value"] == "***"
    assert "are right" in town.verb("config", "check").out


# --- lists -------------------------------------------------------------------------------------------------------


def test_a_link_on_a_list_that_was_just_imported_is_warned_about_at_once(imported: tuple[Running, Seen]) -> None:
    town, _ = imported
    chat = town.group("New")
    messages = [chat.say("Bob", text) for text in (SHOP, "see http://gartenbau-lenzinger.at/x")]
    town.settle()
    for message in messages:
        (warning,) = chat.replies(message)
        assert "It is on a list of sites that steal passwords and money (mylist)." in warning


def test_chats_that_saw_a_link_are_told_when_a_list_names_it(imported: tuple[Running, Seen]) -> None:
    town, seen = imported

    def corrected(chat: Chat, message: Said) -> list[str]:
        return [text for text in chat.replies(message) if "I was wrong about a link" in text]

    until(lambda: all(corrected(*each) for each in seen.values()), "every chat is told", CORRECTED)
    town.settle()
    for chat, message in seen.values():
        (correction,) = corrected(chat, message)
        assert "blumenladen-sonnenhof[.]de" in correction
        assert "(mylist)" in correction
        assert chat.reaction(message) == "⛔"
    status = town.verb("feeds", "status", "--json").out
    assert "mylist" in [json.loads(line)["feed"] for line in status.splitlines()]
