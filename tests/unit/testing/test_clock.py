from __future__ import annotations

import asyncio

from whinchat.core.ports import Clock
from whinchat.testing.clock import START, FakeClock


async def sleeper(clock: Clock, seconds: float, woken: list[str], name: str) -> None:
    await clock.sleep(seconds)
    woken.append(name)


async def test_time_stands_still_until_it_is_moved() -> None:
    clock = FakeClock()
    assert (clock.now(), clock.monotonic()) == (START, 0.0)
    clock.move(1.5)
    assert (clock.now(), clock.monotonic()) == (START + 1500, 1.5)


async def test_sleepers_wake_in_the_order_of_their_times() -> None:
    clock, woken = FakeClock(), list[str]()
    async with asyncio.TaskGroup() as tasks:
        for seconds, name in ((3, "late"), (1, "early"), (3, "late too"), (1, "early too")):
            tasks.create_task(sleeper(clock, seconds, woken, name))
        await clock.advance(2)
        assert woken == ["early", "early too"]
        await clock.advance(1)
    assert woken == ["early", "early too", "late", "late too"]


async def test_a_loop_runs_once_for_each_of_its_periods() -> None:
    clock, times = FakeClock(), list[float]()

    async def tick() -> None:
        while True:
            times.append(clock.monotonic())
            await clock.sleep(5)

    ticking = asyncio.create_task(tick())
    await clock.advance(16)
    ticking.cancel()
    assert times == [0.0, 5.0, 10.0, 15.0]


async def test_move_wakes_without_stepping() -> None:
    clock, woken = FakeClock(), list[str]()
    task = asyncio.create_task(sleeper(clock, 1, woken, "one"))
    await clock.advance(0)
    clock.move(60)
    assert not woken
    await task
    assert woken == ["one"]


async def test_a_cancelled_sleeper_disturbs_nobody() -> None:
    clock, woken = FakeClock(), list[str]()
    cancelled = asyncio.create_task(sleeper(clock, 1, woken, "cancelled"))
    task = asyncio.create_task(sleeper(clock, 1, woken, "stays"))
    await clock.advance(0)
    cancelled.cancel()
    await clock.advance(1)
    await task
    assert woken == ["stays"]


async def test_sleeping_for_nothing_only_lets_others_go_first() -> None:
    clock, woken = FakeClock(), list[str]()
    await sleeper(clock, 0, woken, "now")
    assert woken == ["now"]
