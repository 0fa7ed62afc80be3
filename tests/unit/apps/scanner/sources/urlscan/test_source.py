from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.sources.answers import Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.settings import Visibility
from whinchat.apps.scanner.sources.submission import Progress
from whinchat.apps.scanner.sources.urlscan.api import API, UrlscanApi
from whinchat.apps.scanner.sources.urlscan.evidence import Evidences, Kind
from whinchat.apps.scanner.sources.urlscan.source import RECENT, Urlscan, UrlscanScans
from whinchat.core.pages import Download
from whinchat.core.secret import Secret
from whinchat.testing.clock import FakeClock
from whinchat.testing.http import Answer, FakeHttp
from whinchat.testing.sealer import PlainSealer
from whinchat.testing.workers import InlineWorkers

URL = "https://bank.example.net/login"
SCAN = "0196d976-07f6-7aae-8a57-aa019145f31c"
RESULT = f"{API}/api/v1/result/{SCAN}/"


def link(text: str = URL) -> Link:
    found = parse_link(text)
    assert found is not None
    return found


def search(url: str) -> str:
    query = f'(task.url:"{url}" OR page.url:"{url}") AND date:>now-{RECENT}d'
    return f"{API}/api/v1/search/?{urlencode({'q': query, 'size': 10})}"


def hits(*hits: dict[str, object]) -> Answer:
    return Answer(json.dumps({"results": hits, "total": len(hits)}).encode())


def overall(**said: object) -> Answer:
    return Answer(json.dumps({"verdicts": {"overall": said}}).encode())


class Bench:
    def __init__(self, folder: Path) -> None:
        self.http = FakeHttp()
        self.evidence = Evidences(folder / "evidence", PlainSealer(), FakeClock(), InlineWorkers())
        api = UrlscanApi(self.http, Secret("key"), 3.0)
        self.source = Urlscan(api)
        self.scans = UrlscanScans(api, self.evidence, Visibility.PRIVATE)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_the_newest_scan_of_exactly_that_link_counts(bench: Bench) -> None:
    bench.http.answer(
        search(URL),
        hits(
            {
                "_id": "11111111-1111-1111-1111-111111111111",
                "task": {"url": f"{URL}/more"},
                "page": {"url": "https://x"},
            },
            {"_id": SCAN, "task": {"url": "https://short.example/1"}, "page": {"url": f"{URL}#top"}},
            {"_id": "22222222-2222-2222-2222-222222222222", "task": {"url": URL}},
        ),
    )
    bench.http.answer(RESULT, overall(malicious=True, score=80, categories=["phishing"]))
    assert await bench.source.ask(link()) == Listed(Threat.PHISHING, 0.8)
    assert [asked.url for asked in bench.http.asked] == [search(URL), RESULT]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"malicious": True, "score": 20}, Listed(Threat.PHISHING, 0.5)),
        ({"malicious": True, "score": 100, "categories": ["malware"]}, Listed(Threat.MALWARE, 1.0)),
        ({"malicious": False, "score": 0}, NotListed()),
        ({}, NotListed()),
    ],
)
async def test_what_it_calls_malicious_is_listed(bench: Bench, said: dict[str, object], answer: object) -> None:
    bench.http.answer(search(URL), hits({"_id": SCAN, "task": {"url": URL}}))
    bench.http.answer(RESULT, overall(**said))
    assert await bench.source.ask(link()) == answer


async def test_a_scan_that_was_deleted_meanwhile_says_nothing(bench: Bench) -> None:
    bench.http.answer(search(URL), hits({"_id": SCAN, "task": {"url": URL}}))
    bench.http.answer(RESULT, Answer(status=410), Answer(status=404))
    assert await bench.source.ask(link()) == NotListed()
    assert await bench.source.ask(link()) == NotListed()


async def test_an_id_that_is_none_becomes_no_address(bench: Bench) -> None:
    bench.http.answer(search(URL), hits({"_id": "../../user/quotas", "task": {"url": URL}}))
    assert await bench.source.ask(link()) == NotListed()
    assert len(bench.http.asked) == 1


async def test_quotes_in_a_link_do_not_end_the_search_for_it(bench: Bench) -> None:
    tricky = link("https://a.example/?q=%22)%20OR%20task.url:*\\")
    await bench.source.ask(tricky)
    (asked,) = bench.http.asked
    assert asked.url == search(tricky.url.replace("\\", "\\\\"))


async def test_a_failing_result_is_no_answer(bench: Bench) -> None:
    bench.http.answer(search(URL), hits({"_id": SCAN, "task": {"url": URL}}))
    bench.http.answer(RESULT, Answer(b'{"message": "Invalid API key format"}', 400), Answer(b"oh", 400), overall())
    assert await bench.source.ask(link()) == NoAnswer(Missing.REFUSED)
    assert await bench.source.ask(link()) == NoAnswer(Missing.FAILED)


async def test_over_the_quota_it_says_when_that_is_over(bench: Bench) -> None:
    limits = [{"X-Rate-Limit-Reset-After": "17"}, {}, {"X-Rate-Limit-Reset-After": "soon"}]
    bench.http.answer(search(URL), *(Answer(b"{}", 429, headers) for headers in limits))
    assert [await bench.source.ask(link()) for _ in limits] == [
        NoAnswer(Missing.QUOTA, 17.0),
        NoAnswer(Missing.QUOTA),
        NoAnswer(Missing.QUOTA),
    ]


async def test_a_link_is_submitted_for_the_eyes_of_few(bench: Bench) -> None:
    bench.http.answer(
        f"{API}/api/v1/scan/", Answer(b'{"message": "Submission successful", "uuid": "%s"}' % SCAN.encode())
    )
    assert await bench.scans.submit(URL) == SCAN
    (asked,) = bench.http.asked
    assert (asked.method, asked.url) == ("POST", f"{API}/api/v1/scan/")
    assert asked.headers == {"API-Key": "key", "Content-Type": "application/json"}
    assert json.loads(asked.body) == {"url": URL, "visibility": "private"}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(b'{"message": "DNS Error - Could not resolve domain", "status": 400}', 400), Progress.NEVER),
        (Answer(b'{"message": "Invalid API key format", "status": 400}', 400), NoAnswer(Missing.REFUSED)),
        (Answer(b"{}", 401), NoAnswer(Missing.REFUSED)),
        (Answer(b"{}", 429), NoAnswer(Missing.QUOTA)),
        (Answer(b'{"uuid": "../x"}'), NoAnswer(Missing.GARBLED)),
        (Answer(b"{}"), NoAnswer(Missing.GARBLED)),
        (Answer(status=502), NoAnswer(Missing.FAILED)),
    ],
)
async def test_what_may_come_of_a_submission(bench: Bench, answer: Answer, outcome: object) -> None:
    bench.http.answer(f"{API}/api/v1/scan/", answer)
    assert await bench.scans.submit(URL) == outcome


async def test_a_result_is_pending_then_there_with_what_was_seen(bench: Bench) -> None:
    bench.http.answer(RESULT, Answer(status=404), overall(malicious=True, score=100))
    bench.http.answer(f"{API}/screenshots/{SCAN}.png", Answer(b"picture"))
    bench.http.answer(f"{API}/dom/{SCAN}/", Answer(b"<script>"))
    assert await bench.scans.result(SCAN) is Progress.PENDING
    assert bench.evidence.of(SCAN) == {}
    assert await bench.scans.result(SCAN) == Listed(Threat.PHISHING)
    shown = await bench.evidence.download(bench.evidence.of(SCAN)[Kind.DOM])
    assert isinstance(shown, Download)
    assert shown.data == b"<script>"
    assert set(bench.evidence.of(SCAN)) == {Kind.SCREENSHOT, Kind.DOM}


async def test_a_verdict_without_a_picture_is_one(bench: Bench) -> None:
    bench.http.answer(RESULT, overall(malicious=True, score=100), Answer(status=410))
    assert await bench.scans.result(SCAN) == Listed(Threat.PHISHING)
    assert bench.evidence.of(SCAN) == {}
    assert await bench.scans.result(SCAN) is Progress.NEVER
