"""Yes and no: what exactly they are said to, by whom, where and when."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from msgspec import structs
from tests.support.wallet.backend import FRANK
from tests.support.wallet.bystanders import Hook
from tests.support.wallet.paying import paying

from whinchat.apps.wallet.backend import Unknown
from whinchat.apps.wallet.holds import LOCKDOWN
from whinchat.core.ports import EMPTY
from whinchat.core.types import ChatKind, ChatRef

NOTHING = ["There is nothing to confirm."]


# --- who, where, when -------------------------------------------------------------------------------------------------


async def test_a_bare_yes_in_the_second_of_the_showing_is_asked_for_the_code() -> None:
    async with paying("ana", "bob") as desk:
        await desk.say("ana", "draft 500 bob")
        (again,) = await desk.say("ana", "yes")
        code = (await desk.intent()).code
        assert again.startswith(
            "Please answer with the code, so that I know you have seen this:\nSend *$5.00* to @bob?"
        )
        assert f"yes {code}" in again
        assert desk.backend.payments == []
        assert (await desk.say("ana", f"yes {code.lower()}"))[0].startswith("✅")


async def test_a_yes_that_was_said_before_the_showing_confirms_nothing() -> None:
    async with paying("ana", "bob") as desk:
        before = desk.bot.clock.now()
        desk.bot.clock.move(60)
        await desk.draft("ana", 500, "bob")
        yes = desk.bot.message("ana", desk.bot.direct("ana"), "wallet yes")
        await desk.bot.emit(structs.replace(yes, time=before))
        assert await desk.states() == ["shown"]


async def test_what_the_network_never_took_is_only_confirmed_with_its_code() -> None:
    async with paying("ana", "bob") as desk:
        desk.bot.transport.lose(times=2)
        await desk.bot.transport.emit(desk.bot.message("ana", desk.bot.direct("ana"), "wallet draft 500 bob"))
        await desk.bot.clock.advance(5)
        await desk.bot.settle()
        assert await desk.states() == ["drafted"]
        assert (await desk.say("ana", "yes"))[0].startswith("Please answer with the code")
        assert (await desk.say("ana", f"yes {(await desk.intent()).code}"))[0].startswith("✅")


async def test_only_the_owner_confirms_and_cancels() -> None:
    async with paying("ana", "bob", "eve") as desk:
        code = await desk.draft("ana", 500, "bob")
        assert await desk.say("eve", "yes") == NOTHING
        assert await desk.say("eve", f"yes {code}") == NOTHING
        assert await desk.say("eve", "no") == ["There is nothing to cancel."]
        assert await desk.states() == ["shown"]


async def test_a_yes_in_another_chat_of_the_owner_is_sent_to_the_right_one() -> None:
    async with paying("ana", "bob") as desk:
        code = await desk.draft("ana", 500, "bob")
        other = ChatRef("ana-2@d", ChatKind.DIRECT)
        elsewhere = ["I asked you in another chat. Please answer there."]
        assert await desk.say("ana", "yes", other) == elsewhere
        assert await desk.say("ana", f"yes {code}", other) == elsewhere
        assert await desk.states() == ["shown"]


async def test_what_is_too_old_is_not_confirmed() -> None:
    async with paying("ana", "bob") as desk:
        code = await desk.draft("ana", 500, "bob")
        desk.bot.clock.move(300)
        late = ["It is too late to confirm that. Nothing was paid; ask again."]
        assert await desk.say("ana", "yes") == late
        assert await desk.say("ana", f"yes {code}") == late
        assert desk.backend.payments == []
        desk.bot.clock.move(900)
        assert await desk.say("ana", "yes") == NOTHING


async def test_a_clock_that_goes_back_while_a_yes_is_handled_makes_nothing_younger() -> None:
    async with paying("ana", "bob") as desk:
        code = await desk.draft("ana", 500, "bob")
        member = desk.members["ana"]
        late = replace(desk.context(), now=desk.bot.clock.now() + 300_000, chat_key=member.chat_key)
        outcome = await desk.parts.confirm.proceed(late, member, code.encode())
        assert outcome.changes == EMPTY
        assert not outcome.jobs


async def test_a_yes_is_on_the_disk_before_anything_follows_from_it() -> None:
    async with paying("ana", "bob") as desk:
        code = await desk.draft("ana", 500, "bob")
        member = desk.members["ana"]
        outcome = await desk.parts.confirm.proceed(
            replace(desk.context(), chat_key=member.chat_key), member, code.encode()
        )
        assert outcome.changes.durable
        assert [job.kind for job in outcome.jobs] == ["wallet.pay"]


async def test_with_two_questions_open_a_bare_yes_asks_which() -> None:
    async with paying("ana", "bob", "eve") as desk:
        first = await desk.draft("ana", 500, "bob")
        second = await desk.draft("ana", 600, "eve")
        assert await desk.say("ana", "yes") == [
            f"Which one?\n`yes {first}` – $5.00 to @bob\n`yes {second}` – $6.00 to @eve"
        ]
        assert desk.backend.payments == []
        assert (await desk.say("ana", f"yes {second}"))[0].startswith("✅ Paid $6.00")
        assert (await desk.say("ana", "yes"))[0].startswith("✅ Paid $5.00")


async def test_a_wrong_code_confirms_nothing() -> None:
    async with paying("ana", "bob") as desk:
        code = await desk.draft("ana", 500, "bob")
        wrong = "B2B2" if code != "B2B2" else "C2C2"
        assert await desk.say("ana", f"yes {wrong}") == NOTHING
        assert await desk.states() == ["shown"]


# --- once -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [2, 10, 100])
@pytest.mark.parametrize("coded", [True, False])
async def test_any_number_of_confirmations_makes_one_payment_and_one_receipt(times: int, coded: bool) -> None:
    async with paying("ana", "bob") as desk:
        code = await desk.draft("ana", 500, "bob")
        text = f"wallet yes {code}" if coded else "wallet yes"
        yeses = [desk.bot.message("ana", desk.bot.direct("ana"), text) for _ in range(times)]
        before = len(desk.bot.sent())
        await asyncio.gather(*(desk.bot.transport.emit(each) for each in yeses))
        await desk.bot.settle()
        assert len(desk.account("ana").debits()) == 1
        assert len(desk.bot.sent()) - before == 1
        assert len(desk.receipts()) == 1


async def test_a_message_that_the_network_brings_twice_is_one_yes() -> None:
    async with paying("ana", "bob") as desk:
        await desk.draft("ana", 500, "bob")
        yes = desk.bot.message("ana", desk.bot.direct("ana"), "wallet yes")
        await desk.bot.emit(yes, times=10)
        await desk.draft("ana", 500, "bob")
        await desk.bot.emit(yes)
        assert len(desk.backend.payments) == 1


async def test_a_yes_long_after_the_payment_finds_nothing() -> None:
    async with paying("ana", "bob") as desk:
        await desk.draft("ana", 500, "bob")
        await desk.say("ana", "yes")
        assert await desk.say("ana", "yes") == []
        desk.bot.clock.move(61)
        assert await desk.say("ana", "yes") == NOTHING


async def test_what_was_cancelled_cannot_be_confirmed() -> None:
    async with paying("ana", "bob") as desk:
        code = await desk.draft("ana", 500, "bob")
        await desk.say("ana", "no")
        assert await desk.say("ana", "yes") == NOTHING
        assert await desk.say("ana", f"yes {code}") == NOTHING


# --- what stands against it -------------------------------------------------------------------------------------------


async def test_limits_holds_and_doubts_count_when_it_is_confirmed_not_when_it_was_shown() -> None:
    async with paying("ana", "bob", "eve") as desk:
        await desk.draft("ana", 500, "bob")
        desk.change("ana", payment_limit=499)
        assert (await desk.say("ana", "yes"))[0].startswith("That is more than your limit for one payment, $4.99.")
        desk.change("ana", payment_limit=500, day_limit=499)
        assert "$4.99 in 24 hours, $4.99 is left" in (await desk.say("ana", "yes"))[0]
        desk.change("ana", day_limit=500)
        await desk.hold(LOCKDOWN)
        assert (await desk.say("ana", "yes"))[0].startswith("Payments are switched off")
        assert await desk.states() == ["shown"]


async def test_of_two_equal_questions_only_one_is_paid_while_its_end_is_not_known() -> None:
    async with paying("ana", "bob") as desk:
        first = await desk.draft("ana", 500, "bob")
        second = await desk.draft("ana", 500, "bob")
        desk.backend.script(Unknown("timeout"))
        await desk.say("ana", f"yes {first}")
        assert (await desk.say("ana", f"yes {second}"))[0].startswith("You have just paid the same amount")
        assert len(desk.backend.payments) == 1


async def test_of_two_questions_about_one_invoice_only_one_is_ever_paid() -> None:
    async with paying("ana") as desk:
        first = await desk.draft("ana", 500, "lncoffee")
        second = await desk.draft("ana", 500, "lncoffee")
        await desk.say("ana", f"yes {first}")
        assert (await desk.say("ana", f"yes {second}"))[0].startswith("This invoice is paid already")
        assert len(desk.backend.payments) == 1


async def test_confirming_two_at_once_never_exceeds_the_day() -> None:
    """The second was read before the first was committed: the statement itself refuses, and the handler looks again."""
    async with paying("ana", "bob", "eve") as desk:
        desk.change("ana", day_limit=900)
        first, second = await desk.draft("ana", 500, "bob"), await desk.draft("ana", 600, "eve")
        chat = desk.bot.direct("ana")
        for code in (first, second):
            await desk.bot.transport.emit(desk.bot.message("ana", chat, f"wallet yes {code}"))
        before = len(desk.bot.sent())
        await desk.bot.settle()
        assert len(desk.account("ana").debits()) == 1
        assert any("in 24 hours, $4.00 is left" in text for text in desk.told(before))


# --- the fee ----------------------------------------------------------------------------------------------------------


async def test_a_fee_that_is_half_a_minute_old_is_asked_for_again() -> None:
    async with paying("ana") as desk:
        desk.backend.fee_minor = 3
        await desk.draft("ana", 500, "lncoffee")
        desk.bot.clock.move(31)
        desk.backend.fee_minor = 2
        assert (await desk.say("ana", "yes"))[0].startswith("✅ Paid $5.00")
        assert desk.backend.calls.count("fee") == 1


async def test_a_higher_fee_is_shown_again_and_nothing_is_paid() -> None:
    async with paying("ana") as desk:
        desk.backend.fee_minor = 3
        old = await desk.draft("ana", 500, "lncoffee")
        desk.bot.clock.move(31)
        desk.backend.fee_minor = 4
        (again,) = await desk.say("ana", "yes")
        assert again.startswith("The fee is higher now. Nothing was paid; please look again.\nSend *$5.00*")
        assert "Fee: $0.04 at most" in again
        assert sorted(await desk.states()) == ["cancelled", "shown"]
        desk.bot.clock.move(1)
        assert await desk.say("ana", f"yes {old}") == NOTHING
        assert (await desk.say("ana", "yes"))[0].startswith("✅ Paid $5.00")
        assert await desk.spent("ana") == 504


async def test_several_with_one_old_fee_among_them_are_all_confirmed() -> None:
    async with paying("ana", "bob") as desk:
        await desk.draft("ana", 500, "bob+lncoffee")
        desk.bot.clock.move(31)
        assert len(await desk.say("ana", "yes")) == 2
        assert await desk.states() == ["paid", "paid"]


async def test_inside_the_backend_there_is_no_fee_to_ask_for() -> None:
    async with paying("ana", "bob") as desk:
        await desk.draft("ana", 500, "bob")
        desk.bot.clock.move(200)
        await desk.say("ana", "yes")
        assert "fee" not in desk.backend.calls
        assert await desk.states() == ["paid"]


# --- the PIN ----------------------------------------------------------------------------------------------------------


async def test_a_payment_that_asks_for_the_pin_is_paid_once_it_was_given() -> None:
    async with paying("ana", "bob") as desk:
        desk.pin = True
        await desk.draft("ana", 500, "bob")
        assert await desk.say("ana", "yes") == ["PIN?"]
        assert desk.backend.payments == []
        before = len(desk.bot.sent())
        await desk.bot.say("ana", desk.bot.direct("ana"), "2749")
        assert desk.told(before)[0].startswith("✅ Paid $5.00")


async def test_the_pin_is_asked_for_what_is_large_and_goes_to_somebody_new_and_once_they_were_paid_no_more() -> None:
    async with paying("bob", "eve") as desk:
        desk.link("ana", cents=2000_00)
        await desk.draft("ana", 200_00, "bob")
        assert (await desk.say("ana", "yes"))[0].startswith("✅")
        await desk.draft("ana", 200_01, "bob")
        assert (await desk.say("ana", "yes"))[0].startswith("✅")
        await desk.draft("ana", 150_00, "bob+eve")
        assert await desk.say("ana", "yes") == ["PIN?"]
        await desk.say("ana", "no")
        desk.change("ana", has_pin=False)
        await desk.draft("ana", 200_01, "eve")
        assert (await desk.say("ana", "yes"))[0].startswith("✅")


async def test_a_no_in_place_of_the_pin_cancels() -> None:
    async with paying("ana", "bob") as desk:
        desk.pin = True
        await desk.draft("ana", 500, "bob")
        await desk.say("ana", "yes")
        await desk.bot.say("ana", desk.bot.direct("ana"), "no")
        assert desk.told()[-1] == "Cancelled: $5.00 to @bob. Nothing was paid."
        assert await desk.states() == ["cancelled"]


async def test_a_pin_that_comes_too_late_or_while_the_fee_cannot_be_seen_pays_nothing() -> None:
    async with paying("ana") as desk:
        desk.pin = True
        await desk.draft("ana", 500, "lncoffee")
        await desk.say("ana", "yes")
        desk.bot.clock.move(31)
        desk.backend.fail_next("fee")
        await desk.bot.say("ana", desk.bot.direct("ana"), "2749")
        assert desk.told()[-1].startswith("The wallet is not answering, so I cannot see what the payment would cost.")
        await desk.say("ana", "yes")
        desk.bot.clock.move(268)
        await desk.bot.say("ana", desk.bot.direct("ana"), "2749")
        assert desk.told()[-1] == "It is too late to confirm that. Nothing was paid; ask again."
        assert desk.backend.payments == []


# --- refusals ---------------------------------------------------------------------------------------------------------


async def test_no_drops_everything_that_is_open() -> None:
    async with paying("ana", "bob", "eve") as desk:
        await desk.draft("ana", 500, "bob")
        await desk.draft("ana", 600, "eve")
        assert await desk.say("ana", "no") == [
            "Cancelled: $5.00 to @bob. Nothing was paid.\nCancelled: $6.00 to @eve. Nothing was paid."
        ]
        assert await desk.states() == ["cancelled", "cancelled"]


async def test_no_with_a_code_drops_that_one() -> None:
    async with paying("ana", "bob", "eve") as desk:
        first = await desk.draft("ana", 500, "bob")
        await desk.draft("ana", 600, "eve")
        assert await desk.say("ana", f"cancel {first}") == ["Cancelled: $5.00 to @bob. Nothing was paid."]
        assert await desk.states() == ["cancelled", "shown"]


async def test_a_no_between_yes_and_the_backend_wins() -> None:
    hook = Hook("send")
    async with paying("ana", "bob", hooks=[hook]) as desk:
        await desk.draft("ana", 500, "bob")
        chat = desk.bot.direct("ana")
        await desk.bot.transport.emit(desk.bot.message("ana", chat, "wallet yes"))
        await desk.bot.transport.emit(desk.bot.message("ana", chat, "wallet no"))
        for _ in range(200):
            await asyncio.sleep(0)
        await desk.bot.settle()
        assert await desk.states() == ["cancelled"]
        assert desk.backend.payments == []
        assert [end for end, _ in hook.ends] == ["failed"]


async def test_a_no_to_what_has_left_says_so() -> None:
    async with paying("ana", "bob") as desk:
        desk.backend.script(Unknown("timeout"))
        await desk.draft("ana", 500, "bob")
        await desk.say("ana", "yes")
        assert await desk.say("ana", "no") == ["$5.00 to @bob is on its way already and cannot be stopped."]


async def test_nothing_that_was_refused_is_sent_once_more() -> None:
    keys = structs.replace(FRANK, keys_lightning=True, keys_hours=24)
    async with paying("ana", capabilities=keys) as desk:
        desk.backend.script(Unknown("timeout"))
        await desk.draft("ana", 500, "lncoffee")
        await desk.say("ana", "yes")
        await desk.say("ana", "no")
        await desk.wait(3600, 2)
        assert len(desk.backend.payments) == 1
