"""Look-ups of links in feed snapshots and the import of a feed, with a Python set of the same entries beside them.

`python -m benchmarks.bench_feeds [--entries N] [--rounds N]` prints one JSON line. Microseconds are medians of the
rounds; `one_…` is a single name in a single list, the others a whole link in all lists. Memory is what a fresh process
gains by opening the list and looking up, anonymous and of files, in MB; file pages can be given back at any time.
Made-up names, no network.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from whinchat.apps.scanner.feeds.build import SnapshotBuilder
from whinchat.apps.scanner.feeds.formats import FeedReader
from whinchat.apps.scanner.feeds.lists import SHIPPED, SnapshotLists
from whinchat.apps.scanner.feeds.migrations import MIGRATIONS
from whinchat.apps.scanner.feeds.snapshot import FeedInfo, Section, Snapshot, Trust, digest
from whinchat.apps.scanner.feeds.store import FeedStore, Order
from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.infra.clock import SystemClock
from whinchat.infra.storage.migrate import migrate
from whinchat.infra.storage.sqlite import SqliteDatabase
from whinchat.infra.workers import ThreadWorkers

LINKS = 20_000  # looked up in each round


def host(number: int) -> str:
    return f"login{number:07}.{number % 977}-secure.example"


def write_snapshot(path: Path, entries: int) -> None:
    builder = SnapshotBuilder([FeedInfo("made_up", Threat.PHISHING, Trust.DECISIVE, "", "1", "2026-01-01", entries)])
    for number in range(entries):
        builder.add(Section.HOST, host(number), 0)
    builder.write(path, built_at=0)


def links(numbers: Sequence[int]) -> list[Link]:
    found = [parse_link(f"https://{host(number)}/account/verify?id=7") for number in numbers]
    return [link for link in found if link is not None]


def memory() -> tuple[float, float]:
    """Anonymous and file memory of this process, proportional, in MB."""
    text = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    found = {name: int(size) / 1024 for name, size in re.findall(r"^Pss_(Anon|File):\s+(\d+) kB", text, re.MULTILINE)}
    return found["Anon"], found["File"]


def each(look: Callable[[Link], object], wanted: Sequence[Link], rounds: int) -> float:
    """Microseconds a link."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for link in wanted:
            look(link)
        times.append((time.perf_counter() - start) / len(wanted) * 1e6)
    return round(statistics.median(times), 2)


def gain(before: tuple[float, float]) -> dict[str, float]:
    anonymous, files = memory()
    return {"anonymous_mb": round(anonymous - before[0], 1), "file_mb": round(files - before[1], 1)}


def samples(entries: int) -> tuple[list[Link], list[Link]]:
    """Links that are listed, and links that are not."""
    chosen = random.Random(7).sample(range(entries), min(LINKS, entries))
    return links(chosen), links([entries + number for number in chosen])


def in_snapshot(path: Path, entries: int, rounds: int) -> dict[str, float]:
    hits, misses = samples(entries)
    clock = SystemClock()
    lists = SnapshotLists(None, clock)  # the shipped lists are there in both processes
    before = memory()
    start = time.perf_counter()
    lists = SnapshotLists(path, clock)
    opened = time.perf_counter() - start
    found = {"open_ms": round(opened * 1000, 2), "hit_us": each(lists.listings, hits, rounds)}
    found["miss_us"] = each(lists.listings, misses, rounds)
    found |= gain(before)
    snapshot = Snapshot(path)
    found["one_hit_us"] = each(lambda link: snapshot.find(Section.HOST, digest(link.host)), hits, rounds)
    found["one_miss_us"] = each(lambda link: snapshot.find(Section.HOST, digest(link.host)), misses, rounds)
    return found


def in_set(_: Path, entries: int, rounds: int) -> dict[str, float]:
    hits, misses = samples(entries)
    before = memory()
    start = time.perf_counter()
    listed = {host(number) for number in range(entries)}
    loaded = time.perf_counter() - start
    found = {"load_ms": round(loaded * 1000), "one_hit_us": each(lambda link: link.host in listed, hits, rounds)}
    found["one_miss_us"] = each(lambda link: link.host in listed, misses, rounds)
    return found | gain(before)


async def import_speed(folder: Path, entries: int) -> dict[str, float]:
    clock, workers = SystemClock(), ThreadWorkers(1)
    (folder / "list.txt").write_text("".join(f"{host(number)}\n" for number in range(entries)), encoding="ascii")
    migrate(folder / "feeds.db", MIGRATIONS, None, clock)
    async with SqliteDatabase(folder / "feeds.db") as database:
        store = FeedStore(
            database,
            folder / "feeds.snap",
            clock=clock,
            random=random.SystemRandom(),
            workers=workers,
            popular=lambda _: False,
        )
        start = time.perf_counter()
        with (folder / "list.txt").open("rb") as stream:
            await store.import_feed(Order("made_up", "benchmark"), FeedReader(stream))
        spent = time.perf_counter() - start
    await workers.close()
    return {"rows": entries, "rows_per_s": round(entries / spent)}


def apart(work: Callable[..., dict[str, float]], *arguments: object) -> dict[str, float]:
    """In a fresh process, so that memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "made_up.snap"
        write_snapshot(path, options.entries)
        result = {
            "benchmark": "feeds",
            "entries": options.entries,
            "snapshot_mb": round(path.stat().st_size / 1e6, 2),
            "shipped_mb": round(SHIPPED.stat().st_size / 1e6, 2),
            "snapshot": apart(in_snapshot, path, options.entries, options.rounds),
            "set": apart(in_set, path, options.entries, options.rounds),
            "import": asyncio.run(import_speed(folder, options.entries // 5)),
        }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
