from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.support.sources.given import Given

from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.apps.scanner.sources.answers import Answer, NotListed
from whinchat.apps.scanner.sources.asked import Asked
from whinchat.apps.scanner.sources.examination import NIGHTLY, Examination, open_examination
from whinchat.apps.scanner.sources.submissions import KEPT
from whinchat.apps.scanner.sources.urlscan.evidence import Kind
from whinchat.core.ports import Batch, Claim, Job
from whinchat.core.secret import Secret

URL = "https://bank.example.net/login"
ALL = {
    "virustotal": {"key": "v", "submit": True},
    "urlscan": {"key": "u", "submit": True, "webhook_secret": "w"},
}


def opened(given: Given, sources: object) -> Examination:
    settings = msgspec.convert({"sources": sources}, ScannerSettings, dec_hook=lambda _, value: Secret(value))

    async def learn(source: str, link: Link, answer: Answer) -> None:
        raise AssertionError("nobody has anything to learn here")

    return open_examination(given, settings, learn, lambda _: ())


@pytest.fixture
def given(tmp_path: Path) -> Given:
    return Given(tmp_path)


def link(text: str) -> Link:
    found = parse_link(text)
    assert found is not None
    return found


def names(examination: Examination) -> list[str]:
    return [each.about.name for each in examination.submitters]


def test_nobody_examines_anything_unless_it_is_wanted(given: Given) -> None:
    assert names(opened(given, {})) == []
    assert names(opened(given, {"virustotal": {"key": "v"}, "urlscan": {"key": "u"}})) == []
    assert names(opened(given, {"urlscan": {"submit": True}})) == []
    assert names(opened(given, {"urlscan": {"key": "u", "submit": True, "enabled": False}})) == []
    assert names(opened(given, ALL)) == ["virustotal", "urlscan"]


def test_offline_nothing_leaves(given: Given) -> None:
    given.http = None
    examination = opened(given, ALL)
    assert names(examination) == []
    assert [schedule.job for schedule in examination.schedules] == [NIGHTLY]


def test_the_list_of_registers_is_kept_for_who_uses_it(given: Given) -> None:
    assert "scanner.rdap" in {job.kind for job in opened(given, {}).jobs}
    off = opened(given, {"rdap": {"enabled": False}})
    assert "scanner.rdap" not in {job.kind for job in off.jobs}
    assert {schedule.job.kind for schedule in off.schedules} <= {job.kind for job in off.jobs}


def test_notices_are_taken_by_who_set_a_secret(given: Given) -> None:
    assert opened(given, {}).webhooks == ()
    (hook,) = opened(given, ALL).webhooks
    assert (hook.name, hook.secret) == ("urlscan", Secret("w"))


async def test_both_are_handed_what_they_do_not_know(given: Given) -> None:
    asked = Asked({"virustotal": NotListed(), "urlscan": NotListed()})
    jobs = opened(given, ALL).wanted(link(URL), asked, Privacy.FULL, 0.9, link(URL))
    assert len({job.key for job in jobs}) == 2
    assert not any(b"bank" in job.key.encode() for job in jobs)


async def test_what_was_seen_is_found_by_its_link(given: Given) -> None:
    examination = opened(given, ALL)
    assert await examination.seen_at(URL) == {}
    await given.database.commit(Batch((examination.submissions.keep("urlscan", URL, URL, "scan"),)))
    await examination.evidence.keep("scan", Kind.DOM, b"<html>")
    assert await examination.seen_at(URL) == {Kind.DOM: examination.evidence.key("scan", Kind.DOM)}


async def test_what_was_not_accepted_was_not_seen(given: Given) -> None:
    examination = opened(given, ALL)
    await given.database.commit(Batch((examination.submissions.keep("urlscan", URL, URL, None),)))
    assert await examination.seen_at(URL) == {}


async def test_at_night_what_is_over_goes(given: Given) -> None:
    examination = opened(given, ALL)
    await given.database.commit(Batch((examination.submissions.keep("urlscan", URL, URL, "scan"),)))
    await examination.evidence.keep("scan", Kind.DOM, b"<html>")
    given.clock.move(KEPT / 1000 + 1)
    await tidy(examination, NIGHTLY)
    assert await given.database.fetch("SELECT * FROM scanner_submissions") == []
    assert set(examination.evidence.of("scan")) == {Kind.DOM}
    given.clock.move(KEPT / 1000 * 4)
    await tidy(examination, NIGHTLY)
    assert examination.evidence.of("scan") == {}


async def tidy(examination: Examination, job: Job) -> None:
    (handler,) = [each for each in examination.jobs if each.kind == job.kind]
    await handler.run(Claim(1, job.kind, job.key, b"", 1, 1, 1, 0))
