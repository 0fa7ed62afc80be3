"""Who waits for the slot gets it when it is free, whoever else waits."""

from __future__ import annotations

import asyncio

from whinchat.testing.clock import FakeClock
from whinchat.transports.linked.slot import Slot

TURN = 5.0  # seconds


async def test_everybody_who_waits_gets_a_turn() -> None:
    """It is free for a moment only when several wait: all of them wake, and one takes it."""
    clock = FakeClock()
    slot = Slot(clock, lambda: None)
    assert await slot.take(TURN)
    waiting = [asyncio.create_task(slot.take(TURN)) for _ in range(5)]
    for turn in range(1, 6):
        slot.release()
        await clock.advance(0.01)
        done = [task for task in waiting if task.done()]
        assert [task.result() for task in done] == [True] * turn


async def test_who_waits_too_long_goes_away() -> None:
    clock = FakeClock()
    slot = Slot(clock, lambda: None)
    assert await slot.take(TURN)
    waiting = asyncio.create_task(slot.take(TURN))
    await clock.advance(TURN)
    assert await waiting is False
