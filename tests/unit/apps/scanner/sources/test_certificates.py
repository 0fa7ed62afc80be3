from __future__ import annotations

import msgspec
import pytest

from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.sources.answers import Facts, Missing, NoAnswer
from whinchat.apps.scanner.sources.certificates import ABOUT, API, Certificates
from whinchat.core.secret import Secret
from whinchat.testing.http import Answer, FakeHttp

ASKED = f"{API}/v1/issuances?domain=newcomer.net"


def link(text: str) -> Link:
    found = parse_link(text)
    assert found is not None
    return found


def valid(*spans: tuple[str, str]) -> Answer:
    return Answer(msgspec.json.encode([{"id": "1", "not_before": begin, "not_after": end} for begin, end in spans]))


async def ask(answer: Answer, key: str = "") -> tuple[object, dict[str, str]]:
    http = FakeHttp()
    http.answer(ASKED, answer)
    source = Certificates(http, Secret(key) if key else None)
    told = await source.ask(link("https://shop.newcomer.net/"))
    return told, dict(http.asked[0].headers)


async def test_nobody_needs_a_key() -> None:
    answer = valid(("2026-01-02T00:00:00Z", "2026-04-02T00:00:00Z"))
    assert await ask(answer) == (Facts(certified_at=1_767_312_000_000), {})


async def test_the_age_of_certificates_that_live_for_days_says_nothing() -> None:
    told, _ = await ask(valid(("2026-01-02T00:00:00Z", "2026-01-08T00:00:00Z")))
    assert told == Facts()


async def test_an_old_certificate_beside_a_new_one_counts() -> None:
    told, _ = await ask(
        valid(("2026-03-01T00:00:00Z", "2026-03-07T00:00:00Z"), ("2026-01-02T00:00:00Z", "2027-01-02T00:00:00Z"))
    )
    assert told == Facts(certified_at=1_767_312_000_000)


async def test_without_certificates_there_is_nothing_to_tell() -> None:
    assert (await ask(Answer(b"[]")))[0] == Facts()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(b'{"code": "unauthorized"}', 401), Missing.REFUSED),
        (Answer(b'{"code": "not_allowed_by_plan"}', 403), Missing.REFUSED),
        (Answer(b'[{"not_before": "yesterday", "not_after": "2026-01-08T00:00:00Z"}]'), Missing.GARBLED),
        (Answer(b'[{"not_before": "2026-01-02T00:00:00", "not_after": "2026-01-08T00:00:00"}]'), Missing.GARBLED),
    ],
)
async def test_what_goes_wrong_is_no_answer(answer: Answer, reason: Missing) -> None:
    told, headers = await ask(answer, key="wrong")
    assert told == NoAnswer(reason)
    assert headers == {"Authorization": "Bearer wrong"}


def test_tenants_of_shared_hosting_are_not_asked_about() -> None:
    assert ABOUT.covers.includes(link("https://newcomer.net/"))
    assert not ABOUT.covers.includes(link("https://tenant.pages.dev/"))
    assert not ABOUT.covers.includes(link("https://192.0.2.7/"))
