"""The machine loses power while money is on its way: what was not synced is gone, and the bank has paid."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from tests.support.power import Disk
from tests.support.wallet.invariants import check, debits, intents
from tests.support.wallet.whole import Whole, whole

from whinchat.apps.wallet import held, reconcile
from whinchat.core.ports import Batch, Statement
from whinchat.infra.storage.sqlite import SqliteDatabase
from whinchat.sandbox.profiles import BLINK, FLASH, SANDBOX, Profile
from whinchat.testing.queue import MemoryQueue

NOTE = Statement("INSERT INTO wallet_holds (name, at) VALUES (:name, 0)", {})


@pytest.fixture
def disk() -> Iterator[Disk]:
    made = Disk()
    yield made
    made.close()


class Machine:
    """The whole wallet over a database in a file."""

    def __init__(self, it: Whole, disk: Disk, folder: Path) -> None:
        self.it = it
        self.path = folder / "wallet.db"
        self.left: list[tuple[Path, int]] = []
        """What a power loss would have left of the database when a payment reached the bank, and how many messages had
        been sent then."""
        self._disk = disk
        self._folder = folder
        self._database: SqliteDatabase | None = None

    async def live_on(self, path: Path) -> None:
        """As after a start of the machine, with the database that is there."""
        if self._database is not None:
            await self._database.close()
        self.path = path
        self._database = SqliteDatabase(path)
        await self._database.open()
        bot = cast("Any", self.it.bot)
        bot.database, bot.queue = self._database, MemoryQueue(self._database, bot.clock)
        await bot.crash()

    async def close(self) -> None:
        if self._database is not None:
            await self._database.close()

    def watch(self) -> None:
        """Note what is certain whenever a payment reaches the bank, before it does anything."""
        bank = cast("Any", self.it.bank)
        for name in ("pay_wallet", "pay_invoice"):
            setattr(bank, name, self._noting(getattr(bank, name)))

    def _noting(self, pay: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*args: Any, **more: Any) -> Any:
            saved = self._disk.save(self.path, self._folder / f"left-{len(self.left)}")
            self.left.append((saved, len(self.it.bot.transport.performed)))
            return pay(*args, **more)

        return noting

    async def lose_power(self) -> None:
        """When the last payment had just reached the bank: what came after that was never sent."""
        path, sent = self.left[-1]
        del self.it.bot.transport.performed[sent:]
        await self.live_on(path)

    async def recover(self) -> None:
        for seconds in (31, 60, 120, 300, 900):
            await self.it.later(seconds)
            for job in (reconcile.SWEEP, held.EXPIRE):
                await self.it.bot.run_job(job)


@asynccontextmanager
async def machine(disk: Disk, folder: Path, profile: Profile = SANDBOX) -> AsyncIterator[Machine]:
    async with whole("ana", "bob", profile=profile) as it:
        made = Machine(it, disk, folder)
        made.path.write_bytes(it.bot.database._connection.serialize())
        try:
            await made.live_on(made.path)
            made.watch()
            yield made
        finally:
            await it.bot.stop()
            await made.close()
            it.bot._running = None


async def claimable(it: Whole) -> str:
    """Money for Eve; the code."""
    await it.say("ana", "send 7 to +15550000003")
    (funded,) = await it.say("ana", "yes")
    await it.link("eve")
    return funded.partition("`claim ")[2].partition("`")[0]


async def pay_wallet(it: Whole) -> None:
    await it.say("ana", "send 10 to @bob")
    await it.say("ana", "yes")


async def pay_invoice(it: Whole) -> None:
    await it.say("ana", f"pay {it.bank.outside_invoice(5_000).bolt11}")
    await it.say("ana", "yes")


async def claim(it: Whole) -> None:
    await it.say("eve", f"claim {await claimable(it)}")


async def take_back(it: Whole) -> None:
    await claimable(it)
    await it.say("ana", "pending cancel 1")


STORIES: dict[str, Callable[[Whole], Awaitable[None]]] = {
    "a payment": pay_wallet,
    "an invoice": pay_invoice,
    "a claim": claim,
    "a way back": take_back,
}


async def test_the_disk_forgets_what_was_not_synced(disk: Disk, tmp_path: Path) -> None:
    async with machine(disk, tmp_path) as it:
        database = it.it.bot.database
        for name, durable in (("kept", True), ("lost", False)):
            await database.commit(Batch((Statement(NOTE.sql, {"name": name}),), durable=durable))
        await it.live_on(disk.save(it.path, tmp_path / "left"))
        assert await it.it.bot.database.fetch("SELECT name FROM wallet_holds") == [("kept",)]


@pytest.mark.parametrize("profile", [SANDBOX, FLASH, BLINK], ids=lambda profile: profile.name)
@pytest.mark.parametrize("story", STORIES)
async def test_no_submitted_payment_is_forgotten(disk: Disk, tmp_path: Path, story: str, profile: Profile) -> None:
    """The power goes when the last request of the story has just reached the bank, which pays."""
    async with machine(disk, tmp_path, profile) as it:
        await STORIES[story](it.it)
        paid = len(debits(it.it))
        assert paid == len(it.left)
        await it.lose_power()
        states = [row.state for row in await intents(it.it)]
        assert states.count("paid") == paid - 1
        assert set(states) <= {"paid", "submitting", "unknown"}
        await it.recover()
        assert [row.state for row in await intents(it.it)] == ["paid"] * paid
        assert len(debits(it.it)) == len(it.left) == paid
        await check(it.it, yeses=1, at_rest=True)
