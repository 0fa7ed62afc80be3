"""The adversary's view: what it costs a phisher to get past the scanner, and what it gains.

`python -m benchmarks.bench_adversary [--links N] [--seed N]` prints one JSON line, and a table on stderr. Of the
phishing links in ../shared/data/links/validation.tsv.gz, one a site and drawn with the seed, those that are warned of
by the link alone (no feeds, no network) are sent again, changed by each mutation of `adversary.py`. Per mutation: on
how many links it could be used, the share of those still warned of with its 95 % interval (exact binomial: one link a
site), and the median change of the raw score (log-odds) with its interval. A text in which no link is found counts as
not warned of. The score of a text is that of its worst link, wrappers included. `unchanged` is the link without a
mutation.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import statistics
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.adversary import MUTATIONS, Mutation, Target
from benchmarks.common import say

from whinchat.apps.scanner.evaluation.bounds import lower, upper
from whinchat.apps.scanner.evaluation.judging import FeedsInTime, FeedUse
from whinchat.apps.scanner.evidence.known import know
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.links.extract import links_of
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.verdict import Level
from whinchat.infra.clock import SystemClock

REAL = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "links" / "validation.tsv.gz"
NOW = 1_795_000_000_000
TWO_SIDED = 0.975


def phishing(path: Path, seed: int) -> Iterator[Link]:
    """One link a site, the same for the same seed."""
    of_site: dict[str, Link] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        next(file)
        for line in file:
            _, label, url, *_ = line.split("\t")
            if label == "1" and (link := parse_link(f"http://{url}")) is not None:
                of_site.setdefault(link.site.name, link)
    yield from sorted(of_site.values(), key=lambda link: zlib.crc32(f"{seed} {link.site.name}".encode()))


class Scanner:
    """The shipped scanner without feeds."""

    def __init__(self) -> None:
        lists = FeedsInTime(SnapshotLists(None, SystemClock()), FeedUse.NONE)
        self.judge = Judge(lists)
        self.warn = self.judge.rules.thresholds.warn

    def read(self, text: str) -> tuple[bool, float | None]:
        """Whether a message of this text is warned of, and the score of its worst link; None without a link."""
        verdicts = [self.judge.judge(link, NOW) for link in links_of(text)]
        warned = any(verdict.level in {Level.SUSPICIOUS, Level.MALICIOUS} for verdict in verdicts)
        return warned, max((verdict.score for verdict in verdicts), default=None)

    def target(self, link: Link) -> Target:
        mentions = know(link, self.judge.tables, self.judge.lists).mentions
        return Target(link, tuple(mention.word for mention in mentions))


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """Of the median, 95 %, by order statistics."""
    ordered = sorted(values)
    spread = 0.98 * math.sqrt(len(ordered))
    low, high = math.floor(len(ordered) / 2 - spread), math.ceil(len(ordered) / 2 + spread)
    return ordered[max(0, low)], ordered[min(len(ordered) - 1, high)]


def measure(scanner: Scanner, mutation: Mutation, targets: Sequence[Target], seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    warned, changes, used = 0, [], 0
    for target in targets:
        text = mutation(target, chance)
        if text is None or text == target.link.url:
            continue
        used += 1
        still, score = scanner.read(text)
        warned += still
        if score is not None:
            before = scanner.read(target.link.url)[1]
            changes.append(score - (before or 0.0))
    found: dict[str, Any] = {"links": used}
    if used:
        low, high = lower(warned, used, TWO_SIDED), upper(warned, used, TWO_SIDED)
        found |= {"recall": round(warned / used, 3), "recall_95": [round(low, 3), round(high, 3)]}
    if changes:
        found["score_change"] = round(statistics.median(changes), 2)
        found["score_change_95"] = [round(each, 2) for each in median_interval(changes)]
    return found


def table(found: dict[str, dict[str, Any]]) -> str:
    rows = [f"{'':34}{'links':>6}  {'still warned of':22}{'score, median change'}"]
    for name, row in found.items():
        low, high = row.get("recall_95", (0.0, 0.0))
        change = row.get("score_change", "")
        rows.append(f"{name:34}{row['links']:6d}  {row.get('recall', 0):.3f} ({low:.3f} to {high:.3f}) {change:>8}")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--links", type=int, default=1_500, help="sites looked at; those that are detected are changed")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if not REAL.exists():
        say(f"skipped: {REAL} is not there")
        return
    scanner = Scanner()
    sample = [link for link, _ in zip(phishing(REAL, given.seed), range(given.links), strict=False)]
    targets = [scanner.target(link) for link in sample if scanner.read(link.url)[0]]
    found = {"unchanged": measure(scanner, lambda it, _: f" {it.link.url}", targets, given.seed)}
    for name, mutation in MUTATIONS:
        found[name] = measure(scanner, mutation, targets, given.seed)
    say(table(found))
    sites = {"looked_at": len(sample), "detected": len(targets)}
    print(json.dumps({"benchmark": "adversary", "warn": scanner.warn, "sites": sites, "mutations": found}))


if __name__ == "__main__":
    main()
