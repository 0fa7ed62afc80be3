"""The world's end of a remote link: one websocket is one session of one account."""

from __future__ import annotations

import asyncio
import logging

import msgspec
from aiohttp import WSMsgType, web

from whinchat.core.errors import TransportError
from whinchat.transports.simulator.host import Host
from whinchat.transports.simulator.link import LinkDown, LocalLink, LocalSession
from whinchat.transports.simulator.wire import (
    Acknowledge,
    AskGroup,
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

LARGEST_WINDOW = 65_536
AT_ONCE = 256  # requests of one session under way


async def open_session(request: web.Request, host: Host) -> LocalSession:
    """Raises HTTPBadRequest, and HTTPServiceUnavailable while the bot is offline."""
    window = request.query.get("window", "")
    if not window.isdecimal() or not 0 < int(window) <= LARGEST_WINDOW:
        raise web.HTTPBadRequest(text=f"`window` is 1 to {LARGEST_WINDOW}")
    try:
        return await LocalLink(host).connect(request.query.get("account", ""), int(window))
    except LinkDown:
        raise web.HTTPServiceUnavailable(text="the bot is offline") from None


async def serve_link(socket: web.WebSocketResponse, session: LocalSession) -> None:
    """Until either side ends it."""
    await _Conversation(session, socket).run()


class _Conversation:
    def __init__(self, session: LocalSession, socket: web.WebSocketResponse) -> None:
        self._session = session
        self._socket = socket
        self._decoder = msgspec.msgpack.Decoder(ToWorld)
        self._encoder = msgspec.msgpack.Encoder()
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            open_tasks = {tasks.create_task(self._hand_over())}
            async for message in self._socket:
                if message.type is not WSMsgType.BINARY:
                    break
                try:
                    frame = self._decoder.decode(message.data)
                except msgspec.MsgspecError:
                    log.warning("a frame of the link could not be read; the session ends")
                    break
                if isinstance(frame, Acknowledge):
                    self._session.acknowledge(*frame.positions)
                    continue
                await self._slots.acquire()
                task = tasks.create_task(self._answer(frame))
                open_tasks.add(task)
                task.add_done_callback(open_tasks.discard)
            for task in open_tasks:
                task.cancel()

    async def _hand_over(self) -> None:
        try:
            while True:
                await self._send(Parcels(tuple(await self._session.receive())))
        except (LinkDown, ConnectionError):
            await self._socket.close()

    async def _answer(self, request: Request) -> None:
        try:
            await self._send(await self._result(request))
        except (LinkDown, ConnectionError):
            await self._socket.close()
        finally:
            self._slots.release()

    async def _result(self, request: Request) -> FromWorld:
        try:
            if isinstance(request, Perform):
                result = await self._session.perform(request.chat, request.action, request.reference)
                return Performed(request.id, result)
            if isinstance(request, AskGroup):
                return Members(request.id, await self._session.group(request.chat))
            return Downloaded(request.id, await self._session.download(request.media, request.max_bytes))
        except TransportError as error:
            return Failed(request.id, error.code, str(error))

    async def _send(self, frame: FromWorld) -> None:
        await self._socket.send_bytes(self._encoder.encode(frame))
