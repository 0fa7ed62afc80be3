"""The proxy that the client is given: it leads to the fake network only, and notes who asked for anything else."""

from __future__ import annotations

import asyncio
from contextlib import suppress

CHUNK = 1 << 16
ESTABLISHED = b"HTTP/1.1 200 Connection Established\r\n\r\n"
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Proxy:
    def __init__(self) -> None:
        self.asked: list[str] = []
        """`host:port`, in order."""
        self.refused: list[str] = []
        self.port = 0
        self._led: dict[str, int] = {}
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()

    def lead(self, host: str, port: int) -> None:
        """Who asks for that host at port 443 comes to this port on loopback."""
        self._led[f"{host}:443"] = port

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self.cut()
            await self._server.wait_closed()

    def cut(self) -> None:
        """All lines, at once and without a word."""
        for line in list(self._lines):
            line.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self._lines.discard(writer)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, *_ = head.split(" ", 2)
        self.asked.append(target)
        port = self._led.get(target)
        if method != "CONNECT" or port is None:
            self.refused.append(target)
            writer.write(FORBIDDEN)
            await writer.drain()
            return
        onward, back = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ESTABLISHED)
        self._lines.add(back)
        try:
            await asyncio.gather(_pump(reader, back), _pump(onward, writer))
        finally:
            self._lines.discard(back)
            back.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(CHUNK):
            sink.write(chunk)
            await sink.drain()
    sink.close()
