"""Conversations over graphql-transport-ws: what is told, and what ends them."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.wallet.teller import UPDATES, Teller, wallet

from whinchat.core.errors import HttpError
from whinchat.sandbox.api.wire import PROTOCOL
from whinchat.sandbox.faults import Fault, Switch
from whinchat.sandbox.profiles import BLINK, FLASH, PROFILES, Profile


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
async def test_whoever_receives_money_hears_of_it(profile: Profile) -> None:
    teller = Teller(profile)
    async with teller.connected(teller.bob) as line:
        await line.subscribe("1")
        first = await line.hear()
        assert first["payload"]["data"]["myUpdates"]["update"]["__typename"] == "Price"
        await teller.send(250)
        told = await line.update("1")
    assert told["errors"] == []
    assert told["me"] == {"username": "bob"}
    update = told["update"]
    assert update["walletId"] == wallet(teller.bob)
    if profile is FLASH:
        assert update["__typename"] == "LnUpdate"
        assert (update["status"], len(update["paymentHash"])) == ("PAID", 64)
    else:
        assert update["__typename"] == "IntraLedgerUpdate"
        assert (update["txNotificationType"], update["amount"]) == ("IntraLedgerReceipt", 250)


async def test_blink_tells_the_transaction_too() -> None:
    teller = Teller(BLINK)
    query = (
        "subscription { myUpdates { update { __typename ... on LnUpdate { transaction { id settlementAmount } } } } }"
    )
    async with teller.connected(teller.bob) as line:
        await line.subscribe("1", query)
        await line.hear()
        made = teller.bank.create_invoice(teller.bob.id, wallet(teller.bob), 300)
        teller.bank.pay_from_outside(made.bolt11)
        told = await line.update("1")
    assert told["update"]["transaction"]["settlementAmount"] == 300


async def test_several_subscriptions_share_a_connection_and_end_one_by_one() -> None:
    teller = Teller()
    async with teller.connected(teller.bob) as line:
        await line.subscribe("one")
        await line.subscribe("two")
        for _ in range(4):  # the prices
            await line.hear()
        await teller.send(100)
        keys = [(await line.hear())["id"] for _ in range(2)]
        assert sorted(keys) == ["one", "two"]
        await line.say(type="complete", id="one")
        await line.say(type="ping", payload={"a": 1})
        assert await line.hear() == {"type": "pong", "payload": {"a": 1}}
        await teller.send(100)
        assert (await line.hear())["id"] == "two"
        await line.say(type="complete", id="never was")
        await line.subscribe("one")
        assert (await line.hear())["id"] == "one"


async def test_nobody_in_particular_hears_nothing() -> None:
    teller = Teller()
    async with teller.connected() as line:
        await line.subscribe("1")
        answer = await line.hear()
    assert (answer["type"], answer["id"]) == ("error", "1")
    assert answer["payload"][0]["message"] == "Not Authenticated for subscription"
    assert answer["payload"][0]["extensions"] == {"code": "NOT_AUTHENTICATED"}


async def test_a_token_that_is_over_is_nobodys() -> None:
    teller = Teller()
    teller.bank.expire(teller.bob.id)
    async with teller.connected(teller.bob) as line:
        await line.subscribe("1")
        assert (await line.hear())["type"] == "error"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"query": "{ me { id } }"}, "Only subscription operations are supported"),
        ({"query": "subscription { nothing }"}, "Cannot query field"),
        ({"text": UPDATES}, "The payload is no request"),
    ],
)
async def test_what_is_no_subscription_is_an_error_of_its_own(payload: dict[str, str], reason: str) -> None:
    teller = Teller()
    async with teller.connected(teller.bob) as line:
        await line.say(type="subscribe", id="1", payload=payload)
        answer = await line.hear()
        assert answer["type"] == "error"
        assert reason in answer["payload"][0]["message"]
        await line.subscribe("1")  # the id is free again
        assert (await line.hear())["type"] == "next"


async def test_prices_that_are_down_are_left_out() -> None:
    teller = Teller()
    teller.bank.faults.set(Switch(fault=Fault.PRICE_DOWN, operation="myUpdates"))
    async with teller.connected(teller.bob) as line:
        await line.subscribe("1")
        await line.say(type="ping")
        assert await line.hear() == {"type": "pong"}
        await teller.send(100)
        assert (await line.hear())["payload"]["data"]["myUpdates"]["update"]["__typename"] == "IntraLedgerUpdate"


async def test_an_error_is_planned_for_the_subscription() -> None:
    teller = Teller()
    teller.bank.faults.set(Switch(fault=Fault.ERROR, operation="myUpdates", count=1))
    async with teller.connected(teller.bob) as line:
        await line.subscribe("1")
        assert (await line.hear())["type"] == "error"


async def test_a_cut_line_breaks_the_connection() -> None:
    teller = Teller()
    teller.bank.faults.set(Switch(fault=Fault.DROP_BEFORE, operation="myUpdates"))
    async with teller.connected(teller.bob) as line:
        await line.subscribe("1")
        with pytest.raises(HttpError):
            await line.hear()


async def test_all_connections_are_cut_at_once() -> None:
    teller = Teller()
    async with teller.connected(teller.bob) as one, teller.connected(teller.ana) as two:
        await teller.peer.cut()
        for line in (one, two):
            with pytest.raises(HttpError):
                await line.hear()


async def test_a_connection_that_ends_leaves_no_subscriber() -> None:
    teller = Teller()
    async with teller.connected(teller.bob) as line:
        await line.subscribe("1")
        await line.hear()
        await line.hear()
    await asyncio.sleep(0)
    assert not any(teller.bank._subscribers.values())


async def test_the_price_comes_in_the_currency_that_is_shown() -> None:
    teller = Teller()
    eve = teller.bank.open_account(username="eve", display_currency="EUR")
    teller.tokens[eve.id] = teller.bank.token(eve.id)
    async with teller.connected(eve) as line:
        await line.subscribe("1")
        first = await line.hear()
    assert first["payload"]["data"]["myUpdates"]["update"]["__typename"] == "RealtimePrice"


async def test_another_subprotocol_is_not_spoken() -> None:
    teller = Teller()
    with pytest.raises(HttpError):
        async with teller.peer.connect("ws://x", {}, "graphql-ws", most_bytes=1_000, timeout=5):
            raise AssertionError
    assert PROTOCOL == "graphql-transport-ws"
