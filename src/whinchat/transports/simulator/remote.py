"""The way to a world in another process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TypeVar

import aiohttp
import msgspec

from whinchat.core.errors import TransportError
from whinchat.core.types import Action, Certainty, ChatRef, Group, Media, SendResult
from whinchat.transports.simulator.feed import Parcel
from whinchat.transports.simulator.link import LinkDown
from whinchat.transports.simulator.wire import (
    LONGEST_FRAME,
    Acknowledge,
    Answer,
    AskGroup,
    Download,
    Downloaded,
    Failed,
    FromWorld,
    Members,
    Parcels,
    Perform,
    Performed,
    Request,
    ToWorld,
)

log = logging.getLogger(__name__)

CONNECT = 10.0  # seconds
CLOSE = 1.0  # seconds to wait for the other side's goodbye
HEARTBEAT = 20.0  # seconds
GATHER = 0.002  # seconds in which acknowledgements are collected into one frame

A = TypeVar("A", Performed, Members, Downloaded)


class RemoteSession:
    """Answers come while somebody waits in `receive`."""

    def __init__(self, http: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse, timeout: float) -> None:
        self._http = http
        self._socket = socket
        self._timeout = timeout
        self._decoder = msgspec.msgpack.Decoder(FromWorld)
        self._encoder = msgspec.msgpack.Encoder()
        self._asked = 0
        self._open: dict[int, asyncio.Future[Answer]] = {}
        self._positions: list[int] = []
        self._acknowledged = asyncio.Event()
        self._acknowledging = asyncio.create_task(self._send_acknowledgements(), name="acknowledgements")

    async def receive(self) -> Sequence[Parcel]:
        while True:
            message = await self._socket.receive()
            if message.type is not aiohttp.WSMsgType.BINARY:
                self._give_up()
                raise LinkDown
            try:
                frame = self._decoder.decode(message.data)
            except msgspec.MsgspecError:
                log.warning("a frame of the world could not be read; the session ends")
                self._give_up()
                raise LinkDown from None
            if isinstance(frame, Parcels):
                return frame.parcels
            waiting = self._open.pop(frame.id, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(frame)

    def acknowledge(self, position: int) -> None:
        self._positions.append(position)
        self._acknowledged.set()

    async def flush(self) -> None:
        positions, self._positions = self._positions, []
        if positions:
            await self._send(Acknowledge(tuple(positions)))

    async def perform(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        self._asked += 1
        try:
            return (await self._ask(Perform(self._asked, chat, action, reference), Performed)).value
        except TimeoutError:
            return SendResult(Certainty.UNKNOWN, error="timeout")
        except UnicodeEncodeError:
            return SendResult(Certainty.REJECTED, error="bad_text")

    async def group(self, chat: ChatRef) -> Group | None:
        self._asked += 1
        try:
            return (await self._ask(AskGroup(self._asked, chat), Members)).value
        except TimeoutError:
            raise _too_late() from None

    async def download(self, media: Media, max_bytes: int) -> bytes:
        self._asked += 1
        try:
            return (await self._ask(Download(self._asked, media, max_bytes), Downloaded)).value
        except TimeoutError:
            raise _too_late() from None

    async def close(self) -> None:
        self._give_up()
        self._acknowledging.cancel()
        await asyncio.gather(self._acknowledging, return_exceptions=True)
        await self._socket.close()
        await self._http.close()

    async def _ask(self, request: Request, kind: type[A]) -> A:
        """Raises LinkDown, TimeoutError, TransportError."""
        if self._socket.closed:
            raise LinkDown
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._open[request.id] = answer
        try:
            async with asyncio.timeout(self._timeout):
                await self._send(request)
                frame = await answer
        finally:
            self._open.pop(request.id, None)
        if isinstance(frame, Failed):
            raise TransportError(frame.message, code=frame.code)
        if not isinstance(frame, kind):
            raise TransportError("the world answered something else", code="protocol")
        return frame

    async def _send(self, frame: ToWorld) -> None:
        try:
            await self._socket.send_bytes(self._encoder.encode(frame))
        except (ConnectionError, aiohttp.ClientError):
            raise LinkDown(left=True) from None

    async def _send_acknowledgements(self) -> None:
        try:
            while True:
                await self._acknowledged.wait()
                self._acknowledged.clear()
                await asyncio.sleep(GATHER)
                await self.flush()
        except LinkDown:
            log.info("acknowledgements are left for the next session")

    def _give_up(self) -> None:
        """Nobody will answer what is open: it may have been done or not."""
        for waiting in self._open.values():
            if not waiting.done():
                waiting.set_exception(LinkDown(left=True))
        self._open.clear()


class RemoteLink:
    """`address` is the world's, such as `http://127.0.0.1:8765`; `timeout` in seconds bounds one request."""

    def __init__(self, address: str, token: str, *, timeout: float = 30.0) -> None:
        self._address = f"{address.rstrip('/')}/api/link"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._timeout = timeout

    async def connect(self, account: str, window: int) -> RemoteSession:
        http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT))
        try:
            async with asyncio.timeout(CONNECT):
                socket = await http.ws_connect(
                    self._address,
                    params={"account": account, "window": str(window)},
                    headers=self._headers,
                    max_msg_size=LONGEST_FRAME,
                    heartbeat=HEARTBEAT,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE),
                )
        except BaseException as error:
            await http.close()
            if isinstance(error, aiohttp.WSServerHandshakeError) and error.status in {401, 403}:
                log.warning("the world refuses the token")
            if isinstance(error, aiohttp.ClientError | OSError | TimeoutError):
                raise LinkDown from None
            raise
        return RemoteSession(http, socket, self._timeout)


def _too_late() -> TransportError:
    return TransportError("the world did not answer in time", code="timeout", retryable=True, retry_after=1.0)
