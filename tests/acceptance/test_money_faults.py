"""What people read while a payment goes wrong in every way that backends have, and how it ends."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from tests.support.wallet.flow import flow
from tests.support.wallet.invariants import check, debits, intents
from tests.support.wallet.whole import Whole, whole

from whinchat.apps.wallet import reconcile
from whinchat.apps.wallet.language.words import vocabulary
from whinchat.core.types import Content
from whinchat.sandbox.faults import Fault, Switch
from whinchat.sandbox.profiles import BLINK, FLASH, SANDBOX, Profile

pytestmark = pytest.mark.unmeasured

PROFILES = pytest.mark.parametrize("profile", [SANDBOX, FLASH, BLINK], ids=lambda profile: profile.name)
SEND = "intraLedgerUsdPaymentSend"


class Street:
    """Two people and their bank."""

    def __init__(self, it: Whole) -> None:
        self.it = it
        self.yeses = 0

    async def say(self, name: str, *texts: str) -> list[str]:
        """All at the same time; everything that follows, in order."""
        bot = self.it.bot
        bot.clock.move(1)
        before = len(bot.sent())
        self.yeses += sum("yes" in text for text in texts)
        await bot.transport.emit(*(bot.message(name, bot.direct(name), text) for text in texts))
        await flow(bot)
        return self.it.told(before)

    async def later(self, seconds: float) -> list[str]:
        bot, before = self.it.bot, len(self.it.bot.sent())
        while seconds > 0:
            bot.clock.move(min(seconds, 901))
            seconds -= 901
            await flow(bot)
        await bot.run_job(reconcile.SWEEP)
        return self.it.told(before)

    def wrong(self, fault: Fault, *, seconds: float = 0, operation: str | None = SEND, count: int | None = 1) -> None:
        switch = Switch(fault=fault, operation=operation, seconds=seconds, count=count, code="INSUFFICIENT_BALANCE")
        self.it.bank.faults.set(switch)

    async def states(self) -> list[str]:
        return sorted(row.state for row in await intents(self.it))

    def debits(self) -> int:
        return len(debits(self.it))

    async def check(self) -> None:
        await check(self.it, self.yeses)


@asynccontextmanager
async def street(profile: Profile = SANDBOX) -> AsyncIterator[Street]:
    async with whole("ana", "bob", profile=profile) as it:
        yield Street(it)
        it.bank.faults.clear()


# --- one debit --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [2, 10, 100])
async def test_many_confirmations_at_once_pay_once(times: int) -> None:
    async with street() as it:
        await it.say("ana", "send 10 to @bob")
        said = await it.say("ana", *["yes"] * times)
        assert [text for text in said if "Paid" in text] == [said[0]]
        assert it.debits() == 1
        assert await it.states() == ["paid"]
        await it.check()


@pytest.mark.parametrize("times", [2, 10, 100])
async def test_many_payments_of_one_template_at_once_pay_once_for_each_that_was_confirmed(times: int) -> None:
    async with street() as it:
        await it.say("ana", "template add tea 3 to @bob")
        asked = await it.say("ana", *["pay tea"] * times)
        codes = [text.partition("(or *yes ")[2][:4] for text in asked if "Send *$3.00*" in text]
        assert len(codes) == min(times, 5)
        assert it.debits() == 0
        await it.say("ana", *[f"yes {codes[0]}"] * times)
        assert it.debits() == 1
        await it.check()


@pytest.mark.parametrize("times", [2, 10, 100])
async def test_many_claims_at_once_are_paid_once(times: int) -> None:
    async with street() as it:
        await it.say("ana", "send 7 to +15550000003")
        (funded,) = await it.say("ana", "yes")
        secret = funded.partition("`claim ")[2].partition("`")[0]
        await it.it.link("eve")
        said = await it.say("eve", *[f"claim {secret}"] * times)
        assert len([text for text in said if "$7.00 from" in text and "is in your wallet" in text]) == 1
        assert it.debits() == 2
        await it.check()


async def test_a_claim_and_a_way_back_at_once_end_in_one_of_them() -> None:
    async with street() as it:
        await it.say("ana", "send 7 to +15550000003")
        (funded,) = await it.say("ana", "yes")
        secret = funded.partition("`claim ")[2].partition("`")[0]
        await it.it.link("eve")
        bot = it.it.bot
        bot.clock.move(1)
        await bot.transport.emit(
            bot.message("ana", bot.direct("ana"), "pending cancel 1"),
            bot.message("eve", bot.direct("eve"), f"claim {secret}"),
        )
        await flow(bot)
        assert it.debits() == 2
        await it.check()


@PROFILES
@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.DROP_BEFORE])
@pytest.mark.parametrize("way", ["claim", "way back"])
async def test_while_it_is_not_known_whether_held_money_left_nobody_else_gets_it(
    way: str, fault: Fault, profile: Profile
) -> None:
    async with street(profile) as it:
        await it.say("ana", "send 7 to +15550000003")
        (funded,) = await it.say("ana", "yes")
        secret = funded.partition("`claim ")[2].partition("`")[0]
        await it.it.link("eve")
        custody = it.it.bank.account(it.it.custody).wallets[0]
        it.it.bank.deposit(custody.id, 50_00)  # a second payment would succeed
        it.wrong(fault)
        said = await it.say(*(("eve", f"claim {secret}") if way == "claim" else ("ana", "pending cancel 1")))
        assert any("It is not known yet whether $7.00 arrived" in text for text in said)
        left = it.debits()
        assert left == (2 if fault is Fault.DROP_AFTER else 1)
        for _ in range(3):
            await it.say("eve", f"claim {secret}")
            await it.say("ana", "pending cancel 1")
            await it.later(1800)
        assert it.debits() == left
        assert await it.states() == (["paid", "paid"] if left == 2 else ["paid", "unknown"])


# --- what is read at each moment --------------------------------------------------------------------------------------

LEFT: dict[str, Callable[[Street], None]] = {
    "time-out after the debit": lambda it: it.wrong(Fault.STALL, seconds=70),
    "cut after the debit": lambda it: it.wrong(Fault.DROP_AFTER),
    "garbage": lambda it: it.wrong(Fault.GARBAGE),
    "failed after the debit": lambda it: it.wrong(Fault.FAILED_AFTER_DEBIT),
    "pending, then paid": lambda it: it.wrong(Fault.PENDING_SETTLES, seconds=60),
}
NEVER_LEFT: dict[str, Callable[[Street], None]] = {
    "cut before the debit": lambda it: it.wrong(Fault.DROP_BEFORE),
    "an error": lambda it: it.wrong(Fault.ERROR),
    "busy": lambda it: it.wrong(Fault.BUSY),
    "said to be paid before": lambda it: it.wrong(Fault.ALREADY_PAID),
}


@PROFILES
@pytest.mark.parametrize("story", LEFT)
async def test_what_left_and_was_not_confirmed_is_found(story: str, profile: Profile) -> None:
    async with street(profile) as it:
        await it.say("ana", "send 10 to @bob")
        LEFT[story](it)
        said = await it.say("ana", "yes")
        assert said[0].startswith("⏳ It is not known yet whether your $10.00 reached")
        assert it.debits() == 1
        (again, *_) = await it.say("ana", "send 10 to @bob")
        assert "not known yet" in again
        found = said[1:] + await it.later(600)
        assert len([text for text in found if text.startswith("✅ Paid $10.00")]) >= 1
        assert not [text for text in found if "Nothing was paid" in text]
        assert await it.states() == ["paid"]
        assert it.debits() == 1
        await it.check()


@PROFILES
@pytest.mark.parametrize("story", NEVER_LEFT)
async def test_what_never_left_is_never_called_paid_and_ends_before_a_person(story: str, profile: Profile) -> None:
    async with street(profile) as it:
        await it.say("ana", "send 10 to @bob")
        NEVER_LEFT[story](it)
        (unknown,) = await it.say("ana", "yes")
        assert unknown.startswith("⏳ It is not known yet whether your $10.00 reached")
        assert await it.later(23 * 3600) == []
        assert await it.states() == ["unknown"]
        (given_up,) = await it.later(2 * 3600)
        assert given_up.startswith("⚠️ I could not find out whether your $10.00 reached")
        assert await it.states() == ["unresolved"]
        assert it.debits() == 0
        await it.check()


@pytest.mark.parametrize("profile", [SANDBOX, BLINK], ids=lambda profile: profile.name)
async def test_what_was_pending_and_came_back_is_called_failed_only_then(profile: Profile) -> None:
    async with street(profile) as it:
        await it.say("ana", "send 10 to @bob")
        it.wrong(Fault.PENDING_FAILS, seconds=120)
        (unknown,) = await it.say("ana", "yes")
        assert unknown.startswith("⏳")
        assert await it.later(60) == []
        failed = await it.later(900)
        assert any(text.startswith("❌ $10.00 to") and "Nothing was paid" in text for text in failed)
        assert await it.states() == ["failed"]
        assert it.debits() == 0
        await it.check()


async def test_what_came_back_where_a_list_calls_everything_a_success_is_not_called_paid() -> None:
    async with street(FLASH) as it:
        await it.say("ana", "send 10 to @bob")
        it.wrong(Fault.PENDING_FAILS, seconds=120)
        said = await it.say("ana", "yes")
        said += await it.later(900)
        assert not [text for text in said if "Paid" in text]
        assert it.debits() == 0
        await it.check()


@PROFILES
@pytest.mark.parametrize("fault", [Fault.FAILURE, Fault.REJECTED])
async def test_what_is_known_not_to_have_left_is_said_at_once(fault: Fault, profile: Profile) -> None:
    async with street(profile) as it:
        await it.say("ana", "send 10 to @bob")
        it.wrong(fault)
        (failed,) = await it.say("ana", "yes")
        assert failed.startswith("❌ $10.00 to")
        assert "Nothing was paid" in failed
        assert await it.states() == ["failed"]
        assert it.debits() == 0
        await it.say("ana", "send 10 to @bob")
        await it.say("ana", "yes")
        assert it.debits() == 1
        await it.check()


@PROFILES
@pytest.mark.parametrize("fault", [Fault.EMPTY_LIST, Fault.NO_MEMOS])
async def test_a_list_that_tells_nothing_proves_nothing(fault: Fault, profile: Profile) -> None:
    """Until it tells again; where there are details, memos are found in them."""
    async with street(profile) as it:
        await it.say("ana", "send 10 to @bob")
        it.wrong(Fault.DROP_AFTER)
        it.wrong(fault, operation=None, count=None)
        (unknown,) = await it.say("ana", "yes")
        assert unknown.startswith("⏳")
        found = await it.later(1800)
        assert not [text for text in found if text.startswith("❌")]
        it.it.bank.faults.clear()
        found += await it.later(1900)
        assert len([text for text in found if text.startswith("✅ Paid $10.00")]) >= 1
        assert it.debits() == 1
        await it.check()


# --- whose word counts ------------------------------------------------------------------------------------------------


async def test_nobody_else_confirms_and_nobody_in_a_group() -> None:
    async with street() as it:
        bot = it.it.bot
        group = await bot.group("friends", members=["bob", "eve"], consent=False)
        (asked, *_) = await it.say("ana", "send 10 to @bob")
        code = asked.partition("(or *yes ")[2][:4]
        for name in ("ana", "bob", "eve"):
            for text in ("yes", f"yes {code}", f"!wallet yes {code}", f"!wallet confirm {code}"):
                bot.clock.move(1)
                await bot.emit(bot.message(name, group, Content(text=text)))
        for name in ("bob", "eve"):
            await it.say(name, f"yes {code}", "yes")
        assert it.debits() == 0
        assert await it.states() == ["shown"]


async def pending_request(it: Street) -> None:
    await it.say("bob", "request 5 from @ana")


async def pending_intent(it: Street) -> None:
    await it.say("ana", "send 10 to @bob")


async def pending_invoice(it: Street) -> None:
    await it.say("ana", f"pay {it.it.bank.outside_invoice(1_000).bolt11}")


async def pending_escrow(it: Street) -> None:
    await it.say("ana", "send 7 to +15550000003")


PENDING = {"request": pending_request, "intent": pending_intent, "invoice": pending_invoice, "escrow": pending_escrow}


def refusals() -> list[str]:
    known = vocabulary()
    phrases = [" ".join(each) for each in known.refusal_phrases]
    return sorted({*known.refusals, *known.refusals_alone, *phrases})


def around(refusal: str, chance: random.Random) -> str:
    """A message with the refusal in it."""
    before = chance.choice(["", "please ", "ok ", "yes ", "y ", "pay ", "confirm ", "yes yes ", "👍 ", "ana: "])
    after = chance.choice(["", "!", " please", " payment", " yes", " pay 1", " ok?", " thanks", "\nyes", " 👍"])
    return before + chance.choice([str.lower, str.upper, str.title])(refusal) + after


@pytest.mark.parametrize("pending", PENDING)
async def test_no_word_of_refusal_pays(pending: str) -> None:
    async with street() as it:
        for refusal in refusals():
            await PENDING[pending](it)
            await it.say("ana", refusal)
            await it.say("ana", f"{refusal} please")
        assert it.debits() == 0


async def test_no_word_of_refusal_claims() -> None:
    async with street() as it:
        await it.say("ana", "send 7 to +15550000003")
        (funded,) = await it.say("ana", "yes")
        secret = funded.partition("`claim ")[2].partition("`")[0]
        await it.it.link("eve")
        for refusal in refusals():
            await it.say("eve", refusal)
            await it.say("eve", f"{refusal} claim {secret}")
        assert it.debits() == 1


@pytest.mark.parametrize("pending", PENDING)
async def test_no_message_with_a_refusal_in_it_pays(pending: str) -> None:
    chance = random.Random(pending)
    words = [each for each in refusals() if each not in vocabulary().refusals_alone]
    async with street() as it:
        for _ in range(150):
            await PENDING[pending](it)
            said = around(chance.choice(words), chance)
            await it.say("ana", said)
            assert it.debits() == 0, said
