"""Waiting for something, but not for ever."""

from __future__ import annotations

import asyncio

from whinchat.core.ports import Clock


async def set_within(event: asyncio.Event, seconds: float, clock: Clock) -> bool:
    """Wait until `event` is set, at most `seconds` by `clock`; whether it is set."""
    if event.is_set():
        return True
    async with asyncio.TaskGroup() as group:
        waits = [group.create_task(_done(event)), group.create_task(clock.sleep(seconds))]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
    return event.is_set()


async def _done(event: asyncio.Event) -> None:
    await event.wait()
