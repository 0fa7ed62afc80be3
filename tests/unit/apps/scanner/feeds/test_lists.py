from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from tests.support.snapshots import feed, link_to, write_snapshot

from whinchat.apps.scanner.feeds.lists import LOOK_EVERY, SNAPSHOT, SnapshotLists
from whinchat.apps.scanner.feeds.snapshot import Section, Trust
from whinchat.apps.scanner.knowledge import Listing, Scope, SiteTag, Threat
from whinchat.apps.scanner.links.link import LinkKind
from whinchat.core.errors import StorageError
from whinchat.testing.clock import FakeClock

Make = Callable[..., SnapshotLists]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def make(tmp_path: Path, clock: FakeClock) -> Make:
    """Lists over a shipped snapshot with these names; the operator's is in the same folder."""

    def build(
        hosts: tuple[str, ...] = (), urls: tuple[str, ...] = (), sites: tuple[str, ...] = (), **known: object
    ) -> SnapshotLists:
        entries = {Section.HOST: hosts, Section.URL: urls, Section.SITE: sites}
        write_snapshot(tmp_path / "shipped.snap", entries, **known)  # type: ignore[arg-type]  # passed through
        return SnapshotLists(tmp_path / SNAPSHOT, clock, shipped=tmp_path / "shipped.snap")

    return build


def found(lists: SnapshotLists, url: str) -> list[tuple[Scope, bool]]:
    return [(listing.scope, listing.decisive) for listing in lists.listings(link_to(url))]


def test_a_listed_host_is_found_with_its_subdomains_and_www(make: Make) -> None:
    lists = make(hosts=("evil.example", "www.bad.example"))

    for url in (
        "Https://evil.example/x",
        "http://login.evil.example",
        "http://a.b.evil.example:81/",
        "http://bad.example",
    ):
        assert found(lists, url) == [(Scope.HOST, True)], url
    for url in ("http://notevil.example", "http://evil.example.org", "http://example", "http://other.bad.example"):
        assert found(lists, url) == [], url


def test_a_listing_says_what_it_is_of(make: Make) -> None:
    lists = make(hosts=("evil.example",))

    listing = Listing("bad", Threat.PHISHING, Scope.HOST, decisive=True, version=lists.version)
    assert lists.listings(link_to("http://evil.example/")) == (listing,)


def test_a_listed_page_is_found_whatever_the_scheme(make: Make) -> None:
    lists = make(urls=("blog.example/login?a=1", "blog.example/files/", "blog.example/pay"))

    assert found(lists, "https://blog.example/login?a=1#x") == [(Scope.URL, True)]
    assert found(lists, "http://blog.example/pay?victim=7") == [(Scope.URL, True)]
    assert found(lists, "http://blog.example/files/a/b.exe") == [(Scope.URL, True)]
    for url in (
        "http://blog.example/login",
        "http://blog.example/login?a=2",
        "http://blog.example/",
        "http://blog.example/pay/x",
    ):
        assert found(lists, url) == [], url


def test_a_host_entry_on_a_popular_site_is_demoted(make: Make) -> None:
    lists = make(hosts=("news.example", "sub.news.example"), popular=("news.example",))

    assert found(lists, "http://news.example/article") == [(Scope.HOST, False)]
    assert found(lists, "http://sub.news.example/") == [(Scope.HOST, False)]


def test_a_page_of_a_popular_site_is_listed_alone(make: Make) -> None:
    lists = make(urls=("news.example/forum/evil?id=1", "news.example/forum/"), popular=("news.example",))

    assert found(lists, "http://news.example/forum/evil?id=1") == [(Scope.URL, True)]
    assert found(lists, "http://news.example/forum/") == [(Scope.URL, True)]
    assert found(lists, "http://news.example/forum/good") == [(Scope.URL, False)]


def test_a_site_under_a_private_suffix_belongs_to_one_owner(make: Make) -> None:
    lists = make(hosts=("evil.pages.dev",), tags=(("pages.dev", SiteTag.HOSTING),))

    assert found(lists, "http://evil.pages.dev/x") == [(Scope.HOST, True)]
    assert found(lists, "http://a.evil.pages.dev/x") == [(Scope.HOST, True)]
    assert found(lists, "http://good.pages.dev/x") == []


def test_on_hosts_that_many_share_only_the_path_is_listed(make: Make) -> None:
    lists = make(
        hosts=("sites.google.com", "files.example"),
        urls=("sites.google.com/view/bad/", "files.example/u/7/"),
        sites=("sites.google.com/view/evil",),
        tags=(("files.example", SiteTag.HOSTING),),
    )

    assert found(lists, "https://sites.google.com/view/evil/home") == [(Scope.SITE, True)]
    assert found(lists, "https://sites.google.com/view/good/home") == [(Scope.HOST, False)]
    assert found(lists, "https://sites.google.com/view/bad/home") == [(Scope.URL, True)]
    assert found(lists, "https://sites.google.com/") == [(Scope.HOST, False)]
    assert found(lists, "https://files.example/u/7/x") == [(Scope.URL, False)]
    assert found(lists, "https://files.example/") == [(Scope.HOST, False)]


def test_an_entry_on_a_short_link_service_or_redirector_condemns_that_one_link_only(make: Make) -> None:
    lists = make(
        hosts=("short.example", "go.example"),
        urls=("short.example/bad", "go.example/to?u=evil.example"),
        tags=(("short.example", SiteTag.SHORTENER), ("go.example", SiteTag.REDIRECTOR)),
    )

    assert found(lists, "https://short.example/bad") == [(Scope.URL, True)]
    assert found(lists, "https://go.example/to?u=evil.example") == [(Scope.URL, True)]
    for url in ("https://short.example/good", "https://go.example/to?u=good.example", "https://go.example/"):
        assert found(lists, url) == [(Scope.HOST, False)], url


def test_a_site_on_tagged_hosting_can_be_listed_by_its_own_host(make: Make) -> None:
    lists = make(hosts=("evil.free.example",), tags=(("free.example", SiteTag.HOSTING),))

    assert found(lists, "http://evil.free.example/") == [(Scope.HOST, True)]


def test_feeds_of_evidence_are_never_decisive(make: Make) -> None:
    lists = make(hosts=("evil.example",), feeds=(feed("sure"), feed("perhaps", trust=Trust.EVIDENCE)))

    listings = lists.listings(link_to("http://evil.example/"))
    assert [(listing.feed, listing.decisive) for listing in listings] == [("sure", True), ("perhaps", False)]


def test_a_feed_names_its_narrowest_entry_once(make: Make) -> None:
    lists = make(hosts=("evil.example", "a.evil.example"), urls=("a.evil.example/x",))

    assert found(lists, "http://a.evil.example/x") == [(Scope.URL, True)]


def test_addresses_and_other_schemes(make: Make) -> None:
    lists = make(hosts=("8.8.8.8", "2606:4700:4700::1111"))

    assert found(lists, "http://8.8.8.8:81/x") == [(Scope.HOST, True)]
    assert found(lists, "http://[2606:4700:4700::1111]/x") == [(Scope.HOST, True)]
    assert lists.listings(replace(link_to("http://8.8.8.8/"), kind=LinkKind.OTHER)) == ()
    assert lists.listings(replace(link_to("http://8.8.8.8/"), host="")) == ()


def test_popular_is_the_registrable_domain_but_never_shared_hosting(make: Make) -> None:
    lists = make(popular=("bank.co.uk", "google.com", "github.io"))

    assert lists.popular(link_to("https://login.bank.co.uk/x").site)
    assert not lists.popular(link_to("https://bank.example/").site)
    assert not lists.popular(link_to("https://ana.github.io/").site)
    assert not lists.popular(link_to("https://sites.google.com/view/x").site)
    assert lists.popular_name("google.com")
    assert not lists.popular_name("www.google.com")


def test_tags_come_from_the_host_and_its_parents(make: Make) -> None:
    tags = (("bit.ly", SiteTag.SHORTENER), ("dyn.example", SiteTag.DYNAMIC_DNS), ("bit.ly", SiteTag.LINK_IN_BIO))
    lists = make(tags=tags)

    assert lists.tags(link_to("https://bit.ly/x")) == {SiteTag.SHORTENER, SiteTag.LINK_IN_BIO}
    assert lists.tags(link_to("https://a.b.dyn.example/x")) == {SiteTag.DYNAMIC_DNS}
    assert lists.tags(link_to("https://ana.github.io/")) == {SiteTag.HOSTING}
    assert lists.tags(link_to("https://notbit.ly/x")) == frozenset()


def test_a_new_snapshot_of_the_operator_is_used_within_seconds(make: Make, tmp_path: Path, clock: FakeClock) -> None:
    lists = make(hosts=("shipped.example",))
    before = lists.version
    assert found(lists, "http://new.example/") == []

    write_snapshot(tmp_path / SNAPSHOT, {Section.HOST: ["new.example"]}, feeds=[feed("mine")])
    assert found(lists, "http://new.example/") == []
    clock.move(LOOK_EVERY)
    assert found(lists, "http://new.example/") == [(Scope.HOST, True)]
    assert lists.version != before
    assert [info.name for info in lists.feeds] == ["bad", "mine"]
    assert found(lists, "http://shipped.example/") == [(Scope.HOST, True)]

    (tmp_path / SNAPSHOT).unlink()
    clock.move(LOOK_EVERY)
    assert found(lists, "http://new.example/") == []
    assert lists.version == before


def test_a_damaged_snapshot_leaves_the_last_good_one_in_use(
    make: Make, tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    write_snapshot(tmp_path / SNAPSHOT, {Section.HOST: ["mine.example"]})
    lists = make()
    (tmp_path / "new").write_bytes(b"garbage")
    (tmp_path / "new").replace(tmp_path / SNAPSHOT)

    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            clock.move(LOOK_EVERY)
            assert found(lists, "http://mine.example/") == [(Scope.HOST, True)]
    assert len(caplog.records) == 1


def test_a_damaged_snapshot_at_the_start_is_left_out(make: Make, tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / SNAPSHOT).write_bytes(b"garbage")
    lists = make(hosts=("evil.example",))
    assert found(lists, "http://evil.example/") == [(Scope.HOST, True)]

    write_snapshot(tmp_path / "new", {Section.HOST: ["mine.example"]})
    (tmp_path / "new").replace(tmp_path / SNAPSHOT)
    clock.move(LOOK_EVERY)
    assert found(lists, "http://mine.example/") == [(Scope.HOST, True)]


def test_without_its_own_lists_nothing_starts(tmp_path: Path, clock: FakeClock) -> None:
    with pytest.raises(StorageError, match="does not exist"):
        SnapshotLists(None, clock, shipped=tmp_path / "none.snap")


def test_age_is_that_of_the_newest_feed(make: Make, tmp_path: Path, clock: FakeClock) -> None:
    assert make(feeds=()).age_days is None
    assert make(feeds=(feed(date="2025-12-22"), feed("b", date="2025-12-01"))).age_days == 10.0
    write_snapshot(tmp_path / SNAPSHOT, feeds=[feed(date="2026-01-02")])
    clock.move(LOOK_EVERY)
    assert make(feeds=(feed(date="2025-12-22"),)).age_days == 0.0


def test_a_feed_that_is_kept_up_to_date_says_to_the_minute_how_old_it_is(make: Make, clock: FakeClock) -> None:
    current = msgspec.structs.replace(feed(date="2026-01-01"), current_at=clock.now() - 90 * 60_000)
    lists = make(feeds=(feed("b", date="2025-12-01"), current))
    assert lists.age_days == 90 / (24 * 60)


def test_opening_a_folder_uses_the_lists_that_ship(tmp_path: Path, clock: FakeClock) -> None:
    write_snapshot(tmp_path / SNAPSHOT, {Section.HOST: ["mine.example"]}, feeds=[feed("mine")])
    lists = SnapshotLists.open(tmp_path, clock)

    assert found(lists, "http://mine.example/") == [(Scope.HOST, True)]
    assert {"tweetfeed", "maltrail", "mine"} <= {info.name for info in lists.feeds}
