"""Links out of messages: time per message and per link, and the worst of the texts that are meant to be slow.

`python -m benchmarks.bench_links [--messages N] [--rounds N]` prints one JSON line. Times are processor time of this
thread: microseconds a message and a link, milliseconds for a hostile text of 10 kB. Beside them a bare search for
`https?://` and what follows, which finds far less, on the same messages. Real messages are read from ../shared if they
are there; else some are made up.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.hostile import links, texts

from whinchat.apps.scanner.links.extract import extract, links_of
from whinchat.apps.scanner.links.parse import parse_link

REAL = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "messages" / "messages.tsv.gz"
MADE_UP = (
    "good morning, see you at 10.30 in the cafe",
    "Your parcel is held: pay 1.99 at usps.com-track.top/pay?id=1",
    "look Https://paypa1-login.pages.dev/verify and report.pdf",
    "\u770bhttps://example.com/a\u5427 \u8c22\u8c22",
)
HOSTILE_SIZE = 10_000
NAIVE = re.compile(r"https?://\S+")


def messages(most: int) -> tuple[str, list[str]]:
    if not REAL.exists():
        return "made up", [MADE_UP[number % len(MADE_UP)] for number in range(most)]
    csv.field_size_limit(1 << 20)
    with gzip.open(REAL, "rt", encoding="utf-8", newline="\n") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        found = [row[1] for row in rows][1:]
    return "real", found[:: max(1, len(found) // most)][:most]


def seconds(work: Callable[[str], object], text: str, rounds: int) -> float:
    """The shortest of some rounds."""
    shortest = float("inf")
    for _ in range(rounds):
        start = time.thread_time()
        work(text)
        shortest = min(shortest, time.thread_time() - start)
    return shortest


def per_message(work: Callable[[str], object], found: list[str], rounds: int) -> dict[str, float]:
    micros = sorted(seconds(work, text, rounds) * 1e6 for text in found)
    return {"median": round(statistics.median(micros), 1), "p95": round(micros[int(len(micros) * 0.95)], 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    kind, found = messages(given.messages)
    urls = [link.url for text in found for link in extract(text)]
    hostile = {name: seconds(links_of, text, given.rounds) * 1e3 for name, text in texts(HOSTILE_SIZE).items()}
    empty = {name: ms for name, ms in hostile.items() if not extract(texts(HOSTILE_SIZE)[name])}
    slowest = max(hostile, key=hostile.__getitem__)
    slowest_empty = max(empty, key=empty.__getitem__)
    many = links(HOSTILE_SIZE)
    print(
        json.dumps(
            {
                "benchmark": "links",
                "messages": {"kind": kind, "count": len(found), "links": len(urls)},
                "extract_us_per_message": per_message(extract, found, given.rounds),
                "naive_us_per_message": per_message(NAIVE.findall, found, given.rounds),
                "naive_links": sum(len(NAIVE.findall(text)) for text in found),
                "extract_canonical_site_us_per_link": per_message(extract, urls, given.rounds),
                "parse_us_per_link": per_message(parse_link, urls, given.rounds),
                "hostile_10kb_ms": {
                    "worst_without_links": [slowest_empty, round(empty[slowest_empty], 2)],
                    "worst": [slowest, round(hostile[slowest], 2)],
                },
                "crowded_us_per_link": round(seconds(extract, many, given.rounds) * 1e6 / len(many.split()), 1),
            }
        )
    )


if __name__ == "__main__":
    main()
