"""`send` and `pay`: whatever they are given leads to a question, and only its answer pays."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from tests.support.wallet import bolt11 as strangers
from tests.support.wallet.payees import ANA
from tests.support.wallet.shop import Shop, shopping

from whinchat.apps.wallet.settings import WalletSettings

NOBODY = "+18765559999"


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with shopping() as shop:
        yield shop


def code_in(question: str) -> str:
    found = re.search(r"\*yes (\w+)\*", question)
    assert found
    return found[1]


async def test_a_payment_is_shown_and_then_paid(shop: Shop) -> None:
    question = await shop.say("send 5 to @bob for lunch")
    assert "*$5.00* to @bob, Sandbox user" in question
    assert "lunch" in question
    assert shop.debits() == []
    shop.bot.clock.move(2)
    assert "Paid $5.00" in await shop.say("yes")
    assert shop.debits() == [500]


async def test_a_large_payment_to_somebody_new_asks_for_the_pin() -> None:
    async with shopping(WalletSettings(pin_above=100)) as shop:
        shop.link("ana", ANA, has_pin=True)
        await shop.say("send 5 to @bob")
        shop.bot.clock.move(2)
        assert await shop.say("yes") == "PIN?"
        assert shop.debits() == []


async def test_why_it_cannot_be_paid_is_said_with_the_way_out(shop: Shop) -> None:
    assert "No contact of yours and no user is called “menuhin”" in await shop.say("send 10 to menuhin")
    assert "There is no account here for +1876…99" in await shop.say(f"send 10 to {NOBODY}")
    assert "That is you" in await shop.say("send 10 to @ana")
    assert "You have $100.00" in await shop.say("send 2,000 to @bob")
    shop.bot.clock.move(2)
    await shop.say("yes")
    assert shop.backend.payments == []


async def test_money_for_somebody_without_an_account_is_anothers_to_offer() -> None:
    async with shopping(WalletSettings(escrow=True)) as shop:
        assert await shop.say(f"send 10 to {NOBODY} for rent") == "$10.00 held for +1876…99: rent"


async def test_an_invoice_is_shown_with_all_it_says(shop: Shop) -> None:
    text = strangers.invoice(shop.bot.clock.now(), msat=1_000_000)
    shop.backend.fee_minor = 3
    question = await shop.say(f"pay {text}")
    assert "The receiver gets 1,000 sats." in question
    assert "*$0.50* to an invoice for “lunch” (Bitcoin mainnet, node 03e7156ae33b, valid until " in question
    assert "$0.03" in question
    assert "is over 1,000 sats, not $9.00" in await shop.say(f"send 9 to {text}")
    open_one = strangers.invoice(shop.bot.clock.now(), msat=None)
    assert "`send 10 to lnbc1" in await shop.say(f"pay {open_one}")
    assert "*$9.00* to an invoice" in await shop.say(f"send 9 to {open_one}")


async def test_requests_are_anothers_to_pay(shop: Shop) -> None:
    for text in ("pay", "pay 2", "pay AB12CD"):
        assert await shop.say(text) == "a request"
    assert shop.requested == [None, 2, "AB12CD"]


async def test_a_template_asks_like_any_payment(shop: Shop) -> None:
    await shop.say('template add coffee 5 to @bob "Morning coffee"')
    assert shop.debits() == []
    question = await shop.say("pay coffee")
    assert "*$5.00* to @bob" in question
    assert "Morning coffee" in question
    shop.bot.clock.move(2)
    await shop.say("yes")
    assert shop.debits() == [500]
    assert "No template and no request is called “tea”" in await shop.say("pay tea")


async def test_a_template_whose_receiver_moved_says_so(shop: Shop) -> None:
    await shop.say("template add coffee 5 to @bob")
    await shop.say("pay coffee")
    shop.bot.clock.move(2)
    await shop.say("yes")
    shop.bot.clock.move(2)
    assert "another wallet" not in await shop.say("pay coffee")
    shop.backend.people["token-bob"].username = "robert"
    shop.backend.person("eve").username = "bob"
    assert "another wallet" in await shop.say("pay coffee")


@pytest.mark.parametrize("times", [2, 10, 100])
async def test_many_template_payments_at_once_pay_what_was_confirmed_and_no_more(shop: Shop, times: int) -> None:
    await shop.say("template add coffee 5 to @bob")
    message = [shop.bot.message("ana", shop.bot.direct("ana"), "pay coffee") for _ in range(times)]
    await shop.bot.emit(*message)
    assert shop.backend.payments == []
    shop.bot.clock.move(2)
    codes = {code_in(text) for text in shop.told() if "*yes " in text}
    assert len(codes) == min(times, 5)
    code = min(codes)
    yes = [shop.bot.message("ana", shop.bot.direct("ana"), f"yes {code}") for _ in range(times)]
    await asyncio.gather(shop.bot.emit(*yes), shop.bot.emit(yes[0], times=3))
    assert shop.debits() == [500]
    assert len([text for text in shop.told() if "Paid" in text]) == 1
