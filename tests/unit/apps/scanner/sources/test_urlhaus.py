from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.evidence import link

from whinchat.apps.scanner.knowledge import Scope, Threat
from whinchat.apps.scanner.sources.answers import Answer, Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.urlhaus import API, UrlHaus
from whinchat.core.secret import Secret
from whinchat.testing.http import Answer as Response
from whinchat.testing.http import FakeHttp

URL, HOST = f"{API}/v1/url/", f"{API}/v1/host/"
OWN, SHARED = "https://example.net/a.exe", "https://somebody.pages.dev/a.exe"
UNKNOWN = {"query_status": "no_results"}


@pytest.fixture
def http() -> FakeHttp:
    return FakeHttp()


async def ask(http: FakeHttp, about: str = OWN, /, **answers: dict[str, Any]) -> Answer:
    for where, document in answers.items():
        http.answer({"url": URL, "host": HOST}[where], Response(json.dumps(document).encode()))
    return await UrlHaus(http, Secret("k")).ask(link(about))


def entry(status: str, added: str = "2026-01-02 03:04:05 UTC") -> dict[str, Any]:
    return {"query_status": "ok", "url_status": status, "date_added": added}


def host(*statuses: str) -> dict[str, Any]:
    return {"query_status": "ok", "urls": [entry(status) for status in statuses]}


@pytest.mark.parametrize(("status", "strength"), [("online", 1.0), ("offline", 0.6), ("unknown", 0.6)])
async def test_malware_that_is_there_is_surer_than_malware_that_was(
    http: FakeHttp, status: str, strength: float
) -> None:
    assert await ask(http, url=entry(status)) == Listed(Threat.MALWARE, strength, since=1_767_323_045_000)


async def test_an_entry_without_a_readable_date_is_still_an_entry(http: FakeHttp) -> None:
    assert await ask(http, url=entry("online", "yesterday")) == Listed(Threat.MALWARE)


async def test_malware_elsewhere_on_the_host_is_a_weak_sign(http: FakeHttp) -> None:
    answer = await ask(http, url=UNKNOWN, host=host("offline", "online"))
    assert answer == Listed(Threat.MALWARE, 0.4, since=1_767_323_045_000, scope=Scope.HOST, nearby=True)


async def test_malware_that_was_elsewhere_on_the_host_is_none(http: FakeHttp) -> None:
    assert await ask(http, url=UNKNOWN, host=host("offline")) == NotListed()


async def test_where_many_people_have_pages_their_neighbours_are_not_asked_for(http: FakeHttp) -> None:
    assert await ask(http, SHARED, url=UNKNOWN, host=host("online")) == NotListed()
    assert [asked.url for asked in http.asked] == [URL]


async def test_the_host_is_not_clean_because_the_second_question_failed(http: FakeHttp) -> None:
    assert await ask(http, url=UNKNOWN) == NoAnswer(Missing.UNREACHABLE)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("unknown_auth_key", Missing.REFUSED),
        ("rate_limited", Missing.QUOTA),
        ("invalid_url", Missing.GARBLED),
        ("http_post_expected", Missing.GARBLED),
        ("", Missing.GARBLED),
        ("something new", Missing.GARBLED),
    ],
)
async def test_a_status_that_is_neither_found_nor_unknown_is_no_answer(
    http: FakeHttp, status: str, reason: Missing
) -> None:
    assert await ask(http, url={"query_status": status}) == NoAnswer(reason)
    assert await ask(http, url=UNKNOWN, host={"query_status": status}) == NoAnswer(reason)


async def test_what_the_link_says_of_its_user_and_page_position_is_not_sent(http: FakeHttp) -> None:
    await ask(http, "https://ana:secret@example.net/a?b=1#token", url=entry("online"))
    assert http.asked[0].body == b"url=https%3A%2F%2Fexample.net%2Fa%3Fb%3D1"
