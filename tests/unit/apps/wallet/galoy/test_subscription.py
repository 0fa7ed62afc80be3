from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from tests.support.wallet.galoy import ANA, SOCKET_URL, Name, ScriptedPeer, opened, transaction

from whinchat.apps.wallet.backend import BackendError, Update
from whinchat.apps.wallet.galoy.subscription import PROTOCOL
from whinchat.apps.wallet.money import usd
from whinchat.testing.websocket import ServerSide

ACK = {"type": "connection_ack"}
PING = {"type": "ping"}
PAID = {"__typename": "LnUpdate", "status": "PAID", "walletId": "wallet-usd"}


class Server:
    """Says one thing after the other; `heard` is what it was told."""

    def __init__(self, *first: object, then: tuple[object, ...] = (), close: int | None = None) -> None:
        self.heard: list[dict[str, Any]] = []
        self._first = first
        self._then = then
        self._close = close

    async def __call__(self, side: ServerSide) -> None:
        await self._hear(side)
        for message in self._first:
            await self._say(side, message)
        if ACK in self._first:
            await self._hear(side)
        for message in self._then:
            await self._say(side, message)
        if self._close is None:
            await side.drop()
        else:
            await side.close(self._close)

    async def _hear(self, side: ServerSide) -> None:
        text = await side.receive()
        assert text is not None
        self.heard.append(msgspec.json.decode(text))

    async def _say(self, side: ServerSide, message: object) -> None:
        await side.send(message if isinstance(message, str | bytes) else msgspec.json.encode(message).decode())
        if message == PING:
            await self._hear(side)


def told(update: object, *codes: str) -> dict[str, Any]:
    errors = [{"code": code} for code in codes]
    return {"type": "next", "id": "1", "payload": {"data": {"myUpdates": {"errors": errors, "update": update}}}}


async def heard(server: Callable[[ServerSide], Awaitable[None]], name: Name = "blink") -> list[Update]:
    peer = ScriptedPeer()
    peer.serve(SOCKET_URL, PROTOCOL, server)
    async with opened(name, peer).updates(ANA) as updates:
        return [update async for update in updates]


async def refusal(server: Callable[[ServerSide], Awaitable[None]]) -> str:
    with pytest.raises(BackendError) as error:
        await heard(server)
    return error.value.code


async def test_a_person_subscribes_with_their_token() -> None:
    server = Server(ACK)
    assert await heard(server) == []
    begun, subscribed = server.heard
    assert begun == {"type": "connection_init", "payload": {"Authorization": "Bearer token-of-ana"}}
    assert (subscribed["type"], "subscription myUpdates" in subscribed["payload"]["query"]) == ("subscribe", True)


async def test_pings_are_answered_before_and_after() -> None:
    server = Server(PING, {"type": "pong"}, ACK, then=(PING, {"type": "pong"}))
    assert await heard(server) == []
    assert [each["type"] for each in server.heard] == ["connection_init", "pong", "subscribe", "pong"]


async def test_what_moved_is_told() -> None:
    received = transaction(direction="RECEIVE", settlementAmount=150)
    server = Server(
        ACK,
        then=(
            told({"__typename": "RealtimePrice"}),
            told(None),
            told({**PAID, "status": "PENDING"}),
            told({**PAID, "transaction": received}),
            told({"__typename": "OnChainUpdate", "walletId": "wallet-btc"}),
            told({**PAID, "transaction": {**received, "settlementAmount": "NaN"}}),
        ),
    )
    first, *others = await heard(server)
    assert first.transaction is not None
    assert (first.transaction.amount, first.transaction.wallet) == (usd(150), "wallet-usd")
    assert others == [Update(), Update()]


@pytest.mark.parametrize(
    "last",
    [
        {"type": "complete", "id": "1"},
        "this is no JSON",
        "[" * 100_000,
        b"\x00",
        {"type": "next", "payload": {"data": {"myUpdates": 5}}},
        {"type": "next"},
    ],
)
async def test_it_ends_with_what_ends_it_or_makes_no_sense(last: object) -> None:
    assert await heard(Server(ACK, then=(told(PAID), last, told(PAID)))) == [Update()]


@pytest.mark.parametrize(("code", "expected"), [(1000, []), (4400, []), (None, [])])
async def test_a_connection_that_ends_is_an_end(code: int | None, expected: list[Update]) -> None:
    assert await heard(Server(ACK, close=code)) == expected


@pytest.mark.parametrize(
    ("server", "code"),
    [
        (Server(close=4403), "unauthenticated"),
        (Server(ACK, close=4401), "unauthenticated"),
        (Server(close=1011), "unavailable"),
        (Server(), "unavailable"),
        (Server("no JSON"), "unavailable"),
        (Server(ACK, then=({"type": "error", "payload": [{"message": "", "code": "NOT_AUTHENTICATED"}]},)), None),
        (
            Server(
                ACK,
                then=({"type": "error", "payload": [{"message": "", "extensions": {"code": "NOT_AUTHORIZED"}}]},),
            ),
            "unauthenticated",
        ),
        (Server(ACK, then=({"type": "next", "payload": {"errors": [{"message": "no"}]}},)), "unavailable"),
    ],
)
async def test_why_nothing_is_told(server: Server, code: str | None) -> None:
    assert await refusal(server) == (code or "unauthenticated")


async def test_where_nobody_is() -> None:
    with pytest.raises(BackendError) as error:
        async with opened("blink", ScriptedPeer()).updates(ANA):
            pass
    assert error.value.code == "unavailable"


async def test_who_never_acknowledges_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whinchat.apps.wallet.galoy.subscription.OPEN", 0.01)

    async def silent(side: ServerSide) -> None:
        while await side.receive() is not None:
            pass

    assert await refusal(silent) == "unavailable"


async def test_the_connection_does_not_outlast_its_reader() -> None:
    left: list[bool] = []

    async def server(side: ServerSide) -> None:
        await side.receive()
        await side.send(msgspec.json.encode(ACK).decode())
        await side.receive()
        left.append(await side.receive() is None)

    peer = ScriptedPeer()
    peer.serve(SOCKET_URL, PROTOCOL, server)
    async with opened("flash", peer).updates(ANA):
        pass
    assert left in ([], [True])
