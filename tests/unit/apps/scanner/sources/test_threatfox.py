from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.evidence import link

from whinchat.apps.scanner.knowledge import Scope, Threat
from whinchat.apps.scanner.sources.answers import Answer, Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.threatfox import API, ThreatFox
from whinchat.core.secret import Secret
from whinchat.testing.http import Answer as Response
from whinchat.testing.http import FakeHttp

URL = f"{API}/api/v1/"
LINK = "https://panel.example.net/gate.php"
UNKNOWN = {"query_status": "no_result", "data": "Your search did not yield any results"}


@pytest.fixture
def http() -> FakeHttp:
    return FakeHttp()


async def ask(http: FakeHttp, *documents: dict[str, Any], url: str = LINK) -> Answer:
    http.answer(URL, *(Response(json.dumps(document).encode()) for document in documents))
    return await ThreatFox(http, Secret("k")).ask(link(url))


def found(*indicators: tuple[str, str, float]) -> dict[str, Any]:
    rows = [{"ioc": ioc, "ioc_type": kind, "confidence_level": sure} for ioc, kind, sure in indicators]
    return {"query_status": "ok", "data": rows}


def terms(http: FakeHttp) -> list[str]:
    return [json.loads(asked.body)["search_term"] for asked in http.asked]


async def test_the_link_itself_is_looked_for_first(http: FakeHttp) -> None:
    assert await ask(http, found((LINK, "url", 100))) == Listed(Threat.MALWARE)
    assert terms(http) == [LINK]


async def test_then_its_host(http: FakeHttp) -> None:
    answer = await ask(http, UNKNOWN, found(("panel.example.net", "domain", 75)))
    assert answer == Listed(Threat.MALWARE, 0.75, scope=Scope.HOST)
    assert terms(http) == [LINK, "panel.example.net"]


@pytest.mark.parametrize(
    ("url", "term"),
    [("http://198.51.100.7/a", "198.51.100.7:80"), ("https://198.51.100.7/a", "198.51.100.7:443"),
     ("http://198.51.100.7:8080/a", "198.51.100.7:8080")],
)  # fmt: skip
async def test_an_address_is_looked_for_with_its_port(http: FakeHttp, url: str, term: str) -> None:
    answer = await ask(http, UNKNOWN, found((term, "ip:port", 50)), url=url)
    assert answer == Listed(Threat.MALWARE, 0.5, scope=Scope.HOST)
    assert terms(http)[1] == term


async def test_the_surest_of_several_entries_counts(http: FakeHttp) -> None:
    assert await ask(http, found((LINK, "url", 25), (LINK, "url", 90))) == Listed(Threat.MALWARE, 0.9)


async def test_entries_that_only_resemble_the_link_are_not_it(http: FakeHttp) -> None:
    near = found(("panel.example.net.evil.example", "domain", 100), ("panel.example.net", "sha256_hash", 100))
    assert await ask(http, found((f"{LINK}/more", "url", 100)), near) == NotListed()


async def test_what_it_does_not_take_for_a_term_is_not_in_it(http: FakeHttp) -> None:
    assert await ask(http, {"query_status": "illegal_search_term"}) == NotListed()


@pytest.mark.parametrize(("sure", "strength"), [(250, 1.0), (-3, 0.0)])
async def test_a_confidence_out_of_range_is_brought_into_it(http: FakeHttp, sure: float, strength: float) -> None:
    assert await ask(http, found((LINK, "url", sure))) == Listed(Threat.MALWARE, strength)


@pytest.mark.parametrize("data", ["a sentence", None, [{"ioc": 7}], {"ioc": "x"}])
async def test_entries_of_another_form_are_no_answer(http: FakeHttp, data: object) -> None:
    assert await ask(http, {"query_status": "ok", "data": data}) == NoAnswer(Missing.GARBLED)


@pytest.mark.parametrize(("status", "reason"), [("unauthorized", Missing.REFUSED), ("", Missing.GARBLED)])
async def test_a_status_that_is_neither_found_nor_unknown_is_no_answer(
    http: FakeHttp, status: str, reason: Missing
) -> None:
    assert await ask(http, {"query_status": status}) == NoAnswer(reason)
