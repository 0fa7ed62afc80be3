"""Waiting for something, but not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from whinchat.core.ports import Clock

T = TypeVar("T")


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


async def within(work: Coroutine[Any, Any, T], seconds: float, clock: Clock) -> T:
    """What `work` gives or raises, if it ends in time; else it is cancelled.

    Raises:
        TimeoutError: it took longer than `seconds` by `clock`.
    """
    task = asyncio.ensure_future(work)
    alarm = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((task, alarm), return_when=asyncio.FIRST_COMPLETED)
    finally:
        in_time = task.done()
        task.cancel()
        alarm.cancel()
        await asyncio.wait((task, alarm))
    if not in_time:
        raise TimeoutError
    return task.result()
