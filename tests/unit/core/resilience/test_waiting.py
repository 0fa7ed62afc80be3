from __future__ import annotations

import asyncio

import pytest

from whinchat.core.resilience.waiting import set_within, within
from whinchat.testing.clock import FakeClock


async def test_what_is_set_already_is_not_waited_for() -> None:
    event = asyncio.Event()
    event.set()
    assert await set_within(event, 60, FakeClock())


async def test_it_ends_when_the_event_is_set() -> None:
    clock, event = FakeClock(), asyncio.Event()
    waiting = asyncio.ensure_future(set_within(event, 60, clock))
    await clock.advance(59)
    assert not waiting.done()
    event.set()
    assert await waiting


async def test_it_ends_when_the_time_is_over() -> None:
    clock, event = FakeClock(), asyncio.Event()
    waiting = asyncio.ensure_future(set_within(event, 60, clock))
    await clock.advance(60)
    assert not await waiting


async def test_cancelling_it_leaves_nothing_behind() -> None:
    waiting = asyncio.ensure_future(set_within(asyncio.Event(), 60, FakeClock()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_work_that_ends_in_time_gives_what_it_gives() -> None:
    async def work() -> int:
        return 7

    assert await within(work(), 1.0, FakeClock()) == 7


async def test_work_that_fails_in_time_raises_its_error() -> None:
    async def work() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await within(work(), 1.0, FakeClock())


async def test_work_that_takes_longer_is_ended() -> None:
    clock, ended = FakeClock(), []

    async def work() -> None:
        try:
            await clock.sleep(9.0)
        finally:
            ended.append("work")

    waiting = asyncio.ensure_future(within(work(), 1.0, clock))
    await clock.advance(0.9)
    assert not waiting.done()
    await clock.advance(0.2)
    with pytest.raises(TimeoutError):
        await waiting
    assert ended == ["work"]


async def test_who_stops_waiting_ends_the_work() -> None:
    clock, ended = FakeClock(), []

    async def work() -> None:
        try:
            await clock.sleep(9.0)
        finally:
            ended.append("work")

    waiting = asyncio.ensure_future(within(work(), 1.0, clock))
    await clock.advance(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended == ["work"]
