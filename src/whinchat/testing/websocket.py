"""Connections that stay, to servers that a test plays, without a network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from whinchat.core.errors import HttpError
from whinchat.core.ports import WebSocket

NORMAL = 1000  # RFC 6455, 7.4.1


@dataclass(frozen=True, slots=True)
class _End:
    """`code` is None for a connection that broke."""

    code: int | None


class ServerSide:
    """What the server sees of one connection."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.headers = headers
        self.arrived: asyncio.Queue[str | None] = asyncio.Queue()
        self.leaving: asyncio.Queue[str | bytes | _End] = asyncio.Queue()

    async def receive(self) -> str | None:
        """None when the client has left."""
        return await self.arrived.get()

    async def send(self, message: str | bytes) -> None:
        self.leaving.put_nowait(message)

    async def close(self, code: int = NORMAL) -> None:
        self.leaving.put_nowait(_End(code))

    async def drop(self) -> None:
        """The connection breaks without a word."""
        self.leaving.put_nowait(_End(None))


Server = Callable[[ServerSide], Awaitable[None]]


class FakeSockets:
    """`ports.WebSocketClient`. Addresses that nobody serves are unreachable; a server that returns closes normally."""

    def __init__(self) -> None:
        self._servers: dict[str, tuple[str, Server]] = {}

    def serve(self, url: str, protocol: str, server: Server) -> None:
        """`protocol`: the only subprotocol that it speaks."""
        self._servers[url] = (protocol, server)

    def connect(
        self, url: str, headers: Mapping[str, str], protocol: str, *, most_bytes: int, timeout: float
    ) -> AbstractAsyncContextManager[WebSocket]:
        return self._connected(url, headers, protocol, most_bytes)

    @asynccontextmanager
    async def _connected(
        self, url: str, headers: Mapping[str, str], protocol: str, most_bytes: int
    ) -> AsyncIterator[WebSocket]:
        if url not in self._servers:
            raise HttpError("it cannot be reached", code="unreachable")
        spoken, server = self._servers[url]
        if spoken != protocol:
            raise HttpError("it speaks another subprotocol", code="protocol")
        side = ServerSide(headers)
        serving = asyncio.get_running_loop().create_task(_served(server, side))
        try:
            yield _ClientSide(side, most_bytes)
        finally:
            side.arrived.put_nowait(None)
            serving.cancel()
            await asyncio.wait({serving})


class _ClientSide:
    def __init__(self, side: ServerSide, most_bytes: int) -> None:
        self._side = side
        self._most_bytes = most_bytes
        self._broken = False
        self.close_code: int | None = None

    async def send(self, text: str) -> None:
        if self._broken or self.close_code is not None:
            raise HttpError("the connection is gone", code="unreachable")
        self._side.arrived.put_nowait(text)

    async def receive(self) -> str | None:
        if self._broken:
            raise HttpError("the connection is gone", code="unreachable")
        if self.close_code is not None:
            return None
        match await self._side.leaving.get():
            case str() as text:
                if len(text.encode()) > self._most_bytes:
                    raise HttpError("a message is too large", code="too_large")
                return text
            case bytes():
                raise HttpError("a message is no text", code="protocol")
            case _End(code=None):
                self._broken = True
                raise HttpError("the connection is gone", code="unreachable")
            case _End(code=code):
                self.close_code = code
                return None


async def _served(server: Server, side: ServerSide) -> None:
    await server(side)
    await side.close()
