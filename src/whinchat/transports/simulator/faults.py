"""What can go wrong, on request: each fault acts a number of times, with a probability, in one chat or everywhere."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator
from random import Random

import msgspec

from whinchat.core.errors import Refused

LONGEST = 3600.0  # seconds
MOST = 1000  # times an event is repeated, and faults at once


class FaultKind(enum.StrEnum):
    DUPLICATE = "duplicate"
    """An event for the bot comes `times` times."""
    DELAY = "delay"
    """Events for the bot come `seconds` later; up to `jitter` seconds more, drawn for each, so that later overtake."""
    REJECT = "reject"
    """A send of the bot is refused with `error`; with `retry_after`, for now only."""
    LOST = "lost"
    """A send of the bot does not arrive, and the bot cannot know; it learns that after `seconds`."""
    UNCONFIRMED = "unconfirmed"
    """A send of the bot arrives, and the bot cannot know; it learns that after `seconds`."""
    SLOW = "slow"
    """A send of the bot arrives at once, its answer comes after `seconds`."""
    DISCONNECT = "disconnect"
    """The bot's connection breaks after `after` more events."""


OF_SENDING = (FaultKind.REJECT, FaultKind.LOST, FaultKind.UNCONFIRMED, FaultKind.SLOW)


class Fault(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    kind: FaultKind
    id: int = 0
    count: int | None = None
    """How often it acts; None: without end."""
    left: int | None = None
    probability: float = 1.0
    chat: str = ""
    """Only there; empty: everywhere."""
    times: int = 2
    seconds: float = 0.0
    jitter: float = 0.0
    error: str = "rejected"
    retry_after: float | None = None
    after: int = 0


class Faults:
    """Those that are at work, oldest first; the first that fits acts."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._active: list[Fault] = []
        self._injected = 0
        self._countdown = 0
        """Events until the oldest `disconnect` acts."""

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._active)

    def inject(self, fault: Fault) -> Fault:
        """Raises Refused (`bad_fault`)."""
        if (wrong := _mistake(fault)) is not None:
            raise Refused(f"such a fault cannot be: {wrong}", hint="see the table of faults", code="bad_fault")
        if len(self._active) >= MOST:
            raise Refused("too many faults at once", hint="use `clear_faults` first", code="bad_fault")
        self._injected += 1
        if fault.kind is FaultKind.DISCONNECT:
            fault.count = fault.count or 1
        fault.id, fault.left = self._injected, fault.count
        self._active.append(fault)
        if self._breaker() is fault:
            self._countdown = fault.after
        return fault

    def clear(self) -> None:
        self._active.clear()
        self._countdown = 0

    def strike(self, kinds: Collection[FaultKind], chat: str) -> Fault | None:
        """The fault that acts on what happens in the chat now, if one does."""
        for fault in self._active:
            if fault.kind not in kinds or fault.chat not in {"", chat}:
                continue
            if fault.probability < 1 and self._random.random() >= fault.probability:
                continue
            self._spend(fault)
            return fault
        return None

    def lateness(self, fault: Fault) -> int:
        """Milliseconds by which a `delay` delays one event."""
        return round((fault.seconds + self._random.random() * fault.jitter) * 1000)

    def events_to_disconnect(self) -> int | None:
        """How many events may still be handed over until the connection breaks; None: any number."""
        return None if self._breaker() is None else self._countdown

    def handed_over(self, events: int) -> None:
        self._countdown = max(0, self._countdown - events)

    def disconnect(self) -> None:
        """The connection breaks now."""
        if (fault := self._breaker()) is not None:
            self._spend(fault)
        following = self._breaker()
        self._countdown = 0 if following is None else following.after

    def _breaker(self) -> Fault | None:
        return next((fault for fault in self._active if fault.kind is FaultKind.DISCONNECT), None)

    def _spend(self, fault: Fault) -> None:
        if fault.left is not None:
            fault.left -= 1
            if fault.left == 0:
                self._active.remove(fault)


def _mistake(fault: Fault) -> str | None:
    rules = {
        "`count` is at least 1": fault.count is None or fault.count >= 1,
        "`probability` is above 0 and at most 1": 0 < fault.probability <= 1,
        f"`times` is 2 to {MOST}": 2 <= fault.times <= MOST,
        "`after` is at least 0": fault.after >= 0,
        f"`seconds` are 0 to {LONGEST:.0f}": 0 <= fault.seconds <= LONGEST,
        f"`jitter` is 0 to {LONGEST:.0f} seconds": 0 <= fault.jitter <= LONGEST,
        f"`retry_after` is 0 to {LONGEST:.0f} seconds": 0 <= (fault.retry_after or 0) <= LONGEST,
        "`disconnect` has neither chat nor probability": fault.kind is not FaultKind.DISCONNECT
        or (not fault.chat and fault.probability == 1),
    }
    return next((rule for rule, kept in rules.items() if not kept), None)
