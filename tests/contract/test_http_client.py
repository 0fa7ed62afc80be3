"""What every `ports.HttpClient` does, the fake included."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.web_server import body, cut_off, redirect, serving

from whinchat.core.errors import HttpError
from whinchat.core.ports import HttpClient, HttpLimits
from whinchat.infra.http import AiohttpClient
from whinchat.testing.http import Answer, FakeHttp

LIMITS = HttpLimits(most_bytes=1000, most_decoded=1000, total=20)


@pytest.fixture(params=["fake", "aiohttp"])
async def web(request: pytest.FixtureRequest) -> AsyncIterator[tuple[HttpClient, str]]:
    """A client, and the address that its world is at."""
    if request.param == "fake":
        fake, url = FakeHttp(), "http://a.example"
        fake.answer(f"{url}/list", Answer(b"one\ntwo\n", headers={"ETag": '"7"', "X-Thing": "x"}))
        fake.answer(f"{url}/gone", Answer(b"not here", 404))
        fake.answer(f"{url}/moved", Answer(status=307, headers={"Location": f"{url}/list"}))
        fake.answer(f"{url}/large", Answer(b"x" * 1001))
        fake.answer(f"{url}/cut", Answer(b"half", error=HttpError("cut", code="truncated")))
        yield fake, url
        return
    async with serving() as server:
        server.on("/list", body(b"one\ntwo\n", ETag='"7"', X_Thing="x"))
        server.on("/gone", body(b"not here", 404))
        server.on("/moved", redirect(f"{server.url}/list", 307))
        server.on("/large", body(b"x" * 1001))
        server.on("/cut", cut_off(b"half", 100))
        client = AiohttpClient("test/1")
        yield client, server.url
        await client.close()


async def read(web: tuple[HttpClient, str], path: str) -> tuple[int, bytes]:
    client, url = web
    async with client.get(url + path, {}, LIMITS) as response:
        return response.status, b"".join([chunk async for chunk in response.chunks()])


async def test_gives_status_headers_and_body(web: tuple[HttpClient, str]) -> None:
    client, url = web
    async with client.get(f"{url}/list", {"If-None-Match": '"6"'}, LIMITS) as response:
        assert response.status == 200
        assert (response.headers["etag"], response.headers["x-thing"]) == ('"7"', "x")
        assert b"".join([chunk async for chunk in response.chunks()]) == b"one\ntwo\n"


async def test_an_answer_is_no_error_whatever_its_status(web: tuple[HttpClient, str]) -> None:
    assert await read(web, "/gone") == (404, b"not here")


@pytest.mark.parametrize(("path", "code"), [("/large", "too_large"), ("/cut", "truncated")])
async def test_a_body_that_is_too_large_or_ends_too_early_is_an_error(
    web: tuple[HttpClient, str], path: str, code: str
) -> None:
    with pytest.raises(HttpError) as error:
        await read(web, path)
    assert (error.value.code, error.value.retryable) == (code, True)


async def test_the_error_is_known_where_the_body_is_read(web: tuple[HttpClient, str]) -> None:
    client, url = web
    async with client.get(f"{url}/cut", {}, LIMITS) as response:
        with pytest.raises(HttpError):
            _ = [chunk async for chunk in response.chunks()]


async def test_an_address_where_nobody_is_cannot_be_reached(web: tuple[HttpClient, str]) -> None:
    client, _ = web
    with pytest.raises(HttpError) as error:
        async with client.get("http://127.0.0.1:1/", {}, LIMITS):
            pass
    assert error.value.code == "unreachable"


async def test_what_is_posted_is_answered_like_what_is_asked(web: tuple[HttpClient, str]) -> None:
    client, url = web
    async with client.post(f"{url}/list", {"X-Key": "k"}, b"question", LIMITS) as response:
        assert (response.status, response.headers["etag"]) == (200, '"7"')
        assert b"".join([chunk async for chunk in response.chunks()]) == b"one\ntwo\n"


async def test_a_large_body_is_posted_whole(web: tuple[HttpClient, str]) -> None:
    client, url = web
    async with client.post(f"{url}/list", {}, bytes(3 * 1024 * 1024), LIMITS) as response:
        assert response.status == 200


async def test_a_post_follows_no_redirect(web: tuple[HttpClient, str]) -> None:
    client, url = web
    async with client.post(f"{url}/moved", {}, b"question", LIMITS) as response:
        assert (response.status, response.headers["location"]) == (307, f"{url}/list")


async def test_a_post_to_where_nobody_is_cannot_be_sent(web: tuple[HttpClient, str]) -> None:
    client, _ = web
    with pytest.raises(HttpError) as error:
        async with client.post("http://127.0.0.1:1/", {}, b"question", LIMITS):
            pass
    assert error.value.code == "unreachable"
