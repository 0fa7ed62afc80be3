"""Feeds as they were on a given day: what each is known to have listed before it, and no later knowledge.

Two kinds of record tell of that. An *entry* of a stored list has the last day its host was seen on; when it was seen
first is lost. A labelled *link* of a feed has its own day, on which the feed listed its host. Either counts for links
of later days, not for those of the day itself; and where entries expire, for as many days as the service keeps them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from whinchat.apps.scanner.evaluation.judging import links_of
from whinchat.apps.scanner.evaluation.rows import Row
from whinchat.apps.scanner.feeds.build import SnapshotBuilder
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.feeds.names import hosts_of
from whinchat.apps.scanner.feeds.snapshot import FeedInfo, Section, Trust
from whinchat.apps.scanner.knowledge import Listing, Scope, SiteTag, Threat
from whinchat.apps.scanner.links.link import Link, Site
from whinchat.core.ports import Clock

DAY = 86_400_000  # milliseconds


def day_of(row: Row) -> int | None:
    """Days since 1970; None without a date."""
    return None if row.when is None else row.when // DAY


def link_of(row: Row) -> Link | None:
    return next(iter(links_of(row)), None)


def name_of(link: Link) -> str:
    """What a feed that has the link would list: its site where that has a path, as on shared hosting, else its host."""
    return link.site.name if "/" in link.site.name else link.host


@dataclass(frozen=True, slots=True)
class Feed:
    days: Mapping[str, Sequence[int]]
    """Name (a host, or a site with a path) to the days, rising, on which the feed is known to have listed it."""
    lifetime: int
    """Days that the service keeps an entry after it was last seen."""

    @classmethod
    def of(cls, listed: Iterable[tuple[str, int | None]], lifetime: int) -> Feed:
        """From names and days; what has no day is left out."""
        found: defaultdict[str, set[int]] = defaultdict(set)
        for name, day in listed:
            if day is not None:
                found[name].add(day)
        return cls({name: sorted(days) for name, days in found.items()}, lifetime)

    def has(self, name: str, day: int, *, expiring: bool) -> bool:
        """Whether it knew the name at the beginning of the day."""
        days = self.days.get(name, ())
        before = bisect_left(days, day)
        return before > 0 and (not expiring or day - days[before - 1] <= self.lifetime)


class FeedsOnDay:
    """`Lists` as they were at the beginning of a day; nothing is listed until `at` is called.

    Popular sites and tags are those that ship, and no feed lists a popular name, as when the service imports it.
    Whether an entry decides is for the product's own look-up to say, as if every feed were trusted.
    """

    def __init__(self, feeds: Mapping[str, Feed], folder: Path, clock: Clock) -> None:
        """`folder`: where a snapshot of all of them is written."""
        self._feeds = feeds
        infos = [
            FeedInfo(name, Threat.PHISHING, Trust.DECISIVE, "", "", "", len(feed.days)) for name, feed in feeds.items()
        ]
        builder, shipped = SnapshotBuilder(infos), SnapshotLists(None, clock)
        for number, feed in enumerate(feeds.values()):
            for name in feed.days:
                if not shipped.popular_name(name.removeprefix("www.")):
                    builder.add(Section.SITE if "/" in name else Section.HOST, name, number)
        path = folder / "replayed.snap"
        self._replayed = builder.write(path, built_at=0).version
        self._lists = SnapshotLists(path, clock)
        self.version = self._lists.version
        self.age_days: float | None = 0.0
        self.at(None)

    def at(self, day: int | None, counting: Iterable[str] = (), *, expiring: bool = True) -> None:
        """From now on it is that day, and these feeds count. Without a day none does."""
        self._day = day
        self._counting = frozenset(counting)
        self._expiring = expiring

    def listings(self, link: Link) -> tuple[Listing, ...]:
        return tuple(listing for listing in self._ever(link) if self._was_before(listing, link))

    def ever(self, link: Link) -> bool:
        """Whether a feed that counts lists the link, be it on its day or later."""
        return any(True for _ in self._ever(link))

    def popular(self, site: Site) -> bool:
        return self._lists.popular(site)

    def tags(self, link: Link) -> frozenset[SiteTag]:
        return self._lists.tags(link)

    def _ever(self, link: Link) -> Iterator[Listing]:
        if not self._counting:
            return
        for listing in self._lists.listings(link):
            if listing.version == self._replayed and listing.feed in self._counting:
                yield listing

    def _was_before(self, listing: Listing, link: Link) -> bool:
        day = self._day
        names = [link.site.name] if listing.scope is Scope.SITE else hosts_of(link)
        feed = self._feeds[listing.feed]
        return day is not None and any(feed.has(name, day, expiring=self._expiring) for name in names)
