"""Payments in a database on a disk: its statements are understood there, and of many confirmations one wins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.wallet.payment_rows import ANA, Store, proposal, yes

from whinchat.apps.wallet.holds import RESTORED, Holds
from whinchat.apps.wallet.intents import shown
from whinchat.apps.wallet.migrations import MIGRATIONS
from whinchat.apps.wallet.restore import AFTER_RESTORE
from whinchat.apps.wallet.transitions import DOUBT, PAY, SUBMIT, State
from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Statement
from whinchat.infra.clock import SystemClock
from whinchat.infra.storage.migrate import migrate
from whinchat.infra.storage.sqlite import SqliteDatabase


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    path = tmp_path / "wallet.db"
    migrate(path, MIGRATIONS, None, SystemClock())
    async with SqliteDatabase(path) as database:
        yield Store(database)


@pytest.mark.parametrize("times", [2, 10, 100])
async def test_of_many_confirmations_at_once_one_wins(store: Store, times: int) -> None:
    (drafted,) = await store.draft(proposal(500, "bob"))
    won = await asyncio.gather(*(store.confirm(drafted) for _ in range(times)))
    assert won.count(True) == 1
    assert await store.intents.spent("sandbox", ANA.account) == 500


async def test_confirmations_of_one_account_at_once_stay_within_the_day(store: Store) -> None:
    drafted = [(await store.draft(proposal(100 + number, "bob")))[0] for number in range(50)]
    won = await asyncio.gather(*(store.confirm(each) for each in drafted))
    assert won.count(True) == 7  # 100 + 101 + … + 106 of 800 cents
    assert await store.intents.spent("sandbox", ANA.account) <= ANA.day_limit


async def test_of_many_payments_of_one_invoice_one_is_confirmed(store: Store) -> None:
    drafted = [(await store.draft(proposal(1 + number, "bob", invoice=True)))[0] for number in range(20)]
    won = await asyncio.gather(*(store.confirm(each) for each in drafted))
    assert won.count(True) == 1
    with pytest.raises(Conflict):
        await store.database.commit(Batch((Statement("UPDATE wallet_intents SET state = 'unknown'", {}),)))


async def test_a_way_through_all_statements(store: Store) -> None:
    (drafted,), (other,) = await store.draft(proposal(500, "bob")), await store.draft(proposal(100, "eve"))
    now = store.clock.now()
    assert await store.intents.hindrance(ANA, proposal(501, "bob"), 501) == "payment_limit"
    await store.database.commit(Batch(shown(drafted.showing, now)))
    assert await store.intents.obstacle(drafted, yes(now + 1000, None)) == "code"
    assert await store.confirm(drafted)
    assert await store.change(SUBMIT, drafted, now=now)
    assert await store.intents.hindrance(ANA, proposal(500, "bob"), 500) == "twin"
    assert await store.change(DOUBT, drafted, error="timeout", look_at=now, resend_until=None)
    await store.database.commit(Batch(AFTER_RESTORE))
    assert await Holds(store.database).since(RESTORED) == now
    assert await store.state(other) is State.EXPIRED
    assert await store.change(PAY, drafted, now=now, fee=0)
    await store.database.commit(Batch((store.intents.recall(drafted), *store.intents.sweep())))
    assert {each.id for each in await store.intents.recent("ana", 1000)} == {drafted.id, other.id}
