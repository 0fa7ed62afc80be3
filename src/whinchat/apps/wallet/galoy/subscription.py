"""Notices of what moved, over graphql-transport-ws (PROTOCOL.md of github.com/enisdenjo/graphql-ws)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

import msgspec

from whinchat.apps.wallet.backend import Update
from whinchat.apps.wallet.galoy.errors import GraphError, of_request, refused
from whinchat.apps.wallet.galoy.operations import Operation
from whinchat.apps.wallet.galoy.types import UpdateNode, UpdatesPayload
from whinchat.core.errors import HttpError
from whinchat.core.ports import WebSocket, WebSocketClient
from whinchat.core.secret import Secret

T = TypeVar("T")

PROTOCOL = "graphql-transport-ws"
MOST_BYTES = 256 * 1024
"""Of a message."""
OPEN = 10.0  # seconds until the connection stands, and again until it is acknowledged
UNAUTHENTICATED = frozenset({4401, 4403})
"""Close codes."""

Convert = Callable[[UpdateNode], Update | None]
"""None: nothing of a wallet moved. BackendError: it makes no sense."""


class _Frame(msgspec.Struct, frozen=True):
    type: str
    payload: msgspec.Raw = msgspec.Raw()


class _Data(msgspec.Struct, frozen=True, rename="camel"):
    my_updates: UpdatesPayload


class _Next(msgspec.Struct, frozen=True):
    data: _Data | None = None
    errors: tuple[GraphError, ...] = ()


class Subscriptions:
    """`heard` is called for every update, before anybody reads it."""

    def __init__(
        self,
        sockets: WebSocketClient,
        url: str,
        operation: Operation,
        convert: Convert,
        heard: Callable[[], None],
    ) -> None:
        self._sockets = sockets
        self._url = url
        self._operation = operation
        self._convert = convert
        self._heard = heard

    @asynccontextmanager
    async def open(self, token: Secret) -> AsyncIterator[AsyncIterator[Update]]:
        """`Backend.updates`."""
        async with AsyncExitStack() as stack:
            try:
                socket = await stack.enter_async_context(
                    self._sockets.connect(self._url, {}, PROTOCOL, most_bytes=MOST_BYTES, timeout=OPEN)
                )
                async with asyncio.timeout(OPEN):
                    await self._begin(socket, token)
            except (HttpError, TimeoutError):
                raise refused("unavailable") from None
            yield _Updates(socket, self._convert, self._heard)

    async def _begin(self, socket: WebSocket, token: Secret) -> None:
        bearer = {"Authorization": f"Bearer {token.reveal()}"}
        await _send(socket, {"type": "connection_init", "payload": bearer})
        while (frame := await _received(socket)).type != "connection_ack":
            await _answer(socket, frame)
        await _send(socket, {"type": "subscribe", "id": "1", "payload": {"query": self._operation.text}})


class _Updates:
    def __init__(self, socket: WebSocket, convert: Convert, heard: Callable[[], None]) -> None:
        self._socket = socket
        self._convert = convert
        self._heard = heard

    def __aiter__(self) -> _Updates:
        return self

    async def __anext__(self) -> Update:
        """Until the connection ends, or makes no sense. BackendError where the backend says that it ends it."""
        try:
            while True:
                frame = await _received(self._socket)
                match frame.type:
                    case "next":
                        update = self._update(_decoded(frame.payload, _Next))
                        if update is not None:
                            self._heard()
                            return update
                    case "error":
                        raise of_request(200, _decoded(frame.payload, tuple[GraphError, ...]), None)
                    case "complete":
                        raise StopAsyncIteration
                    case _:
                        await _answer(self._socket, frame)
        except HttpError:
            raise StopAsyncIteration from None

    def _update(self, answer: _Next) -> Update | None:
        if answer.errors or answer.data is None:
            raise of_request(200, answer.errors, None)
        node = answer.data.my_updates.update
        return None if node is None else self._convert(node)


async def _send(socket: WebSocket, message: dict[str, Any]) -> None:
    await socket.send(msgspec.json.encode(message).decode())


async def _answer(socket: WebSocket, frame: _Frame) -> None:
    """Pings want a pong; what else is said between is of no concern."""
    if frame.type == "ping":
        await _send(socket, {"type": "pong"})


async def _received(socket: WebSocket) -> _Frame:
    """Raises HttpError when the connection is over, or BackendError `unauthenticated`."""
    text = await socket.receive()
    if text is None:
        if socket.close_code in UNAUTHENTICATED:
            raise refused("unauthenticated")
        raise HttpError("the other side closed", code="truncated")
    return _decoded(text, _Frame)


def _decoded(content: str | msgspec.Raw, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, RecursionError):
        raise HttpError("a message is not of the protocol", code="protocol") from None
