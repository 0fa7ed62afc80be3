"""The sandbox without sockets: what it would answer, at once, with every fault that is switched on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from whinchat.core.errors import HttpError
from whinchat.core.ports import Clock, HttpLimits, WebSocket
from whinchat.sandbox.api.application import Answer, Application
from whinchat.sandbox.api.wire import PROTOCOL, Dropped
from whinchat.sandbox.bank import Bank
from whinchat.testing.websocket import FakeSockets, ServerSide

ADDRESS = "127.0.0.1"


class SandboxPeer:
    """`ports.Peer`, at whatever address. Time passes by `clock` alone: a slow answer comes when the clock was moved.

    Who waits longer than its limits hears `timeout`, and what it asked for goes on without it, as it does at a server.
    """

    def __init__(self, bank: Bank, clock: Clock, address: str = ADDRESS) -> None:
        self.bank = bank
        self.requests = 0
        """How many were carried so far."""
        self._clock = clock
        self._address = address
        self._application = Application(bank, clock)
        self._sockets = FakeSockets()
        self._abandoned: set[asyncio.Task[Answer]] = set()

    async def cut(self) -> None:
        """Every open connection."""
        await self._application.cut()

    async def settle(self) -> None:
        """Ends pending payments when they are due, as the server does, until it is cancelled."""
        await self._application.keep_settling()

    async def close(self) -> None:
        """End what nobody waits for any more."""
        for task in tuple(self._abandoned):
            task.cancel()
        await asyncio.gather(*self._abandoned, return_exceptions=True)

    # --- HttpClient ---

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str], limits: HttpLimits) -> AsyncIterator[_Response]:
        yield _Response(405, b"", "text/plain", limits.most_bytes)

    @asynccontextmanager
    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, limits: HttpLimits
    ) -> AsyncIterator[_Response]:
        self.requests += 1
        authorization = next((value for name, value in headers.items() if name.lower() == "authorization"), None)
        try:
            answer = await self._answered(body, authorization, limits.total)
        except Dropped:
            raise HttpError("the connection ended before the answer did", code="truncated") from None
        yield _Response(answer.status, answer.body, answer.content_type, limits.most_bytes)

    async def _answered(self, body: bytes, authorization: str | None, patience: float) -> Answer:
        request = self._application.request(body, authorization, self._address)
        if not self.bank.faults.switches:  # nothing that could take time
            return await request
        answering = asyncio.ensure_future(request)
        waiting = asyncio.ensure_future(self._clock.sleep(patience))
        try:
            await asyncio.wait({answering, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            if not answering.done():
                self._abandoned.add(answering)
                answering.add_done_callback(self._forget)
        if answering.done():
            return answering.result()
        raise HttpError("it takes too long", code="timeout")

    def _forget(self, task: asyncio.Task[Answer]) -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # nobody else looks

    # --- WebSocketClient ---

    def connect(
        self, url: str, headers: Mapping[str, str], protocol: str, *, most_bytes: int, timeout: float
    ) -> AbstractAsyncContextManager[WebSocket]:
        self._sockets.serve(url, PROTOCOL, self._serve)
        return self._sockets.connect(url, headers, protocol, most_bytes=most_bytes, timeout=timeout)

    async def _serve(self, side: ServerSide) -> None:
        await self._application.converse(_Socket(side), self._address)


@dataclass(frozen=True, eq=False)
class _Socket:
    side: ServerSide

    async def receive(self) -> str | None:
        return await self.side.receive()

    async def send(self, text: str) -> None:
        await self.side.send(text)

    async def close(self, code: int, reason: str) -> None:
        await self.side.close(code)

    async def abort(self) -> None:
        await self.side.drop()
        self.side.arrived.put_nowait(None)


class _Response:
    def __init__(self, status: int, body: bytes, content_type: str, most_bytes: int) -> None:
        self.status = status
        self.headers: Mapping[str, str] = {"content-type": content_type}
        self._body = body
        self._most_bytes = most_bytes

    async def chunks(self) -> AsyncIterator[bytes]:
        if len(self._body) > self._most_bytes:
            raise HttpError("the answer is too large", code="too_large")
        yield self._body
