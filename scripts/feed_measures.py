"""What feeds list among links whose nature is known."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from scripts.feed_sources import Row

from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.feeds.names import Entry, hosts_of
from whinchat.apps.scanner.knowledge import Scope
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link

AGES = (7, 30, 90, 180, 365, 730, 10_000)  # days


@dataclass(slots=True)
class Hits:
    """Links that one feed lists, by the links' sources. Decisive: good for a verdict, were the feed trusted."""

    rows: Counter[str] = field(default_factory=Counter)
    listed: Counter[str] = field(default_factory=Counter)
    phishing_decisive: int = 0
    phishing_rows: int = 0
    benign_decisive: int = 0
    benign_rows: int = 0


def links(rows: Sequence[Row]) -> Iterator[tuple[Row, Link]]:
    for row in rows:
        if (link := parse_link(f"http://{row.url}")) is not None:
            yield row, link


def measure(lists: SnapshotLists, rows: Sequence[Row], feeds: Sequence[str]) -> dict[str, Hits]:
    hits = {feed: Hits() for feed in feeds}
    sources = Counter(row.source for row in rows)
    phishing = sum(row.phishing for row in rows)
    for found in hits.values():
        found.rows, found.phishing_rows, found.benign_rows = sources, phishing, len(rows) - phishing
    for row, link in links(rows):
        for listing in lists.listings(link):
            found = hits[listing.feed]
            found.listed[row.source] += 1
            found.phishing_decisive += row.phishing and listing.decisive
            found.benign_decisive += not row.phishing and listing.decisive
    return hits


def popular(lists: SnapshotLists, rows: Sequence[Row]) -> tuple[int, int]:
    """(phishing, benign) links on sites that count as popular."""
    found = Counter(row.phishing for row, link in links(rows) if lists.popular(link.site))
    return found[True], found[False]


def ages(lists: SnapshotLists, rows: Sequence[Row], feed: str, seen: Mapping[Entry, str]) -> dict[int, tuple[int, int]]:
    """Replayed by time: (phishing, benign) links that a feed lists decisively, by the entry's age on the link's day.

    An entry that was seen on that day or later is not counted: it may have come after the link.
    """
    counts = {age: [0, 0] for age in AGES}
    for row, link in links(rows):
        if not any(listing.feed == feed and listing.decisive for listing in lists.listings(link)):
            continue
        days = [seen[entry] for host in hosts_of(link) if (entry := Entry(Scope.HOST, host)) in seen]
        days = [day for day in days if day < row.date]
        if days:
            age = (date.fromisoformat(row.date) - date.fromisoformat(max(days))).days
            counts[next(limit for limit in AGES if age <= limit)][not row.phishing] += 1
    return {age: (bad, good) for age, (bad, good) in counts.items()}


def upper_bound(hits: int) -> float:
    """95 % upper bound (one-sided) of a rare count, by the Poisson distribution."""
    low, high = float(hits), hits + 10 + 4 * math.sqrt(hits + 1)
    for _ in range(60):
        middle = (low + high) / 2
        if _at_most(hits, middle) > 0.05:
            low = middle
        else:
            high = middle
    return high


def _at_most(hits: int, mean: float) -> float:
    """Probability of that many or fewer."""
    return math.fsum(math.exp(count * math.log(mean) - mean - math.lgamma(count + 1)) for count in range(hits + 1))
