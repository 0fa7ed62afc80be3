"""What became of payments whose end was not clear: found in the account's own list, or not at all."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.support.wallet.backend import FRANK, RETICENT
from tests.support.wallet.bystanders import Hook
from tests.support.wallet.paying import Desk, paying

from whinchat.apps.wallet.backend import (
    Capabilities,
    Direction,
    Failed,
    Paid,
    Status,
    Unknown,
)
from whinchat.apps.wallet.intent import reconcile_job
from whinchat.apps.wallet.money import usd
from whinchat.apps.wallet.reconcile import SWEEP, rule_job
from whinchat.apps.wallet.settling import pause
from whinchat.core.ports import Batch, Statement

DAY = 24 * 3600
LISTS = [
    pytest.param(FRANK, id="a list that tells all"),
    pytest.param(RETICENT, id="a bare list, details on request"),
    pytest.param(replace(FRANK, memo_in_list=False), id="a list with hashes alone"),
    pytest.param(replace(FRANK, pages=False), id="a list without pages"),
]
KEYS = replace(FRANK, keys_lightning=True, keys_hours=24)


async def unknown(desk: Desk, payee: str = "bob", *, debits: bool = True, status: Status = Status.SUCCESS) -> None:
    """A payment that timed out, whether the money left or not."""
    desk.backend.script(Unknown("timeout"), debits=debits, status=status)
    await desk.draft("ana", 500, payee, "lunch")
    assert (await desk.say("ana", "yes"))[0].startswith("⏳")


# --- finding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("capabilities", LISTS)
@pytest.mark.parametrize("payee", ["bob", "lncoffee"])
async def test_a_payment_that_timed_out_after_the_debit_is_found(capabilities: Capabilities, payee: str) -> None:
    async with paying("ana", "bob", capabilities=capabilities) as desk:
        await unknown(desk, payee)
        (told,) = await desk.later(2)
        assert told.startswith("✅ Paid $5.00")
        assert await desk.states() == ["paid"]
        assert len(desk.backend.payments) == 1
        assert await desk.wait(3600) == []


async def test_a_short_outage_only_delays_the_answer() -> None:
    async with paying("ana", "bob") as desk:
        await unknown(desk)
        desk.backend.fail_next("transactions", times=2)
        assert await desk.later(2) == []
        assert await desk.later(4) == []
        assert (await desk.later(8))[0].startswith("✅ Paid $5.00")


async def test_an_empty_list_that_may_be_an_outage_says_nothing() -> None:
    async with paying("ana", "bob", capabilities=RETICENT) as desk:
        await unknown(desk)
        desk.backend.outage = True
        assert await desk.wait(3600) == []
        desk.backend.outage = False
        assert (await desk.wait(1000, 900))[0].startswith("✅ Paid $5.00")


async def test_absence_proves_nothing_and_after_a_day_the_operator_is_asked() -> None:
    async with paying("ana", "bob") as desk:
        await unknown(desk, debits=False)
        assert await desk.wait(DAY - 3600, 600) == []
        assert await desk.states() == ["unknown"]
        (told,) = await desk.wait(2 * 3600, 600)
        assert told.startswith("⚠️ I could not find out whether your $5.00 reached @bob.")
        assert await desk.states() == ["unresolved"]
        (queued,) = await desk.parts.intents.unresolved()
        assert queued.body.payee.label == "@bob"
        assert (await desk.say("ana", "draft 500 bob"))[0].startswith("You have just paid the same amount")


async def test_the_pauses_between_looks_grow_to_a_quarter_of_an_hour() -> None:
    assert [pause(look) for look in range(5)] == [2.0, 4.0, 8.0, 16.0, 32.0]
    assert pause(100) == 900.0
    async with paying("ana", "bob") as desk:
        await unknown(desk, debits=False)
        await desk.wait(DAY, 300)
        assert 90 < desk.backend.calls.count("transactions") < 130


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"memo": "lunch #aaaaaaaaaa"}, id="another reference"),
        pytest.param({"memo": None}, id="no memo"),
        pytest.param({"direction": Direction.RECEIVE}, id="money that came"),
        pytest.param({"wallet": "btc-ana"}, id="another wallet"),
        pytest.param({"amount": usd(400)}, id="another amount"),
        pytest.param({"time": 0}, id="long before"),
    ],
)
async def test_what_is_not_this_payment_is_not_taken_for_it(other: dict[str, object]) -> None:
    async with paying("ana", "bob") as desk:
        await unknown(desk)
        (debit,) = desk.account("ana").transactions
        desk.account("ana").transactions[0] = replace(debit, **other)
        assert await desk.wait(3600) == []
        assert await desk.states() == ["unknown"]


async def test_an_invoice_is_known_by_its_hash_whatever_the_memo_says() -> None:
    async with paying("ana") as desk:
        await unknown(desk, "lncoffee")
        (debit,) = desk.account("ana").transactions
        desk.account("ana").transactions[0] = replace(debit, hash="00" * 32)
        assert await desk.later(2) == []
        desk.account("ana").transactions[0] = replace(debit, memo="as the app wrote it")
        assert (await desk.later(4))[0].startswith("✅")


async def test_one_transaction_settles_one_payment() -> None:
    async with paying("ana", "bob") as desk:
        await unknown(desk)
        (debit,) = desk.account("ana").transactions
        mine = await desk.intent()
        other = Statement("UPDATE wallet_settled SET intent = 'another' WHERE intent = :intent", {"intent": mine.id})
        taken = desk.parts.intents.record(mine, debit)
        await desk.bot.database.commit(Batch((taken, other)))
        assert await desk.wait(3600) == []
        assert await desk.states() == ["unknown"]


async def test_already_paid_is_paid_only_if_the_account_itself_has_paid() -> None:
    async with paying("ana") as desk:
        desk.backend.script(Unknown("already_paid"))
        await desk.draft("ana", 500, "lncoffee")
        assert (await desk.say("ana", "yes"))[0].startswith("⏳")
        assert await desk.wait(600) == []
        assert await desk.states() == ["unknown"]


async def test_a_transaction_that_is_pending_is_waited_for() -> None:
    async with paying("ana", "bob", "eve") as desk:
        await unknown(desk, status=Status.PENDING)
        assert await desk.wait(600) == []
        desk.backend.settle(desk.account("ana"), desk.account("ana").transactions[0].id, Status.SUCCESS)
        assert (await desk.wait(1200))[0].startswith("✅ Paid $5.00")


async def test_a_pending_transaction_that_failed_settles_failed_where_the_list_is_true() -> None:
    hook = Hook("send")
    async with paying("ana", "bob", hooks=[hook]) as desk:
        await unknown(desk, status=Status.PENDING)
        desk.backend.settle(desk.account("ana"), desk.account("ana").transactions[0].id, Status.FAILURE)
        told = await desk.wait(600)
        assert told[0] == "❌ $5.00 to @bob: the payment was refused. Nothing was paid."
        assert await desk.states() == ["failed"]
        assert [end for end, _ in hook.ends] == ["unknown", "failed"]
        assert await desk.spent("ana") == 0


async def test_a_failure_in_a_list_that_may_err_settles_nothing() -> None:
    async with paying("ana", "bob", capabilities=RETICENT) as desk:
        await unknown(desk, status=Status.FAILURE)
        assert await desk.wait(600) == []
        assert await desk.states() == ["unknown"]


async def test_somebody_whose_session_is_over_is_still_told_as_long_as_the_token_is_kept() -> None:
    async with paying("ana", "bob") as desk:
        await unknown(desk)
        desk.change("ana", closing=True)
        assert (await desk.later(2))[0].startswith("✅")


async def test_without_a_token_nobody_can_look_and_it_ends_unresolved() -> None:
    async with paying("ana", "bob") as desk:
        await unknown(desk)
        del desk.members["ana"]
        await desk.wait(DAY + 3600, 900)
        assert await desk.states() == ["unresolved"]
        assert desk.backend.calls.count("transactions") == 0


@pytest.mark.parametrize("there", [True, False])
async def test_what_the_operator_was_asked_about_is_looked_for_once_more_when_its_account_can_be_read(
    there: bool,
) -> None:
    async with paying("ana", "bob") as desk:
        await unknown(desk, debits=there)
        ana = desk.members.pop("ana")
        await desk.wait(DAY + 3600, 900)
        assert await desk.states() == ["unresolved"]
        desk.members["ana"] = ana
        told = len(desk.told())
        await desk.bot.run_job(reconcile_job((await desk.intent()).id))
        assert await desk.states() == ["paid" if there else "unresolved"]
        assert ["Paid" in text for text in desk.told(told)] == ([True] if there else [])


async def test_payouts_are_looked_for_with_the_token_of_custody() -> None:
    hook = Hook("claim")
    async with paying("bob", hooks=[hook]) as desk:
        desk.custody()
        desk.purpose = "claim"
        desk.backend.script(Unknown("timeout"), debits=True)
        await desk.pay_out(500, "bob")
        await desk.later(2)
        assert [end for end, _ in hook.ends] == ["unknown", "paid"]
        assert desk.told() == []


# --- once more --------------------------------------------------------------------------------------------------------


async def test_an_invoice_is_sent_once_more_with_the_same_key_where_it_cannot_be_paid_twice() -> None:
    async with paying("ana", capabilities=KEYS) as desk:
        await unknown(desk, "lncoffee", debits=False)
        told = await desk.wait(60, 2)
        assert told[0].startswith("✅ Paid $5.00")
        first, second = desk.backend.payments
        assert first == second
        assert len(desk.account("ana").debits()) == 1


@pytest.mark.parametrize("answer", [Failed("refused"), Unknown("timeout")])
async def test_only_paid_counts_as_an_answer_to_the_second_time(answer: Failed | Unknown) -> None:
    async with paying("ana", capabilities=KEYS) as desk:
        await unknown(desk, "lncoffee", debits=False)
        desk.backend.script(answer)
        assert await desk.wait(3600) == []
        assert len(desk.backend.payments) == 2
        assert await desk.states() == ["unknown"]


@pytest.mark.parametrize(
    ("payee", "capabilities"),
    [
        pytest.param("bob", replace(KEYS, keys_intraledger=True), id="inside the backend"),
        pytest.param("lncoffee", FRANK, id="without keys"),
        pytest.param("lnany", KEYS, id="dollars for an invoice without an amount, which takes no key"),
        pytest.param("lncoffee", replace(KEYS, keys_hours=1), id="keys that are forgotten too soon"),
    ],
)
async def test_nothing_else_is_ever_sent_again(payee: str, capabilities: Capabilities) -> None:
    async with paying("ana", "bob", capabilities=capabilities) as desk:
        await unknown(desk, payee, debits=False)
        await desk.wait(3600)
        assert len(desk.backend.payments) == 1


@pytest.mark.parametrize("why", ["held", "unlinked", "expired", "no answer", "pending"])
async def test_it_is_not_sent_again_when(why: str) -> None:
    async with paying("ana", capabilities=KEYS) as desk:
        if why == "expired":
            desk.invoice_lasts = 5
        await unknown(desk, "lncoffee", debits=why == "pending", status=Status.PENDING)
        match why:
            case "held":
                await desk.hold("lockdown")
            case "unlinked":
                desk.change("ana", closing=True)
            case "no answer":
                desk.backend.fail_next("transactions", times=1000)
        assert await desk.wait(3600) == []
        assert len(desk.backend.payments) == 1


# --- the record of what is known to be paid ---------------------------------------------------------------------------


async def test_a_record_that_never_shows_is_given_up_and_the_payment_stays_paid() -> None:
    async with paying("ana", "bob", capabilities=RETICENT) as desk:
        desk.backend.script(Paid())
        await desk.draft("ana", 500, "bob")
        assert len(await desk.say("ana", "yes")) == 1
        assert await desk.wait(600, 2) == []
        assert desk.backend.calls.count("transactions") == 6
        assert await desk.states() == ["paid"]


async def test_a_record_without_a_fee_is_not_worth_a_message_of_its_own() -> None:
    async with paying("ana", "bob", capabilities=RETICENT) as desk:
        able = desk.bot.transport.capabilities
        desk.bot.transport.become(replace(able, edit=False, edit_seconds=0))
        await desk.draft("ana", 500, "bob")
        await desk.say("ana", "yes")
        assert await desk.wait(60, 2) == []
        desk.backend.fee_minor = 1
        await desk.draft("ana", 500, "lncoffee")
        await desk.say("ana", "yes")
        assert (await desk.wait(60, 2))[0].startswith("✅ Paid $5.00 to an invoice.\nFee: $0.01")


async def test_jobs_for_payments_that_need_none_do_nothing() -> None:
    async with paying("ana", "bob") as desk:
        await desk.bot.run_job(reconcile_job("nothing-like-it"))
        await desk.draft("ana", 500, "bob")
        await desk.bot.run_job(reconcile_job((await desk.intent()).id))
        await desk.say("ana", "yes")
        before = len(desk.backend.calls)
        await desk.bot.run_job(reconcile_job((await desk.intent()).id))
        assert len(desk.backend.calls) == before


# --- the operator's word ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("paid", "state", "told"), [(True, "paid", "✅ Paid $5.00"), (False, "failed", "❌ $5.00")])
@pytest.mark.parametrize("hooks", [[], [Hook("send")]])
async def test_the_operator_settles_what_nobody_could_find_out(
    paid: bool, state: str, told: str, hooks: list[Hook]
) -> None:
    async with paying("ana", "bob", hooks=hooks) as desk:
        await unknown(desk, debits=False)
        intent = await desk.intent()
        await desk.bot.run_job(rule_job(intent.id, paid=paid))
        assert await desk.states() == ["unknown"]  # it is still looked for
        await desk.wait(DAY + 3600, 900)
        before = len(desk.told())
        await desk.bot.run_job(rule_job(intent.id, paid=paid))
        assert await desk.states() == [state]
        assert desk.told()[before].startswith(told)
        assert (await desk.intent()).error == "operator"
        await desk.bot.run_job(rule_job("nothing-like-it", paid=paid))


# --- the sweep --------------------------------------------------------------------------------------------------------


async def test_every_minute_what_nobody_confirmed_expires() -> None:
    async with paying("ana", "bob") as desk:
        await desk.draft("ana", 500, "bob")
        await desk.bot.run_job(SWEEP)
        assert await desk.states() == ["shown"]
        desk.bot.clock.move(300)
        await desk.bot.run_job(SWEEP)
        assert await desk.states() == ["expired"]


@pytest.mark.parametrize("lost", ["wallet.pay", "wallet.reconcile"])
async def test_jobs_that_were_lost_are_added_again(lost: str) -> None:
    async with paying("ana", "bob") as desk:
        if lost == "wallet.pay":
            await desk.confirmed("ana", 500, "bob")
        else:
            await unknown(desk)
        await desk.bot.database.commit(Batch((Statement("DELETE FROM memory_jobs", {}),)))
        desk.bot.clock.move(100)
        await desk.bot.run_job(SWEEP)
        assert await desk.states() in (["confirmed"], ["unknown"])
        desk.bot.clock.move(100)
        await desk.bot.run_job(SWEEP)
        assert await desk.states() == ["cancelled" if lost == "wallet.pay" else "paid"]


async def test_what_is_long_over_is_forgotten() -> None:
    async with paying("ana", "bob", "eve") as desk:
        await desk.draft("ana", 500, "bob")
        await desk.say("ana", "yes")
        await desk.draft("ana", 500, "eve")
        await desk.say("ana", "no")
        desk.bot.clock.move(8 * DAY)
        await desk.bot.run_job(SWEEP)
        assert await desk.states() == ["paid"]
        assert await desk.bot.count("wallet_settled") == 1
        desk.bot.clock.move(400 * DAY)
        await desk.bot.run_job(SWEEP)
        assert await desk.states() == []
        assert await desk.bot.count("wallet_settled") == 0
