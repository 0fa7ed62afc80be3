"""Groups as they are known: asked for once, kept for minutes, and forgotten when something about them is heard."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from whinchat.core.ports import Clock
from whinchat.core.resilience.single_flight import SingleFlight
from whinchat.transports.linked.items import GroupState

FRESH = 300.0  # seconds: whatever happened to it unheard is not believed for longer
KEPT = 512

Ask = Callable[[str], Awaitable[GroupState | None]]
"""By the group's id; None when the account is not in it. Raises TransportError."""


class Groups:
    def __init__(self, ask: Ask, clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, GroupState | None]] = OrderedDict()
        self._asking: SingleFlight[str, GroupState | None] = SingleFlight()
        self._changes = 0

    async def state(self, chat: str) -> GroupState | None:
        """Raises TransportError when it is not known and cannot be asked for."""
        known = self._known.get(chat)
        if known is not None and self._clock.monotonic() - known[0] < FRESH:
            return known[1]
        changes = self._changes
        state = await self._asking.run(chat, lambda: self._ask(chat))
        if changes == self._changes:  # else it may be older than what was heard meanwhile
            self.learn(chat, state)
        return state

    def learn(self, chat: str, state: GroupState | None) -> None:
        """This is how it is now."""
        self._changes += 1
        self._known[chat] = (self._clock.monotonic(), state)
        self._known.move_to_end(chat)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    def forget(self, chat: str) -> None:
        """Something about it has changed."""
        self._changes += 1
        self._known.pop(chat, None)

    def clear(self) -> None:
        self._changes += 1
        self._known.clear()
