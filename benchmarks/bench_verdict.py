"""A verdict's time: from the text of a link to its level, with parsing alone beside it on the same links.

`python -m benchmarks.bench_verdict [--links N] [--rounds N]` prints one JSON line. Microseconds of processor time of
this thread, the shortest of the rounds for each link, median and 95th percentile over the links: `parse` alone;
`judge`, the verdict of a parsed link; of that `model`, what the model takes (runs of characters, numbers, trees), and
`explaining`, what each piece of evidence was worth to it; `whole`, extraction from text and the verdict;
`whole_in_message`, besides with the message's words and a history. `whole_first` is a single look, before anything of
the links is cached. `whole` also by class of address and by source. The shipped feeds are used: a listed link takes as
long as another. `load_ms` is the time until the first verdict, in an interpreter that has imported all of it; `data_mb`
what Python objects the tables and the model then hold. Real links are a sample of
../shared/data/links/validation.tsv.gz if it is there; else some are made up.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from whinchat.apps.scanner.evidence.index import gather
from whinchat.apps.scanner.evidence.known import Evidence, Known, know, parts_of
from whinchat.apps.scanner.evidence.message import MessageReading
from whinchat.apps.scanner.evidence.situation import History, Situation
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.links.extract import links_of
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.scoring import AddressClass
from whinchat.apps.scanner.weighing import Weighed, Weighing
from whinchat.infra.clock import SystemClock

T = TypeVar("T")

REAL = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "links" / "validation.tsv.gz"
MADE_UP = (
    "http://smithtownnews.com/2026/11/council-approves-budget",
    "http://paypa1-login.pages.dev/verify",
    "http://en.wikipedia.org/wiki/Phishing",
    "http://203.0.113.9/wp-content/login.php?id=1",
)
NOW = 1_795_000_000_000
HISTORY = History(own_ground=True, senders_here=1, chats_elsewhere=2, chats_with_link=3, chats_with_site=4)


class Row(NamedTuple):
    text: str
    source: str


def real_links(most: int) -> list[Row]:
    """Spread evenly over the file; made up when it is not there."""
    if not REAL.exists():
        return [Row(MADE_UP[number % len(MADE_UP)], "made up") for number in range(most)]
    with gzip.open(REAL, "rt", encoding="utf-8", newline="\n") as file:
        next(file)
        fields = [line.split("\t") for line in file]
    return [Row(f"http://{url}", source) for _, _, url, source, *_ in fields[:: max(1, len(fields) // most)][:most]]


def micros(work: Callable[[T], object], items: Sequence[T], rounds: int) -> list[float]:
    times = []
    for item in items:
        shortest = float("inf")
        for _ in range(rounds):
            start = time.thread_time_ns()
            work(item)
            shortest = min(shortest, time.thread_time_ns() - start)
        times.append(shortest / 1000)
    return times


def shown(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "count": len(ordered),
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[int(len(ordered) * 0.95)], 1),
        "slowest": round(ordered[-1], 1),
    }


def by(keys: Sequence[str], times: Sequence[float]) -> dict[str, dict[str, float]]:
    groups = defaultdict(list)
    for key, spent in zip(keys, times, strict=True):
        groups[key].append(spent)
    return {key: shown(group) for key, group in sorted(groups.items())}


def loading() -> tuple[float, float]:
    """Milliseconds and megabytes until a judge has given its first verdict."""
    link = parse_link(MADE_UP[1])
    assert link is not None
    started = time.thread_time()
    Judge(SnapshotLists(None, SystemClock())).judge(link, NOW)
    spent = time.thread_time() - started
    tracemalloc.start()
    judge = Judge(SnapshotLists(None, SystemClock()))
    judge.judge(link, NOW)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return round(spent * 1e3, 1), round(size / 1e6, 2)


class Case(NamedTuple):
    """A link on its way through the judge."""

    link: Link
    known: Known
    evidence: list[Evidence]
    address: AddressClass
    weighed: Weighed

    @classmethod
    def of(cls, link: Link, judge: Judge, weighing: Weighing) -> Case:
        known = know(link, judge.tables, judge.lists)
        evidence, address = gather(link, known), AddressClass.of(link, known.tags)
        return cls(link, known, evidence, address, weighing.weigh(link, known, evidence, address))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--links", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    load_ms, data_mb = loading()
    judge = Judge(SnapshotLists(None, SystemClock()))
    rows = [row for row in real_links(given.links) if links_of(row.text)]
    texts = [row.text for row in rows]
    links = [links_of(text)[0] for text in texts]

    def whole(text: str) -> None:
        for link in links_of(text):
            judge.judge(link, NOW)

    def in_message(text: str) -> None:
        situation = Situation(judge.tables, MessageReading.of([f"please look at this: {text}"], judge.tables), HISTORY)
        for link in links_of(text):
            judge.in_situation(judge.judge(link, NOW), link, situation)

    first = micros(whole, texts, 1)
    weighing = Weighing(judge.model, judge.weights)
    cases = [Case.of(link, judge, weighing) for link in links]

    def model(case: Case) -> None:
        judge.tables.grams.odds(parts_of(case.link, case.known.reading))
        weighing.weigh(case.link, case.known, case.evidence, case.address)

    spent = micros(whole, texts, given.rounds)
    classes = [AddressClass.of(link, judge.lists.tags(link)).value for link in links]
    print(
        json.dumps(
            {
                "benchmark": "verdict",
                "links": "real" if REAL.exists() else "made up",
                "parse_us": shown(micros(parse_link, texts, given.rounds)),
                "judge_us": shown(micros(lambda link: judge.judge(link, NOW), links, given.rounds)),
                "model_us": shown(micros(model, cases, given.rounds)),
                "explaining_us": shown(
                    micros(lambda case: weighing.shares(case.weighed, case.evidence), cases, given.rounds)
                ),
                "whole_first_us": shown(first),
                "whole_us": shown(spent),
                "whole_in_message_us": shown(micros(in_message, texts, given.rounds)),
                "whole_us_by_class": by(classes, spent),
                "whole_us_by_source": by([row.source for row in rows], spent),
                "load_ms": load_ms,
                "data_mb": data_mb,
            }
        )
    )


if __name__ == "__main__":
    main()
