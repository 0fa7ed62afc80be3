"""The check that custody has what it owes, and what happens to payouts when it has not."""

from __future__ import annotations

import asyncio

from tests.support.wallet.holding import Holding, holding

from whinchat.apps.wallet import custody
from whinchat.apps.wallet.backend import BackendError, Unknown
from whinchat.apps.wallet.money import usd


async def check(it: Holding) -> None:
    await it.bot.run_job(custody.CHECK)


async def findings(it: Holding) -> list[tuple[bool, bool]]:
    found = [await each.check() for each in it.bot.apps[0].health if each.name == "wallet_custody"]
    return [(each.ok, each.critical) for each in found]


async def test_books_that_add_up_hold_nothing_back() -> None:
    async with holding("ana") as it:
        await it.send()
        await check(it)
        assert not await it.payouts_held()
        assert await findings(it) == [(True, False)]
        assert it.bot.metrics.value(custody.HELD, currency="USD") == 500


async def test_missing_money_stops_payouts_until_it_is_there_again() -> None:
    async with holding("ana", "bob") as it:
        code = await it.send()
        await it.link("eve")
        it.custody.balances["usd-custody"] -= 1
        await check(it)
        assert await it.payouts_held()
        assert await findings(it) == [(False, False)]
        assert "cannot be paid out just now" in await it.say("eve", f"claim {code}")
        await it.say("ana", "send 1 to @bob")
        assert "✅ Paid $1.00" in await it.say("ana", "yes")
        await check(it)
        assert await it.payouts_held()
        it.backend.receive(it.custody, usd(1))
        await check(it)
        assert not await it.payouts_held()
        assert "in your wallet" in await it.say("eve", f"claim {code}")


async def test_a_row_that_the_ledger_does_not_know_stops_payouts() -> None:
    async with holding("ana") as it:
        await it.send()
        await it.rows("UPDATE wallet_escrows SET minor = 100")
        await check(it)
        assert await it.payouts_held()


async def test_a_payout_in_doubt_counts_as_owed() -> None:
    async with holding("ana") as it:
        code = await it.send()
        await it.link("eve")
        it.backend.script(Unknown("timeout"))
        await it.say("eve", f"claim {code}")
        await check(it)
        assert not await it.payouts_held()
        it.custody.balances["usd-custody"] -= 500
        await check(it)
        assert await it.payouts_held()


async def test_while_money_is_just_leaving_it_is_looked_again_before_anything_is_stopped() -> None:
    async with holding("ana") as it:
        code = await it.send()
        await it.link("eve")
        answer = it.backend.hold(Unknown("slow"), debits=True)
        await it.bot.transport.emit(it.bot.message("eve", it.bot.direct("eve"), f"claim {code}"))
        job = None
        for _ in range(300):
            await asyncio.sleep(0)
            if job is None and (claim := await it.bot.queue.claim(["wallet.pay"])) is not None:
                job = asyncio.create_task(it.bot._run_claimed(claim))
        assert await it.intents("claim") == ["submitting"]
        await check(it)
        assert not await it.payouts_held()
        answer()
        assert job is not None
        await job
        await it.later(60, 5)
        assert not await it.payouts_held()
        assert await it.states() == ["done"]


async def test_a_backend_that_does_not_answer_changes_nothing() -> None:
    async with holding("ana") as it:
        await it.send()
        it.custody.balances["usd-custody"] = 0
        it.backend.fail_next("me", BackendError("no answer"))
        await check(it)
        assert not await it.payouts_held()
