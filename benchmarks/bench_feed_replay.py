"""What feeds add to the link alone, replayed by time: a feed counts for a link only with what it listed before its day.

`python -m benchmarks.bench_feed_replay [--links N] [--resamples N]` prints one JSON line, and tables on stderr.

Feeds are replayed at four strengths. `entries`: TweetFeed and Phishing.Database as ../shared/data/lists has them; of an
entry only the last day is stored, so hosts that were seen again later are lost: a lower bound. `kept entries`: the
same, but for no longer than the service keeps them. `other feeds`: besides, the dated links of every feed in
../shared/data/links, but none of the feed that the link itself comes from. `own feed too`: those as well: a host that
comes back in the feed that had it before. `listed at all` is the most that could be: hosts that a feed other than the
link's own lists, on whatever day. Lists without dates are left out.

`later`: links of April and May. Recall at `warn` and at 0.1 % of benign links flagged, by the link alone and with the
feeds (there a decisive listing ranks above every score, of benign links too), and the difference in points with its
95 % interval over sites, the limits being fixed. Nearly none of these phishing links is on a site of the training
links, so nearly all that feeds had listed before April is missing from them, and feeds seem to add little; `unseen
sites` leaves out the rest. `precision`: benign links that each feed lists, and how many decisively, that is not on
popular or shared ground; a feed with more than 0.02 % of these (upper bound, 95 %) is evidence and no verdict. `by
month`: all links of the year before, from which nothing is missing: the share that is listed, and for OpenPhish's,
whose hosts the model has not learned from, the points that this adds to those warned of by the link alone.
"""

from __future__ import annotations

import argparse
import gzip
import math
import tempfile
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.common import machine, say, tell
from benchmarks.feed_replay import Feed, FeedsOnDay, day_of, link_of, name_of

from whinchat.apps.scanner.evaluation.bootstrap import Bootstrap, interval
from whinchat.apps.scanner.evaluation.bounds import upper
from whinchat.apps.scanner.evaluation.judging import WARNED
from whinchat.apps.scanner.evaluation.ranking import Scored, Tail
from whinchat.apps.scanner.evaluation.rows import Label, Row, read
from whinchat.apps.scanner.feeds.sources import known_sources
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.knowledge import Listing
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.verdict import DecidedBy, Verdict
from whinchat.infra.clock import SystemClock

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
LINKS = DATA / "links"
ENTRIES = DATA / "lists" / "phishing_hosts.tsv.gz"
EPOCH = date(1970, 1, 1)
NOW = 1_795_000_000_000
FROM = "2025-04"  # first month shown of the training links
FEED_OF = dict.fromkeys(("phishdb_active", "phishdb_inactive", "phishdb_new"), "phishing_database")
KEPT = 30  # days, for a feed that the service does not know
NOT_LEARNED = "openphish"
"""The model that ships learns from no host that this feed has."""
RATE = 0.001
TOO_MANY = 0.0002  # benign hits that make a feed evidence
STRENGTHS = ("entries", "kept entries", "other feeds", "own feed too")

Feeds = Mapping[str, Feed]


@dataclass(frozen=True, slots=True)
class Dated:
    """One labelled link."""

    link: Link
    phishing: bool
    feed: str
    """That the link comes from; for a benign link its source."""
    day: int | None
    """Since 1970."""


def dated(name: str) -> Iterator[Dated]:
    with (LINKS / f"{name}.tsv.gz").open("rb") as file:
        for row in read(file, name):
            link = link_of(row)
            if link is not None:
                yield Dated(link, row.label is Label.PHISHING, _feed(row), day_of(row))


def _feed(row: Row) -> str:
    return FEED_OF.get(row.source, row.source)


def entries() -> dict[str, Feed]:
    """The stored entries, each with its last day."""
    found: defaultdict[str, list[tuple[str, int | None]]] = defaultdict(list)
    with gzip.open(ENTRIES, "rt", encoding="utf-8", newline="\n") as file:
        next(file)
        for line in file:
            host, feed, day = line.rstrip("\n").split("\t")
            found[feed].append((host, (date.fromisoformat(day) - EPOCH).days))
    return {f"{feed} entries": Feed.of(listed, _lifetime(feed)) for feed, listed in found.items()}


def links_as_feeds(*samples: Sequence[Dated]) -> dict[str, Feed]:
    """The phishing links of each feed as what it listed on their days."""
    found: defaultdict[str, list[tuple[str, int | None]]] = defaultdict(list)
    for sample in samples:
        for each in sample:
            if each.phishing:
                found[each.feed].append((name_of(each.link), each.day))
    return {f"{feed} links": Feed.of(listed, _lifetime(feed)) for feed, listed in found.items()}


def _lifetime(feed: str) -> int:
    known = known_sources().get(feed)
    return known.lifetime if known else KEPT


def counting(feeds: Feeds, strength: str, source: str) -> frozenset[str]:
    """The feeds that count for links of that source."""
    if strength in {"entries", "kept entries"}:
        return frozenset(feed for feed in feeds if feed.endswith(" entries"))
    if strength == "other feeds":
        return frozenset(feed for feed in feeds if not feed.startswith(f"{source} "))
    return frozenset(feeds)


def replay(replayed: FeedsOnDay, each: Dated, feeds: Feeds, strength: str) -> tuple[Listing, ...]:
    """From now on the feeds are as they were for that link; gives what they list of it."""
    replayed.at(each.day, counting(feeds, strength, each.feed), expiring=strength != "entries")
    return replayed.listings(each.link)


# --- later links -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Judged:
    """A later link, judged alone and with the feeds at each strength."""

    each: Dated
    site: int
    unseen: bool
    alone: tuple[bool, float]
    """Whether it is warned of, and its score for ranking."""
    fed: dict[str, tuple[bool, float]]
    listed_at_all: bool
    hits: dict[tuple[str, bool], bool]
    """(feed that lists it before its day, whether the service would have kept that) to whether decisively."""


def judge_all(sample: Sequence[Dated], seen: Container[str], replayed: FeedsOnDay, feeds: Feeds) -> list[Judged]:
    judge = Judge(replayed)
    sites: dict[str, int] = {}
    found = []
    for each in sample:
        site = each.link.site.name
        replayed.at(None)
        alone = _outcome(judge.judge(each.link, NOW))
        fed: dict[str, tuple[bool, float]] = {}
        hits: dict[tuple[str, bool], bool] = {}
        for strength in STRENGTHS:
            listings = replay(replayed, each, feeds, strength)
            kept = strength != "entries"
            hits |= {(listing.feed, kept): listing.decisive for listing in listings}
            fed[strength] = _outcome(judge.judge(each.link, NOW)) if listings else alone
        replay(replayed, each, feeds, "other feeds")
        at_all = replayed.ever(each.link)
        found.append(Judged(each, sites.setdefault(site, len(sites)), site not in seen, alone, fed, at_all, hits))
    return found


def _outcome(verdict: Verdict) -> tuple[bool, float]:
    score = math.inf if verdict.decided_by is DecidedBy.FEED else verdict.score
    return verdict.level in WARNED, score


def later(judged: Sequence[Judged], bootstrap: Bootstrap) -> dict[str, Any]:
    return {
        "all": _by_source(judged, bootstrap),
        "unseen sites": _by_source([each for each in judged if each.unseen], bootstrap),
    }


def _by_source(judged: Sequence[Judged], bootstrap: Bootstrap) -> dict[str, Any]:
    benign = [each for each in judged if not each.each.phishing]
    phishing = [each for each in judged if each.each.phishing]
    alone = Tail.of([Scored(each.site, each.alone[1]) for each in benign], 5 * RATE).limits([RATE])[0]
    fed = {
        strength: Tail.of([Scored(each.site, each.fed[strength][1]) for each in benign], 5 * RATE).limits([RATE])[0]
        for strength in STRENGTHS
    }
    found = {}
    for source in ("every feed", *sorted({each.each.feed for each in phishing})):
        chosen = [each for each in phishing if source in {"every feed", each.each.feed}]
        found[source] = {
            "links": len(chosen),
            "sites": len({each.site for each in chosen}),
            "listed_at_all": _share([each.listed_at_all for each in chosen]),
            "alone": {
                "warn": _share([each.alone[0] for each in chosen]),
                "rate": _share([each.alone[1] > alone for each in chosen]),
            },
        } | {strength: _gain(chosen, strength, alone, fed[strength], bootstrap) for strength in STRENGTHS}
    return found


def _gain(chosen: Sequence[Judged], strength: str, alone: float, fed: float, bootstrap: Bootstrap) -> dict[str, Any]:
    warned = [(each.alone[0], each.fed[strength][0]) for each in chosen]
    ranked = [(each.alone[1] > alone, each.fed[strength][1] > fed) for each in chosen]
    found: dict[str, Any] = {}
    for name, pairs in (("warn", warned), ("rate", ranked)):
        found[name] = _share([after for _, after in pairs])
        gains = [after - before for before, after in pairs]
        found[f"{name}_points"] = round(100 * sum(gains) / len(gains), 2)
        shares = bootstrap.share((each.site, gain, 1) for each, gain in zip(chosen, gains, strict=True))
        between = interval(shares)
        found[f"{name}_points_95"] = None if between is None else [round(100 * bound, 2) for bound in between]
    return found


def _share(hits: Sequence[bool]) -> float:
    return round(sum(hits) / len(hits), 4)


def precision(judged: Sequence[Judged], feeds: Feeds) -> dict[str, Any]:
    """Of each feed as the service keeps it, and of the stored entries of any age."""
    views = {feed: (feed, True) for feed in feeds} | {
        f"{feed}, any age": (feed, False) for feed in feeds if feed.endswith(" entries")
    }
    return {name: _precision(judged, *view) | {"names": len(feeds[view[0]].days)} for name, view in views.items()}


def _precision(judged: Sequence[Judged], feed: str, kept: bool) -> dict[str, Any]:
    """Phishing links are those of other feeds."""
    listed = [each for each in judged if (feed, kept) in each.hits]
    phishing = [each for each in listed if each.each.phishing and not feed.startswith(f"{each.each.feed} ")]
    benign = [each for each in listed if not each.each.phishing]
    decisive = [each for each in benign if each.hits[feed, kept]]
    of = sum(not each.each.phishing for each in judged)
    bound = upper(len(decisive), of)
    return {
        "phishing": len(phishing),
        "phishing_decisive": sum(each.hits[feed, kept] for each in phishing),
        "benign": len(benign),
        "benign_decisive": len(decisive),
        "benign_decisive_sites": len({each.site for each in decisive}),
        "benign_decisive_share": round(len(decisive) / of, 6),
        "benign_decisive_upper_95": round(bound, 6),
        "good_for": "evidence" if bound > TOO_MANY else "a verdict",
    }


def warnings(judged: Sequence[Judged]) -> dict[str, Any]:
    """Benign links warned of, without feeds and with them, each feed trusted to decide."""
    benign = [each for each in judged if not each.each.phishing]
    counts = {"alone": sum(each.alone[0] for each in benign)}
    counts |= {strength: sum(each.fed[strength][0] for each in benign) for strength in STRENGTHS}
    return {"benign": len(benign)} | counts


# --- by month ----------------------------------------------------------------------------------------------------


def by_month(sample: Sequence[Dated], replayed: FeedsOnDay, feeds: Feeds) -> dict[str, dict[str, Any]]:
    """Of the links of a feed in a month the share that is listed before its day, at each strength."""
    judge = Judge(replayed)
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for each in sample:
        month = "" if each.day is None else (EPOCH + timedelta(each.day)).isoformat()[:7]
        if month < FROM or each.feed == "phishing_database":  # its days are those of snapshots
            continue
        count = counts[each.feed, month]
        count["links"] += 1
        alone = False
        if each.feed == NOT_LEARNED:
            replayed.at(None)
            alone = judge.judge(each.link, NOW).level in WARNED
            count["alone"] += alone
        for strength in STRENGTHS:
            listings = replay(replayed, each, feeds, strength)
            count[strength] += bool(listings)
            count[f"{strength}, points"] += not alone and any(listing.decisive for listing in listings)
        replay(replayed, each, feeds, "other feeds")
        count["listed_at_all"] += replayed.ever(each.link)
    found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for (source, month), count in sorted(counts.items()):
        found[source][month] = _month(count, with_model=source == NOT_LEARNED)
    return dict(found)


def _month(count: Counter[str], *, with_model: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"links": count["links"]}
    found |= {name: round(count[name] / count["links"], 4) for name in (*STRENGTHS, "listed_at_all")}
    if with_model:
        found["alone"] = round(count["alone"] / count["links"], 4)
        found["points"] = {name: round(100 * count[f"{name}, points"] / count["links"], 2) for name in STRENGTHS}
    return found


# --- shown -------------------------------------------------------------------------------------------------------


def show(found: Mapping[str, Any]) -> None:
    for group, sources in found["later"].items():
        say(f"\n{group:24}{'links':>7}{'warn':>7}{'0.1 %':>7}   points that feeds add at warn, at 0.1 %")
        for source, row in sources.items():
            say(f"  {source:22}{row['links']:7}{row['alone']['warn']:7.3f}{row['alone']['rate']:7.3f}")
            for strength in STRENGTHS:
                say(f"    {strength:34}   {_points(row[strength], 'warn')}   {_points(row[strength], 'rate')}")
            say(f"    {'listed at all by another feed':34}   {100 * row['listed_at_all']:+.2f} at most")
    say(f"\nwarnings about benign links: {found['warnings']}")
    for feed, row in found["precision"].items():
        say(f"  {feed:36}{row['phishing']:6} phishing, {row['benign']:4} benign, {row['benign_decisive']:4} decisively "
            f"(at most {row['benign_decisive_upper_95']:.4%}): {row['good_for']}")  # fmt: skip
    for source, months in found["by_month"].items():
        say(f"\n{source:10}{'links':>7}" + "".join(f"{name:>16}" for name in (*STRENGTHS, "listed_at_all")))
        for month, row in months.items():
            shares = "".join(f"{row[name]:16.2%}" for name in (*STRENGTHS, "listed_at_all"))
            say(f"  {month:8}{row['links']:7}{shares}   {row.get('points', '')}")


def _points(row: Mapping[str, Any], name: str) -> str:
    low, high = row[f"{name}_points_95"] or (math.nan, math.nan)
    return f"{row[f'{name}_points']:+.2f} ({low:+.2f} to {high:+.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--links", type=int, help="later links that are judged, evenly chosen; else all")
    parser.add_argument("--resamples", type=int, default=1_000)
    given = parser.parse_args()
    missing = [path.name for path in (ENTRIES, *(LINKS / f"{name}.tsv.gz" for name in ("train", "validation")))
               if not path.exists()]  # fmt: skip
    if missing:
        say(f"skipped: not there: {', '.join(missing)}")
        return tell({"benchmark": "feed_replay", "skipped": True})
    before = machine()
    trained, seen = [], set()
    for each in dated("train"):
        seen.add(each.link.site.name)
        if each.phishing:
            trained.append(each)
    recent = list(dated("validation"))
    say(f"{len(trained):,} phishing links to March and {len(recent):,} links of later")
    feeds = entries() | links_as_feeds(trained, recent)
    chosen = recent[:: max(1, len(recent) // given.links)] if given.links else recent
    with tempfile.TemporaryDirectory() as folder:
        replayed = FeedsOnDay(feeds, Path(folder), SystemClock())
        judged = judge_all(chosen, seen, replayed, feeds)
        found = {
            "benchmark": "feed_replay",
            "machine": before,
            "model": Judge(replayed).model.version,
            "later": later(judged, Bootstrap(given.resamples)),
            "warnings": warnings(judged),
            "precision": precision(judged, feeds),
            "by_month": by_month(trained, replayed, feeds),
        }
    show(found)
    return tell(found)


if __name__ == "__main__":
    main()
