from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.core.ports import Batch
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer
from whinchat.transports.cloud.migrations import MIGRATIONS
from whinchat.transports.cloud.windows import Windows, retention

HOUR = 3600
MS = 1000


class Desk:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.commits = 0
        self.database = MemoryDatabase(MIGRATIONS, hook=self._count)
        self.windows = self.of("number")

    def of(self, number: str) -> Windows:
        return Windows(self.database, PlainSealer(), self.clock, number)

    def _count(self, point: str) -> None:
        self.commits += point == "before_commit"


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_it_is_open_for_a_day_after_the_last_message(desk: Desk) -> None:
    assert not await desk.windows.is_open("ana")
    await desk.windows.opened(desk.clock.now(), "ana")
    assert await desk.windows.is_open("ana")
    desk.clock.move(23.9 * HOUR)
    assert await desk.windows.is_open("ana")
    desk.clock.move(0.1 * HOUR)
    assert not await desk.windows.is_open("ana")


async def test_it_outlives_a_restart(desk: Desk) -> None:
    await desk.windows.opened(desk.clock.now(), "ana")
    assert await desk.of("number").is_open("ana")


async def test_each_number_has_its_own(desk: Desk) -> None:
    await desk.windows.opened(desk.clock.now(), "ana")
    assert not await desk.of("another").is_open("ana")


async def test_a_person_has_it_under_all_their_ids(desk: Desk) -> None:
    await desk.windows.opened(desk.clock.now(), "DE.1", "9991", "DE.1")
    assert await desk.windows.is_open("DE.1")
    assert await desk.windows.is_open("9991")


async def test_news_that_come_late_do_not_reopen_it(desk: Desk) -> None:
    await desk.windows.opened(desk.clock.now() - 25 * HOUR * MS, "ana")
    assert not await desk.windows.is_open("ana")


async def test_an_older_message_takes_nothing_away(desk: Desk) -> None:
    await desk.windows.opened(desk.clock.now(), "ana")
    await desk.windows.opened(desk.clock.now() - 10 * HOUR * MS, "ana")
    desk.clock.move(20 * HOUR)
    assert await desk.windows.is_open("ana")


async def test_a_lively_chat_is_not_written_down_each_time(desk: Desk) -> None:
    for _ in range(50):
        await desk.windows.opened(desk.clock.now(), "ana")
        desk.clock.move(1)
    assert desk.commits == 1
    desk.clock.move(60)
    await desk.windows.opened(desk.clock.now(), "ana")
    assert desk.commits == 2


async def test_the_network_knows_better(desk: Desk) -> None:
    await desk.windows.opened(desk.clock.now(), "ana")
    desk.clock.move(1)
    await desk.windows.closed("ana", desk.clock.now())
    assert not await desk.windows.is_open("ana")


async def test_what_the_network_said_before_the_last_message_is_old(desk: Desk) -> None:
    said = desk.clock.now()
    desk.clock.move(1)
    await desk.windows.opened(desk.clock.now(), "ana")
    await desk.windows.closed("ana", said)
    assert await desk.windows.is_open("ana")


async def test_nobody_can_be_read_off_the_table(desk: Desk) -> None:
    await desk.windows.opened(desk.clock.now(), "999100000001")
    ((chat, _),) = await desk.database.fetch("SELECT * FROM cloud_windows")
    assert isinstance(chat, bytes)
    assert len(chat) == 16


async def test_what_is_over_is_forgotten(desk: Desk) -> None:
    await desk.windows.opened(desk.clock.now(), "ana")
    desk.clock.move(47 * HOUR)
    await desk.windows.opened(desk.clock.now(), "bob")
    assert await desk.database.commit(Batch((retention(desk.clock.now()),))) == ((),)
    desk.clock.move(2 * HOUR)
    assert len((await desk.database.commit(Batch((retention(desk.clock.now()),))))[0]) == 1
    assert await desk.database.commit(Batch((retention(desk.clock.now()),))) == ((),)
    assert await desk.windows.is_open("bob")


@given(hours=st.lists(st.integers(0, 40), max_size=8), at=st.integers(0, 60))
async def test_it_is_open_exactly_when_somebody_wrote_within_a_day(hours: list[int], at: int) -> None:
    desk = Desk()
    for hour in sorted(hours):
        desk.clock.move(hour * HOUR - desk.clock.monotonic())
        await desk.windows.opened(desk.clock.now(), "ana")
    now = max([at, *hours])
    desk.clock.move(now * HOUR - desk.clock.monotonic())
    assert await desk.windows.is_open("ana") is any(now - hour < 24 for hour in hours)
