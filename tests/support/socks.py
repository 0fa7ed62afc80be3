"""A SOCKS5 proxy (RFC 1928, 1929) that leads to servers of the test's own, by name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

VERSION, CONNECT, NAMED = 5, 1, 3
NO_SECRET, PASSWORD, NONE_WILL_DO = 0, 2, 0xFF
DONE, REFUSED = 0, 2


class Socks:
    """`login`: user and password that it asks for; none when empty."""

    def __init__(self, *login: str) -> None:
        self.asked: list[str] = []
        """`name:port`, in order."""
        self.port = 0
        self._login = login
        self._led: dict[str, int] = {}

    def lead(self, name: str, port: int) -> None:
        """Who asks for that name comes to this port on loopback, whatever the port that they ask for."""
        self._led[name] = port

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            yield self.port

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            if await self._greet(reader, writer):
                await self._lead_on(reader, writer)
        writer.close()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        _, count = await reader.readexactly(2)
        offered, wanted = await reader.readexactly(count), PASSWORD if self._login else NO_SECRET
        writer.write(bytes((VERSION, wanted if wanted in offered else NONE_WILL_DO)))
        if wanted == NO_SECRET or wanted not in offered:
            return wanted in offered
        _, length = await reader.readexactly(2)
        user = await reader.readexactly(length)
        (length,) = await reader.readexactly(1)
        right = (user.decode(), (await reader.readexactly(length)).decode()) == self._login
        writer.write(bytes((1, 0 if right else 1)))
        return right

    async def _lead_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, command, _, kind = await reader.readexactly(4)
        if (command, kind) != (CONNECT, NAMED):
            return  # an address would mean that the name was looked up elsewhere
        (length,) = await reader.readexactly(1)
        name = (await reader.readexactly(length)).decode()
        self.asked.append(f"{name}:{int.from_bytes(await reader.readexactly(2))}")
        port = self._led.get(name)
        writer.write(bytes((VERSION, REFUSED if port is None else DONE, 0, 1, 0, 0, 0, 0, 0, 0)))
        if port is None:
            return
        onward, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, back), pump(onward, writer))


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(1 << 16):
            sink.write(chunk)
            await sink.drain()
    sink.close()
