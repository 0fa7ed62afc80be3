"""Payments from the proposal to the receipt: what people read, what leaves, and what is known when it is not clear."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.wallet.backend import RETICENT
from tests.support.wallet.bystanders import Hook
from tests.support.wallet.paying import paying

from whinchat.apps.wallet.backend import Failed, Paid, Unknown
from whinchat.apps.wallet.holds import LOCKDOWN, PAYOUTS, lift
from whinchat.apps.wallet.intent import pay_job
from whinchat.core.ports import Batch
from whinchat.core.types import ChatKind, ChatRef, SendText

FAILURES = [
    "insufficient_balance",
    "limit",
    "self_payment",
    "no_route",
    "expired",
    "invalid",
    "refused",
    "unauthenticated",
]


# --- showing ------------------------------------------------------------------------------------------------------


async def test_a_payment_is_shown_confirmed_paid_and_reported() -> None:
    async with paying("ana", "bob") as desk:
        (question,) = await desk.say("ana", "draft 500 bob lunch")
        assert question.startswith("Send *$5.00* to @bob?\nFor: lunch\nAnswer *yes* (or *yes ")
        assert question.endswith(") within 5 minutes to pay, or *no*.")
        assert await desk.states() == ["shown"]
        assert desk.backend.payments == []
        desk.bot.clock.move(1)
        (receipt,) = await desk.say("ana", "yes")
        intent = await desk.intent()
        assert receipt == f"✅ Paid $5.00 to @bob.\nFee: $0.00 · #{intent.id}"
        assert desk.account("ana").balances["usd-ana"] == 95_00
        assert desk.account("bob").balances["usd-bob"] == 105_00
        assert desk.moved == ["ana"]


async def test_where_answers_are_tapped_a_tap_answers_that_question_and_no_other() -> None:
    async with paying("ana", "bob", "eve") as desk:
        await desk.draft("ana", 500, "bob")
        await desk.draft("ana", 700, "eve")
        offered = [each.action.choices for each in desk.bot.sent() if isinstance(each.action, SendText)]
        (pay_bob, drop_bob), (pay_eve, _) = offered
        assert (pay_bob.title, drop_bob.title) == ("Yes, pay", "No")
        await desk.say("ana", drop_bob.text)
        assert await desk.states() == ["cancelled", "shown"]
        (receipt,) = await desk.say("ana", pay_eve.text)
        assert receipt.startswith("✅ Paid $7.00 to @eve.")
        assert "Paid" not in "".join(await desk.say("ana", pay_bob.text))
        assert len(desk.backend.payments) == 1


async def test_the_memo_carries_what_the_payment_is_found_by() -> None:
    async with paying("ana", "bob") as desk:
        await desk.draft("ana", 500, "bob", "lunch")
        await desk.say("ana", "yes")
        (payment,) = desk.backend.payments
        assert payment.memo == f"lunch #{(await desk.intent()).id}"
        assert len(payment.key) == 36


async def test_the_question_about_an_invoice_names_the_most_that_it_may_cost() -> None:
    async with paying("ana") as desk:
        desk.backend.fee_minor = 3
        (question,) = await desk.say("ana", "draft 500 lncoffee")
        assert "Send *$5.00* to an invoice?\nFee: $0.03 at most\n" in question
        desk.bot.clock.move(1)
        (receipt,) = await desk.say("ana", "yes")
        assert "Fee: $0.03 · #" in receipt
        assert (await desk.intent()).fee == 3


@pytest.mark.parametrize(
    ("lasts", "promised"), [(298.4, "4 minutes"), (119.9, "1 minute"), (42.0, "42 seconds"), (3600.0, "5 minutes")]
)
async def test_no_more_time_is_promised_than_the_invoice_leaves(lasts: float, promised: str) -> None:
    async with paying("ana") as desk:
        desk.invoice_lasts = lasts
        (question,) = await desk.say("ana", "draft 500 lncoffee")
        assert f" within {promised} to pay" in question


async def test_several_are_shown_and_confirmed_together_and_reported_one_by_one() -> None:
    async with paying("ana", "bob", "eve") as desk:
        (question,) = await desk.say("ana", "draft 500 bob+eve")
        assert question.startswith("Send *$10.00* in all?\n• $5.00 to @bob\n• $5.00 to @eve\n")
        desk.bot.clock.move(1)
        desk.backend.script(Failed("refused"))
        receipts = await desk.say("ana", "yes")
        assert sorted(text[0] for text in receipts) == ["✅", "❌"]
        assert sorted(await desk.states()) == ["failed", "paid"]


async def test_a_warning_about_the_payee_stands_beside_the_question() -> None:
    async with paying("ana", "bob") as desk:
        desk.warning = "wallet.pay.too_many"
        (question,) = await desk.say("ana", "draft 500 bob")
        assert "You have several payments to confirm." in question


async def test_what_was_asked_for_in_a_group_is_shown_in_private() -> None:
    async with paying("ana", "bob") as desk:
        group = ChatRef("family@g", ChatKind.GROUP)
        await desk.bot.say("ana", group, "!wallet draft 500 bob")
        assert [each.chat for each in desk.bot.sent()] == [desk.bot.direct("ana")]
        desk.change("ana", payment_limit=1)
        await desk.bot.say("ana", group, "!wallet draft 500 bob")
        assert {each.chat for each in desk.bot.sent()} == {desk.bot.direct("ana")}


async def test_two_payments_of_one_amount_to_one_payee_are_never_confirmed_together() -> None:
    async with paying("ana", "bob") as desk:
        member, one = desk.members["ana"], desk.proposal("ana", 500, "bob")
        with pytest.raises(ValueError, match="the same"):
            await desk.parts.payments.propose(desk.context(), member, one, one)


async def test_nobody_has_more_than_five_questions_before_them() -> None:
    async with paying("ana", "bob") as desk:
        codes = [await desk.draft("ana", 100 + number, "bob") for number in range(5)]
        assert len(set(codes)) == 5
        (refused,) = await desk.say("ana", "draft 500 bob")
        assert refused.startswith("You have several payments to confirm.")
        assert await desk.states() == ["shown"] * 5


# --- refusals before anything is shown --------------------------------------------------------------------------------


async def test_more_than_the_limit_of_a_payment_is_not_shown() -> None:
    async with paying("ana", "bob", "eve") as desk:
        desk.change("ana", payment_limit=500)
        assert await desk.say("ana", "draft 501 bob") == [
            "That is more than your limit for one payment, $5.00. Nothing was paid. *limits* shows and changes it."
        ]
        # … nor in two halves.
        assert (await desk.say("ana", "draft 300 bob+eve"))[0].startswith("That is more than your limit for one")
        assert await desk.states() == []


async def test_more_than_the_day_leaves_is_not_shown_and_counts_for_a_day() -> None:
    async with paying("ana", "bob") as desk:
        desk.change("ana", day_limit=1000)
        await desk.draft("ana", 700, "bob")
        await desk.say("ana", "yes")
        (refused,) = await desk.say("ana", "draft 400 bob")
        assert "$10.00 in 24 hours, $3.00 is left" in refused
        desk.bot.clock.move(24 * 3600)
        assert (await desk.say("ana", "draft 400 bob"))[0].startswith("Send *$4.00*")


async def test_while_money_is_held_nothing_is_shown() -> None:
    async with paying("ana", "bob") as desk:
        await desk.hold(LOCKDOWN)
        assert (await desk.say("ana", "draft 500 bob"))[0].startswith("Payments are switched off just now")
        await desk.bot.database.commit(Batch((lift(LOCKDOWN),)))
        await desk.hold(PAYOUTS)
        assert (await desk.say("ana", "draft 500 bob"))[0].startswith("Send *$5.00*")


async def test_an_invoice_that_is_paid_is_not_shown_again() -> None:
    async with paying("ana") as desk:
        await desk.draft("ana", 500, "lncoffee")
        await desk.say("ana", "yes")
        assert await desk.say("ana", "draft 500 lncoffee") == [
            "This invoice is paid already, or being paid. Nothing more was paid."
        ]


# --- outcomes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", FAILURES)
async def test_what_is_known_to_have_failed_is_said_with_its_reason_and_frees_the_limit(code: str) -> None:
    async with paying("ana", "bob") as desk:
        desk.backend.script(Failed(code))
        await desk.draft("ana", 500, "bob")
        (told,) = await desk.say("ana", "yes")
        assert told.startswith("❌ $5.00 to @bob: ")
        assert "Nothing was paid" in told
        assert await desk.states() == ["failed"]
        assert await desk.spent("ana") == 0
        assert (await desk.say("ana", "draft 500 bob"))[0].startswith("Send")


async def test_a_failure_without_a_sentence_of_its_own_is_a_refusal() -> None:
    async with paying("ana", "bob") as desk:
        desk.backend.script(Failed("of some new kind"))
        await desk.draft("ana", 500, "bob")
        assert (await desk.say("ana", "yes"))[0] == "❌ $5.00 to @bob: the payment was refused. Nothing was paid."


@pytest.mark.parametrize("code", ["timeout", "pending", "busy", "already_paid", "ambiguous"])
async def test_what_is_not_clear_is_unknown_and_never_sent_again(code: str) -> None:
    async with paying("ana", "bob") as desk:
        desk.backend.script(Unknown(code))
        await desk.draft("ana", 500, "bob")
        (told,) = await desk.say("ana", "yes")
        assert told.startswith("⏳ It is not known yet whether your $5.00 reached @bob.")
        assert await desk.states() == ["unknown"]
        assert await desk.spent("ana") == 500
        await desk.later(3600)
        assert len(desk.backend.payments) == 1


async def test_a_backend_that_raises_leaves_the_outcome_unknown() -> None:
    async with paying("ana", "bob") as desk:
        desk.backend.script(raises=RuntimeError("a bug"), debits=True)
        await desk.draft("ana", 500, "bob")
        assert (await desk.say("ana", "yes"))[0].startswith("⏳")
        assert (await desk.intent()).error == "raised"
        assert (await desk.later(5))[0].startswith("✅ Paid $5.00")


async def test_repeating_what_is_not_known_is_refused_and_anything_else_is_not() -> None:
    async with paying("ana", "bob", "eve") as desk:
        desk.backend.script(Unknown("timeout"))
        await desk.draft("ana", 500, "bob")
        again = await desk.draft("ana", 500, "eve")
        await desk.say("ana", "cancel")
        assert again
        await desk.draft("ana", 500, "bob")
        await desk.say("ana", "yes")
        assert (await desk.say("ana", "draft 500 bob"))[0].startswith("You have just paid the same amount")
        assert (await desk.say("ana", "draft 501 bob"))[0].startswith("Send")
        assert (await desk.say("ana", "draft 500 eve"))[0].startswith("Send")


async def test_a_receipt_comes_at_once_and_its_record_by_an_edit() -> None:
    async with paying("ana", capabilities=RETICENT) as desk:
        desk.backend.fee_minor = 2
        await desk.draft("ana", 500, "lncoffee")
        assert await desk.say("ana", "yes") == ["✅ Paid $5.00 to an invoice."]
        (edited,) = await desk.later(3)
        intent = await desk.intent()
        assert desk.bot.edits() == [edited] == [f"✅ Paid $5.00 to an invoice.\nFee: $0.02 · #{intent.id}"]
        assert intent.fee == 2
        assert await desk.later(3600) == []


# --- between yes and the backend --------------------------------------------------------------------------------------


async def test_before_a_byte_leaves_submitting_is_on_the_disk() -> None:
    async with paying("ana", "bob") as desk:
        await desk.confirmed("ana", 500, "bob")
        answer = desk.backend.hold(Paid())
        job = asyncio.create_task(desk.bot._run_job())
        while not desk.backend.payments:
            await asyncio.sleep(0)
        assert await desk.states() == ["submitting"]
        assert desk.durable == [True]
        answer()
        await job
        assert await desk.states() == ["paid"]


async def test_what_was_confirmed_and_not_begun_within_half_a_minute_is_called_off() -> None:
    async with paying("ana", "bob") as desk:
        await desk.confirmed("ana", 500, "bob")
        assert await desk.later(30) == [
            "$5.00 to @bob: I could not begin in time and called it off. Nothing was paid; ask again."
        ]
        assert await desk.states() == ["cancelled"]
        assert desk.backend.payments == []


async def test_an_invoice_that_expires_between_yes_and_the_backend_is_not_paid() -> None:
    async with paying("ana") as desk:
        desk.invoice_lasts = 10
        await desk.confirmed("ana", 500, "lnshort")
        assert (await desk.later(9.5))[0].startswith("$5.00 to an invoice: the invoice has expired.")
        assert desk.backend.payments == []


async def test_money_that_is_held_between_yes_and_the_backend_does_not_leave() -> None:
    async with paying("ana", "bob") as desk:
        await desk.confirmed("ana", 500, "bob")
        await desk.hold(LOCKDOWN)
        assert (await desk.later(0))[0].startswith("$5.00 to @bob: payments were switched off.")
        assert desk.backend.payments == []


@pytest.mark.parametrize("how", ["gone", "closing", "another account"])
async def test_somebody_who_is_unlinked_between_yes_and_the_backend_does_not_pay(how: str) -> None:
    async with paying("ana", "bob") as desk:
        await desk.confirmed("ana", 500, "bob")
        match how:
            case "gone":
                del desk.members["ana"]
            case "closing":
                desk.change("ana", closing=True)
            case _:
                desk.change("ana", account=b"another")
        assert (await desk.later(0))[0].startswith("$5.00 to @bob: your account is no longer linked.")
        assert desk.backend.payments == []


async def test_a_hold_that_comes_while_submitting_wins() -> None:
    async with paying("ana", "bob") as desk:
        await desk.confirmed("ana", 500, "bob")
        desk.hold_meanwhile = True
        await desk.bot.settle()
        assert await desk.states() == ["confirmed"]
        assert (await desk.later(5))[0].startswith("$5.00 to @bob: payments were switched off.")
        assert desk.backend.payments == []


async def test_jobs_of_payments_that_are_gone_or_over_do_nothing() -> None:
    async with paying("ana", "bob") as desk:
        await desk.bot.run_job(pay_job("nothing-like-it"))
        await desk.draft("ana", 500, "bob")
        await desk.say("ana", "yes")
        await desk.bot.run_job(pay_job((await desk.intent()).id))
        assert len(desk.backend.payments) == 1
        assert await desk.states() == ["paid"]


# --- hooks and payouts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "end"), [(Paid(), "paid"), (Failed("refused"), "failed"), (Unknown("timeout"), "unknown")]
)
@pytest.mark.parametrize("tells", [True, False])
async def test_whoever_proposed_it_learns_how_it_ended(answer: Paid | Failed | Unknown, end: str, tells: bool) -> None:
    hook = Hook("tip", tells)
    async with paying("ana", "bob", hooks=[hook]) as desk:
        desk.purpose = "tip"
        desk.backend.script(answer)
        await desk.draft("ana", 500, "bob")
        told = await desk.say("ana", "yes")
        assert hook.ends == [(end, (await desk.intent()).id)]
        assert told[-1] == f"tip: {end}"
        assert len(told) == (1 if tells else 2)


async def test_what_is_called_off_after_the_yes_counts_as_failed_for_who_proposed_it() -> None:
    hook = Hook("tip")
    async with paying("ana", "bob", hooks=[hook]) as desk:
        desk.purpose = "tip"
        await desk.confirmed("ana", 500, "bob")
        await desk.hold(LOCKDOWN)
        await desk.later(0)
        assert [end for end, _ in hook.ends] == ["failed"]


async def test_custody_pays_without_a_person_and_only_its_own_hold_stops_it_alone() -> None:
    hook = Hook("claim")
    async with paying("bob", hooks=[hook]) as desk:
        desk.custody()
        desk.purpose = "claim"
        await desk.pay_out(500, "bob")
        assert desk.account("bob").balances["usd-bob"] == 105_00
        assert desk.told() == []
        await desk.hold(PAYOUTS)
        await desk.pay_out(500, "bob")
        assert [end for end, _ in hook.ends] == ["paid", "failed"]
        assert len(desk.backend.payments) == 1


async def test_without_a_custody_account_nothing_is_paid_out() -> None:
    async with paying("bob", custody=None) as desk:
        desk.custody()
        desk.purpose = "claim"
        await desk.pay_out(500, "bob")
        assert await desk.states() == ["cancelled"]
        assert desk.backend.payments == []


async def test_putting_a_hold_on_twice_keeps_its_first_time() -> None:
    async with paying() as desk:
        await desk.hold(LOCKDOWN)
        first = await desk.parts.holds.since(LOCKDOWN)
        desk.bot.clock.move(5)
        await desk.hold(LOCKDOWN)
        assert await desk.parts.holds.since(LOCKDOWN) == first
        assert await desk.parts.holds.since(PAYOUTS) is None
