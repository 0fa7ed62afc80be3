"""The listeners, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import socket
from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest
from aiohttp import web

from whinchat.admin import server
from whinchat.admin.server import HEADERS, Address, Listeners
from whinchat.core.errors import Refused


class SomeHealth:
    """Health as the test wants it."""

    def __init__(self) -> None:
        self.is_live = True
        self.is_ready = True

    def live(self) -> bool:
        return self.is_live

    async def ready(self) -> tuple[bool, Mapping[str, object]]:
        return self.is_ready, {"status": "ready" if self.is_ready else "starting"}


def pages() -> web.Application:
    """An application that is mounted: a page, and a few bad habits."""
    app = web.Application()

    async def page(_: web.Request) -> web.Response:
        return web.Response(text="hello", headers={"Cache-Control": "max-age=60"})

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    async def fail(_: web.Request) -> web.Response:
        raise ValueError("hush")

    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    app.add_routes([web.get("/", page), web.post("/echo", echo), web.get("/fail/{id}", fail), web.get("/slow", slow)])
    return app


def listeners(
    health: SomeHealth, *, public: Address | None = None, port: int = 0, host: str = "127.0.0.1"
) -> Listeners:
    return Listeners(
        private=Address(host, port, "private"),
        public=public,
        health=health,
        metrics=lambda: b"whinchat_up 1.0\n",
        names=["whinchat.lan"],
    )


@pytest.fixture
def health() -> SomeHealth:
    return SomeHealth()


@pytest.fixture
async def running(health: SomeHealth) -> AsyncIterator[Listeners]:
    found = listeners(health)
    found.mount("/demo", pages())
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def client(running: Listeners) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(running.private_url, raise_for_status=False) as session:
        yield session


async def test_health_readiness_and_metrics(client: aiohttp.ClientSession, health: SomeHealth) -> None:
    async with client.get("/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "live"})
    async with client.get("/readyz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ready"})
    async with client.get("/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert await answer.read() == b"whinchat_up 1.0\n"
    health.is_ready = health.is_live = False
    async with client.get("/readyz") as answer:
        assert (answer.status, await answer.json()) == (503, {"status": "starting"})
    async with client.get("/healthz") as answer:
        assert answer.status == 503


@pytest.mark.parametrize(("path", "status"), [("/demo/", 200), ("/none", 404), ("/demo/fail/1", 500), ("/readyz", 200)])
async def test_every_answer_is_hardened(client: aiohttp.ClientSession, path: str, status: int) -> None:
    async with client.get(path) as answer:
        assert answer.status == status
        assert {name for name in HEADERS if name not in answer.headers} == set()
        assert "Server" not in answer.headers


async def test_a_page_may_decide_on_caching_itself(client: aiohttp.ClientSession) -> None:
    async with client.get("/demo/") as answer:
        assert answer.headers["Cache-Control"] == "max-age=60"


async def test_the_root_leads_to_the_first_page(client: aiohttp.ClientSession, health: SomeHealth) -> None:
    async with client.get("/") as answer:
        assert (answer.url.path, await answer.text()) == ("/demo/", "hello")
    bare = listeners(health)
    await bare.start()
    async with client.get(f"{bare.private_url}/") as answer:
        assert answer.status == 404
    await bare.stop()


async def test_an_error_is_logged_without_the_address_and_shown_to_nobody(
    client: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    async with client.get("/demo/fail/15550100123") as answer:
        assert "hush" not in await answer.text()
    (record,) = caplog.records
    assert record.__dict__["route"] == "/demo/fail/{id}"
    assert "15550100123" not in record.getMessage()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8466", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8466", 200),
        ("10.1.2.3", 200),
        ("whinchat.lan", 200),
        ("rebound.example", 403),
        ("localhost.rebound.example", 403),
        ("127.0.0.1.rebound.example:8466", 403),
        ("[::1", 403),
        ("", 403),
    ],
)
async def test_only_own_names_are_served(client: aiohttp.ClientSession, host: str, status: int) -> None:
    async with client.get("/readyz", headers={"Host": host}) as answer:
        assert answer.status == status


async def test_bodies_are_limited(client: aiohttp.ClientSession) -> None:
    async with client.post("/demo/echo", data=b"x" * 1000) as answer:
        assert len(await answer.read()) == 1000
    async with client.post("/demo/echo", data=io.BytesIO(b"x" * (server.MAX_BODY + 1))) as answer:
        assert answer.status == 413


async def raw(address: str, sent: bytes) -> bytes:
    """What comes back until the connection is closed."""
    host, _, port = address.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(sent)
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_heads_are_limited(running: Listeners) -> None:
    long_field = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20_000 + b"\r\n\r\n"
    many_fields = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: x\r\n" * 2_000 + b"\r\n"
    for head in (long_field, many_fields):
        assert (await raw(running.private_url, head)).startswith(b"HTTP/1.0 400")


async def test_who_dawdles_is_cut_off(health: SomeHealth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "IDLE", 0.1)
    monkeypatch.setattr(server, "READING", 0.1)
    monkeypatch.setattr(server, "LINGER", 0.1)
    found = listeners(health)
    found.mount("/demo", pages())
    await found.start()
    try:
        assert await raw(found.private_url, b"GET / HTTP/1.1\r\nHos") == b""
        body = b"POST /demo/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nConnection: close\r\n\r\nabc"
        assert (await raw(found.private_url, body)).startswith(b"HTTP/1.1 408")
    finally:
        await found.stop()


async def test_a_stop_does_not_wait_for_ever(health: SomeHealth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "GRACE", 0.2)
    found = listeners(health)
    found.mount("/demo", pages())
    await found.start()
    async with aiohttp.ClientSession(found.private_url) as session:
        request = asyncio.create_task(session.get("/demo/slow"))
        await asyncio.sleep(0.05)
        async with asyncio.timeout(3):
            await found.stop()
        with pytest.raises(aiohttp.ClientError):
            await request
    await found.stop()


async def test_webhooks_have_a_listener_of_their_own(health: SomeHealth) -> None:
    public = Address("127.0.0.1", 0, "public")
    found = listeners(health, public=public)
    assert found.public_url is None
    found.mount_public("/hook", pages())
    await found.start()
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{found.public_url}/hook/", headers={"Host": "bot.example"}) as answer:
            assert (answer.status, await answer.text()) == (200, "hello")
        for path in ("/readyz", "/metrics", "/"):
            async with session.get(f"{found.public_url}{path}") as answer:
                assert answer.status == 404
        async with session.get(f"{found.private_url}/hook/") as answer:
            assert answer.status == 404
    await found.stop()


async def test_a_public_listener_without_webhooks_stays_closed(health: SomeHealth) -> None:
    found = listeners(health, public=Address("127.0.0.1", 0, "public"))
    await found.start()
    assert found.public_url is None
    await found.stop()
    with pytest.raises(Refused, match="needs the public listener"):
        listeners(health).mount_public("/hook", pages())


async def test_a_port_in_use_is_explained_and_nothing_stays_open(health: SomeHealth) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = listeners(health, public=Address("127.0.0.1", port, "public"))
        found.mount_public("/hook", pages())
        with pytest.raises(Refused, match=rf"public\.port: something else listens on 127.0.0.1:{port}") as caught:
            await found.start()
    assert caught.value.code == "port_in_use"
    assert "public.port" in caught.value.hint
    with pytest.raises(ConnectionRefusedError):
        await raw(found.private_url, b"")


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
async def test_an_address_of_another_machine_is_explained(health: SomeHealth, host: str) -> None:
    with pytest.raises(Refused, match=r"private\.host: cannot listen on") as caught:
        await listeners(health, host=host).start()
    assert "127.0.0.1" in caught.value.hint


async def test_a_forbidden_port_is_explained(health: SomeHealth, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forbidden(_: web.TCPSite) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(web.TCPSite, "start", forbidden)
    with pytest.raises(Refused, match="may not listen on port 80") as caught:
        await listeners(health, port=80).start()
    assert "1023" in caught.value.hint


async def test_ipv6_addresses_are_written_in_brackets(health: SomeHealth) -> None:
    try:
        found = listeners(health, host="::1")
        await found.start()
    except Refused:
        pytest.skip("this machine has no IPv6")
    assert found.private_url.startswith("http://[::1]:")
    assert b"200 OK" in await raw(
        found.private_url.replace("[::1]", "::1"), b"GET /readyz HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n"
    )
    await found.stop()


async def test_reports_are_json(client: aiohttp.ClientSession) -> None:
    async with client.get("/readyz") as answer:
        assert json.loads(await answer.text())["status"] == "ready"
