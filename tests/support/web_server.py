"""A web server on loopback that does what a test says, also what no server should."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WebServer:
    """`url` is its address, without a slash at the end; `asked` what came in, with the body of each read."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[web.Request] = []
        self._handlers: dict[str, Handler] = {}

    def on(self, path: str, handler: Handler) -> str:
        """The address of a path that is answered by it."""
        self._handlers[path] = handler
        return self.url + path

    async def handle(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        self.asked.append(request)
        return await self._handlers[request.path](request)


@asynccontextmanager
async def serving() -> AsyncIterator[WebServer]:
    server = WebServer()
    app = web.Application(client_max_size=8 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", server.handle)
    async with listening(app) as server.url:
        yield server


@asynccontextmanager
async def listening(app: web.Application) -> AsyncIterator[str]:
    """The application on a free port of the loopback interface."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def body(content: bytes, status: int = 200, **headers: str) -> Handler:
    """`headers`: underscores are dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=content, status=status, headers=named)

    return answer


def versioned(content: bytes, etag: str, modified: str = "") -> Handler:
    """Answers 304 to who has that version."""

    async def answer(request: web.Request) -> web.StreamResponse:
        told = {"ETag": etag} | ({"Last-Modified": modified} if modified else {})
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(body=content, headers=told)

    return answer


def redirect(location: str, status: int = 302) -> Handler:
    return body(b"", status, Location=location)


def drips(content: bytes, pause: float = 0.05) -> Handler:
    """A byte at a time."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for byte in content:
            await response.write(bytes((byte,)))
            await asyncio.sleep(pause)
        return response

    return answer


def silent() -> Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    return answer


def cut_off(content: bytes, told: int | None = None) -> Handler:
    """Promises `told` bytes, or chunks without end, and hangs up after `content`."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if told is None:
            response.enable_chunked_encoding()
        else:
            response.content_length = told
        await response.prepare(request)
        await response.write(content)
        assert request.transport is not None
        request.transport.close()
        return response

    return answer


def hangs_up() -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    return answer


def bomb(megabytes: int, line: bytes = b"a.example\n") -> bytes:
    """Small, and of that size when decompressed."""
    return gzip.compress(line * (megabytes * 1024 * 1024 // len(line)))
