from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.sources.rdap import IANA

from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.sources.answers import Answer as Told
from whinchat.apps.scanner.sources.answers import Facts, Missing, NoAnswer
from whinchat.apps.scanner.sources.rdap import BOOTSTRAP, JOB, WEEK, Bootstrap, Rdap, RefreshRegisters, Registers
from whinchat.core.ports import Claim
from whinchat.testing.clock import FakeClock
from whinchat.testing.http import Answer, FakeHttp
from whinchat.testing.workers import InlineWorkers

SERVER = "https://registry.example/rdap/"
NEWCOMER = f"{SERVER}domain/newcomer.net"
CLAIM = Claim(1, JOB.kind, JOB.key, b"", 1, 1, 1, 0)
LIST = json.dumps(IANA).encode()


def link(text: str) -> Link:
    found = parse_link(text)
    assert found is not None
    return found


def domain(*events: tuple[str, str], **other: object) -> Answer:
    told = [{"eventAction": action, "eventDate": date} for action, date in events]
    return Answer(json.dumps({"objectClassName": "domain", "ldhName": "newcomer.net", "events": told} | other).encode())


async def ask(answer: Answer, text: str = "https://shop.newcomer.net/") -> Told:
    http = FakeHttp()
    http.answer(NEWCOMER, answer)
    return await Rdap(http, lambda: Registers({"net": SERVER})).ask(link(text))


async def test_what_was_registered_again_is_as_young_as_that() -> None:
    told = await ask(domain(("registration", "2003-01-01T00:00:00Z"), ("reregistration", "2026-01-02T00:00:00+00:00")))
    assert told == Facts(registered_at=1_767_312_000_000)


def test_what_is_known_of_a_domain_is_believed_for_a_week() -> None:
    assert (Rdap.about.lifetimes.listed, Rdap.about.lifetimes.clear) == (7 * 24 * 3600, 7 * 24 * 3600)


async def test_a_date_without_a_zone_is_utc_and_none_at_all_is_no_date() -> None:
    assert await ask(domain(("registration", "2026-01-02T00:00:00"))) == Facts(registered_at=1_767_312_000_000)
    assert await ask(domain(("registration", "long ago"), ("expiration", "2027-01-02T00:00:00Z"))) == Facts()


async def test_a_domain_that_the_registry_does_not_know_has_no_date() -> None:
    assert await ask(Answer(b"", 404)) == Facts()


async def test_a_registry_that_refuses_us_is_no_fault_of_a_key() -> None:
    assert await ask(Answer(b"", 403)) == NoAnswer(Missing.FAILED)
    assert await ask(Answer(b"", 429, {"Retry-After": "9"})) == NoAnswer(Missing.QUOTA, 9.0)


@pytest.mark.parametrize(
    "answer",
    [
        domain(ldhName="other.net"),
        domain(objectClassName="entity"),
        Answer(b"[]"),
        Answer(b'{"ldhName": "newcomer.net"}'),
    ],
)
async def test_an_answer_about_something_else_is_none(answer: Answer) -> None:
    assert await ask(answer) == NoAnswer(Missing.GARBLED)


async def test_a_suffix_without_a_server_is_not_asked_about() -> None:
    assert await ask(Answer(status=500), "https://bank.de/") == Facts()


async def test_without_a_list_nobody_is_asked() -> None:
    http = FakeHttp()
    assert await Rdap(http, lambda: None).ask(link("https://newcomer.net/")) == NoAnswer(Missing.HELD_BACK)
    assert http.asked == []


def test_the_longest_suffix_names_the_server() -> None:
    registers = Registers({"br": "https://br.example/", "gov.br": "https://gov.example/"})
    assert registers.of("a.gov.br") == "https://gov.example/"
    assert registers.of("xgov.br") == "https://br.example/"
    assert registers.of("example.nowhere") is None
    assert registers.of("") is None


class Weeks:
    """The job that fetches IANA's list, week by week."""

    def __init__(self, folder: Path) -> None:
        self.http, self.clock, self.bootstrap = FakeHttp(), FakeClock(), Bootstrap(folder)
        self.job = RefreshRegisters(self.http, self.bootstrap, self.clock, InlineWorkers())

    async def run(self) -> Registers | None:
        await self.job.run(CLAIM)
        return self.bootstrap.load()


@pytest.fixture
def weeks(tmp_path: Path) -> Weeks:
    return Weeks(tmp_path)


async def test_the_list_is_fetched_once_a_week_and_only_if_it_changed(weeks: Weeks) -> None:
    weeks.http.answer(BOOTSTRAP, Answer(LIST, headers={"ETag": '"1"', "Last-Modified": "then"}), Answer(status=304))
    first = await weeks.run()
    assert first is not None
    assert first.servers == {
        "net": SERVER,
        "com": SERVER,
        "org": "https://example.org/rdap/",
        "mytld": "https://example.org/rdap/",
        "ab.xn--p1ai": "https://deeper.example/",
    }
    await weeks.run()
    weeks.clock.move(WEEK)
    assert await weeks.run() == first
    weeks.clock.move(WEEK / 2)
    await weeks.run()
    assert [dict(asked.headers) for asked in weeks.http.asked] == [
        {},
        {"If-None-Match": '"1"', "If-Modified-Since": "then"},
    ]


@pytest.mark.parametrize("failure", [Answer(status=500), Answer(b"<html>"), Answer(b'{"services": []}')])
async def test_the_last_good_list_stays_and_an_hour_later_it_is_tried_again(weeks: Weeks, failure: Answer) -> None:
    weeks.http.answer(BOOTSTRAP, Answer(LIST), failure)
    good = await weeks.run()
    weeks.clock.move(WEEK)
    for _ in range(3):
        assert await weeks.run() == good
    assert len(weeks.http.asked) == 2
    weeks.clock.move(3600)
    await weeks.run()
    assert len(weeks.http.asked) == 3


def test_a_list_that_another_process_wrote_is_read(tmp_path: Path) -> None:
    here, there = Bootstrap(tmp_path), Bootstrap(tmp_path)
    assert here.load() is None
    there.keep(Registers({"net": SERVER}), 1_000_000)
    assert here.load() == Registers({"net": SERVER})
    there.keep(Registers({"com": SERVER}), 2_000_000)
    assert here.load() == Registers({"com": SERVER})


def test_a_damaged_file_is_as_none(tmp_path: Path) -> None:
    bootstrap = Bootstrap(tmp_path)
    bootstrap.keep(Registers({}), 1_000_000)
    (tmp_path / "rdap.json").write_bytes(b'{"serv')
    assert bootstrap.load() is None
