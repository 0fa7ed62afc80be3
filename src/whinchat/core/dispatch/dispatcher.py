"""One event at a time per chat, a bounded number of chats at once, and every chat in its turn.

Chats with work form a line; a runner takes the first, handles one event of it, and puts it back at the end if there is
more. An event that fails is tried again after a pause during which only its own chat waits; after the last attempt it
is set aside and the chat goes on.

A process that dies while handling leaves its event waiting. At the next start the oldest event of every chat is
therefore a suspect: suspects are handled one by one, each attempt written down first, so that an event that kills the
process is found out and set aside without blaming another.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from whinchat.core.dispatch.inbox import Inbox, Stored
from whinchat.core.errors import Conflict, WhinchatError
from whinchat.core.ports import Clock, Metric, MetricKind, Metrics, Random

log = logging.getLogger(__name__)

Handle = Callable[[Stored], Awaitable[None]]
"""Handles an event and commits its outcome. Raises Conflict when the state had moved on."""

CACHED = 2 * 1024 * 1024  # bytes of events kept in memory between arrival and handling; others are read back
CONFLICTS = 20  # times a handler is run again because the state had moved on
LOST = 10_000  # milliseconds after which an event that waits on disk alone is lined up
LONGEST_PAUSE = 5.0  # seconds between two attempts

HANDLED = Metric(MetricKind.COUNTER, "whinchat_events_handled_total", "Inbox events, by how they ended.", ("result",))
HANDLE_TIME = Metric(
    MetricKind.HISTOGRAM,
    "whinchat_event_seconds",
    "From an event's arrival in the dispatcher until its outcome is committed.",
    (),
    (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5),
)
BACKLOG = Metric(MetricKind.GAUGE, "whinchat_events_waiting", "Events in the inbox that are not handled yet.")


class Dispatcher:
    """`pending` never exceeds `backlog` by intake: `room` makes who brings more wait."""

    def __init__(
        self,
        inbox: Inbox,
        handle: Handle,
        clock: Clock,
        random: Random,
        metrics: Metrics,
        *,
        chats_at_once: int = 32,
        backlog: int = 5000,
        max_attempts: int = 5,
    ) -> None:
        self._inbox = inbox
        self._handle = handle
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._chats_at_once = chats_at_once
        self._backlog = backlog
        self._max_attempts = max_attempts
        self._events: dict[bytes, deque[int]] = {}
        self._cache: dict[int, tuple[Stored, float]] = {}
        self._cached = 0
        """Bytes of what is in the cache."""
        self._line: deque[bytes] = deque()
        self._held: set[bytes] = set()
        self._delays: set[asyncio.Task[None]] = set()
        self._pending = 0
        self._active = 0
        self._group: asyncio.TaskGroup | None = None
        self._room = asyncio.Event()
        self._room.set()
        self._resumed = asyncio.Event()
        self._stop = asyncio.Event()

    @property
    def pending(self) -> int:
        """Events that wait or are being handled."""
        return self._pending

    async def room(self) -> None:
        """Returns when the backlog has room: the back-pressure that transports feel."""
        while not self._room.is_set():
            await self._room.wait()

    def add(self, stored: Stored) -> None:
        """An event that was just written down; to be called in the order of arrival."""
        if self._cached + stored.size <= CACHED:
            self._cached += stored.size
            self._cache[stored.id] = (stored, self._clock.monotonic())
        self._append(stored.id, stored.chat_key)

    def find(self, event_id: int, chat: bytes) -> None:
        """An event that waits on disk: it is lined up, unless it is already."""
        if event_id not in self._events.get(chat, ()):
            self._append(event_id, chat)

    def _append(self, event_id: int, chat: bytes) -> None:
        events = self._events.get(chat)
        if events is None:
            events = self._events[chat] = deque()
            if chat not in self._held:
                self._line.append(chat)
        events.append(event_id)
        self._pending += 1
        self._fill()
        if self._pending >= self._backlog:
            self._room.clear()

    async def run(self) -> None:
        """Resume what an earlier process, or an earlier run, left; then handle what comes until `stop`."""
        self._held.clear()
        self._active = 0
        await self._resume()
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                self._fill()
                await self._stop.wait()
            finally:
                self._group = None

    def stop(self) -> None:
        """No further event is begun; `run` returns when those under way are finished. The rest waits on disk."""
        self._stop.set()
        for task in self._delays:
            task.cancel()
        self._room.set()

    async def resumed(self) -> None:
        """Returns when what an earlier process may have died of is behind us."""
        await self._resumed.wait()

    async def sweep(self) -> None:
        """Line up events that wait on disk and not here, such as those an operator put back in line."""
        known = {event_id for events in self._events.values() for event_id in events}
        async for event_id, chat in self._inbox.waiting(longer_than=LOST):
            if event_id not in known and self._resumed.is_set():
                self.find(event_id, chat)
        self._metrics.set(BACKLOG, self._pending)

    def _forget(self, event_id: int) -> None:
        cached = self._cache.pop(event_id, None)
        if cached is not None:
            self._cached -= cached[0].size

    # --- a start -------------------------------------------------------------------------------------------------

    async def _resume(self) -> None:
        suspects: dict[bytes, int] = {}
        waiting: set[tuple[int, bytes]] = set()
        async for event_id, chat in self._inbox.waiting():
            if suspects.setdefault(chat, event_id) != event_id:
                waiting.add((event_id, chat))
        if suspects:
            log.info("resuming events that were not handled", extra={"count": len(suspects) + len(waiting)})
        for chat, event_id in suspects.items():
            if not await self._survived(event_id):
                waiting.add((event_id, chat))
        # Events may have arrived meanwhile; older ones go before them.
        waiting |= {(event_id, chat) for chat, events in self._events.items() for event_id in events}
        self._events.clear()
        self._line.clear()
        self._pending = 0
        for event_id, chat in sorted(waiting):
            self._append(event_id, chat)
        self._resumed.set()

    async def _survived(self, event_id: int) -> bool:
        """Try a suspect once; whether it is behind us. One that only fails is no killer and goes back in line."""
        if self._stop.is_set():
            return False
        try:
            attempts = await self._inbox.failed(event_id, "interrupted")
        except Conflict:
            return True  # it was handled meanwhile
        if attempts > self._max_attempts:
            await self._give_up(event_id, "crashed")
            return True
        return await self._attempt(event_id) <= 0

    # --- the line ------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        """As many chats at work as there may be."""
        while self._group is not None and self._line and self._active < self._chats_at_once and not self._stop.is_set():
            self._active += 1
            self._group.create_task(self._work(self._group, self._line.popleft()))

    async def _work(self, group: asyncio.TaskGroup, first: bytes) -> None:
        """One event of a chat, then one of the next chat in line, until nobody waits."""
        chat: bytes | None = first
        while chat is not None:
            self._held.add(chat)
            pause = await self._attempt(self._events[chat][0])
            if pause > 0 and not self._stop.is_set():
                task = group.create_task(self._later(chat, pause))
                self._delays.add(task)
                task.add_done_callback(self._delays.discard)
            elif pause <= 0:
                self._finish(chat)
            chat = self._line.popleft() if self._line and not self._stop.is_set() else None
        self._active -= 1

    def _finish(self, chat: bytes) -> None:
        events = self._events[chat]
        self._forget(events.popleft())
        self._pending -= 1
        if self._pending < self._backlog:
            self._room.set()
        if not events:
            del self._events[chat]
        self._release(chat)

    async def _later(self, chat: bytes, pause: float) -> None:
        await self._clock.sleep(pause)
        self._release(chat)

    def _release(self, chat: bytes) -> None:
        self._held.discard(chat)
        if chat in self._events:
            self._line.append(chat)
            self._fill()

    # --- one event -----------------------------------------------------------------------------------------------

    async def _attempt(self, event_id: int) -> float:
        """0 when the event is behind us, else the seconds until the next attempt."""
        try:
            return await self._handle_once(event_id)
        except WhinchatError as error:
            # The database itself refuses: the event stays where it is.
            log.warning("the inbox cannot be written", extra={"error": error.code})
            return 1.0

    async def _handle_once(self, event_id: int) -> float:
        cached = self._cache.get(event_id)
        stored, since = cached if cached is not None else (None, self._clock.monotonic())
        try:
            stored = stored or await self._inbox.load(event_id)
            if stored is not None:
                await self._handle_on_new_state(stored)
        except Exception as error:  # whatever an application raises, its chat must go on
            return await self._failed(event_id, error)
        self._metrics.add(HANDLED, result="done")
        self._metrics.observe(HANDLE_TIME, self._clock.monotonic() - since)
        return 0.0

    async def _handle_on_new_state(self, stored: Stored) -> None:
        """Run the handler again whenever the state had moved on, a bounded number of times."""
        current: Stored | None = stored
        for _ in range(CONFLICTS):
            if current is None:
                return
            try:
                await self._handle(current)
            except Conflict:
                # What moved on may be the event itself: a commit whose answer was lost.
                current = await self._inbox.load(stored.id)
            else:
                return
        raise WhinchatError("the state moved on every time", code="conflict")

    async def _failed(self, event_id: int, error: Exception) -> float:
        self._forget(event_id)
        code = _code(error)
        if code in OUTAGES:
            log.warning("an event waits for the database", extra={"event": event_id, "error": code})
            return LONGEST_PAUSE
        attempts = await self._inbox.failed(event_id, code)
        log.error("an event could not be handled", exc_info=error, extra={"event": event_id, "attempt": attempts})
        if attempts >= self._max_attempts:
            await self._give_up(event_id, code)
            return 0.0
        return min(LONGEST_PAUSE, 0.05 * 4.0**attempts) * (0.5 + self._random.random() / 2)

    async def _give_up(self, event_id: int, code: str) -> None:
        await self._inbox.set_aside(event_id, code)
        self._metrics.add(HANDLED, result="aside")
        log.error("an event was set aside", extra={"event": event_id, "error": code})


OUTAGES = frozenset({"disk_full", "read_only", "damaged", "database_busy"})
"""Codes that say nothing about the event: it waits, however long."""


def _code(error: Exception) -> str:
    if isinstance(error, WhinchatError):
        return error.code
    return "timeout" if isinstance(error, TimeoutError) else type(error).__name__
