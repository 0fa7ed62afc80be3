"""What every external source does: says what its provider said, and never takes an outage for a clean answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import pytest
from tests.support.sources import certificates, phishtank, rdap, safe_browsing, threatfox, urlhaus, urlscan, virustotal
from tests.support.sources.double import KEY, Case, Double, Fault, serving

from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.sources.answers import Missing, NoAnswer, Source
from whinchat.core.ports import HttpLimits, HttpResponse
from whinchat.infra.http import AiohttpClient

CASES: tuple[Case[Any], ...] = (
    safe_browsing.CASE,
    urlhaus.CASE,
    threatfox.CASE,
    phishtank.CASE,
    virustotal.CASE,
    urlscan.CASE,
    rdap.CASE,
    certificates.CASE,
)
KEYED = [case for case in CASES if case.keyed]

FAULTS = {
    Fault.EMPTY: {Missing.GARBLED},
    Fault.MALFORMED: {Missing.GARBLED},
    Fault.OTHER_FORM: {Missing.GARBLED},
    Fault.HTML: {Missing.GARBLED},
    Fault.HUGE: {Missing.GARBLED},
    Fault.SERVER_ERROR: {Missing.FAILED},
    Fault.SLOW: {Missing.TIMEOUT},
    Fault.DROP: {Missing.UNREACHABLE},
    Fault.QUOTA: {Missing.QUOTA},
}


class Hurried:
    """`ports.HttpClient` that waits a fifth of a second, so that a slow server does not make a slow test."""

    def __init__(self, http: AiohttpClient) -> None:
        self._http = http

    def get(
        self, url: str, headers: Mapping[str, str], limits: HttpLimits
    ) -> AbstractAsyncContextManager[HttpResponse]:
        return self._http.get(url, headers, replace(limits, total=0.2))

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, limits: HttpLimits
    ) -> AbstractAsyncContextManager[HttpResponse]:
        return self._http.post(url, headers, body, replace(limits, total=0.2))


@pytest.fixture
async def http() -> AsyncIterator[AiohttpClient]:
    client = AiohttpClient("whinchat/test")
    yield client
    await client.close()


@pytest.fixture
async def double(case: Case[Any]) -> AsyncIterator[Double]:
    async with serving(case.double()) as running:
        yield running


@pytest.fixture
def source(case: Case[Any], double: Double, http: AiohttpClient) -> Source:
    return case.build(http, double.url, KEY)


def link(text: str) -> Link:
    found = parse_link(text)
    assert found is not None
    return found


def named(cases: Sequence[Case[Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


@named(CASES)
async def test_says_what_the_provider_knows(case: Case[Any], source: Source) -> None:
    assert await source.ask(link(case.known)) == case.known_answer


@named(CASES)
async def test_says_when_the_provider_knows_nothing(case: Case[Any], source: Source) -> None:
    assert await source.ask(link(case.unknown)) == case.unknown_answer


@named(CASES)
async def test_asks_as_the_documentation_wants_it(case: Case[Any], source: Source, double: Double) -> None:
    await source.ask(link(case.known))
    case.requests(double)


@pytest.mark.parametrize("fault", FAULTS)
@named(CASES)
async def test_an_outage_is_no_answer(case: Case[Any], double: Double, http: AiohttpClient, fault: Fault) -> None:
    double.fault = fault
    client = Hurried(http) if fault is Fault.SLOW else http
    answer = await case.build(client, double.url, KEY).ask(link(case.unknown))
    assert isinstance(answer, NoAnswer)
    assert answer.reason in FAULTS[fault]


@named(CASES)
async def test_nobody_there_is_no_answer(case: Case[Any], http: AiohttpClient) -> None:
    answer = await case.build(http, "http://127.0.0.1:1", KEY).ask(link(case.unknown))
    assert answer == NoAnswer(Missing.UNREACHABLE)


@named(KEYED)
async def test_a_wrong_key_is_refused_and_never_clean(case: Case[Any], double: Double, http: AiohttpClient) -> None:
    answer = await case.build(http, double.url, "wrong-key").ask(link(case.unknown))
    assert answer == NoAnswer(Missing.REFUSED)


@named(CASES)
async def test_a_provider_that_is_asked_too_much_may_say_for_how_long(
    case: Case[Any], source: Source, double: Double
) -> None:
    double.fault = Fault.QUOTA
    answer = await source.ask(link(case.unknown))
    assert isinstance(answer, NoAnswer)
    assert answer.reason is Missing.QUOTA
    assert answer.retry_after


@named(CASES)
def test_says_of_itself_what_people_must_know(case: Case[Any]) -> None:
    about = case.build(AiohttpClient("whinchat/test"), "http://127.0.0.1:1", KEY).about
    assert (about.name, bool(about.needs)) == (case.name, case.keyed)
    assert about.title
    assert about.terms.startswith("https://")
    assert 0 < about.timeout <= 10
    assert about.lifetimes.listed > 0
    assert about.lifetimes.clear > 0
    assert parse_link(about.probe)
