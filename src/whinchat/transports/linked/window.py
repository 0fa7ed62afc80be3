"""The events that the library has handed over and the parent has not yet made durable."""

from __future__ import annotations

import threading
import time

EVENTS = 256
BYTES = 8 * 1024 * 1024


class Window:
    """Bounded: `put` waits while it is full, which holds back the library and, through it, the network."""

    def __init__(self, events: int = EVENTS, size: int = BYTES) -> None:
        self._events = events
        self._size = size
        self._changed = threading.Condition()
        self._open: dict[int, tuple[str, bytes]] = {}
        self._bytes = 0
        self._number = 0
        self._released = False
        self.last = time.monotonic()
        """When something was put in or taken out."""

    def __len__(self) -> int:
        return len(self._open)

    def put(self, name: str, data: bytes) -> int:
        """The event's number; a single event of any size fits into an empty window."""
        with self._changed:
            self._changed.wait_for(lambda: self._released or self._fits(data))
            self._number += 1
            self._open[self._number] = (name, data)
            self._bytes += len(data)
            self.last = time.monotonic()
            return self._number

    def _fits(self, data: bytes) -> bool:
        return not self._open or (len(self._open) < self._events and self._bytes + len(data) <= self._size)

    def acknowledge(self, number: int) -> None:
        with self._changed:
            event = self._open.pop(number, None)
            if event is not None:
                self._bytes -= len(event[1])
                self.last = time.monotonic()
                self._changed.notify_all()

    def release(self) -> None:
        """Nobody acknowledges any more: take everything that still comes."""
        with self._changed:
            self._released = True
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Until something is acknowledged, at most that long."""
        with self._changed:
            self._changed.wait(seconds)

    def rest(self) -> list[tuple[str, bytes]]:
        """What is not acknowledged, in its order."""
        with self._changed:
            return list(self._open.values())
