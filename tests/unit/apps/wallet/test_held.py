"""Money for somebody without an account: from the question to the claim, or back."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.wallet.backend import RETICENT
from tests.support.wallet.holding import CUSTODY, PHONES, Holding, code_in, holding

from whinchat.apps.wallet import held
from whinchat.apps.wallet.backend import Failed, Status, Unknown
from whinchat.apps.wallet.holds import LOCKDOWN, PAYOUTS, RESTORED, lift, put_on
from whinchat.apps.wallet.money import Currency
from whinchat.apps.wallet.reconcile import rule_job
from whinchat.apps.wallet.sessions import cancel_open
from whinchat.apps.wallet.settings import WalletSettings
from whinchat.core.ports import Batch

DAY = 24 * 3600
WRONG = "AAAAAAAAAAAA"


async def expire(it: Holding) -> str:
    """What is said when somebody looks for what nobody claimed."""
    before = len(it.bot.sent())
    await it.bot.run_job(held.EXPIRE)
    return "\n".join(it.told(before))


async def hold(it: Holding, name: str) -> None:
    await it.bot.database.commit(Batch((put_on(name, it.bot.clock.now()),)))


# --- sending ------------------------------------------------------------------------------------------------------


async def test_it_is_sent_held_claimed_and_told_of() -> None:
    async with holding("ana") as it:
        asked = await it.say("ana", f"send 5 to {PHONES['eve']} for lunch")
        assert asked.startswith("There is no account here for +1555…03. The money is held for 30 days")
        assert "Send *$5.00* to +1555…03?\nFor: lunch" in asked
        funded = await it.say("ana", "yes")
        assert funded.startswith("✅ $5.00 is held for +1555…03. Hand this on to them")
        assert {each.chat for each in it.bot.sent()} == {it.bot.direct("ana")}
        assert (it.cents("ana"), it.cents("custody")) == (95_00, 5_00)
        await it.balanced()
        await it.link("eve")
        assert "$5.00 from @ana: `claim CODE`" in await it.say("eve", "pending")
        said = await it.say("eve", f"claim {code_in(funded)}")
        assert said == (
            "⏳ $5.00 from @ana: I am paying it into your wallet.\n"
            "✅ +1555…03 has claimed your $5.00.\n"
            "✅ $5.00 from @ana is in your wallet."
        )
        assert (it.cents("eve"), it.cents("custody")) == (105_00, 0)
        assert await it.ledger() == {"received": 500, "paid": 500}
        await it.balanced()


async def test_code_and_number_are_keyed_hashes() -> None:
    async with holding("ana") as it:
        code = await it.send()
        (row,) = await it.rows("SELECT code, phone FROM wallet_escrows")
        assert all(isinstance(each, bytes) and len(each) >= 16 for each in row)
        assert code not in str(await it.rows("SELECT * FROM wallet_escrows"))
        assert PHONES["eve"] not in str(await it.rows("SELECT * FROM wallet_escrows"))


async def test_nothing_is_held_before_the_person_said_yes_and_what_they_dropped_is_swept() -> None:
    async with holding("ana") as it:
        await it.say("ana", f"send 5 to {PHONES['eve']}")
        await expire(it)
        assert await it.states() == ["funding"]
        await it.say("ana", "no")
        await expire(it)
        assert await it.states() == ["void"]
        assert it.backend.payments == []


async def test_what_is_refused_begins_nothing() -> None:
    async with holding("ana") as it:
        it.account("ana").balances["usd-ana"] = 9000_00
        assert "more than your limit" in await it.say("ana", f"send 5000 to {PHONES['eve']}")
        await hold(it, LOCKDOWN)
        assert "switched off" in await it.say("ana", f"send 5 to {PHONES['eve']}")
        assert await it.states() == []


async def test_bitcoin_is_held_where_dollars_do_not_reach() -> None:
    async with holding("ana") as it:
        it.account("ana").balances["usd-ana"] = 1
        asked = await it.say("ana", f"send 5 to {PHONES['eve']}")
        assert "bitcoin" in asked
        assert "Send *10,000 sats* to" in asked
        await it.say("ana", "yes")
        assert it.custody.balances["btc-custody"] == 10_000


async def test_custody_without_such_a_wallet_holds_nothing_of_it() -> None:
    async with holding("ana") as it:
        del it.custody.wallets[Currency.BTC]
        assert "cannot be held" in await it.say("ana", f"send 1000 sats to {PHONES['eve']}")
        assert await it.states() == []


async def test_an_unpayable_funding_is_told_and_over() -> None:
    async with holding("ana") as it:
        await it.say("ana", f"send 5 to {PHONES['eve']}")
        it.backend.script(Failed("refused"))
        assert await it.say("ana", "yes") == "❌ $5.00 for +1555…03: nothing was paid, and nothing is held."
        assert await it.states() == ["void"]


@pytest.mark.parametrize("debits", [True, False])
async def test_a_funding_in_doubt_gives_no_code_before_it_is_found(debits: bool) -> None:
    async with holding("ana") as it:
        await it.say("ana", f"send 5 to {PHONES['eve']}")
        it.backend.script(Unknown("timeout"), debits=debits)
        assert (await it.say("ana", "yes")).startswith("⏳ It is not known yet whether your $5.00 for +1555…03 left")
        await expire(it)
        assert await it.states() == ["funding"]
        told = await it.later(120)
        assert ("claim " in told) == debits
        assert await it.states() == ["open" if debits else "funding"]


@pytest.mark.parametrize("paid", [True, False])
async def test_the_operator_ends_a_funding_that_nobody_could_find(paid: bool) -> None:
    async with holding("ana") as it:
        await it.say("ana", f"send 5 to {PHONES['eve']}")
        it.backend.script(Unknown("timeout"))
        await it.say("ana", "yes")
        await it.later(26 * 3600, 1800)
        ((intent, state),) = await it.rows("SELECT id, state FROM wallet_intents")
        assert state == "unresolved"
        await expire(it)
        assert await it.states() == ["funding"]
        await it.bot.run_job(rule_job(str(intent), paid=paid))
        assert await it.states() == ["open" if paid else "void"]
        await it.balanced()


async def test_unlinking_between_the_yes_and_the_payment_leaves_nothing_held() -> None:
    async with holding("ana") as it:
        await it.say("ana", f"send 5 to {PHONES['eve']}")
        it.bot.clock.move(1)
        await it.bot.transport.emit(it.bot.message("ana", it.bot.direct("ana"), "yes"))
        for _ in range(200):
            await asyncio.sleep(0)
        assert await it.intents("escrow") == ["confirmed"]
        await it.bot.database.commit(Batch((cancel_open("ana", it.bot.clock.now()),)))
        await it.bot.settle()
        await expire(it)
        assert await it.intents("escrow") == ["cancelled"]
        assert await it.states() == ["void"]
        assert it.backend.payments == []


async def test_without_the_operators_word_nothing_is_held_but_what_is_finds_its_way_out() -> None:
    async with holding("ana", settings=WalletSettings(backend="sandbox")) as it:
        assert "There is no account here" in await it.say("ana", f"send 5 to {PHONES['eve']}")
        assert "held for nobody here" in await it.say("ana", f"claim {WRONG}")
    settings = WalletSettings(backend="flash", custody_token=CUSTODY)
    async with holding("ana", settings=settings) as it:
        assert "There is no account here" in await it.say("ana", f"send 5 to {PHONES['eve']}")
        assert "No money waits" in await it.say("ana", f"claim {WRONG}")


# --- claiming -----------------------------------------------------------------------------------------------------


async def test_the_code_is_worth_nothing_to_another_number() -> None:
    async with holding("ana", "bob") as it:
        code = await it.send()
        assert "No money waits for your number" in await it.say("bob", f"claim {code}")
        assert await it.states() == ["open"]


async def test_the_number_is_worth_nothing_without_the_code_and_five_tries_are_all_there_are() -> None:
    async with holding("ana", "eve") as it:
        it.bot.phones["dan"] = PHONES["dan"]
        code = await it.send(to="dan")
        await it.link("dan")
        for left in (4, 3, 2, 1, 0):
            assert f"You have {left} more tr" in await it.say("dan", f"claim {WRONG}")
        assert await it.say("dan", f"claim {code}") == "Too many wrong codes. Try again tomorrow."
        await it.later(23 * 3600, 3600)
        assert "Too many" in await it.say("dan", f"claim {code}")
        await it.later(3600)
        assert "in your wallet" in await it.say("dan", f"claim {code}")


async def test_a_right_code_is_no_wrong_try_whatever_became_of_it() -> None:
    async with holding("ana") as it:
        code = await it.send()
        await it.link("eve")
        finish = it.backend.hold(Unknown("timeout"), debits=True)
        await it.bot.transport.emit(it.bot.message("eve", it.bot.direct("eve"), f"claim {code}"))
        finish()
        await it.bot.settle()
        assert await it.say("eve", f"claim {code}") == "Your $5.00 are on their way already."
        await it.later(60)
        assert await it.say("eve", f"claim {code}") == "The $5.00 were claimed already."
        assert await it.parts.escrows.tries("eve") == 0


async def test_who_has_no_wallet_for_it_claims_nothing() -> None:
    async with holding("ana") as it:
        await it.say("ana", f"send 1000 sats to {PHONES['eve']}")
        code = code_in(await it.say("ana", "yes"))
        await it.link("eve")
        del it.account("eve").wallets[Currency.BTC]
        assert "no wallet for 1,000 sats" in await it.say("eve", f"claim {code}")
        assert await it.states() == ["open"]


@pytest.mark.parametrize("count", [2, 10, 100])
async def test_many_claims_at_once_are_one_payment(count: int) -> None:
    async with holding("ana") as it:
        code = await it.send()
        await it.link("eve")
        it.bot.clock.move(1)
        await it.bot.emit(*(it.bot.message("eve", it.bot.direct("eve"), f"claim {code}") for _ in range(count)))
        assert len(it.custody.debits()) == 1
        assert it.cents("eve") == 105_00
        assert await it.states() == ["done"]


@pytest.mark.parametrize("first", ["sender", "claimant"])
async def test_taking_back_and_claiming_at_the_same_moment_pays_out_once(first: str) -> None:
    async with holding("ana") as it:
        code = await it.send()
        await it.link("eve")
        it.bot.clock.move(1)
        back = it.bot.message("ana", it.bot.direct("ana"), "pending cancel 1")
        claim = it.bot.message("eve", it.bot.direct("eve"), f"claim {code}")
        await it.bot.emit(*((back, claim) if first == "sender" else (claim, back)))
        assert len(it.custody.debits()) == 1
        assert sorted((it.cents("ana"), it.cents("eve"))) in ([95_00, 105_00], [100_00, 100_00])
        assert await it.states() == ["done"]
        await it.balanced()


async def test_a_claim_that_failed_can_be_made_again() -> None:
    async with holding("ana") as it:
        code = await it.send()
        await it.link("eve")
        it.backend.script(Failed("refused"))
        assert "could not be paid into your wallet" in await it.say("eve", f"claim {code}")
        assert await it.states() == ["open"]
        assert "is in your wallet" in await it.say("eve", f"claim {code}")
        assert len(it.custody.debits()) == 1


async def test_a_claim_in_doubt_blocks_both_ways_until_it_is_known() -> None:
    async with holding("ana") as it:
        code = await it.send()
        await it.link("eve")
        it.backend.script(Unknown("timeout"))
        assert "not known yet whether $5.00 arrived" in await it.say("eve", f"claim {code}")
        assert "on their way already" in await it.say("eve", f"claim {code}")
        assert "being claimed just now" in await it.say("ana", "pending sent")
        assert "cannot be taken back now" in await it.say("ana", "pending cancel 1")
        await it.later(31 * DAY, DAY)
        assert await it.states() == ["claiming"]
        ((intent,),) = await it.rows("SELECT id FROM wallet_intents WHERE state = 'unresolved'")
        await it.bot.run_job(rule_job(str(intent), paid=False))
        assert await it.states() == ["open"]
        assert it.custody.debits() == []
        assert "came back" in await expire(it)
        assert len(it.custody.debits()) == 1


async def test_a_claim_that_nobody_answers_for_is_not_told_to_somebody_who_is_gone() -> None:
    async with holding("ana") as it:
        code = await it.send()
        await it.link("eve")
        it.backend.script(Unknown("timeout"), debits=True)
        await it.say("eve", f"claim {code}")
        await it.bot.database.fetch("UPDATE wallet_users SET session = NULL WHERE id = 'eve'")
        assert await it.later(60) == "✅ +1555…03 has claimed your $5.00."


@pytest.mark.parametrize("name", [PAYOUTS, LOCKDOWN, RESTORED])
async def test_while_money_is_held_back_nothing_is_paid_out_and_nobody_is_told_again_and_again(name: str) -> None:
    async with holding("ana") as it:
        code = await it.send()
        await it.link("eve")
        await hold(it, name)
        assert "cannot be paid out just now" in await it.say("eve", f"claim {code}")
        assert "cannot be paid out just now" in await it.say("ana", "pending cancel 1")
        it.bot.clock.move(31 * DAY)
        assert await expire(it) == ""
        assert await it.states() == ["open"]
        await it.bot.database.commit(Batch((lift(name),)))
        assert "came back" in await expire(it)


async def test_payouts_that_are_held_meanwhile_leave_it_open() -> None:
    async with holding("ana") as it:
        code = await it.send()
        await it.link("eve")
        it.bot.clock.move(1)
        await it.bot.transport.emit(it.bot.message("eve", it.bot.direct("eve"), f"claim {code}"))
        for _ in range(200):
            await asyncio.sleep(0)
        assert await it.states() == ["claiming"]
        await hold(it, PAYOUTS)
        await it.bot.settle()
        assert await it.states() == ["open"]
        assert "could not be paid" in it.told()[-1]


# --- back ---------------------------------------------------------------------------------------------------------


async def test_the_sender_takes_it_back_and_the_code_is_worth_nothing() -> None:
    async with holding("ana") as it:
        code = await it.send()
        assert "1. $5.00 held for +1555…03 until" in await it.say("ana", "pending sent")
        said = await it.say("ana", "pending cancel 1")
        assert said.startswith("⏳ $5.00 for +1555…03: I am paying it back")
        assert said.endswith("✅ $5.00 for +1555…03 came back into your wallet.")
        assert it.cents("ana") == 100_00
        await it.link("eve")
        assert "went back" in await it.say("eve", f"claim {code}")
        assert await it.ledger() == {"received": 500, "refunded": 500}


async def test_what_nobody_claims_goes_back_once() -> None:
    async with holding("ana") as it:
        code = await it.send()
        it.bot.clock.move(30 * DAY - 10)
        assert await expire(it) == ""
        it.bot.clock.move(10)
        await it.link("eve")
        assert "too late" in await it.say("eve", f"claim {code}")
        assert "came back" in await expire(it)
        assert await expire(it) == ""
        assert it.cents("ana") == 100_00
        assert len(it.custody.debits()) == 1


async def test_a_refund_that_failed_is_tried_again_the_next_day_and_not_every_five_minutes() -> None:
    async with holding("ana") as it:
        await it.send()
        it.bot.clock.move(30 * DAY)
        it.backend.script(Failed("refused"))
        assert "could not be paid back" in await expire(it)
        assert await expire(it) == ""
        assert await it.states() == ["open"]
        it.bot.clock.move(DAY)
        assert "came back" in await expire(it)


async def test_a_refund_in_doubt_is_not_paid_twice() -> None:
    async with holding("ana") as it:
        await it.send()
        it.backend.script(Unknown("timeout"), debits=True)
        assert "not known yet whether $5.00 arrived" in await it.say("ana", "pending cancel 1")
        assert "on its way back to you" in await it.say("ana", "pending sent")
        assert "came back" in await it.later(60)
        assert len(it.custody.debits()) == 1


async def test_a_payout_that_failed_later_is_found_to_have() -> None:
    async with holding("ana") as it:
        code = await it.send()
        await it.link("eve")
        it.backend.script(Unknown("timeout"), debits=True, status=Status.FAILURE)
        await it.say("eve", f"claim {code}")
        await it.later(60)
        assert await it.states() == ["open"]


async def test_a_backend_that_tells_little_is_enough() -> None:
    async with holding("ana", capabilities=RETICENT) as it:
        await it.say("ana", f"send 5 to {PHONES['eve']}")
        it.backend.script(Unknown("timeout"), debits=True)
        await it.say("ana", "yes")
        code = code_in(await it.later(60))
        await it.link("eve")
        it.backend.script(Unknown("timeout"), debits=True)
        await it.say("eve", f"claim {code}")
        assert "is in your wallet" in await it.later(60)
