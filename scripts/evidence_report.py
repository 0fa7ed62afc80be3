"""How often each kind of evidence fires on phishing and on ordinary links: what it tells, and whom it wrongs.

    .venv/bin/python -m scripts.evidence_report [--links N] [--split train|validation] [--show KIND]

Reads ../shared/data/links and prints a table and one JSON line; without the data it says so and does nothing. The
sample is seeded and drawn from the sources in turn, at most `MOST_PER_SITE` links of a site. Phishing comes from the
sources that numbers may be learned from and ship. Columns: hits among 1,000 phishing and 1,000 benign links, precision
if both were equally frequent, log-odds with its 95 % interval (counted in sites), and the benign sources it hits most.
Feeds are left out: they know these links. Kinds learned from them (names, suffixes) look better here than they are.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from whinchat.apps.scanner.evidence.index import EVIDENCE, gather
from whinchat.apps.scanner.evidence.known import know
from whinchat.apps.scanner.evidence.tables import Tables
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.knowledge import Lists
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.links.unwrap import unwrap
from whinchat.infra.clock import SystemClock

LINKS = Path(__file__).parents[2] / "shared" / "data" / "links"
SHIPPABLE = frozenset({"tweetfeed", "phishdb_active", "phishdb_inactive"})
FEEDS = frozenset({"listed", "listed_nearby"})
MOST_PER_SITE = 3
SEED = 20261122


@dataclass(frozen=True, slots=True)
class Row:
    link: Link
    bad: bool
    source: str


@dataclass(slots=True)
class Hits:
    """Where one kind of evidence fired."""

    sources: Counter[str] = field(default_factory=Counter)
    links: dict[bool, list[str]] = field(default_factory=lambda: {True: [], False: []})
    sites: dict[bool, set[str]] = field(default_factory=lambda: {True: set(), False: set()})

    def add(self, row: Row, said: str) -> None:
        self.sources[row.source] += 1
        self.links[row.bad].append(f"{row.source:22} {row.link.host}{row.link.path}  {said}")
        self.sites[row.bad].add(row.link.site.name)


def drawn(split: str, most: int) -> list[Row]:
    """Half phishing, half benign, from each source as many as from any other as long as it has some."""
    urls: dict[tuple[bool, str], list[str]] = defaultdict(list)
    with gzip.open(LINKS / f"{split}.tsv.gz", "rt", encoding="utf-8", newline="\n") as file:
        next(file)
        for line in file:
            _, label, url, source, *_ = line.split("\t")
            if label == "0" or source in SHIPPABLE:
                urls[label == "1", source].append(url)
    rng = random.Random(SEED)
    found: list[Row] = []
    for bad in (True, False):
        streams: list[Iterator[Row]] = []
        for (dangerous, source), group in urls.items():
            if dangerous is bad:
                rng.shuffle(group)
                streams.append(rows(group, bad, source))
        found += in_turn(streams, most // 2)
    return found


def rows(urls: Sequence[str], bad: bool, source: str) -> Iterator[Row]:
    seen: Counter[str] = Counter()
    for url in urls:
        link = parse_link("http://" + url)
        if link is not None and seen[link.site.name] < MOST_PER_SITE:
            seen[link.site.name] += 1
            yield Row(unwrap(link) or link, bad, source)


def in_turn(streams: list[Iterator[Row]], most: int) -> list[Row]:
    found: list[Row] = []
    while streams and len(found) < most:
        for stream in tuple(streams):
            row = next(stream, None)
            if row is None:
                streams.remove(stream)
            else:
                found.append(row)
    return found


def measure(sample: Sequence[Row], tables: Tables, lists: Lists) -> dict[str, Hits]:
    found = {kind.__name__: Hits() for kind in EVIDENCE if kind.__name__ not in FEEDS}
    for row in sample:
        for evidence in gather(row.link, know(row.link, tables, lists)):
            if evidence.name in found:
                found[evidence.name].add(row, f"{evidence.amount:g} {dict(evidence.values)}")
    return found


def summary(name: str, hits: Hits, totals: dict[bool, int], sizes: Counter[str]) -> dict[str, object]:
    """One line of the report; rates are smoothed by half a link, the interval is that of the numbers of sites."""
    rates = {bad: (len(hits.links[bad]) + 0.5) / (totals[bad] + 1) for bad in (True, False)}
    odds = math.log(rates[True] / rates[False])
    spread = 1.96 * math.sqrt(sum(1 / (len(hits.sites[bad]) + 0.5) for bad in (True, False)))
    shares = {source: round(1000 * hits.sources[source] / size, 2) for source, size in sizes.items()}
    worst = sorted((source for source, share in shares.items() if share), key=lambda source: -shares[source])
    return {
        "kind": name,
        "phishing": len(hits.links[True]),
        "benign": len(hits.links[False]),
        "per_1000": [round(1000 * rates[bad], 2) for bad in (True, False)],
        "precision": round(rates[True] / (rates[True] + rates[False]), 3),
        "log_odds": round(odds, 2),
        "interval": [round(odds - spread, 2), round(odds + spread, 2)],
        "benign_per_1000": {source: shares[source] for source in worst},
    }


def table(lines: Sequence[dict[str, object]]) -> Iterator[str]:
    yield f"{'kind':22} {'phish ‰':>8} {'benign ‰':>8} {'prec.':>6} {'log-odds':>9} {'interval':>15}  benign sources, ‰"
    for line in lines:
        rates, interval, sources = line["per_1000"], line["interval"], line["benign_per_1000"]
        assert isinstance(rates, list)
        assert isinstance(interval, list)
        assert isinstance(sources, dict)
        worst = ", ".join(f"{source} {share:g}" for source, share in list(sources.items())[:4])
        yield (
            f"{line['kind']:22} {rates[0]:8.2f} {rates[1]:8.2f} {line['precision']:6.3f} {line['log_odds']:9.2f} "
            f"{interval[0]:7.2f}{interval[1]:8.2f}  {worst}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--links", type=int, default=60_000, help="size of the sample")
    parser.add_argument("--split", choices=("train", "validation"), default="train")
    parser.add_argument("--show", metavar="KIND", help="print the benign links and as many phishing links it fires on")
    options = parser.parse_args()
    if not LINKS.is_dir():
        print("the links are not here: ../shared/data/links is missing; nothing measured", file=sys.stderr)
        return 0
    sample = drawn(options.split, options.links)
    found = measure(sample, Tables.load(), SnapshotLists(None, SystemClock()))
    if options.show:
        print(*found[options.show].links[False], "--- phishing", sep="\n")
        print(*found[options.show].links[True][: len(found[options.show].links[False]) + 20], sep="\n")
        return 0
    totals = {bad: sum(row.bad is bad for row in sample) for bad in (True, False)}
    sizes = Counter(row.source for row in sample if not row.bad)
    lines = [summary(name, hits, totals, sizes) for name, hits in found.items()]
    print(f"{totals[True]} phishing, {totals[False]} benign links of the {options.split} split")
    print(*table(lines), sep="\n")
    print(json.dumps({"report": "evidence", "split": options.split, "sources": dict(sizes), "kinds": lines}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
