"""The subprotocol graphql-transport-ws, seen from the server (PROTOCOL.md of github.com/enisdenjo/graphql-ws).

Knows no sockets: one conversation over whatever brings and takes messages.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

PROTOCOL = "graphql-transport-ws"
INIT_WITHIN = 3.0  # seconds
LONGEST_MESSAGE = 256 * 1024


class CloseCode(enum.IntEnum):
    INVALID_MESSAGE = 4400
    UNAUTHORIZED = 4401
    """A subscription before the connection was acknowledged."""
    FORBIDDEN = 4403
    INIT_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY_INITS = 4429


class Socket(Protocol):
    async def receive(self) -> str | None:
        """The next message; None when the other side has gone."""
        ...

    async def send(self, text: str) -> None: ...
    async def close(self, code: int, reason: str) -> None: ...
    async def abort(self) -> None:
        """Without a word, as when the line is cut; `receive` then gives None."""
        ...


class Subscriber(Protocol):
    """What the conversation is about."""

    async def admit(self, params: Mapping[str, Any]) -> bool:
        """Whether the connection may stay, by what its first message says."""
        ...

    def subscribe(self, payload: Mapping[str, Any]) -> AsyncGenerator[Result | Failure]:
        """Results as they come; a Failure is the last. Raises Dropped."""
        ...


class Result(msgspec.Struct, frozen=True):
    """One answer: `data`, and `errors` where there are some."""

    payload: Mapping[str, Any]


class Failure(msgspec.Struct, frozen=True):
    """The operation was not accepted."""

    errors: list[Mapping[str, Any]]


class Frame(msgspec.Struct, frozen=True, omit_defaults=True):
    type: str
    id: str | None = None
    payload: Any = None


class Dropped(Exception):
    """The connection is to be cut without a word."""


@dataclass(frozen=True, slots=True)
class Violation(Exception):
    """The other side broke the protocol, or may not be here: the connection is closed."""

    code: CloseCode
    reason: str


async def converse(socket: Socket, subscriber: Subscriber) -> None:
    """Returns when the connection is over, with everything that ran in it ended."""
    conversation = _Conversation(socket, subscriber)
    try:
        async with asyncio.timeout(INIT_WITHIN):
            begun = await conversation.begin()
        if begun:
            await conversation.run()
    except TimeoutError:
        await socket.close(CloseCode.INIT_TIMEOUT, "Connection initialisation timeout")
    except Violation as violation:
        await socket.close(violation.code, violation.reason)


class _Conversation:
    def __init__(self, socket: Socket, subscriber: Subscriber) -> None:
        self._socket = socket
        self._subscriber = subscriber
        self._running: dict[str, asyncio.Task[None]] = {}

    async def begin(self) -> bool:
        """Until the connection is acknowledged; False: it was gone before."""
        while (text := await self._socket.receive()) is not None:
            frame = _frame(text)
            if frame.type == "connection_init":
                if not await self._subscriber.admit(_params(frame)):
                    raise Violation(CloseCode.FORBIDDEN, "Forbidden")
                await self._send(Frame("connection_ack"))
                return True
            if frame.type == "subscribe":
                raise Violation(CloseCode.UNAUTHORIZED, "Unauthorized")
            await self._pass_time(frame)
        return False

    async def run(self) -> None:
        violation = None
        async with asyncio.TaskGroup() as tasks:
            try:
                while (text := await self._socket.receive()) is not None:
                    await self._handle(_frame(text), tasks)
            except Violation as broken:  # outside of the group, which would wrap it
                violation = broken
            finally:
                for task in self._running.values():
                    task.cancel()
        if violation is not None:
            raise violation

    async def _handle(self, frame: Frame, tasks: asyncio.TaskGroup) -> None:
        match frame.type:
            case "connection_init":
                raise Violation(CloseCode.TOO_MANY_INITS, "Too many initialisation requests")
            case "subscribe":
                if frame.id is None or not isinstance(frame.payload, dict):
                    raise Violation(CloseCode.INVALID_MESSAGE, "A subscription needs an id and a payload")
                if frame.id in self._running:
                    raise Violation(CloseCode.SUBSCRIBER_EXISTS, f"Subscriber for {frame.id} already exists")
                self._running[frame.id] = tasks.create_task(self._serve(frame.id, frame.payload))
            case "complete":
                if (task := self._running.pop(frame.id or "", None)) is not None:
                    task.cancel()
            case _:
                await self._pass_time(frame)

    async def _pass_time(self, frame: Frame) -> None:
        if frame.type == "ping":
            await self._send(Frame("pong", payload=frame.payload))
        elif frame.type != "pong":
            raise Violation(CloseCode.INVALID_MESSAGE, "Invalid message received")

    async def _serve(self, key: str, payload: Mapping[str, Any]) -> None:
        try:
            last = await self._told(key, payload)
        except Dropped:
            await self._socket.abort()
            return
        self._running.pop(key, None)
        await self._send(last)

    async def _told(self, key: str, payload: Mapping[str, Any]) -> Frame:
        """Everything but the last message."""
        async with aclosing(self._subscriber.subscribe(payload)) as answers:
            async for answer in answers:
                if isinstance(answer, Failure):
                    return Frame("error", key, answer.errors)
                await self._send(Frame("next", key, answer.payload))
        return Frame("complete", key)

    async def _send(self, frame: Frame) -> None:
        await self._socket.send(_ENCODER.encode(frame).decode())


_ENCODER = msgspec.json.Encoder(decimal_format="number")


def _frame(text: str) -> Frame:
    try:
        return msgspec.json.decode(text, type=Frame)
    except msgspec.MsgspecError:
        raise Violation(CloseCode.INVALID_MESSAGE, "Invalid message received") from None


def _params(frame: Frame) -> Mapping[str, Any]:
    if frame.payload is None or isinstance(frame.payload, dict):
        return frame.payload or {}
    raise Violation(CloseCode.INVALID_MESSAGE, "Invalid message received")
