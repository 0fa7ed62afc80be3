from __future__ import annotations

from urllib.parse import parse_qs

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.sources.answers import Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.submission import Progress
from whinchat.apps.scanner.sources.virustotal import API, Opinion, VirusTotal, identifier, meaning
from whinchat.core.secret import Secret
from whinchat.testing.http import Answer, FakeHttp

BASE = f"{API}/api/v3"
LINK = parse_link("https://bank.example.net/login")
TICKET = "u-a354494a-1604933101"


@pytest.fixture
def http() -> FakeHttp:
    return FakeHttp()


@pytest.fixture
def virustotal(http: FakeHttp) -> VirusTotal:
    return VirusTotal(http, Secret("key"))


def said(**engines: str) -> dict[str, Opinion]:
    """`engine="phishing"`: what each engine says; underscores are spaces."""
    return {
        name.replace("_", " "): Opinion("harmless" if word == "clean" else "malicious", word)
        for name, word in engines.items()
    }


def analysis(status: str, results: dict[str, Opinion]) -> bytes:
    return msgspec.json.encode({"data": {"type": "analysis", "attributes": {"status": status, "results": results}}})


def test_one_engine_or_two_are_not_believed() -> None:
    assert meaning(said(Abusix="phishing", Quttera="phishing", ESET="clean")) == NotListed()


def test_three_engines_are_or_two_that_are_trusted() -> None:
    assert meaning(said(Abusix="phishing", Quttera="phishing", CRDF="malicious")) == Listed(Threat.PHISHING, 0.3)
    assert meaning(said(ESET="phishing", Kaspersky="malware")) == Listed(Threat.PHISHING, 0.4)


def test_the_more_engines_the_surer() -> None:
    many = said(**{f"engine{number}": "malware site" for number in range(30)})
    assert meaning(many) == Listed(Threat.MALWARE, 1.0)


def test_what_only_seems_suspicious_to_engines_is_not_listed() -> None:
    assert meaning({f"engine {number}": Opinion("suspicious", "spam") for number in range(9)}) == NotListed()


def test_a_link_is_named_without_padding_and_without_slashes() -> None:
    assert identifier("https://a.example/?>?>~~") == "aHR0cHM6Ly9hLmV4YW1wbGUvPz4_Pn5-"
    assert not identifier("https://a.example/x").endswith("=")


async def test_a_404_of_somebody_else_is_not_unlisted(http: FakeHttp, virustotal: VirusTotal) -> None:
    assert LINK is not None
    url = f"{BASE}/urls/{identifier(LINK.url)}"
    http.answer(url, Answer(b"<h1>Not Found</h1>", 404), Answer(b'{"error": {"code": "ProxyError"}}', 404))
    assert await virustotal.ask(LINK) == NoAnswer(Missing.GARBLED)
    assert await virustotal.ask(LINK) == NoAnswer(Missing.GARBLED)


async def test_submits_a_form_and_gets_a_ticket(http: FakeHttp, virustotal: VirusTotal) -> None:
    http.answer(f"{BASE}/urls", Answer(b'{"data": {"type": "analysis", "id": "%s"}}' % TICKET.encode()))
    assert await virustotal.submit("https://a.example/?q=1&r=ä") == TICKET
    (asked,) = http.asked
    assert asked.method == "POST"
    assert asked.headers["x-apikey"] == "key"
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(asked.body.decode()) == {"url": ["https://a.example/?q=1&r=ä"]}


async def test_a_ticket_that_is_more_than_a_name_is_not_taken(http: FakeHttp, virustotal: VirusTotal) -> None:
    http.answer(f"{BASE}/urls", Answer(b'{"data": {"id": "../urls/x"}}'), Answer(b"{}"), Answer(status=401))
    assert await virustotal.submit("https://a.example/") == NoAnswer(Missing.GARBLED)
    assert await virustotal.submit("https://a.example/") == NoAnswer(Missing.GARBLED)
    assert await virustotal.submit("https://a.example/") == NoAnswer(Missing.REFUSED)


async def test_an_analysis_is_pending_until_it_is_completed(http: FakeHttp, virustotal: VirusTotal) -> None:
    http.answer(
        f"{BASE}/analyses/{TICKET}",
        Answer(analysis("queued", {})),
        Answer(analysis("in-progress", said(ESET="phishing"))),
        Answer(analysis("completed", said(ESET="phishing", Sophos="phishing"))),
        Answer(status=503),
    )
    assert await virustotal.result(TICKET) is Progress.PENDING
    assert await virustotal.result(TICKET) is Progress.PENDING
    assert await virustotal.result(TICKET) == Listed(Threat.PHISHING, 0.4)
    assert await virustotal.result(TICKET) == NoAnswer(Missing.FAILED)
    assert {asked.headers["x-apikey"] for asked in http.asked} == {"key"}


@given(
    st.dictionaries(st.text(max_size=5), st.builds(Opinion, st.sampled_from(["malicious", "harmless", "?"]), st.text()))
)
def test_strength_is_a_share(results: dict[str, Opinion]) -> None:
    answer = meaning(results)
    assert isinstance(answer, NotListed) or 0.3 <= answer.strength <= 1.0
