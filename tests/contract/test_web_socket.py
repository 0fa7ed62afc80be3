"""What every `ports.WebSocketClient` does, the fake included."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import pytest
from aiohttp import WSCloseCode, web
from tests.support.web_server import WebServer, body, redirect, serving, silent

from whinchat.core.errors import HttpError
from whinchat.core.ports import WebSocket, WebSocketClient
from whinchat.infra.http import AiohttpClient
from whinchat.testing.websocket import FakeSockets

PROTOCOL = "graphql-transport-ws"
MOST = 1000


class Side(Protocol):
    """A connection as a server sees it."""

    async def receive(self) -> str | None: ...
    async def send(self, message: str | bytes) -> None: ...
    async def close(self, code: int = ...) -> None: ...
    async def drop(self) -> None: ...


class AiohttpSide:
    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        self._request = request
        self._socket = socket

    async def receive(self) -> str | None:
        message = await self._socket.receive()
        return str(message.data) if message.type is web.WSMsgType.TEXT else None

    async def send(self, message: str | bytes) -> None:
        await (self._socket.send_str(message) if isinstance(message, str) else self._socket.send_bytes(message))

    async def close(self, code: int = WSCloseCode.OK) -> None:
        await self._socket.close(code=code)

    async def drop(self) -> None:
        assert self._request.transport is not None
        self._request.transport.abort()


async def echoes(side: Side) -> None:
    while (text := await side.receive()) is not None:
        await side.send(text)


async def says_goodbye(side: Side) -> None:
    await side.send("hello")
    await side.close(4403)


async def drops(side: Side) -> None:
    await side.send("hello")
    await side.drop()


async def sends_bytes(side: Side) -> None:
    await side.send(b"\x00\x01")
    await side.receive()


async def sends_much(side: Side) -> None:
    await side.send("x" * MOST)
    await side.send("x" * (MOST + 1))
    await side.receive()


SERVERS: dict[str, Callable[[Side], Awaitable[None]]] = {
    "/echo": echoes,
    "/goodbye": says_goodbye,
    "/drop": drops,
    "/bytes": sends_bytes,
    "/much": sends_much,
}


def spoken(
    server: Callable[[Side], Awaitable[None]], protocol: str
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=(protocol,))
        await socket.prepare(request)
        await server(AiohttpSide(request, socket))
        return socket

    return handle


@pytest.fixture(params=["fake", "aiohttp"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[tuple[WebSocketClient, str]]:
    """A client, and the address that its world is at."""
    if request.param == "fake":
        fake, url = FakeSockets(), "ws://a.example"
        for path, server in SERVERS.items():
            fake.serve(url + path, PROTOCOL, server)
        fake.serve(f"{url}/other", "graphql-ws", echoes)
        yield fake, url
        return
    async with serving() as web_server:
        for path, server in SERVERS.items():
            web_server.on(path, spoken(server, PROTOCOL))
        web_server.on("/other", spoken(echoes, "graphql-ws"))
        client = AiohttpClient("test/1")
        yield client, web_server.url.replace("http", "ws", 1)
        await client.close()


async def read(socket: WebSocket) -> list[str]:
    """Everything until the other side closes."""
    texts = []
    while (text := await socket.receive()) is not None:
        texts.append(text)
    return texts


async def test_carries_text_both_ways(world: tuple[WebSocketClient, str]) -> None:
    client, url = world
    async with client.connect(f"{url}/echo", {}, PROTOCOL, most_bytes=MOST, timeout=5) as socket:
        await socket.send("one")
        await socket.send("¡dos!")
        assert [await socket.receive(), await socket.receive()] == ["one", "¡dos!"]
        assert socket.close_code is None


async def test_a_close_is_an_end_with_a_code(world: tuple[WebSocketClient, str]) -> None:
    client, url = world
    async with client.connect(f"{url}/goodbye", {}, PROTOCOL, most_bytes=MOST, timeout=5) as socket:
        assert await read(socket) == ["hello"]
        assert (await socket.receive(), socket.close_code) == (None, 4403)
        with pytest.raises(HttpError) as error:
            await socket.send("too late")
    assert error.value.code == "unreachable"


async def test_a_drop_is_no_orderly_end(world: tuple[WebSocketClient, str]) -> None:
    client, url = world
    async with client.connect(f"{url}/drop", {}, PROTOCOL, most_bytes=MOST, timeout=5) as socket:
        with pytest.raises(HttpError) as error:
            await read(socket)
        assert error.value.code == "unreachable"
        with pytest.raises(HttpError):
            await socket.receive()


@pytest.mark.parametrize(("path", "code"), [("/bytes", "protocol"), ("/much", "too_large")])
async def test_what_is_no_text_or_too_much_is_refused(world: tuple[WebSocketClient, str], path: str, code: str) -> None:
    client, url = world
    async with client.connect(url + path, {}, PROTOCOL, most_bytes=MOST, timeout=5) as socket:
        with pytest.raises(HttpError) as error:
            await read(socket)
    assert error.value.code == code


@pytest.mark.parametrize(("address", "code"), [("{}/other", "protocol"), ("ws://127.0.0.1:1/", "unreachable")])
async def test_who_speaks_something_else_or_is_not_there(
    world: tuple[WebSocketClient, str], address: str, code: str
) -> None:
    client, url = world
    with pytest.raises(HttpError) as error:
        async with client.connect(address.format(url), {}, PROTOCOL, most_bytes=MOST, timeout=5):
            pass
    assert error.value.code == code


async def test_waiting_for_a_message_can_be_given_up(world: tuple[WebSocketClient, str]) -> None:
    client, url = world
    async with client.connect(f"{url}/echo", {}, PROTOCOL, most_bytes=MOST, timeout=5) as socket:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.receive(), 0.01)


class TestOverTheNetwork:
    @pytest.fixture
    async def server(self) -> AsyncIterator[WebServer]:
        async with serving() as server:
            yield server

    @pytest.fixture
    async def client(self) -> AsyncIterator[AiohttpClient]:
        client = AiohttpClient("whinchat/1.2.3")
        yield client
        await client.close()

    async def failure(self, client: AiohttpClient, url: str, timeout: float = 5) -> str:
        with pytest.raises(HttpError) as error:
            async with client.connect(url, {}, PROTOCOL, most_bytes=MOST, timeout=timeout):
                pass
        assert url not in str(error.value)
        return error.value.code

    async def test_says_what_it_is_and_asks_no_proxy(
        self, client: AiohttpClient, server: WebServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        url = server.on("/echo", spoken(echoes, PROTOCOL)).replace("http", "ws", 1)
        for _ in range(2):
            async with client.connect(url, {"X-Thing": "x"}, PROTOCOL, most_bytes=MOST, timeout=5):
                pass
        for request in server.asked:
            assert request.headers["User-Agent"] == "whinchat/1.2.3"
            assert (request.headers["X-Thing"], request.headers["Sec-WebSocket-Protocol"]) == ("x", PROTOCOL)
            assert "Cookie" not in request.headers
            assert "Sec-WebSocket-Extensions" not in request.headers

    @pytest.mark.parametrize(
        ("handler", "code"),
        [(body(b"no"), "protocol"), (body(b"no", 401), "protocol"), (redirect("/echo"), "protocol")],
    )
    async def test_who_does_not_open(
        self, client: AiohttpClient, server: WebServer, handler: object, code: str
    ) -> None:
        assert callable(handler)
        server.on("/echo", spoken(echoes, PROTOCOL))
        assert await self.failure(client, server.on("/x", handler).replace("http", "ws", 1)) == code
        assert [request.path for request in server.asked] == ["/x"]

    async def test_who_takes_too_long_is_left(self, client: AiohttpClient, server: WebServer) -> None:
        assert await self.failure(client, server.on("/x", silent()).replace("http", "ws", 1), 0.1) == "timeout"

    @pytest.mark.parametrize("url", ["http://a.example/", "ws://ana@a.example/", "ws:///x", "ws://[::1/"])
    async def test_what_is_no_address_of_a_websocket(self, client: AiohttpClient, url: str) -> None:
        assert await self.failure(client, url) == "address"

    async def test_a_connection_whose_pings_stay_unanswered_is_dead(
        self, client: AiohttpClient, server: WebServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("whinchat.infra.websocket.HEARTBEAT", 0.1)

        async def sleeps(request: web.Request) -> web.StreamResponse:
            socket = web.WebSocketResponse(protocols=(PROTOCOL,), autoping=False)
            await socket.prepare(request)
            await socket.receive()
            await asyncio.sleep(5)
            return socket

        url = server.on("/x", sleeps).replace("http", "ws", 1)
        async with client.connect(url, {}, PROTOCOL, most_bytes=MOST, timeout=5) as socket:
            with pytest.raises(HttpError) as error:
                await socket.receive()
        assert error.value.code == "unreachable"

    async def test_frames_that_break_the_protocol(self, client: AiohttpClient, server: WebServer) -> None:
        async def babbles(request: web.Request) -> web.StreamResponse:
            socket = web.WebSocketResponse(protocols=(PROTOCOL,))
            await socket.prepare(request)
            assert request.transport is not None
            request.transport.write(b"\xff\xff\xff")
            await socket.receive()
            return socket

        url = server.on("/x", babbles).replace("http", "ws", 1)
        async with client.connect(url, {}, PROTOCOL, most_bytes=MOST, timeout=5) as socket:
            with pytest.raises(HttpError) as error:
                await socket.receive()
        assert error.value.code == "protocol"
