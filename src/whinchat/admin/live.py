"""Parts of pages that follow what happens, as server-sent events (HTML Living Standard, 9.2)."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable

from aiohttp import web

from whinchat.core.ports import Clock
from whinchat.core.resilience.waiting import set_within

LOOK = 1.0  # seconds between two looks for something new
BEAT = 15.0  # seconds after which a silent stream says that it lives, and its session is looked at again
MOST = 16  # streams at once
RETRY = 3000  # milliseconds after which a browser comes back


class Streams:
    """The open ones: bounded, and ended when the service stops."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open = 0
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def serve(
        self,
        request: web.Request,
        *,
        mark: Callable[[], Awaitable[object]],
        draw: Callable[[], Awaitable[str]],
        allowed: Callable[[], Awaitable[bool]],
    ) -> web.StreamResponse:
        """Sends what `draw` gives whenever `mark` differs and it is something else than before, until the reader has
        gone or is not `allowed` any more. Raises HTTPServiceUnavailable: too many look.
        """
        if self._open >= MOST:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "30"})
        self._open += 1
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        try:
            with contextlib.suppress(ConnectionError):  # the reader went while it was told something
                await response.prepare(request)
                await response.write(f"retry: {RETRY}\n\n".encode())
                await self._follow(response, request.headers.get("Last-Event-ID", ""), mark, draw, allowed)
        finally:
            self._open -= 1
        return response

    async def _follow(
        self,
        response: web.StreamResponse,
        shown: str,
        mark: Callable[[], Awaitable[object]],
        draw: Callable[[], Awaitable[str]],
        allowed: Callable[[], Awaitable[bool]],
    ) -> None:
        marked: object = self  # nothing that a page could give
        beat = self._clock.monotonic()
        while not self._stopping.is_set():
            if (now := await mark()) != marked:
                marked = now
                html = await draw()
                identity = hashlib.sha256(html.encode()).hexdigest()[:16]
                if identity != shown:
                    shown = identity
                    await response.write(_event(identity, html))
            if self._clock.monotonic() - beat >= BEAT:
                if not await allowed():
                    return
                await response.write(b": here\n\n")
                beat = self._clock.monotonic()
            await set_within(self._stopping, LOOK, self._clock)


def _event(identity: str, html: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in html.splitlines())
    return f"id: {identity}\n{lines}\n".encode()
