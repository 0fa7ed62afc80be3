"""Time that goes by faster than it does, and that a test can put forward."""

from __future__ import annotations

import asyncio
import time

from whinchat.testing.clock import START


class RushedClock:
    """`ports.Clock`, `times` as fast as the machine's: what waits for minutes is tested in earnest in seconds."""

    def __init__(self, times: float = 100.0) -> None:
        self._times = times
        self._began = time.monotonic()
        self._put_forward = 0.0

    def now(self) -> int:
        return START + round(self.monotonic() * 1000)

    def monotonic(self) -> float:
        return (time.monotonic() - self._began) * self._times + self._put_forward

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._times)

    def move(self, seconds: float) -> None:
        """What sleeps goes on sleeping as long as it meant to."""
        self._put_forward += seconds
