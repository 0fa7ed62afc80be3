"""What the scanner learns from a chat's admins: how sure it has to be before it warns there.

The threshold follows from the labels alone. Nothing else is stored, so nothing can drift apart, and what is taken
back or forgotten no longer counts.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from whinchat.apps.scanner.labels import WARNED, Label, Labels, Source, Truth
from whinchat.apps.scanner.verdict import DecidedBy, Level
from whinchat.core.events import Fact
from whinchat.core.ports import Clock

HIGHEST = 2.0
LOWEST = -1.0
"""Log-odds. A chat can be spared doubtful warnings more easily than be given more of them."""
HALFWAY = 2.0
"""Sites labelled just now that bring the threshold half the way to a bound, and as many again half of the rest."""
HALF_LIFE = 90 * 24 * 3600 * 1000
"""Milliseconds after which a label counts half."""
NOTICEABLE = 0.1  # log-odds; less is not worth a word

FRESH = 600_000  # milliseconds that a threshold is believed: it decays slowly, and what changes it is told
KEPT = 4096  # chats remembered at once


def leniency(labels: Iterable[Label], now: int) -> float:
    """Log-odds by which a chat is to be surer before it is warned; negative for less sure.

    Wrong warnings add, missed dangers take away, a site once and by its newest label, each less than the one before
    and half as much after `HALF_LIFE`. Between `LOWEST` and `HIGHEST`, whatever the labels are. `now`: milliseconds.
    """
    newest: dict[bytes, tuple[int, int]] = {}
    for label in labels:
        side = _side(label)
        if side:
            # Of two at the same time the wrong warning counts, so that their order does not.
            newest[label.site_key] = max(newest.get(label.site_key, (label.at, side)), (label.at, side))
    wrong = math.fsum(_freshness(now - at) for at, side in newest.values() if side > 0)
    missed = math.fsum(_freshness(now - at) for at, side in newest.values() if side < 0)
    return HIGHEST * (1 - math.exp2(-wrong / HALFWAY)) + LOWEST * (1 - math.exp2(-missed / HALFWAY))


def _side(label: Label) -> int:
    """1 for a wrong warning, -1 for a missed danger, 0 for what a threshold cannot help.

    What a feed, a rule or everybody's knowledge decided does not depend on it. A danger that was taken for harmless
    lies beyond the lowest threshold: to go there would only cost wrong warnings. A member's report is no proof.
    """
    if label.source is Source.REPORT or label.decided_by is not DecidedBy.EVIDENCE:
        return 0
    if label.truth is Truth.SAFE:
        return 1 if label.level in WARNED else 0
    return -1 if label.level is Level.UNKNOWN else 0


def _freshness(age: int) -> float:
    """1 for a label of now; one from the future, after a clock was set, is of now."""
    return math.exp2(-max(0, age) / HALF_LIFE)


@dataclass(frozen=True, slots=True)
class LabelsChanged(Fact):
    """Somebody labelled a link of this chat."""

    chat_key: bytes


class Learning:
    """Thresholds of chats, remembered until a label changes them."""

    def __init__(self, labels: Labels, clock: Clock) -> None:
        self._labels = labels
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[int, float]] = OrderedDict()
        self._changes = 0

    async def leniency(self, chat: bytes) -> float:
        """For `Judge.in_situation`."""
        now = self._clock.now()
        found = self._known.get(chat)
        if found is not None and 0 <= now - found[0] < FRESH:
            return found[1]
        changes = self._changes
        value = leniency(await self._labels.of_admins(chat), now)
        if changes == self._changes:  # else a label may have come while they were read
            self._known[chat] = (now, value)
            self._known.move_to_end(chat)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return value

    async def moved_by(self, chat: bytes, added: Iterable[Label]) -> float:
        """How much further these labels will move the chat's threshold."""
        now = self._clock.now()
        before = {label.url_key: label for label in await self._labels.of_admins(chat)}
        after = before | {label.url_key: label for label in added}
        return leniency(after.values(), now) - leniency(before.values(), now)

    async def forget(self, fact: LabelsChanged) -> None:
        self._changes += 1
        self._known.pop(fact.chat_key, None)
