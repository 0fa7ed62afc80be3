"""Where somebody is in their history is kept for an hour, and only as long as that."""

from __future__ import annotations

from whinchat.apps.wallet.listings import LASTS, Listing, Listings
from whinchat.apps.wallet.migrations import MIGRATIONS
from whinchat.core.ports import Batch
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer

SHOWN = Listing("first", ("tx-2", "tx-1"), "tx-1")


async def test_it_is_there_again_in_the_same_session_for_an_hour() -> None:
    clock, database = FakeClock(), MemoryDatabase(MIGRATIONS)
    listings = Listings(database, PlainSealer(), clock)
    assert await listings.current("ana", "first") == Listing("first")
    await database.commit(Batch((listings.keep("ana", SHOWN),)))
    assert await listings.current("ana", "first") == SHOWN
    assert await listings.current("ana", "second") == Listing("second")
    assert await listings.current("bob", "first") == Listing("first")
    clock.move(LASTS / 1000)
    assert await listings.current("ana", "first") == Listing("first")


async def test_what_is_over_is_forgotten() -> None:
    clock, database = FakeClock(), MemoryDatabase(MIGRATIONS)
    listings = Listings(database, PlainSealer(), clock)
    await database.commit(Batch((listings.keep("ana", SHOWN),)))
    clock.move(LASTS / 2000)
    await database.commit(Batch((listings.keep("bob", SHOWN),)))
    clock.move(LASTS / 2000)
    ((gone,),) = await database.commit(Batch((listings.retention(10),)))
    assert gone == ("ana",)
