"""Between the library and the service: in order within a chat, chats beside each other, nothing lost that is refused.

Events that waited while the account was away are ordered by their time, as far as they are here at once: the server
tells times in seconds, and what bears the same one stays as it came. The library bounds how many are here.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from whinchat.core.errors import Overloaded
from whinchat.core.ports import Clock, Sink
from whinchat.core.resilience.background import Background
from whinchat.core.types import ChatEvent, Event

log = logging.getLogger(__name__)

PAUSE = 0.5  # seconds, after a failure that says no time of its own
GATHER = 0.25  # seconds in which a chat's waiting events may still overtake each other


@dataclass(slots=True, order=True)
class _Entry:
    place: tuple[int, int]
    event: Event = field(compare=False)
    accepted: list[asyncio.Future[None]] = field(compare=False)
    """Who waits for it: more than one when it came more than once."""


class Lanes:
    def __init__(self, sink: Sink, clock: Clock) -> None:
        self._sink = sink
        self._clock = clock
        self._lanes: dict[str, list[_Entry]] = {}
        self._work = Background()
        self._arrived = 0
        self._leaving = False

    async def deliver(self, events: Iterable[Event], *, waited: bool = False) -> None:
        """Returns when the service has taken them all; each has its place when this first waits. `waited`: they came
        while the account was away.

        Raises:
            Overloaded: it was refused, and there is no more time to ask again.
        """
        accepted = [self._enter(event, waited=waited) for event in events]
        if accepted:
            await asyncio.gather(*accepted)

    def leave(self) -> None:
        """What the service refuses from now on is left to the next run."""
        self._leaving = True

    def close(self) -> None:
        """Give up what is here."""
        self._leaving = True
        self._work.close()
        for lane in self._lanes.values():
            _fail(lane)
        self._lanes.clear()

    def _enter(self, event: Event, *, waited: bool) -> asyncio.Future[None]:
        """Done when the service has taken the event."""
        if self._leaving:
            raise _stopping()
        accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        lane = self._lanes.get(event.chat.id)
        if lane is None:
            lane = self._lanes[event.chat.id] = []
            self._work.start(self._empty(event.chat.id, lane, GATHER if waited else 0.0))
        self._place(lane, event, waited=waited).accepted.append(accepted)
        return accepted

    def _place(self, lane: list[_Entry], event: Event, *, waited: bool) -> _Entry:
        """In the lane, new or as it is there already."""
        self._arrived += 1
        entry = _Entry((event.time // 1000, self._arrived), event, [])
        if not waited:
            lane.append(entry)
            return entry
        same = _identity(event)
        known = next((entry for entry in lane if _identity(entry.event) == same), None)
        if known is None:
            insort(lane, entry)
        return known or entry

    async def _empty(self, chat: str, lane: list[_Entry], gather: float) -> None:
        if gather:
            await self._clock.sleep(gather)
        while lane:
            entry = lane[0]
            if not await self._offer(entry.event):
                _fail(lane)
                break
            lane.remove(entry)
            for future in entry.accepted:
                if not future.done():
                    future.set_result(None)
        if self._lanes.get(chat) is lane:
            del self._lanes[chat]

    async def _offer(self, event: Event) -> bool:
        """Until the service takes it; false when it does not and there is no more time to ask again."""
        while True:
            try:
                await self._sink.accept(event)
            except Overloaded as overloaded:
                pause = overloaded.retry_after or PAUSE
            except Exception:
                log.exception("the service could not take an event; it is offered again")
                pause = PAUSE
            else:
                return True
            if self._leaving:
                return False
            await self._clock.sleep(pause)


def _identity(event: ChatEvent) -> tuple[str, str, type[ChatEvent]]:
    """In its chat."""
    return event.sender.id, event.id, type(event)


def _fail(lane: list[_Entry]) -> None:
    for entry in lane:
        for future in entry.accepted:
            if not future.done():
                future.set_exception(_stopping())
    lane.clear()


def _stopping() -> Overloaded:
    return Overloaded("the transport stops", code="stopping", retry_after=PAUSE)
