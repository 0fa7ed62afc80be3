from __future__ import annotations

import msgspec
import pytest

from whinchat.apps.scanner.sources.answers import Missing, NoAnswer
from whinchat.apps.scanner.sources.web import Reply, Web, decoded
from whinchat.core.errors import HttpError
from whinchat.testing.http import Answer, FakeHttp

URL = "https://api.example.net/v1"


class Form(msgspec.Struct):
    name: str
    count: int = 0


@pytest.fixture
def http() -> FakeHttp:
    return FakeHttp()


@pytest.fixture
def web(http: FakeHttp) -> Web:
    return Web(http, 2.0)


async def test_an_answer_comes_whole(http: FakeHttp, web: Web) -> None:
    http.answer(URL, Answer(b"hello", headers={"X-Thing": "x"}))
    reply = await web.get(URL, {"X-Key": "k"})
    assert isinstance(reply, Reply)
    assert (reply.status, reply.body, reply.headers["x-thing"]) == (200, b"hello", "x")
    assert http.asked[0].headers == {"X-Key": "k"}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, Missing.GARBLED),
        (401, Missing.REFUSED),
        (403, Missing.REFUSED),
        (404, Missing.GARBLED),
        (408, Missing.TIMEOUT),
        (429, Missing.QUOTA),
        (500, Missing.FAILED),
        (503, Missing.FAILED),
        (302, Missing.GARBLED),
    ],
)
async def test_a_status_that_is_no_answer_says_why(http: FakeHttp, web: Web, status: int, reason: Missing) -> None:
    http.answer(URL, Answer(b"", status))
    assert await web.get(URL) == NoAnswer(reason)
    assert await web.post_form(URL, {}, {}) == NoAnswer(reason)


async def test_a_source_may_say_that_a_status_is_an_answer(http: FakeHttp, web: Web) -> None:
    http.answer(URL, Answer(b"none", 404))
    reply = await web.get(URL, also=frozenset({404}))
    assert isinstance(reply, Reply)
    assert reply.status == 404


@pytest.mark.parametrize(
    ("told", "seconds"), [("30", 30.0), ("999999999", 86_400.0), ("soon", None), ("-5", None), ("²", None), ("", None)]
)
async def test_a_time_to_stay_away_is_kept_within_a_day(
    http: FakeHttp, web: Web, told: str, seconds: float | None
) -> None:
    http.answer(URL, Answer(b"", 429, headers={"Retry-After": told}))
    assert await web.get(URL) == NoAnswer(Missing.QUOTA, seconds)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("timeout", Missing.TIMEOUT),
        ("unreachable", Missing.UNREACHABLE),
        ("truncated", Missing.UNREACHABLE),
        ("too_large", Missing.GARBLED),
        ("encoding", Missing.GARBLED),
        ("protocol", Missing.GARBLED),
        ("redirect", Missing.GARBLED),
    ],
)
async def test_what_happens_on_the_way_says_why(http: FakeHttp, web: Web, code: str, reason: Missing) -> None:
    http.answer(URL, Answer(error=HttpError("on the way", code=code)))
    assert await web.get(URL) == NoAnswer(reason)


async def test_an_answer_that_is_too_large_is_not_read_to_its_end(http: FakeHttp) -> None:
    http.answer(URL, Answer(b"x" * 1001))
    assert await Web(http, 2.0, most_bytes=1000).get(URL) == NoAnswer(Missing.GARBLED)


def test_json_of_the_documented_form_is_read() -> None:
    assert decoded(Reply(200, {}, b'{"name": "a", "count": "3", "more": []}'), Form) == Form("a", 3)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"name"', b"[]", b'{"name": null}', b"\xff", b"[" * 100_000, b'{"a":' * 100_000]
)
def test_everything_else_is_garbled(body: bytes) -> None:
    assert decoded(Reply(200, {}, body), Form) == NoAnswer(Missing.GARBLED)
