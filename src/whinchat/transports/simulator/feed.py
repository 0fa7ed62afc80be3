"""What waits for one bot: handed over at least once, in order per chat, until it is acknowledged."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable

import msgspec

from whinchat.core.errors import Refused
from whinchat.core.types import DeliveryUpdate, Event, MessageReceived
from whinchat.transports.simulator.faults import FaultKind, Faults


class Parcel(msgspec.Struct, frozen=True, array_like=True):
    """One thing for the bot; `position` is what it acknowledges."""

    position: int
    item: Event | DeliveryUpdate


class Disconnected(Exception):
    """The session is over: the connection broke, the bot is away, or it connected anew."""


class Feed:
    """One session at a time. What a session did not acknowledge is offered again to the next, before newer things."""

    def __init__(self, faults: Faults, most: int, on_session: Callable[[bool], None]) -> None:
        self._faults = faults
        self._most = most
        self._on_session = on_session
        self._heap: list[tuple[int, int, bool, Event | DeliveryUpdate]] = []
        """(due, position, has waited while the bot was away, item)"""
        self._unacknowledged: dict[int, tuple[int, Event | DeliveryUpdate]] = {}
        self._positions = 0
        self._sessions = 0
        self._session: int | None = None
        self._wake: Callable[[], None] | None = None

    @property
    def connected(self) -> bool:
        return self._session is not None

    @property
    def waiting(self) -> int:
        return len(self._heap) + len(self._unacknowledged)

    def require_room(self) -> None:
        """Raises Refused (`bot_behind`)."""
        if self.waiting >= self._most:
            hint = "wait until the bot has caught up, or connect it"
            raise Refused("too many events wait for the bot", hint=hint, code="bot_behind")

    def put(self, chat: str, item: Event | DeliveryUpdate, now: int) -> None:
        duplicate = self._faults.strike((FaultKind.DUPLICATE,), chat)
        for _ in range(1 if duplicate is None else duplicate.times):
            delay = self._faults.strike((FaultKind.DELAY,), chat)
            due = now if delay is None else now + self._faults.lateness(delay)
            self._positions += 1
            heapq.heappush(self._heap, (due, self._positions, not self.connected, item))
        self._notify()

    def attach(self, wake: Callable[[], None]) -> int:
        """A session begins, and the one before ends. `wake` is called whenever `take` could give something new."""
        self.detach()
        self._sessions += 1
        self._session, self._wake = self._sessions, wake
        self._on_session(True)
        return self._sessions

    def detach(self) -> None:
        """The session ends; what it did not acknowledge waits for the next."""
        if self._session is None:
            return
        for position, (due, item) in self._unacknowledged.items():
            heapq.heappush(self._heap, (due, position, True, item))
        self._unacknowledged.clear()
        self._session = None
        self._notify()
        self._wake = None
        self._on_session(False)

    def is_current(self, session: int) -> bool:
        return session == self._session

    def take(self, session: int, limit: int, window: int, now: int) -> list[Parcel]:
        """What is due, oldest first: at most `limit`, and at most `window` unacknowledged. Raises Disconnected."""
        if session != self._session:
            raise Disconnected
        left = self._faults.events_to_disconnect()
        if left == 0:
            self._faults.disconnect()
            self.detach()
            raise Disconnected
        limit = min(limit, window - len(self._unacknowledged))
        if left is not None:
            limit = min(limit, left)
        taken: list[Parcel] = []
        while len(taken) < limit and self._heap and self._heap[0][0] <= now:
            due, position, waited, item = heapq.heappop(self._heap)
            self._unacknowledged[position] = (due, item)
            if waited and isinstance(item, MessageReceived):
                item = msgspec.structs.replace(item, offline=True)
            taken.append(Parcel(position, item))
        if taken:
            self._faults.handed_over(len(taken))
        return taken

    def next_due(self) -> int | None:
        """When the next thing that is held back can be taken."""
        return self._heap[0][0] if self._heap else None

    def acknowledge(self, session: int, positions: Iterable[int]) -> int:
        """How many of them were open; those of an earlier session are not."""
        if session != self._session:
            return 0
        known = sum(self._unacknowledged.pop(position, None) is not None for position in positions)
        self._notify()
        return known

    def _notify(self) -> None:
        if self._wake is not None:
            self._wake()
