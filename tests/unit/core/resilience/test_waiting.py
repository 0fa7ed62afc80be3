from __future__ import annotations

import asyncio

import pytest

from whinchat.core.resilience.waiting import set_within
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
