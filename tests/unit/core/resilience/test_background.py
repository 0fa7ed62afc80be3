from __future__ import annotations

import asyncio

import pytest

from whinchat.core.resilience.background import Background


async def test_work_goes_on_when_nobody_waits() -> None:
    done: list[str] = []

    async def work() -> None:
        await asyncio.sleep(0)
        done.append("work")

    Background().start(work())
    for _ in range(3):
        await asyncio.sleep(0)
    assert done == ["work"]


async def test_who_waits_gets_what_it_gives() -> None:
    async def work() -> int:
        return 7

    assert await Background().start(work()) == 7


async def test_who_waits_gets_its_error() -> None:
    async def work() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await Background().start(work())


async def test_close_ends_what_is_under_way() -> None:
    background = Background()
    task = background.start(asyncio.sleep(60))
    await asyncio.sleep(0)
    background.close()
    await asyncio.wait([task])
    assert task.cancelled()
