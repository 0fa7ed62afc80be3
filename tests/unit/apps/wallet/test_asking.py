"""Requests as people meet them: asked, paid, declined, blocked, withdrawn; and money asked back."""

from __future__ import annotations

import pytest
from tests.support.wallet.holding import PHONES, holding

from whinchat.apps.wallet.asking import has_link
from whinchat.apps.wallet.backend import Failed, Unknown
from whinchat.apps.wallet.money import Currency

LINKS = ["see http://evil.example", "pay.example/now", "www.evil.org", "ftp://x", "wa.\u200bme/x"]
LINKS += ["ｅvil．com", "evil。com", "1.2.3.4 please", "EVIL.COM", "bit.ly/abc"]
WORDS = ["lunch", "3.50 each", "the 2nd time...", "a.m. shift", "ok. thanks", "for Bob’s cake"]


@pytest.mark.parametrize("memo", LINKS)
def test_links_are_seen_however_they_are_written(memo: str) -> None:
    assert has_link(memo)


@pytest.mark.parametrize("memo", WORDS)
def test_plain_words_are_no_links(memo: str) -> None:
    assert not has_link(memo)


async def test_somebody_is_asked_in_private_and_pays_by_number() -> None:
    async with holding("ana", "bob") as it:
        said = await it.say("bob", "request 5 from @ana for lunch")
        assert said == (
            "I asked @ana, Sandbox user for $5.00." + "\n💬 @bob asks you for $5.00.\nFor: lunch\n"
            "Nothing is paid by itself. `pending received` shows how to pay, decline or block it."
        )
        assert [each.chat for each in it.bot.sent()] == [it.bot.direct("bob"), it.bot.direct("ana")]
        assert await it.say("ana", "pending received") == (
            "*For you*\n• $5.00 to @bob, for “lunch”: `pay 1`, `pending decline 1` or `pending block 1`"
        )
        asked = await it.say("ana", "pay 1")
        assert asked.startswith("Send *$5.00* to @bob?\nFor: lunch")
        assert "✅ Paid $5.00 to @bob." in await it.say("ana", "yes")
        assert it.cents("bob") == 105_00
        assert await it.requests() == ["paid"]
        assert await it.say("ana", "pay 1") == "Nobody is asking you for money."


async def test_a_yes_alone_never_pays_a_request() -> None:
    async with holding("ana", "bob") as it:
        await it.say("bob", "request 5 from @ana")
        assert await it.say("ana", "yes") == "There is nothing to confirm."
        assert it.backend.payments == []


async def test_paying_twice_pays_once() -> None:
    async with holding("ana", "bob") as it:
        await it.say("bob", "request 5 from @ana")
        await it.say("ana", "pay 1")
        await it.say("ana", "pay 1")
        assert await it.intents("request") == ["cancelled", "shown"]
        it.backend.script(Unknown("timeout"), debits=True)
        await it.say("ana", "yes")
        assert "You have paid this request already, or it is being paid" in await it.say("ana", "pay 1")
        await it.say("ana", "yes")
        await it.later(60)
        assert await it.requests() == ["paid"]
        assert len(it.account("ana").debits()) == 1


async def test_a_payment_that_failed_leaves_it_open() -> None:
    async with holding("ana", "bob") as it:
        await it.say("bob", "request 5 from @ana")
        await it.say("ana", "pay")
        it.backend.script(Failed("refused"))
        await it.say("ana", "yes")
        assert await it.requests() == ["open"]
        await it.say("ana", "pay 1")
        await it.say("ana", "yes")
        assert await it.requests() == ["paid"]


async def test_pay_with_the_code_of_what_was_shown_confirms_it() -> None:
    async with holding("ana", "bob") as it:
        asked = await it.say("ana", "send 5 to @bob")
        code = asked.split("*yes ")[1].split("*")[0]
        assert "✅ Paid $5.00" in await it.say("ana", f"pay {code.lower()}")
        assert "No template" in await it.say("ana", f"pay {code}")
        assert len(it.account("ana").debits()) == 1


async def test_pay_alone_pays_the_only_one_or_asks_which() -> None:
    async with holding("ana", "bob", "eve") as it:
        assert await it.say("ana", "pay") == "Nobody is asking you for money."
        await it.say("bob", "request 5 from @ana")
        await it.say("eve", "request 6 from @ana")
        which = await it.say("ana", "pay")
        assert which.startswith("Which one?\n• $5.00 to @bob: `pay 1`")
        assert "No request has the number 9" in await it.say("ana", "pay 9")
        assert it.backend.payments == []


async def test_bitcoin_pays_a_request_over_dollars_where_dollars_do_not_reach() -> None:
    async with holding("ana", "bob") as it:
        await it.say("bob", "request 5 from @ana")
        it.account("ana").balances["usd-ana"] = 0
        asked = await it.say("ana", "pay 1")
        assert "bitcoin" in asked
        assert "The receiver gets $5.00" in asked
        it.account("ana").balances["btc-ana"] = 0
        it.parts.reads.moved("ana")
        assert "Your balance is not enough" in await it.say("ana", "pay 1")


async def test_declining_tells_and_calls_off_what_was_shown() -> None:
    async with holding("ana", "bob") as it:
        await it.say("bob", "request 5 from @ana")
        await it.say("ana", "pay 1")
        said = await it.say("ana", "pending decline 1")
        assert "Declined. @bob is told" in said
        assert "@ana, Sandbox user declined your request for $5.00." in said
        assert await it.requests() == ["declined"]
        assert await it.intents("request") == ["cancelled"]
        assert "No request has the number 1" in await it.say("ana", "decline request 1")
        assert await it.say("ana", "yes") == "There is nothing to confirm."


async def test_who_is_blocked_can_ask_no_more() -> None:
    async with holding("ana", "bob") as it:
        await it.say("bob", "request 5 from @ana")
        assert "@bob can send you no more requests" in await it.say("ana", "pending block 1")
        assert "takes no requests from you" in await it.say("bob", "request 5 from @ana")


async def test_withdrawing_calls_off_what_the_payer_was_shown() -> None:
    async with holding("ana", "bob") as it:
        await it.say("bob", "request 5 from @ana")
        await it.say("ana", "pay 1")
        assert "no longer asked for $5.00" in await it.say("bob", "pending cancel 1")
        assert await it.intents("request") == ["cancelled"]
        assert await it.requests() == ["withdrawn"]


async def test_what_is_withdrawn_while_it_is_paid_is_paid_all_the_same() -> None:
    async with holding("ana", "bob") as it:
        await it.say("bob", "request 5 from @ana")
        await it.say("ana", "pay 1")
        it.backend.script(Unknown("timeout"), debits=True)
        await it.say("ana", "yes")
        await it.say("bob", "pending cancel 1")
        assert "✅ Paid" in await it.later(60)
        assert await it.requests() == ["withdrawn"]


async def test_three_a_day() -> None:
    async with holding("ana", "bob") as it:
        for _ in range(3):
            assert "I asked" in await it.say("bob", "request 5 from @ana")
        assert "often enough for today" in await it.say("bob", "request 5 from @ana")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("request 5 from @ana for evil.example", "one line without links"),
        ("request 5 from @ana for " + "x" * 101, "100 characters at the most"),
        ("request 5 from @bob", "That is you"),
        ("request 5 from " + PHONES["zoe"], "does not use this wallet here"),
        ("request 5 from @zoe", "does not use this wallet here"),
        ("request 5 from alice@pay.example", "Only people can be asked"),
    ],
)
async def test_what_cannot_be_asked(said: str, answer: str) -> None:
    async with holding("ana", "bob") as it:
        it.backend.person("zoe", phone=PHONES["zoe"])
        assert answer in await it.say("bob", said)
        assert await it.requests() == []


async def test_who_has_no_wallet_for_it_cannot_ask_for_it() -> None:
    async with holding("ana", "bob") as it:
        del it.account("bob").wallets[Currency.BTC]
        assert "no wallet to get" in await it.say("bob", "request 1000 sats from @ana")


async def test_who_has_no_username_is_known_by_the_number_shortened() -> None:
    async with holding("ana", "bob") as it:
        it.account("bob").username = None
        assert "+1555…02 asks you" in await it.say("bob", "request 5 from @ana")


# --- undo ---------------------------------------------------------------------------------------------------------


async def test_undo_asks_for_what_was_paid_back_once_and_no_more() -> None:
    async with holding("ana", "bob") as it:
        await it.say("ana", "send 5 to @bob")
        await it.say("ana", "yes")
        said = await it.say("ana", "undo")
        assert "💬 @ana asks you for $5.00.\nFor: please return a payment" in said
        assert "I have asked the receiver to return it" in said
        assert "I ask only once" in await it.say("ana", "undo")
        assert await it.requests() == ["open"]
        await it.say("bob", "pay 1")
        await it.say("bob", "yes")
        assert (it.cents("ana"), it.cents("bob")) == (100_00, 100_00)


async def test_undo_says_how_held_money_is_taken_back() -> None:
    async with holding("ana") as it:
        await it.send()
        assert "can be taken back until it is claimed" in await it.say("ana", "undo")
        assert await it.requests() == []


async def test_undo_says_so_where_nobody_can_be_asked() -> None:
    async with holding("ana", "bob") as it:
        it.backend.person("zoe")
        await it.say("ana", "send 5 to @zoe")
        await it.say("ana", "yes")
        assert "cannot be taken back" in await it.say("ana", "undo")
        await it.say("bob", "request 5 from @ana")
        await it.say("ana", "request 5 from @bob")
        await it.say("bob", "pending block 1")
        await it.say("ana", "send 6 to @bob")
        await it.say("ana", "yes")
        assert "cannot be taken back" in await it.say("ana", "undo")
