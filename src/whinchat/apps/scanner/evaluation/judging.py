"""Rows through the scanner, as it ships and with parts of it left out."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from whinchat.apps.scanner.evaluation.replay import Replay
from whinchat.apps.scanner.evaluation.rows import Row
from whinchat.apps.scanner.evidence.message import MessageReading
from whinchat.apps.scanner.evidence.situation import Situation
from whinchat.apps.scanner.feeds.snapshot import FeedInfo
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.knowledge import Listing, Lists, SiteTag
from whinchat.apps.scanner.links.collect import LARGE, Text
from whinchat.apps.scanner.links.link import Link, Site
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.links.unwrap import unwrap
from whinchat.apps.scanner.scoring import AddressClass, Part
from whinchat.apps.scanner.service import links_in
from whinchat.apps.scanner.verdict import Level, Verdict

WARNED = frozenset({Level.MALICIOUS, Level.SUSPICIOUS})


class FeedUse(enum.StrEnum):
    NONE = "none"
    REPLAY = "replay"
    """A feed counts for a link that is younger than all the feed knows."""
    ALL = "all"


class DatedLists(Lists, Protocol):
    """Lists that say how young their feeds are."""

    @property
    def feeds(self) -> tuple[FeedInfo, ...]: ...


class FeedsInTime:
    """Lists whose feeds are used as far as an evaluation may use them. `day` is the day of the link at hand.

    Snapshots do not date their entries, so a feed is as young as its newest one. An undated link has no feeds.
    """

    def __init__(self, lists: DatedLists, use: FeedUse) -> None:
        self._lists = lists
        self._use = use
        self._newest: dict[str, str] = {}
        for feed in lists.feeds:
            self._newest[feed.name] = max(feed.date, self._newest.get(feed.name, ""))
        self.version = lists.version
        self.age_days = lists.age_days
        self.day = ""

    def listings(self, link: Link) -> tuple[Listing, ...]:
        if self._use is FeedUse.NONE:
            return ()
        found = self._lists.listings(link)
        if self._use is FeedUse.ALL:
            return found
        return tuple(listing for listing in found if self._newest[listing.feed] < self.day)

    def popular(self, site: Site) -> bool:
        return self._lists.popular(site)

    def tags(self, link: Link) -> frozenset[SiteTag]:
        return self._lists.tags(link)


class State(enum.IntEnum):
    JUDGED = 0
    NO_LINK = 1
    """A message without a link: nothing to judge."""
    UNREADABLE = 2
    """Given as a link, and none."""
    FAILED = 3
    """The scanner broke: a fault of the program."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one judge made of a row: of its worst link, the score being the highest of all."""

    verdict: Verdict
    link: Link
    score: float
    dangerous: tuple[Link, ...]
    """The links that are warned of."""

    @property
    def warned(self) -> bool:
        return bool(self.dangerous)


@dataclass(frozen=True, slots=True)
class Case:
    """A row, and what came of it."""

    row: Row
    state: State
    seconds: float = 0.0
    """Of this process's own time: that others were busy too says nothing about the link."""
    outcome: Outcome | None = None
    address: AddressClass | None = None
    variants: tuple[Outcome, ...] = field(default=())
    """The same with parts left out, in the order of the bench."""


class Bench:
    """Judges rows as `judge` would with `lists` as they may be used. `without` is left out of all verdicts; each of
    `ablations` besides in a variant of its own.
    """

    def __init__(
        self,
        judge: Judge,
        lists: DatedLists,
        now: int,
        *,
        feeds: FeedUse = FeedUse.NONE,
        without: frozenset[Part] = frozenset(),
        ablations: Sequence[Part] = (),
        replay: bool = False,
    ) -> None:
        self.lists = FeedsInTime(lists, feeds)
        self.judge = judge.variant(without, self.lists)
        self.ablations = tuple(ablations)
        self._variants = [judge.variant(without | {part}, self.lists) for part in ablations]
        self._now = now
        self._replay = Replay(self.lists) if replay else None
        self._row = 0

    def case(self, row: Row, wanted: Callable[[Sequence[Link]], bool] = bool) -> Case | None:
        """None where the links of the row are not `wanted`; it is not asked about rows without any."""
        started = time.thread_time()
        links = links_of(row)
        if not links:
            return Case(row, State.NO_LINK if row.text and not row.address else State.UNREADABLE)
        if not wanted(links):
            return None
        self._row += 1
        self.lists.day = "" if row.when is None else datetime.fromtimestamp(row.when / 1000, UTC).date().isoformat()
        try:
            outcome = self._outcome(self.judge, row, links)
            seconds = time.thread_time() - started
            variants = tuple(self._outcome(judge, row, links) for judge in self._variants)
        except Exception:  # one row must not cost all the others their numbers; the report says how many failed
            return Case(row, State.FAILED)
        self._remember(row, links, outcome)
        address = AddressClass.of(outcome.link, self.lists.tags(outcome.link))
        return Case(row, State.JUDGED, seconds, outcome, address, variants)

    def _outcome(self, judge: Judge, row: Row, links: Sequence[Link]) -> Outcome:
        reading = None
        if row.text:
            reading = MessageReading.of([row.text[:LARGE]], judge.tables)
        found = []
        for link in links:
            verdict = judge.judge(link, self._now)
            history = None
            if self._replay is not None and row.chat and row.when is not None:
                history = self._replay.history(link, row.chat, row.when)
            if reading is not None or history is not None:
                verdict = judge.in_situation(verdict, link, Situation(judge.tables, reading, history))
            found.append((verdict, link))
        verdict, link = min(found, key=lambda each: (each[0].level.rank, -each[0].log_odds))
        dangerous = tuple(link for each, link in found if each.level in WARNED)
        return Outcome(verdict, link, max(each.score for each, _ in found), dangerous)

    def _remember(self, row: Row, links: Sequence[Link], outcome: Outcome) -> None:
        if self._replay is None or not row.chat or row.when is None:
            return
        sender = row.sender or f"row {self._row}"
        for link in links:
            self._replay.saw(link, row.chat, sender, row.when, warned=link in outcome.dangerous)


def links_of(row: Row) -> list[Link]:
    """The link that a row is, or the web links of its message; what a redirector wraps stands for it."""
    if not row.address:
        return [link for link, _ in links_in([Text("body", row.text)])]
    link = parse_link(row.address)
    return [] if link is None else [unwrap(link) or link]
