"""A service lives on from an old backup: what was paid since is not paid, claimed or given back again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from tests.support.wallet.flow import flow
from tests.support.wallet.invariants import Debit, debits, intents
from tests.support.wallet.whole import Whole, whole

from whinchat.apps.wallet import held, reconcile, restore
from whinchat.core.dispatch import outbox
from whinchat.core.ports import Batch
from whinchat.sandbox.faults import Fault, Switch
from whinchat.sandbox.profiles import BLINK, FLASH, SANDBOX, Profile

PROFILES = pytest.mark.parametrize("profile", [SANDBOX, FLASH, BLINK], ids=lambda profile: profile.name)
ALL = ("yes", "pay 1", "pending cancel 1", "undo")
DAYS = 24 * 3600


class Operator:
    """Makes backups, and restores them as `whinchat db restore` does."""

    def __init__(self, it: Whole) -> None:
        self.it = it
        self._backup = b""

    def back_up(self) -> None:
        self._backup = self.it.bot.database._connection.serialize()

    async def restore(self) -> None:
        bot = self.it.bot
        bot.database._connection.deserialize(self._backup)
        await bot.database.commit(Batch((*outbox.AFTER_RESTORE, *restore.AFTER_RESTORE)))
        await bot.crash()
        await bot.run_job(restore.SCHEDULE.job)
        await self.later(31, 60, 300, 901, 901)

    async def later(self, *spans: float) -> None:
        for seconds in spans:
            self.it.bot.clock.move(seconds)
            await flow(self.it.bot)
            for job in (reconcile.SWEEP, held.EXPIRE):
                await self.it.bot.run_job(job)

    async def insist(self, secret: str) -> None:
        """Everybody says again whatever could pay."""
        for text in ALL:
            await self.it.say("ana", text)
        for name in ("eve", "bob"):
            await self.it.say(name, f"claim {secret}")
        await self.later(901, 31 * DAYS, 901, 901)

    def debits(self) -> list[Debit]:
        return debits(self.it)


@asynccontextmanager
async def operator(profile: Profile) -> AsyncIterator[Operator]:
    async with whole("ana", "bob", profile=profile) as it:
        yield Operator(it)


async def held_for_eve(it: Whole) -> str:
    """The code."""
    await it.say("ana", "send 7 to +15550000003")
    (funded,) = await it.say("ana", "yes")
    return funded.partition("`claim ")[2].partition("`")[0]


@PROFILES
async def test_a_payment_that_was_only_shown_in_the_backup_is_not_paid_again(profile: Profile) -> None:
    async with operator(profile) as it:
        await it.it.say("ana", "send 10 to @bob")
        it.back_up()
        await it.it.say("ana", "yes")
        assert len(it.debits()) == 1
        await it.restore()
        await it.insist("")
        assert len(it.debits()) == 1
        assert [row.state for row in await intents(it.it)] == ["paid"]


@PROFILES
async def test_a_payment_that_the_backup_never_heard_of_is_found(profile: Profile) -> None:
    async with operator(profile) as it:
        it.back_up()
        await it.it.say("ana", "send 10 to @bob")
        await it.it.say("ana", "yes")
        await it.restore()
        assert [row.state for row in await intents(it.it)] == ["paid"]
        assert len(it.debits()) == 1


@PROFILES
@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.DROP_BEFORE])
async def test_a_payment_that_was_in_doubt_in_the_backup_is_not_sent_again(profile: Profile, fault: Fault) -> None:
    async with operator(profile) as it:
        it.it.bank.faults.set(Switch(fault=fault, operation="intraLedgerUsdPaymentSend", count=1))
        await it.it.say("ana", "send 10 to @bob")
        await it.it.say("ana", "yes")
        it.back_up()
        before = len(it.debits())
        await it.restore()
        assert len(it.debits()) == before
        assert [row.state for row in await intents(it.it)] == ["paid" if before else "unknown"]


async def claim(it: Whole, secret: str) -> None:
    await it.link("eve")
    await it.say("eve", f"claim {secret}")


async def take_back(it: Whole, secret: str) -> None:
    await it.say("ana", "pending cancel 1")


WAYS: dict[str, Callable[[Whole, str], Awaitable[None]]] = {"claimed": claim, "taken back": take_back}


@PROFILES
@pytest.mark.parametrize("way", WAYS)
async def test_what_left_custody_after_the_backup_does_not_leave_again(profile: Profile, way: str) -> None:
    async with operator(profile) as it:
        custody = it.it.bank.account(it.it.custody).wallets[0]
        it.it.bank.deposit(custody.id, 50_00)  # others' money: a second payment would succeed
        secret = await held_for_eve(it.it)
        it.back_up()
        await WAYS[way](it.it, secret)
        assert len(it.debits()) == 2
        await it.restore()
        await it.it.link("eve")
        await it.insist(secret)
        assert len(it.debits()) == 2
        it.it.bank.check()
