"""After a busy time nothing that people said, and nothing of who they are, stands in the clear anywhere."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from tests.support.kinds import KINDS
from tests.support.live import until
from tests.support.needles import disguises, everything_in, found_in
from tests.support.running import Chat, Running, running

WORD = "Zwiebelturmspitze"
"""Part of everything that is said."""
PATH = "kaffeemuehlenrad"
"""Part of the path of every link."""
HOST = "lindwurmzacke"
"""Part of the name of every dangerous link."""
REASON = "Grießklößchen"
NAMES = ("Quasimodoria", "Xanthippéus", "Wolpertinger")
PHONES = ("4915177712345", "5511987654321", "919812345678")
GROUPS = ("Kegelverein Blaupunkt", "Häkelrunde Sonnenschein")
OWN_IDS = ("SELBSTGEWAEHLT-1", "SELBSTGEWAEHLT-2")


class Busy(NamedTuple):
    town: Running
    secrets: frozenset[str]


def say_everything(chat: Chat, sender: str, number: int) -> None:
    """One message of every kind, each with a dangerous and with a harmless link."""
    for kind, made in KINDS.items():
        for host in (f"paypa1-{HOST}-{number}.pages.dev", f"{HOST}{number}.wikipedia.org"):
            arguments = made(f"https://{host}/{PATH}?{WORD}={number}#{kind}")
            if "text" in arguments:
                arguments["text"] = f"{arguments['text']} {WORD}"
            chat.say(sender, **arguments)


def be_busy(town: Running, chats: list[Chat], people: list[str]) -> None:
    """Three hundred messages and more; some sends go wrong, and once the service is killed."""
    for number, chat in enumerate(chats):
        for command in (
            f"!scan deny {HOST}.com for 2h {REASON} {WORD}",
            f"!scan allow https://{HOST}.example/{PATH} {REASON}",
            "!scan rules",
            f"!scan check https://{HOST}.example/{PATH}",
            f"!scan check {WORD}",
            f"!scan rescan https://{HOST}.example/{PATH}",
            f"!scan {WORD}",
            f"!help {WORD}",
            "!scan mute 30m",
            "!scan check",
        ):
            chat.say(people[0], command)
        say_everything(chat, people[1], number)
        say_everything(chat, people[0], number + 5)
        first = chat.say(people[1], f"{WORD} {number}", id=OWN_IDS[number])
        edited = f"{WORD} https://paypa1-{HOST}.pages.dev/{PATH}"
        town.world.call("edit", chat=chat.id, sender=people[1], id=first["id"], text=edited)
        town.world.call("react", chat=chat.id, by=people[0], sender=people[1], id=first["id"], emoji="👍")
        town.world.call("remove", chat=chat.id, by=people[0], people=[people[2]])
        town.world.call("add", chat=chat.id, by=people[0], people=[people[2]])
    town.world.call("fault", kind="reject", error="not_now", count=3)
    town.world.call("fault", kind="unconfirmed", count=3)
    town.world.call("fault", kind="lost", count=3)
    town.world.call("fault", kind="disconnect", after=20)
    direct = town.direct(people[1])
    direct.say(people[1], f"scan check https://{HOST}.example/{PATH}")
    say_everything(direct, people[1], 9)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    folder = tmp_path_factory.mktemp("privacy")
    with running(folder, {"WHINCHAT_LOG__LEVEL": "debug", "WHINCHAT_SERVICE__OWNERS": f"+{PHONES[0]}"}) as town:
        people = [
            town.world.call("person", name=name, phone=f"+{phone}")["id"]
            for name, phone in zip(NAMES, PHONES, strict=True)
        ]
        chats = []
        for subject in GROUPS:
            made = town.world.call("group", subject=subject, by=people[0], members=[*people[1:], "Whinchat"])
            chats.append(Chat(town, made["id"]))
            chats[-1].ask(people[0], "!scan consent")
        ids = {*people, *(chat.id for chat in chats), town.bot}
        plain = {identity.partition("@")[0] for identity in ids}
        secrets = {WORD, PATH, HOST, REASON, *NAMES, *PHONES, *GROUPS, *OWN_IDS, *ids, *plain}
        be_busy(town, chats, people)
        until(lambda: town.count("SELECT count(*) FROM events") > 60, "it is in the midst of it")
        town.service.child.send(signal.SIGKILL)
        town.service.child.wait()
        assert town.count("SELECT count(*) FROM events WHERE body IS NOT NULL") > 0, "killed too late to be of use"
        assert_private({path.name: content for path, content in everything_in(folder / "data")}, secrets)
        town.service.start()
        town.settle()
        yield Busy(town, frozenset(secrets))


def assert_private(places: dict[str, bytes], secrets: set[str] | frozenset[str]) -> None:
    assert {place: found for place, content in places.items() if (found := found_in(content, secrets))} == {}


def test_it_was_a_busy_time(busy: Busy) -> None:
    counts = busy.town.world.counts()
    assert counts["message"] > 300
    assert busy.town.count("SELECT count(*) FROM events") > 200
    assert busy.town.count("SELECT count(*) FROM scanner_sightings WHERE warned_at IS NOT NULL") > 2
    assert busy.town.count("SELECT count(*) FROM scanner_rules") == 4
    assert busy.town.count("SELECT count(*) FROM outbox WHERE error IS NOT NULL") > 3


def test_nothing_is_in_the_data_folder_while_the_service_runs(busy: Busy) -> None:
    files = dict(everything_in(busy.town.service.folder / "data"))
    assert {path.name for path in files} >= {"whinchat.db", "whinchat.db-wal"}
    assert_private({path.name: content for path, content in files.items()}, busy.secrets)


def test_nothing_is_in_the_log_not_even_when_it_says_everything(busy: Busy) -> None:
    log = busy.town.service.child.log.read_bytes()
    assert b'"level": "debug"' in log or b'"level": "warning"' in log
    assert_private({"service.log": log}, busy.secrets)


@pytest.mark.parametrize("page", ["/metrics", "/readyz", "/healthz"])
def test_nothing_is_on_the_operators_pages(busy: Busy, page: str) -> None:
    _, body = busy.town.get(page)
    assert body
    assert_private({page: body.encode()}, busy.secrets)


@pytest.mark.parametrize(
    "verb",
    [
        ["trace", "--last", "1000"],
        ["trace", "--last", "1000", "--json"],
        ["jobs", "status"],
        ["jobs", "dead"],
        ["db", "check", "--json"],
        ["keys", "status"],
        ["config", "show"],
        ["doctor"],
        ["feeds", "status"],
    ],
    ids=" ".join,
)
def test_nothing_is_in_what_the_verbs_print(busy: Busy, verb: list[str]) -> None:
    printed = busy.town.verb(*verb)
    assert printed.code == 0
    assert printed.out
    assert_private({"stdout": printed.out.encode(), "stderr": printed.err.encode()}, busy.secrets)


def test_nothing_is_in_the_trace_of_any_message(busy: Busy) -> None:
    events = busy.town.rows("SELECT min(cause) FROM outbox GROUP BY kind, state, error")
    traces = [busy.town.verb("trace", str(event)) for (event,) in events]
    assert all(trace.code == 0 for trace in traces)
    assert_private({"traces": "".join(trace.out for trace in traces).encode()}, busy.secrets)


def test_what_was_said_is_gone_once_it_is_handled(busy: Busy) -> None:
    town = busy.town
    assert town.count("SELECT count(*) FROM events WHERE body IS NOT NULL") == 0
    assert town.count("SELECT count(*) FROM outbox WHERE body IS NOT NULL") == 0
    assert town.count("SELECT count(*) FROM jobs") == 0


def test_nothing_is_in_a_backup_nor_in_what_a_stop_leaves(busy: Busy) -> None:
    town = busy.town
    assert town.verb("db", "backup").code == 0
    assert town.service.child.stop() == 0
    files = dict(everything_in(town.service.folder / "data"))
    assert any("backups" in path.parts for path in files)
    assert_private({path.name: content for path, content in files.items()}, busy.secrets)
    kept = (town.service.folder / "root.key").read_bytes()
    assert all(kept not in content for content in files.values())


def test_the_search_itself_finds_what_there_is() -> None:
    for text in (WORD, REASON, PHONES[0]):
        for disguise in disguises(text):
            assert found_in(b"before " + disguise + b" after", [text]) == {text}
    assert found_in(b"nothing of the kind", [WORD, REASON, PHONES[0]]) == set()
