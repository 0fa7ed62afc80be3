"""Snapshots and links for the tests of feeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from whinchat.apps.scanner.feeds.build import SnapshotBuilder
from whinchat.apps.scanner.feeds.snapshot import FeedInfo, Section, Snapshot, Trust
from whinchat.apps.scanner.knowledge import SiteTag, Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link


def feed(name: str = "bad", *, trust: Trust = Trust.DECISIVE, date: str = "2026-01-01") -> FeedInfo:
    return FeedInfo(name, Threat.PHISHING, trust, "CC0-1.0", "1", date, 0)


def write_snapshot(
    path: Path,
    entries: Mapping[Section, Iterable[str]] | None = None,
    *,
    feeds: Iterable[FeedInfo] = (feed(),),
    popular: Iterable[str] = (),
    tags: Iterable[tuple[str, SiteTag]] = (),
) -> Snapshot:
    """All entries belong to all feeds."""
    infos = list(feeds)
    builder = SnapshotBuilder(infos)
    for section, names in (entries or {}).items():
        for name in names:
            for number in range(len(infos)):
                builder.add(section, name, number)
    for name in popular:
        builder.add_popular(name)
    for name, tag in tags:
        builder.add_tag(name, tag)
    return builder.write(path, built_at=0)


def link_to(url: str) -> Link:
    link = parse_link(url)
    assert link is not None, url
    return link
