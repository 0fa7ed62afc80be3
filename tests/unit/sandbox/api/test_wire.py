"""The rules of graphql-transport-ws that a client may break."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.sandbox.api import wire
from whinchat.sandbox.api.wire import CloseCode, Failure, Result, converse

INIT: Mapping[str, Any] = {"type": "connection_init"}
SUBSCRIBE: Mapping[str, Any] = {"type": "subscribe", "id": "1", "payload": {"query": "subscription { x }"}}


class Script:
    """`wire.Socket`: says what it was given, then goes."""

    def __init__(self, *texts: str | Mapping[str, Any], stays: bool = False) -> None:
        self.heard: list[Any] = []
        self.closed: tuple[int, str] | None = None
        self._texts = [each if isinstance(each, str) else json.dumps(each) for each in texts]
        self._stays = stays

    async def receive(self) -> str | None:
        await asyncio.sleep(0)
        if self._texts:
            return self._texts.pop(0)
        if self._stays:
            await asyncio.Event().wait()
        return None

    async def send(self, text: str) -> None:
        self.heard.append(json.loads(text))

    async def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    async def abort(self) -> None:
        raise AssertionError("nothing is dropped here")


class Endless:
    """`wire.Subscriber` whose subscriptions say one thing and go on."""

    def __init__(self, *, admits: bool = True, ends: bool = False) -> None:
        self._admits = admits
        self._ends = ends
        self.ended = 0

    async def admit(self, params: Mapping[str, Any]) -> bool:
        return self._admits

    async def subscribe(self, payload: Mapping[str, Any]) -> AsyncGenerator[Result | Failure]:
        try:
            yield Result({"data": {"x": 1}})
            if not self._ends:
                await asyncio.Event().wait()
        finally:
            self.ended += 1


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["nothing"], CloseCode.INVALID_MESSAGE),
        ([{"type": "connection_terminate"}], CloseCode.INVALID_MESSAGE),
        ([{**INIT, "payload": [1]}], CloseCode.INVALID_MESSAGE),
        ([SUBSCRIBE], CloseCode.UNAUTHORIZED),
        ([INIT, INIT], CloseCode.TOO_MANY_INITS),
        ([INIT, SUBSCRIBE, SUBSCRIBE], CloseCode.SUBSCRIBER_EXISTS),
        ([INIT, {"type": "subscribe", "id": "1"}], CloseCode.INVALID_MESSAGE),
        ([INIT, {"type": "subscribe", "payload": {}}], CloseCode.INVALID_MESSAGE),
        ([INIT, {"type": "next", "id": "1"}], CloseCode.INVALID_MESSAGE),
    ],
)
async def test_who_breaks_the_rules_is_told_by_code(texts: list[Any], code: CloseCode) -> None:
    socket = Script(*texts)
    await converse(socket, Endless())
    assert socket.closed is not None
    assert socket.closed[0] == code


async def test_who_may_not_be_here_is_sent_away() -> None:
    socket = Script(INIT)
    await converse(socket, Endless(admits=False))
    assert socket.closed == (CloseCode.FORBIDDEN, "Forbidden")


async def test_who_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "INIT_WITHIN", 0.01)
    socket = Script(stays=True)
    await converse(socket, Endless())
    assert socket.closed == (CloseCode.INIT_TIMEOUT, "Connection initialisation timeout")


async def test_who_goes_before_it_begins_leaves_nothing() -> None:
    socket = Script({"type": "ping"}, {"type": "pong"})
    await converse(socket, Endless())
    assert (socket.heard, socket.closed) == ([{"type": "pong"}], None)


async def test_a_subscription_that_ends_says_so() -> None:
    socket, subscriber = Script(INIT, SUBSCRIBE, {"type": "pong"}, {"type": "pong"}), Endless(ends=True)
    await converse(socket, subscriber)
    assert [each["type"] for each in socket.heard] == ["connection_ack", "next", "complete"]


async def test_everything_ends_with_the_connection() -> None:
    subscriber = Endless()
    second = {**SUBSCRIBE, "id": "2"}
    await converse(Script(INIT, SUBSCRIBE, second, {"type": "pong"}, {"type": "pong"}), subscriber)
    assert subscriber.ended == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FRAMES = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["connection_init", "subscribe", "complete", "ping", "pong", "next"])
        | st.text(max_size=8)
    },
    optional={"id": st.text(max_size=3) | JSON, "payload": JSON},
)


@given(texts=st.lists(st.text(max_size=20) | FRAMES, max_size=6))
async def test_no_message_breaks_it(texts: list[Any]) -> None:
    socket = Script(*texts)
    await converse(socket, Endless())
    assert socket.closed is None or socket.closed[0] in set(CloseCode)
