"""A verdict's time: from the text of a link to its level, with parsing alone beside it on the same links.

`python -m benchmarks.bench_verdict [--links N] [--rounds N]` prints one JSON line. Microseconds of processor time of
this thread, the shortest of the rounds for each link; `judge` is the verdict of a parsed link, `whole` the extraction
from text and the verdict. Memory is what loading the data of the evidence adds, in MB. Real links are a sample of
../shared/data/links/validation.tsv.gz if it is there; else some are made up.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from whinchat.apps.scanner.evidence.tables import Tables
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.links.extract import links_of
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.infra.clock import SystemClock

T = TypeVar("T")

REAL = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "links" / "validation.tsv.gz"
MADE_UP = (
    "https://smithtownnews.com/2026/11/council-approves-budget",
    "https://paypa1-login.pages.dev/verify",
    "https://en.wikipedia.org/wiki/Phishing",
    "http://203.0.113.9/wp-content/login.php?id=1",
)
NOW = 1_795_000_000_000


def urls(most: int) -> tuple[str, list[str]]:
    if not REAL.exists():
        return "made up", [MADE_UP[number % len(MADE_UP)] for number in range(most)]
    with gzip.open(REAL, "rt", encoding="utf-8", newline="\n") as file:
        next(file)
        found = ["http://" + line.split("\t")[2] for line in file]
    return "real", found[:: max(1, len(found) // most)][:most]


def micros(work: Callable[[T], object], items: Sequence[T], rounds: int) -> dict[str, float]:
    times = []
    for item in items:
        shortest = float("inf")
        for _ in range(rounds):
            start = time.thread_time_ns()
            work(item)
            shortest = min(shortest, time.thread_time_ns() - start)
        times.append(shortest / 1000)
    times.sort()
    return {"median": round(statistics.median(times), 1), "p95": round(times[int(len(times) * 0.95)], 1)}


def loaded_mb() -> float:
    tracemalloc.start()
    tables = Tables.load()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del tables
    return round(size / 1e6, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    kind, found = urls(given.links)
    judge = Judge(SnapshotLists(None, SystemClock()))
    links = [link for url in found if (link := parse_link(url)) is not None]

    def whole(text: str) -> None:
        for link in links_of(text):
            judge.judge(link, NOW)

    print(
        json.dumps(
            {
                "benchmark": "verdict",
                "links": {"kind": kind, "count": len(links)},
                "parse_us_per_link": micros(parse_link, found, given.rounds),
                "judge_us_per_link": micros(lambda link: judge.judge(link, NOW), links, given.rounds),
                "whole_us_per_link": micros(whole, found, given.rounds),
                "data_mb": loaded_mb(),
            }
        )
    )


if __name__ == "__main__":
    main()
