"""Held money after a backup was restored: nothing is claimed or given back a second time."""

from __future__ import annotations

import pytest
from tests.support.wallet.backend import FRANK, RETICENT
from tests.support.wallet.holding import PHONES, Holding, code_in, holding

from whinchat.apps.wallet import held
from whinchat.apps.wallet.backend import BackendError, Capabilities, Failed, Status, Unknown
from whinchat.apps.wallet.holds import RESTORED
from whinchat.apps.wallet.money import usd
from whinchat.apps.wallet.reconcile import SWEEP
from whinchat.apps.wallet.restore import AFTER_RESTORE, SCHEDULE
from whinchat.core.ports import Batch, Row, Statement

TABLES = ("wallet_intents", "wallet_settled", "wallet_escrows", "wallet_escrow_ledger")
Backup = dict[str, list[Row]]


async def backup(it: Holding) -> Backup:
    return {table: await it.rows(f"SELECT * FROM {table}") for table in TABLES}


async def restore(it: Holding, saved: Backup) -> None:
    """Time went on; then the backup takes the place of everything since."""
    statements = [Statement("DELETE FROM memory_jobs", {})]
    for table, rows in saved.items():
        statements.append(Statement(f"DELETE FROM {table}", {}))
        for row in rows:
            marks = ", ".join(f":v{number}" for number in range(len(row)))
            values = {f"v{number}": value for number, value in enumerate(row)}
            statements.append(Statement(f"INSERT INTO {table} VALUES ({marks})", values))
    await it.bot.database.commit(Batch((*statements, *AFTER_RESTORE)))


async def reread(it: Holding) -> None:
    await it.bot.run_job(SCHEDULE.job)
    await it.bot.run_job(SWEEP)
    await it.bot.run_job(held.EXPIRE)


async def on_hold(it: Holding) -> bool:
    return await it.parts.holds.since(RESTORED) is not None


@pytest.mark.parametrize("capabilities", [FRANK, RETICENT])
async def test_what_was_claimed_since_is_not_claimed_again(capabilities: Capabilities) -> None:
    async with holding("ana", capabilities=capabilities) as it:
        code = await it.send()
        await it.link("eve")
        saved = await backup(it)
        await it.say("eve", f"claim {code}")
        await restore(it, saved)
        assert await it.states() == ["open"]
        assert "cannot be paid out just now" in await it.say("eve", f"claim {code}")
        await reread(it)
        assert not await on_hold(it)
        assert await it.states() == ["done"]
        assert await it.ledger() == {"paid": 500, "received": 500}
        assert "claimed already" in await it.say("eve", f"claim {code}")
        it.bot.clock.move(31 * 24 * 3600)
        await it.bot.run_job(held.EXPIRE)
        assert len(it.custody.debits()) == 1
        await it.balanced()


async def test_what_went_back_since_does_not_go_back_again() -> None:
    async with holding("ana") as it:
        await it.send()
        saved = await backup(it)
        await it.say("ana", "pending cancel 1")
        await restore(it, saved)
        await reread(it)
        assert (await it.escrow()).refunded
        assert await it.ledger() == {"received": 500, "refunded": 500}
        assert len(it.custody.debits()) == 1


async def test_a_claim_that_had_begun_is_found_and_one_that_failed_on_the_way_changes_nothing() -> None:
    async with holding("ana") as it:
        code = await it.send()
        await it.link("eve")
        it.backend.script(Unknown("timeout"), debits=True)
        await it.say("eve", f"claim {code}")
        saved = await backup(it)
        await it.later(60)
        await restore(it, saved)
        await reread(it)
        await it.later(120)
        assert await it.states() == ["done"]
        assert len(it.custody.debits()) == 1
        await it.balanced()


async def test_of_two_claims_the_one_after_the_backup_is_the_one_that_left() -> None:
    async with holding("ana") as it:
        code = await it.send()
        await it.link("eve")
        finish = it.backend.hold(Failed("refused"))
        await it.bot.transport.emit(it.bot.message("eve", it.bot.direct("eve"), f"claim {code}"))
        finish()
        await it.bot.settle()
        saved = await backup(it)
        it.backend.script(Unknown("timeout"), debits=True, status=Status.FAILURE)
        await it.say("eve", f"claim {code}")
        await it.later(60)
        await it.say("eve", f"claim {code}")
        await restore(it, saved)
        await reread(it)
        assert await it.states() == ["done"]
        assert len(it.custody.debits()) == 1
        await it.balanced()


async def test_what_was_only_shown_in_the_backup_and_paid_in_since_is_held_and_has_a_new_code() -> None:
    async with holding("ana") as it:
        await it.say("ana", f"send 5 to {PHONES['eve']}")
        saved = await backup(it)
        old = code_in(await it.say("ana", "yes"))
        await restore(it, saved)
        before = len(it.bot.sent())
        await reread(it)
        new = code_in("\n".join(it.told(before)))
        assert await it.states() == ["open"]
        await it.link("eve")
        assert "No money waits" in await it.say("eve", f"claim {old}")
        assert "in your wallet" in await it.say("eve", f"claim {new}")
        await it.balanced()


async def test_paid_in_and_claimed_since_is_over() -> None:
    async with holding("ana", "eve") as it:
        await it.say("ana", f"send 5 to {PHONES['dan']}")
        await it.link("dan")
        saved = await backup(it)
        code = code_in(await it.say("ana", "yes"))
        await it.say("dan", f"claim {code}")
        await restore(it, saved)
        await reread(it)
        assert await it.states() == ["done"]
        await it.balanced()
        assert len(it.custody.debits()) == 1


async def test_paid_in_in_doubt_and_claimed_since_is_over_and_entered_when_it_is_found() -> None:
    async with holding("ana") as it:
        await it.say("ana", f"send 5 to {PHONES['eve']}")
        it.backend.script(Unknown("timeout"), debits=True)
        await it.say("ana", "yes")
        saved = await backup(it)
        code = code_in(await it.later(60))
        await it.link("eve")
        await it.say("eve", f"claim {code}")
        await restore(it, saved)
        await it.bot.run_job(SCHEDULE.job)
        assert await it.states() == ["done"]
        assert await it.ledger() == {"paid": 500}
        await it.bot.run_job(SWEEP)
        await it.later(60)
        assert await it.ledger() == {"paid": 500, "received": 500}


async def test_what_came_in_since_and_nobody_knows_for_whom_waits_for_the_operator() -> None:
    async with holding("ana") as it:
        saved = await backup(it)
        code = await it.send()
        await it.send(200)
        await it.link("eve")
        await it.say("eve", f"claim {code}")
        it.backend.receive(it.custody, usd(50), "more float")
        await restore(it, saved)
        await reread(it)
        assert await it.states() == []
        (first, second) = await it.parts.intents.unresolved()
        assert {first.minor, second.minor} == {500, 200}
        assert first.body.payee.label == "ana"
        assert "#" in first.body.memo
        assert not await on_hold(it)


async def test_custody_is_read_before_anything_is_paid_out_however_long_it_takes() -> None:
    async with holding("ana", capabilities=RETICENT) as it:
        code = await it.send()
        await it.link("eve")
        saved = await backup(it)
        await it.say("eve", f"claim {code}")
        await restore(it, saved)
        refused = BackendError("the token is not valid", code="rejected")
        it.backend.fail_next("transactions", refused, times=3)  # of Ana, Eve, custody
        await it.bot.run_job(SCHEDULE.job)
        assert await on_hold(it)
        it.backend.outage = True
        await it.later(120)
        assert await on_hold(it)
        it.backend.outage = False
        await it.later(120)
        assert not await on_hold(it)
        assert await it.states() == ["done"]


async def test_an_unused_custody_with_an_empty_list_holds_nothing_up() -> None:
    async with holding("ana", capabilities=RETICENT) as it:
        await restore(it, await backup(it))
        await reread(it)
        assert not await on_hold(it)


async def test_a_payout_that_failed_since_closes_nothing() -> None:
    async with holding("ana") as it:
        code = await it.send()
        await it.link("eve")
        saved = await backup(it)
        it.backend.script(Unknown("timeout"), debits=True, status=Status.FAILURE)
        await it.say("eve", f"claim {code}")
        await restore(it, saved)
        await reread(it)
        assert await it.states() == ["open"]
