"""Feeds replayed by time: what was listed before a link's day, and nothing that was only known later."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from benchmarks.feed_replay import Feed, FeedsOnDay, day_of, link_of, name_of

from whinchat.apps.scanner.evaluation.rows import Label, Row
from whinchat.apps.scanner.knowledge import Scope
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.testing.clock import FakeClock

SEEN = 20_000  # days since 1970
LIFETIME = 7


def link(url: str) -> Link:
    found = parse_link(f"http://{url}")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> FeedsOnDay:
    names = ("evil.example", "scam.pages.dev", "pages.dev", "sites.google.com/view/scam", "sites.google.com",
             "www.wikipedia.org", "de.wikipedia.org")  # fmt: skip
    ours = Feed.of([*((name, SEEN) for name in names), ("back.example", SEEN), ("back.example", SEEN + 20)], LIFETIME)
    theirs = Feed.of([("evil.example", SEEN - 5)], LIFETIME)
    return FeedsOnDay({"ours": ours, "theirs": theirs}, tmp_path_factory.mktemp("replay"), FakeClock())


def listed(
    feeds: FeedsOnDay, url: str, day: int | None, counting: Iterable[str] = ("ours",), *, expiring: bool = True
) -> list[str]:
    feeds.at(day, counting, expiring=expiring)
    return [listing.feed for listing in feeds.listings(link(url))]


def test_an_entry_counts_from_the_day_after_it_was_seen(feeds: FeedsOnDay) -> None:
    assert listed(feeds, "evil.example/login", SEEN - 1) == []
    assert listed(feeds, "evil.example/login", SEEN) == []
    assert listed(feeds, "evil.example/login", SEEN + 1) == ["ours"]


def test_an_entry_counts_as_long_as_the_service_keeps_it(feeds: FeedsOnDay) -> None:
    assert listed(feeds, "evil.example/", SEEN + LIFETIME) == ["ours"]
    assert listed(feeds, "evil.example/", SEEN + LIFETIME + 1) == []
    assert listed(feeds, "evil.example/", SEEN + 1_000, expiring=False) == ["ours"]


def test_what_is_seen_again_counts_again(feeds: FeedsOnDay) -> None:
    assert [day for day in range(30) if listed(feeds, "back.example/", SEEN + day)] == [*range(1, 8), *range(21, 28)]


def test_what_may_have_been_listed_in_time_is_told_apart(feeds: FeedsOnDay) -> None:
    assert listed(feeds, "evil.example/", SEEN - 1) == []
    assert feeds.ever(link("evil.example/"))
    assert not feeds.ever(link("harmless.example/"))
    feeds.at(SEEN - 1, ["theirs"])
    assert not feeds.ever(link("back.example/"))


def test_a_link_without_a_day_has_no_feeds(feeds: FeedsOnDay) -> None:
    assert listed(feeds, "evil.example/", None) == []


def test_each_feed_counts_by_its_own_day_and_only_where_it_is_asked(feeds: FeedsOnDay) -> None:
    assert listed(feeds, "evil.example/", SEEN - 2, ["ours", "theirs"]) == ["theirs"]
    assert listed(feeds, "evil.example/", SEEN + 1, ["ours", "theirs"]) == ["ours", "theirs"]
    assert listed(feeds, "evil.example/", SEEN + 1, []) == []


def test_subdomains_are_listed_with_their_host_but_neighbours_are_not(feeds: FeedsOnDay) -> None:
    assert listed(feeds, "login.evil.example/", SEEN + 1) == ["ours"]
    assert listed(feeds, "evil.example.net/", SEEN + 1) == []
    assert listed(feeds, "other.pages.dev/", SEEN + 1) == []


@pytest.mark.parametrize(
    ("url", "scope", "decisive"),
    [
        ("evil.example/", Scope.HOST, True),
        ("scam.pages.dev/", Scope.HOST, True),
        ("sites.google.com/view/scam/home", Scope.SITE, True),
        ("sites.google.com/view/club", Scope.HOST, False),
        ("de.wikipedia.org/wiki/Vogel", Scope.HOST, False),
    ],
)
def test_popular_sites_and_shared_hosts_are_never_decisive(
    feeds: FeedsOnDay, url: str, scope: Scope, decisive: bool
) -> None:
    feeds.at(SEEN + 1, ["ours"])
    (listing,) = feeds.listings(link(url))
    assert (listing.scope, listing.decisive) == (scope, decisive)


def test_a_popular_name_is_left_out_as_when_a_feed_is_imported(feeds: FeedsOnDay) -> None:
    assert listed(feeds, "www.wikipedia.org/wiki/Bird", SEEN + 1) == []


def test_a_shared_site_is_only_listed_by_what_was_seen_of_itself(tmp_path: Path) -> None:
    ours = Feed.of([("sites.google.com/view/scam", SEEN), ("sites.google.com", SEEN - 5)], LIFETIME)
    feeds = FeedsOnDay({"ours": ours}, tmp_path, FakeClock())
    assert listed(feeds, "sites.google.com/view/scam", SEEN) == []
    assert listed(feeds, "sites.google.com/view/scam", SEEN + 1) == ["ours"]


def test_a_feed_remembers_every_day_of_a_name_and_nothing_undated() -> None:
    feed = Feed.of([("a.example", 9), ("a.example", 3), ("a.example", 3), ("b.example", None)], LIFETIME)
    assert feed.days == {"a.example": [3, 9]}


def test_a_row_gives_its_day_and_the_name_that_a_feed_would_list() -> None:
    row = Row(Label.PHISHING, address="http://www.evil.example/x", when=86_400_000 * 3 + 1)
    found = link_of(row)
    assert found is not None
    assert (day_of(row), name_of(found)) == (3, "www.evil.example")
    assert day_of(Row(Label.PHISHING)) is None
    assert link_of(Row(Label.PHISHING, address="nonsense")) is None
    assert name_of(link("sites.google.com/view/scam/home")) == "sites.google.com/view/scam"
