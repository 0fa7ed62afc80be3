"""Admins correct the running service: what it learns, that it learns it once, and that nobody else can read it."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from itertools import permutations

import pytest
from tests.support.live import until
from tests.support.needles import everything_in, found_in
from tests.support.running import Chat, Running, Said, running

HOST = "lindwurmzacke"
DANGEROUS = f"https://paypa1-login-{HOST}.pages.dev/verify"
WORDS = ("verify", "account", "update", "secure", "parcel", "login", "fee", "help")
PERHAPS = [
    f"{one}-{two}{end}/track" for one, two in permutations(WORDS, 2) for end in (".net", ".com", ".top", ".vercel.app")
]
"""Some of these are suspicious, and no more than that, by the weights of the day."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("learning")) as town:
        yield town


@pytest.fixture(scope="module")
def doubtful(town: Running) -> list[str]:
    """Links of different sites that are suspicious by evidence, the least suspicious last."""
    lines = town.verb("scan", "check", "--json", *PERHAPS).out.splitlines()
    found = [each for each in map(json.loads, lines) if each["verdict"] == "suspicious"]
    return [each["url"] for each in sorted(found, key=lambda each: -each["score"])][-9:]


def quote(message: Said) -> dict[str, dict[str, str]]:
    return {"quote": {"sender": message["sender"], "id": message["id"]}}


def report(chat: Chat, by: str, url: str, command: str = "!scan report") -> str:
    """What is answered to a report about a message with that link."""
    message = chat.say("Eve", f"see {url}")
    return chat.ask(by, command, **quote(message))


def labels(town: Running) -> list[tuple[str, str]]:
    return town.rows("SELECT truth, source FROM scanner_labels ORDER BY labelled_at")


def test_what_an_admin_says_changes_what_is_warned_of_and_a_members_word_does_not(
    town: Running, doubtful: list[str]
) -> None:
    chat = town.group("Family")
    *others, last = doubtful
    assert report(chat, "Bob", last).startswith("Thank you. Reported as harmless")
    assert "surer" not in chat.ask("Bob", "!scan status")
    assert report(chat, "Ana", others[0]).startswith("Thank you. Noted as harmless")
    for url in others[1:]:
        report(chat, "Ana", url, "!scan report safe")
    assert "I have to be surer before I warn here" in chat.ask("Bob", "!scan status")
    again = chat.say("Eve", f"and {last}?a")
    still = chat.say("Eve", f"but {DANGEROUS}")
    town.settle()
    assert chat.replies(again) == []
    assert HOST in chat.replies(still)[0]
    elsewhere = town.group("Club")
    said = elsewhere.say("Eve", f"see {last}?a")
    town.settle()
    assert elsewhere.replies(said)  # one chat's threshold is its own


def test_a_label_is_made_once_though_the_service_is_killed_and_the_report_comes_again(town: Running) -> None:
    chat = town.group("Neighbours")
    before = len(labels(town))
    message = chat.say("Eve", f"look {DANGEROUS}?killed")
    town.settle()
    chat.say("Ana", "!scan report", **quote(message))
    town.service.child.send(signal.SIGKILL)
    town.service.child.wait()
    town.service.start()
    town.settle()
    until(lambda: len(labels(town)) == before + 1, "the label is there")
    thanks = [text for text in chat.of_bot() if text.startswith("Thank you. Noted")]
    assert len(thanks) == 1


def test_nothing_of_it_can_be_read_in_the_data_folder_or_the_log(town: Running) -> None:
    report(town.group("Quiet"), "Ana", f"https://{HOST}.example/kaffeemuehle", "!scan report dangerous")
    files = dict(everything_in(town.service.folder / "data"))
    files[town.service.child.log] = town.service.child.log.read_bytes()
    for path, content in files.items():
        assert found_in(content, {HOST, "kaffeemuehle"}) == set(), path


def test_the_operator_can_take_it_out_while_the_service_runs(town: Running) -> None:
    printed = town.verb("scan", "export-labels", "--format", "jsonl")
    assert printed.code == 0
    rows = [json.loads(line) for line in printed.out.splitlines()]
    assert len(rows) == sum(source != "report" for _, source in labels(town))
    assert {"label", "url", "source", "chat", "date"} <= rows[0].keys()
