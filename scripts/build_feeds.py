"""Builds the feed snapshot that ships, measures it on the validation links, and writes the data card beside it.

    .venv/bin/python -m scripts.build_feeds [--data FOLDER] [--out FOLDER]

Reads the lists in ../shared/data. The same lists give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from scripts.feed_card import print_tables, write_card
from scripts.feed_measures import Hits, ages, measure, popular, upper_bound
from scripts.feed_sites import Sites, known_sites
from scripts.feed_sources import DATED, NEWEST, SOURCES, WINDOW, Lists, Row, Source

from whinchat.apps.scanner.feeds.build import SnapshotBuilder, publish
from whinchat.apps.scanner.feeds.lists import SHIPPED, SnapshotLists
from whinchat.apps.scanner.feeds.names import Entry, entry_of
from whinchat.apps.scanner.feeds.snapshot import FeedInfo, Section, Trust
from whinchat.apps.scanner.knowledge import Scope
from whinchat.apps.scanner.links.site import site_of
from whinchat.infra.clock import SystemClock

DECISIVE = 0.0002  # share of benign links that a feed may hit and still be decisive: its 95 % upper bound stays below
WORTHLESS = 0.001  # with more hits than this it is left out
LARGEST = 12_000_000  # bytes


class Feed:
    """One source, cleaned: its names with the day each was last seen (empty when nobody knows)."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.names: dict[Entry, str] = {}
        self.lines = 0
        self.left_out: dict[str, int] = {}
        self.trust = source.trust

    def leave_out(self, reason: str) -> None:
        self.left_out[reason] = self.left_out.get(reason, 0) + 1

    def info(self) -> FeedInfo:
        source = self.source
        return FeedInfo(
            source.name, source.threat, self.trust, source.licence, source.date, source.date, len(self.names)
        )


def cleaned(source: Source, lists: Lists, sites: Sites, not_shippable: frozenset[str]) -> Feed:
    feed = Feed(source)
    listed = lists.dated(source.name) if source.file == DATED else ((name, "") for name in lists.names(source.file))
    hidden = not_shippable if source.name == "phishing_database" else frozenset()
    for name, seen in listed:
        feed.lines += 1
        entry = entry_of(name)
        if name.removeprefix("www.") in hidden:
            feed.leave_out("in rows that may not ship")
        elif not isinstance(entry, Entry):
            feed.leave_out(entry.replace("_", " "))
        elif sites.is_known(entry.value):
            feed.leave_out("popular, or shared by many")
        else:
            feed.names[entry] = max(seen, feed.names.get(entry, ""))
    return feed


def drop_old(feed: Feed) -> None:
    """Names have an age only in the dated file; a host that fell silent a year ago belongs to somebody else by now."""
    if feed.source.file != DATED:
        return
    oldest = (date.fromisoformat(feed.source.date) - timedelta(days=WINDOW)).isoformat()
    for entry in [entry for entry, seen in feed.names.items() if seen < oldest]:
        del feed.names[entry]
        feed.leave_out(f"not seen for {WINDOW} days")


def drop_covered(feed: Feed) -> None:
    """A host is listed with its subdomains, so those need no entry of their own."""
    hosts = {entry.value for entry in feed.names}
    for entry in list(feed.names):
        host, site = entry.value, site_of(entry.value, "/").name
        while host != site and host.endswith(f".{site}"):
            host = host.partition(".")[2]
            if host in hosts:
                del feed.names[entry]
                feed.leave_out("under a host that is listed")
                break


def add_pages(feed: Feed, lists: Lists, sites: Sites) -> None:
    """Single pages on ground that many share, where the host would say too much."""
    oldest = (date.fromisoformat(feed.source.date) - timedelta(days=WINDOW)).isoformat()
    for row in lists.rows("train"):
        if row.source == feed.source.name and row.date >= oldest:
            entry = entry_of(f"http://{row.url}")
            host = row.url.partition("/")[0]
            if isinstance(entry, Entry) and entry.scope is not Scope.HOST and sites.is_shared(host):
                feed.names[entry] = max(row.date, feed.names.get(entry, ""))


def write(path: Path, feeds: Sequence[Feed], sites: Sites) -> None:
    builder = SnapshotBuilder([feed.info() for feed in feeds])
    for number, feed in enumerate(feeds):
        for entry in feed.names:
            builder.add(Section(entry.scope.value), entry.value, number)
    for name in sites.popular:
        builder.add_popular(name)
    for name, tags in sites.tags.items():
        for tag in tags:
            builder.add_tag(name, tag)
    temporary = path.with_suffix(".tmp")
    newest = datetime.combine(date.fromisoformat(NEWEST), datetime.min.time(), UTC)
    builder.write(temporary, built_at=int(newest.timestamp() * 1000))
    temporary.chmod(0o644)  # it holds nothing private, and whoever installs it need not be who runs it
    publish(temporary, path)


def hits_of(feeds: Sequence[Feed], sites: Sites, rows: Sequence[Row]) -> tuple[SnapshotLists, Mapping[str, Hits]]:
    """What a snapshot of these feeds would list, were all of them decisive."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.snap"
        write(path, feeds, sites)
        lists = SnapshotLists(Path(folder) / "none", SystemClock(), shipped=path)
        return lists, measure(lists, rows, [feed.source.name for feed in feeds])


def judge(feeds: Sequence[Feed], hits: Mapping[str, Hits]) -> list[Feed]:
    """Set each feed's trust by its hits on benign links; gives the feeds that are worth shipping."""
    kept = []
    for feed in feeds:
        found = hits[feed.source.name]
        if upper_bound(found.benign_decisive) > DECISIVE * found.benign_rows:
            feed.trust = Trust.EVIDENCE
        if found.benign_decisive <= WORTHLESS * found.benign_rows:
            kept.append(feed)
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the feed snapshot that ships.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with lists/ and links/")
    parser.add_argument("--out", type=Path, default=SHIPPED.parent, help="where the snapshot and its card go")
    options = parser.parse_args()
    if not (options.data / "lists").is_dir():
        print(f"{options.data} has no lists/: give the folder with the lists by --data", file=sys.stderr)
        return 2
    build(Lists(options.data), options.out)
    return 0


def build(lists: Lists, out: Path) -> None:
    rows = list(lists.rows("validation"))
    not_shippable = lists.hosts_of_rows({"openphish", "phishdb_new"})
    sites = known_sites(lists, not_shippable)
    feeds = [cleaned(source, lists, sites, not_shippable) for source in SOURCES]
    dated = [feed for feed in feeds if feed.source.file == DATED]
    probe, _ = hits_of(dated, sites, [])
    by_age = {feed.source.name: ages(probe, rows, feed.source.name, feed.names) for feed in dated}
    for feed in feeds:
        drop_old(feed)
        drop_covered(feed)
        if feed.source.name == "tweetfeed":
            add_pages(feed, lists, sites)
    measured, hits = hits_of(feeds, sites, rows)
    shipped = judge(feeds, hits)
    out.mkdir(parents=True, exist_ok=True)
    path = out / SHIPPED.name
    write(path, shipped, sites)
    card = write_card(path, feeds, shipped, hits, by_age, sites, popular(measured, rows))
    print_tables(card)
    if path.stat().st_size > LARGEST:
        raise SystemExit(f"{path} has {path.stat().st_size:,} bytes, at most {LARGEST:,}")


if __name__ == "__main__":
    sys.exit(main())
