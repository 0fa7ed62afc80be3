"""The snapshot that ships, as it ships."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.snapshots import link_to

from whinchat.apps.scanner.feeds.lists import SHIPPED, SnapshotLists
from whinchat.apps.scanner.feeds.snapshot import Section, Snapshot
from whinchat.apps.scanner.knowledge import SiteTag
from whinchat.testing.clock import FakeClock

TOP = Path(__file__).parents[4] / "data" / "misp_tranco10k.txt.gz"
"""MISP's copy of a top-10k list, CC0."""


@pytest.fixture(scope="module")
def lists() -> SnapshotLists:
    return SnapshotLists(None, FakeClock())


def top_sites() -> Iterator[str]:
    with gzip.open(TOP, "rt", encoding="utf-8") as lines:
        yield from (line.strip() for line in lines)


@pytest.mark.unmeasured
def test_no_top_site_is_an_entry_nor_has_a_decisive_listing(lists: SnapshotLists) -> None:
    listed, condemned = [], []
    for name in top_sites():
        listings = lists.listings(link_to(f"https://{name}/"))
        listed += [name] if listings else []
        listings += lists.listings(link_to(f"https://www.{name}/"))
        condemned += [(name, listing.feed) for listing in listings if listing.decisive]

    assert listed == []
    assert condemned == []


def test_well_known_sites_are_popular_and_shared_ground_is_not(lists: SnapshotLists) -> None:
    for host in (
        "www.google.com",
        "en.wikipedia.org",
        "stackoverflow.com",
        "www.bbc.co.uk",
        "www.paypal.com",
        "www.hsbc.com",
    ):
        assert lists.popular(link_to(f"https://{host}/").site), host
    for host in (
        "ana.github.io",
        "x.weebly.com",
        "bit.ly",
        "t.co",
        "a.duckdns.org",
        "x.xsph.ru",
        "linktr.ee",
        "sites.google.com",
    ):
        assert not lists.popular(link_to(f"https://{host}/").site), host


def test_shared_ground_is_tagged(lists: SnapshotLists) -> None:
    expected = {
        "bit.ly": SiteTag.SHORTENER,
        "a.duckdns.org": SiteTag.DYNAMIC_DNS,
        "linktr.ee": SiteTag.LINK_IN_BIO,
        "ipfs.io": SiteTag.IPFS_GATEWAY,
        "l.facebook.com": SiteTag.REDIRECTOR,
        "evil.000webhostapp.com": SiteTag.HOSTING,
        "a.b.xsph.ru": SiteTag.HOSTING,
    }

    assert {host: tag for host, tag in expected.items() if tag not in lists.tags(link_to(f"https://{host}/"))} == {}
    assert lists.tags(link_to("https://www.facebook.com/")) == frozenset()


def test_it_is_what_its_card_says() -> None:
    card = json.loads(SHIPPED.with_suffix(".json").read_text(encoding="utf-8"))
    snapshot = Snapshot(SHIPPED)

    assert card["sha256"] == hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
    assert card["sections"] == {section.value: snapshot.count(section) for section in Section}
    assert card["bytes"] == SHIPPED.stat().st_size <= 12_000_000
    shipped = {feed["name"]: feed for feed in card["feeds"] if feed["trust"] != "left out"}
    assert {info.name for info in snapshot.description.feeds} == shipped.keys()
    for info in snapshot.description.feeds:
        feed = shipped[info.name]
        assert (feed["trust"], feed["entries"], feed["licence"]) == (info.trust.value, info.entries, info.licence)
        assert info.licence in {"CC0-1.0", "MIT", "Unlicense"}
        assert feed["benign_hits"] <= 0.001 * feed["benign_rows"]
        assert info.trust == "evidence" or feed["benign_hits_upper"] < 0.0002 * feed["benign_rows"]
