"""The web client against servers that behave as real ones sometimes do."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.web_server import (
    WebServer,
    body,
    bomb,
    cut_off,
    drips,
    hangs_up,
    redirect,
    serving,
    silent,
)

from whinchat.core.errors import HttpError
from whinchat.core.ports import HttpLimits
from whinchat.infra.http import PER_HOST, AiohttpClient

LIMITS = HttpLimits(most_bytes=100_000, most_decoded=1_000_000, total=20)
HURRIED = HttpLimits(most_bytes=100_000, most_decoded=1_000_000, total=0.2)
TEXT = b"a.example\n" * 1000


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    async with serving() as server:
        yield server


@pytest.fixture
async def client() -> AsyncIterator[AiohttpClient]:
    client = AiohttpClient("whinchat/1.2.3")
    yield client
    await client.close()


async def read(client: AiohttpClient, url: str, limits: HttpLimits = LIMITS) -> bytes:
    async with client.get(url, {"If-None-Match": '"1"'}, limits) as response:
        return b"".join([chunk async for chunk in response.chunks()])


async def failure(client: AiohttpClient, url: str, limits: HttpLimits = LIMITS) -> str:
    with pytest.raises(HttpError) as error:
        await read(client, url, limits)
    assert url not in str(error.value)
    return error.value.code


async def test_says_what_it_is_and_nothing_of_whom_it_runs_for(
    client: AiohttpClient, server: WebServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("default login ana password secret\n")
    for name, value in {
        "HOME": str(tmp_path),
        "NETRC": str(tmp_path / ".netrc"),
        "HTTP_PROXY": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)
    url = server.on("/list", body(TEXT, Set_Cookie="who=ana"))
    await read(client, url)
    await read(client, url)

    for request in server.asked:
        host = server.url.removeprefix("http://")
        assert dict(request.headers) == {
            "Host": host,
            "User-Agent": "whinchat/1.2.3",
            "Accept-Encoding": "gzip",
            "If-None-Match": '"1"',
            "Accept": "*/*",
        }


async def test_a_compressed_answer_is_unpacked(client: AiohttpClient, server: WebServer) -> None:
    two = gzip.compress(TEXT) + gzip.compress(b"b.example\n")
    assert await read(client, server.on("/list", body(two, Content_Encoding="gzip"))) == TEXT + b"b.example\n"


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (body(bomb(2), Content_Encoding="gzip"), "too_large"),
        (body(gzip.compress(TEXT)[:-9], Content_Encoding="gzip"), "truncated"),
        (body(b"this is no gzip at all", Content_Encoding="gzip"), "encoding"),
        (body(TEXT, Content_Encoding="br"), "encoding"),
        (body(b"x" * 100_001), "too_large"),
        (cut_off(TEXT, 2 * len(TEXT)), "truncated"),
        (cut_off(TEXT), "truncated"),
        (hangs_up(), "truncated"),
    ],
)
async def test_what_cannot_be_used_is_refused(
    client: AiohttpClient, server: WebServer, handler: object, code: str
) -> None:
    assert callable(handler)
    assert await failure(client, server.on("/list", handler)) == code


@pytest.mark.parametrize("handler", [drips(TEXT), silent()])
async def test_who_takes_too_long_is_left(client: AiohttpClient, server: WebServer, handler: object) -> None:
    assert callable(handler)
    assert await failure(client, server.on("/list", handler), HURRIED) == "timeout"


async def test_redirects_are_followed(client: AiohttpClient, server: WebServer) -> None:
    server.on("/list", body(TEXT))
    server.on("/5", redirect("/list", 308))
    for number in range(5):
        server.on(f"/{number}", redirect(f"/{number + 1}", 301 + number % 3))
    assert await read(client, server.url + "/1") == TEXT
    assert await failure(client, server.url + "/0") == "redirect"


@pytest.mark.parametrize(
    "target", ["/again", "file:///etc/passwd", "ftp://a.example/", "javascript:1", "http://[", "//"]
)
async def test_some_redirects_are_not(client: AiohttpClient, server: WebServer, target: str) -> None:
    assert await failure(client, server.on("/again", redirect(target))) == "redirect"


@pytest.mark.parametrize(("host", "key"), [("127.0.0.1", "secret"), ("localhost", None)])
async def test_a_key_stays_with_the_server_that_it_is_for(
    client: AiohttpClient, server: WebServer, host: str, key: str | None
) -> None:
    target = server.on("/list", body(TEXT)).replace("127.0.0.1", host)
    url = server.on("/again", redirect(target))
    async with client.get(url, {"Auth-Key": "secret", "If-None-Match": "x"}, LIMITS) as answer:
        assert b"".join([chunk async for chunk in answer.chunks()]) == TEXT
    first, second = (request.headers for request in server.asked)
    assert first["Auth-Key"] == "secret"
    assert (second.get("Auth-Key"), second["If-None-Match"]) == (key, "x")


async def test_a_redirect_cannot_give_us_a_name_and_password(client: AiohttpClient, server: WebServer) -> None:
    server.on("/list", body(TEXT))
    host = server.url.removeprefix("http://")
    assert await read(client, server.on("/again", redirect(f"http://ana:secret@{host}/list"))) == TEXT
    assert "Authorization" not in server.asked[-1].headers


async def test_a_redirect_that_says_not_where_is_an_answer(client: AiohttpClient, server: WebServer) -> None:
    async with client.get(server.on("/list", body(b"", 302)), {}, LIMITS) as response:
        assert response.status == 302


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "list.txt", "http://", "http://ana:secret@127.0.0.1/", "http://["]
)
async def test_what_is_no_address_of_the_web_is_not_asked(client: AiohttpClient, url: str) -> None:
    assert await failure(client, url) == "address"


async def test_a_post_carries_its_body_and_its_headers(client: AiohttpClient, server: WebServer) -> None:
    url = server.on("/ask", body(b"{}"))
    async with client.post(url, {"Content-Type": "application/json"}, b'{"q":1}', LIMITS) as response:
        assert response.status == 200
    (request,) = server.asked
    assert (request.method, await request.read()) == ("POST", b'{"q":1}')
    assert dict(request.headers) == {
        "Host": server.url.removeprefix("http://"),
        "User-Agent": "whinchat/1.2.3",
        "Accept-Encoding": "gzip",
        "Content-Type": "application/json",
        "Accept": "*/*",
        "Content-Length": "7",
    }


@pytest.mark.parametrize("handler", [drips(TEXT), silent()])
async def test_a_post_that_takes_too_long_is_left(client: AiohttpClient, server: WebServer, handler: object) -> None:
    assert callable(handler)
    with pytest.raises(HttpError) as error:
        async with client.post(server.on("/ask", handler), {}, b"", HURRIED) as response:
            _ = [chunk async for chunk in response.chunks()]
    assert error.value.code == "timeout"


async def test_what_was_posted_may_have_arrived_when_the_connection_ends(
    client: AiohttpClient, server: WebServer
) -> None:
    with pytest.raises(HttpError) as error:
        async with client.post(server.on("/ask", hangs_up()), {}, b"question", LIMITS):
            pass
    assert error.value.code == "truncated"
    assert [request.path for request in server.asked] == ["/ask"]


async def test_who_finds_no_place_in_time_has_sent_nothing(client: AiohttpClient, server: WebServer) -> None:
    hangs = server.on("/hangs", silent())
    waits = HttpLimits(most_bytes=1000, most_decoded=1000, connect=0.05, total=20)
    patient = HttpLimits(most_bytes=1000, most_decoded=1000, total=0.5)
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(failure(client, hangs, patient)) for _ in range(PER_HOST)]
        await asyncio.sleep(0.2)
        assert await failure(client, hangs, waits) == "unreachable"
    assert {each.result() for each in waiting} == {"timeout"}


async def test_a_name_that_nobody_has(client: AiohttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(HttpError, match="its name is not known") as error:
        await read(client, "http://lists.example/")
    assert error.value.code == "unreachable"


async def test_a_server_that_speaks_no_tls(client: AiohttpClient, server: WebServer) -> None:
    url = server.on("/list", body(TEXT)).replace("http://", "https://")
    assert await failure(client, url) == "unreachable"


async def test_an_unused_client_has_nothing_to_close() -> None:
    await AiohttpClient("test/1").close()


async def test_a_server_that_hangs_keeps_nobody_from_asking_another(client: AiohttpClient, server: WebServer) -> None:
    hangs = server.on("/hangs", silent())
    async with serving() as other, asyncio.TaskGroup() as group:
        waiting = [group.create_task(failure(client, hangs, replace(LIMITS, total=2))) for _ in range(PER_HOST + 4)]
        assert await read(client, other.on("/list", body(TEXT))) == TEXT
        assert not any(each.done() for each in waiting)
    assert {each.result() for each in waiting} == {"timeout"}
