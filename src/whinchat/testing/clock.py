"""A clock that a test moves."""

from __future__ import annotations

import asyncio
import heapq

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z, in milliseconds
TURNS = 20  # of the event loop: what woke up gets this far before time moves on


class FakeClock:
    """`ports.Clock` that stands still until it is moved. Nothing ever waits in real time."""

    def __init__(self, now: int = START) -> None:
        self._start = now
        self._passed = 0  # milliseconds
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._slept = 0

    def now(self) -> int:
        return self._start + self._passed

    def monotonic(self) -> float:
        return self._passed / 1000

    async def sleep(self, seconds: float) -> None:
        """Until the clock was moved that far; with 0 or less only the other tasks get their turn."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        due = self._passed + max(1, round(seconds * 1000))
        self._slept += 1  # those due at the same time wake in the order in which they fell asleep
        heapq.heappush(self._sleepers, (due, self._slept, woken))
        await woken

    def move(self, seconds: float) -> None:
        """Move time at once. Sleepers that are due wake when the test next awaits something."""
        self._passed += round(seconds * 1000)
        while self._sleepers and self._sleepers[0][0] <= self._passed:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)

    async def advance(self, seconds: float) -> None:
        """Move time from sleeper to sleeper and let each go on: a loop that sleeps 5 s runs three times in 15 s."""
        end = self._passed + round(seconds * 1000)
        await self._others()
        while self._sleepers and self._sleepers[0][0] <= end:
            self.move((self._sleepers[0][0] - self._passed) / 1000)
            await self._others()
        self.move((end - self._passed) / 1000)
        await self._others()

    async def _others(self) -> None:
        for _ in range(TURNS):
            await asyncio.sleep(0)
