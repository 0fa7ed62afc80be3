"""Everything that happened in the world, in order: what tests judge by, and what the page's changes come from."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from whinchat.core.types import Certainty, Content, DeliveryStatus


class EntryKind(enum.StrEnum):
    PERSON = "person"
    PRESENCE = "presence"
    """Somebody came or went (`text`: online, offline); of a bot also: connected, disconnected."""
    CHAT = "chat"
    """A direct chat or group was made."""
    MEMBERSHIP = "membership"
    GROUP = "group"
    MESSAGE = "message"
    EDIT = "edit"
    REVOKE = "revoke"
    """By the sender, or by an admin (`actor`)."""
    REACTION = "reaction"
    STATUS = "status"
    READ = "read"
    TYPING = "typing"
    SEND = "send"
    """A bot tried to do something; `arrived` says whether it happened, `certainty` what the bot was told."""
    FAULTS = "faults"
    DEDUPE = "dedupe"


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    position: int
    """1, 2, 3, …"""
    time: int
    kind: EntryKind
    chat: str = ""
    actor: str = ""
    """Who did it."""
    sender: str = ""
    """With `message`: which message it is about."""
    message: str = ""
    content: Content | None = None
    people: tuple[str, ...] = ()
    change: str = ""
    emoji: str = ""
    status: DeliveryStatus | None = None
    text: str = ""
    on: bool | None = None
    reference: str = ""
    """Of a send: the service's own reference, the same whenever it tries again."""
    action: str = ""
    certainty: Certainty | None = None
    arrived: bool | None = None
    error: str = ""


class Page(msgspec.Struct, frozen=True):
    """Part of the transcript. `first` is the oldest entry still kept: above `after` + 1, some were missed."""

    first: int
    last: int
    entries: tuple[Entry, ...]
    counts: dict[str, int]
    """Exact since the world began, by kind, with `handed_over`, `acknowledged`, `arrived` and `doubled`."""


class Transcript:
    """Keeps the newest `kept` entries at least; counts are exact. `listener` is called with every new entry."""

    def __init__(self, kept: int, listener: Callable[[Entry], None] | None = None) -> None:
        self._kept = kept
        self._listener = listener
        self._entries: list[Entry] = []
        self._last = 0
        self.counts: Counter[str] = Counter()

    @property
    def last(self) -> int:
        return self._last

    def append(self, entry: Entry) -> None:
        self._last = entry.position
        self._entries.append(entry)
        if len(self._entries) >= 2 * self._kept:
            del self._entries[: -self._kept]
        self.counts[entry.kind.value] += 1
        if self._listener is not None:
            self._listener(entry)

    def page(self, after: int, limit: int) -> Page:
        """The oldest `limit` entries with a position above `after`."""
        first = self._last - len(self._entries) + 1
        start = max(0, after - first + 1)
        entries: Sequence[Entry] = self._entries[start : start + limit]
        return Page(first, self._last, tuple(entries), dict(self.counts))
