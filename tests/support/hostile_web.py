"""The web as somebody makes it who means us harm: names, servers that speak byte by byte, and who was connected to."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.support.certificates import authority
from tests.support.dns_server import NameServer, naming

from whinchat.core.ports import Visit, VisitLimits
from whinchat.infra.addresses import Address, is_public, read_address
from whinchat.infra.fetch import GuardedFetcher
from whinchat.infra.guard import Guard
from whinchat.infra.resolver import DnsResolver

OPEN = "127.0.0.1"
"""Stands for an address of the public Internet."""
SECRET = "127.0.0.2"
"""An address of this machine: nobody may be led there."""
LIMITS = VisitLimits(total=2.0)

Speech = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""


@dataclass
class Server:
    """`asked`: what came in. What no path is for gets 404."""

    port: int = 0
    asked: list[Request] = field(default_factory=list)
    connections: int = 0
    greeting: Speech | None = None
    """Said to the first byte, whatever comes; then nothing else is."""
    speeches: dict[str, Speech] = field(default_factory=dict)

    def on(self, path: str, speech: Speech) -> None:
        self.speeches[path] = speech

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError):
            if self.greeting:
                await reader.read(1)
                await self.greeting(Request("", "", {}), writer)
                return
            while True:
                request = await _request(reader)
                self.asked.append(request)
                await self.speeches.get(request.path.partition("?")[0], says(404))(request, writer)
        writer.close()


async def _request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
    method, path, _ = head[0].split(" ")
    headers = dict(line.split(": ", 1) for line in head[1:] if line)
    return Request(method, path, {name.lower(): value for name, value in headers.items()})


@asynccontextmanager
async def listening(
    server: Server, host: str = OPEN, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    tasks: set[asyncio.Task[Any]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with suppress(asyncio.CancelledError):  # at the end of the test
                await server.talk(reader, writer)
        finally:
            if task.cancelling():
                writer.transport.abort()

    listener = await asyncio.start_server(talk, host, port, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


# --- what servers say --------------------------------------------------------------------------------------------


def says(status: int, body: bytes | str = b"", **headers: str) -> Speech:
    """`headers`: underscores are dashes."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    async def speak(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head + (b"" if request.method == "HEAD" else content))
        await writer.drain()

    return speak


def page(body: str, **headers: str) -> Speech:
    return says(200, body, Content_Type="text/html", **headers)


def moved(to: str, status: int = 302) -> Speech:
    return says(status, Location=to)


def raw(*pieces: bytes, pause: float = 0.0, forever: bool = False, close: bool = True) -> Speech:
    """Just these bytes, whatever was asked; `forever`: the last of them again and again."""

    async def speak(_: Request, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        while forever:
            writer.write(pieces[-1])
            await writer.drain()
            await asyncio.sleep(pause)
        if close:
            writer.close()
        else:
            await asyncio.sleep(60)

    return speak


# --- the world ---------------------------------------------------------------------------------------------------


@dataclass
class Web:
    """A name server, a server on an "open" address, one on a secret address with the same port, and a fetcher."""

    names: NameServer
    server: Server
    secret: Server
    fetcher: GuardedFetcher
    connected: list[str]
    """The addresses that streams were connected to, or would have been."""
    close: Callable[[], Awaitable[None]]
    """Ends the server."""

    def url(self, path: str = "/", host: str = "a.example", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.server.port}{path}"

    async def visit(self, path: str = "/", limits: VisitLimits = LIMITS) -> Visit:
        return await self.fetcher.visit(self.url(path), limits)


def open_here(address: Address) -> bool:
    return address == read_address(OPEN) or is_public(address)


@asynccontextmanager
async def hostile_web(connected: list[str], tls: ssl.SSLContext | None = None) -> AsyncIterator[Web]:
    """`connected`: of `watched`. `tls`: of both servers."""
    async with naming() as names, AsyncExitStack() as servers:
        server = await servers.enter_async_context(listening(Server(), tls=tls))
        secret = await servers.enter_async_context(listening(Server(), SECRET, server.port, tls=tls))
        for name in ("a.example", "b.example"):
            names.on(name, OPEN)
        secret.on("/", says(200, "secret"))
        resolver = DnsResolver([names.address], one_try=0.2)
        guard = Guard(resolver, allowed=open_here, ports=frozenset({server.port}))
        yield Web(
            names, server, secret, GuardedFetcher(guard, "test/1", tls=authority().trusted), connected, servers.aclose
        )


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that stream sockets are connected to from here on, as the sockets are told them."""
    seen: list[str] = []
    connect = socket.socket.connect

    def watched(self: socket.socket, address: Any) -> None:
        if self.type == socket.SOCK_STREAM:
            seen.append(address[0])
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", watched)
    return seen
