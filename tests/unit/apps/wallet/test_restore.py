"""After a backup was restored: nothing is paid until it is known what was."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.support.wallet.backend import FRANK, RETICENT
from tests.support.wallet.paying import Desk, paying

from whinchat.apps.wallet.backend import Capabilities, Status, Unknown
from whinchat.apps.wallet.holds import RESTORED
from whinchat.apps.wallet.money import sats, usd
from whinchat.apps.wallet.reconcile import SWEEP
from whinchat.apps.wallet.restore import AFTER_RESTORE, SCHEDULE
from whinchat.core.ports import Batch, Row, Statement, Value

KEYS = replace(FRANK, keys_lightning=True, keys_hours=24)


async def backup(desk: Desk) -> tuple[list[Row], list[Row]]:
    """The payments as they are now."""
    return await desk.rows("SELECT * FROM wallet_intents"), await desk.rows("SELECT * FROM wallet_settled")


async def restore(desk: Desk, saved: tuple[list[Row], list[Row]]) -> None:
    """Time went on; then the backup takes the place of everything since."""
    statements = [Statement("DELETE FROM wallet_intents", {}), Statement("DELETE FROM wallet_settled", {})]
    statements.append(Statement("DELETE FROM memory_jobs", {}))
    for table, rows in zip(("wallet_intents", "wallet_settled"), saved, strict=True):
        for row in rows:
            marks = ", ".join(f":v{number}" for number in range(len(row)))
            values = {f"v{number}": value for number, value in enumerate(row)}
            statements.append(Statement(f"INSERT INTO {table} VALUES ({marks})", values))
    for name in desk.members:
        person: dict[str, Value] = {"id": name, "now": desk.bot.clock.now()}
        sql = """INSERT INTO wallet_users (id, backend, body, token, created_at)
                      VALUES (:id, 'sandbox', x'00', x'00', :now)"""
        statements.append(Statement(sql, person))
    await desk.bot.database.commit(Batch((*statements, *AFTER_RESTORE)))


async def reread(desk: Desk) -> None:
    await desk.bot.run_job(SCHEDULE.job)


async def held(desk: Desk) -> bool:
    return await desk.parts.holds.since(RESTORED) is not None


async def test_what_was_shown_in_the_backup_is_over_and_money_is_held() -> None:
    async with paying("ana", "bob", "eve") as desk:
        await desk.draft("ana", 500, "eve")
        saved = await backup(desk)
        await restore(desk, saved)
        assert await desk.states() == ["expired"]
        assert await held(desk)
        assert (await desk.say("ana", "draft 500 bob"))[0].startswith("Payments are switched off")


async def test_a_payment_that_was_confirmed_in_the_backup_is_found_and_never_sent() -> None:
    async with paying("ana", capabilities=KEYS) as desk:
        await desk.confirmed("ana", 500, "lncoffee")
        saved = await backup(desk)
        await desk.bot.settle()
        assert len(desk.account("ana").debits()) == 1
        await restore(desk, saved)
        assert await desk.states() == ["unknown"]
        await desk.bot.run_job(SWEEP)
        assert await desk.states() == ["paid"]
        assert len(desk.backend.payments) == 1


@pytest.mark.parametrize("state", ["confirmed", "unknown"])
async def test_a_payment_that_was_confirmed_in_the_backup_and_never_left_is_not_sent_later(state: str) -> None:
    async with paying("ana", capabilities=KEYS) as desk:
        await desk.confirmed("ana", 500, "lncoffee")
        if state == "unknown":
            desk.backend.script(Unknown("timeout"))
            await desk.bot.settle()
            desk.backend.payments.clear()
        saved = await backup(desk)
        await restore(desk, saved)
        await desk.bot.run_job(SWEEP)
        await reread(desk)
        await desk.wait(600, 2)
        assert await desk.states() == ["unknown"]
        assert desk.backend.payments == []


@pytest.mark.parametrize("capabilities", [FRANK, RETICENT])
async def test_what_was_paid_since_the_backup_counts_again_before_money_moves(capabilities: Capabilities) -> None:
    async with paying("ana", "bob", "eve", capabilities=capabilities) as desk:
        await desk.draft("ana", 100, "eve")
        await desk.say("ana", "yes")
        await desk.later(3)
        shown = await desk.draft("ana", 200, "eve")
        saved = await backup(desk)
        await desk.say("ana", f"yes {shown}")
        await desk.draft("ana", 300, "bob")
        await desk.say("ana", "yes")
        desk.backend.receive(desk.account("ana"), sats(5))
        desk.bot.clock.move(3600)
        await restore(desk, saved)
        assert await desk.spent("ana") == 100
        await reread(desk)
        assert await desk.states() == ["paid", "paid", "paid"]
        assert await desk.spent("ana") == 600
        assert not await held(desk)
        assert (await desk.say("ana", "draft 300 bob"))[0].startswith("Send *$3.00*")
        await reread(desk)
        assert sorted(await desk.states()) == ["paid", "paid", "paid", "shown"]


async def test_bitcoin_counts_at_its_price() -> None:
    async with paying("ana", "bob") as desk:
        saved = await backup(desk)
        ana = desk.account("ana")
        source, target = ana.wallet(sats(1).currency), desk.account("bob").wallets[sats(1).currency]
        await desk.backend.pay_wallet(ana.token, source, target, sats(1001), "lunch #abcdefgh23", "key")
        await restore(desk, saved)
        await reread(desk)
        assert await desk.spent("ana") == 51


async def test_what_is_not_ours_failed_or_is_looked_for_anyway_is_left_alone() -> None:
    async with paying("ana", "bob") as desk:
        desk.backend.script(Unknown("timeout"), debits=True, status=Status.PENDING)
        await desk.draft("ana", 500, "bob")
        await desk.say("ana", "yes")
        saved = await backup(desk)
        ana, bob = desk.account("ana"), desk.account("bob")
        for memo in ("", "lunch", "lunch #7", "#abcdefgh23 lunch"):
            await desk.backend.pay_wallet(ana.token, ana.wallet(), bob.wallet().id, usd(100), memo, "k")
        desk.backend.script(debits=True, status=Status.FAILURE)
        await desk.backend.pay_wallet(ana.token, ana.wallet(), bob.wallet().id, usd(100), "#abcdefgh24", "k")
        await restore(desk, saved)
        await reread(desk)
        assert await desk.states() == ["unknown"]
        assert not await held(desk)


async def test_an_account_that_cannot_be_read_keeps_money_held_until_it_can() -> None:
    async with paying("ana", "bob") as desk:
        await restore(desk, await backup(desk))
        desk.backend.fail_next("transactions", times=2)
        await reread(desk)
        assert await held(desk)
        await desk.later(60)
        assert await held(desk)
        await desk.later(60)
        assert not await held(desk)


async def test_an_account_whose_token_is_no_longer_valid_holds_up_nobody() -> None:
    async with paying("ana", "bob") as desk:
        await restore(desk, await backup(desk))
        await desk.backend.logout(desk.account("ana").token)
        del desk.members["bob"]
        await reread(desk)
        assert not await held(desk)


@pytest.mark.parametrize("paid_before", [True, False])
async def test_an_empty_list_is_believed_of_who_never_paid_alone(paid_before: bool) -> None:
    async with paying("ana", "bob", capabilities=RETICENT) as desk:
        if paid_before:
            await desk.draft("ana", 100, "bob")
            await desk.say("ana", "yes")
        saved = await backup(desk)
        await restore(desk, saved)
        desk.backend.outage = True
        await reread(desk)
        assert await held(desk) is paid_before
        desk.backend.outage = False
        await desk.later(60)
        assert not await held(desk)


async def test_without_a_restore_the_job_does_nothing() -> None:
    async with paying("ana") as desk:
        await reread(desk)
        assert desk.backend.calls == []
