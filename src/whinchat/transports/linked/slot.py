"""One message at a time: the library sends them one after another, and holds up all others while one is not answered.

So a message is given to it only when it is free; whoever does not get that far was surely not sent. Source: whatsmeow
`send.go`, `messageSendLock`, held for up to 75 seconds while an answer is missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from whinchat.core.ports import Clock
from whinchat.core.resilience.waiting import set_within


class Slot:
    """`unblock` is called when somebody waits behind a message that nobody waits for any more."""

    def __init__(self, clock: Clock, unblock: Callable[[], None]) -> None:
        self._clock = clock
        self._unblock = unblock
        self._free = asyncio.Event()
        self._free.set()
        self._overdue = False
        self._waiting = 0

    async def take(self, seconds: float) -> bool:
        """Whether it is free, and now taken, within that time."""
        end = self._clock.monotonic() + seconds
        self._waiting += 1
        try:
            self._clear_way()
            while not self._free.is_set():
                left = end - self._clock.monotonic()
                if left <= 0:
                    return False
                await set_within(self._free, left, self._clock)  # another one may have been quicker when it was
            self._free.clear()
            return True
        finally:
            self._waiting -= 1

    def overdue(self) -> None:
        """The message in it is not answered in time."""
        self._overdue = not self._free.is_set()
        self._clear_way()

    def release(self) -> None:
        self._overdue = False
        self._free.set()

    def _clear_way(self) -> None:
        if self._overdue and self._waiting:
            self._overdue = False
            self._unblock()
