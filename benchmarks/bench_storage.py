"""Commits and reads of the embedded database, with the same inserts through the standard library's sqlite3 beside them.

`python -m benchmarks.bench_storage [--rounds N] [--folder DIR]` prints one JSON line: medians, and the lowest and
highest of the rounds. Everything is per second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from whinchat.core.ports import Batch, Statement
from whinchat.infra.storage.sqlite import SqliteDatabase

TABLE = "CREATE TABLE entries (id INTEGER PRIMARY KEY, name TEXT NOT NULL, body BLOB NOT NULL, at INTEGER NOT NULL)"
INSERT = "INSERT INTO entries (name, body, at) VALUES (:name, :body, :at)"
BODY = bytes(300)
MMAP = 256 * 1024 * 1024


def single(number: int, durable: bool = False) -> Batch:
    return Batch((Statement(INSERT, {"name": f"entry {number}", "body": BODY, "at": number}),), durable)


def handled(number: int) -> Batch:
    """Like what a handled message commits: a claim, an insert, an expectation on both."""
    mark = Statement("UPDATE entries SET at = :at WHERE id = :id", {"at": number, "id": 1 + number % 1000}, rows=1)
    insert = Statement(INSERT, {"name": f"entry {number}", "body": BODY, "at": number}, rows=1)
    return Batch((mark, insert))


async def committing(database: SqliteDatabase, make: Callable[[int], Batch], at_once: int, total: int) -> float:
    async def one(first: int) -> None:
        for number in range(first, total, at_once):
            await database.commit(make(number))

    return await speed(lambda: asyncio.gather(*(one(first) for first in range(at_once))), total)


async def reading(database: SqliteDatabase, total: int) -> float:
    async def look_up() -> None:
        for number in range(total):
            await database.fetch_one(
                "SELECT name, body, at FROM entries WHERE id = :id", {"id": 1 + number * 7 % 20_000}
            )

    return await speed(look_up, total)


async def streaming(database: SqliteDatabase) -> float:
    (total,) = await database.fetch_one("SELECT count(*) FROM entries") or (0,)

    async def all_rows() -> None:
        async for _ in database.stream("SELECT id, name, body, at FROM entries"):
            pass

    return await speed(all_rows, int(total or 0))


async def speed(work: Callable[[], Awaitable[object]], total: int) -> float:
    start = time.perf_counter()
    await work()
    return total / (time.perf_counter() - start)


async def measure(path: Path, mmap_bytes: int) -> dict[str, float]:
    async with SqliteDatabase(path, mmap_bytes=mmap_bytes) as database:
        await database.commit(Batch((Statement(TABLE, {}),)))
        await committing(database, single, 50, 20_000)  # warm, and something to read
        found = {
            f"commits_at_{at_once}": await committing(database, single, at_once, total)
            for at_once, total in ((1, 4_000), (50, 30_000), (200, 30_000))
        }
        found["handled_at_50"] = await committing(database, handled, 50, 20_000)
        found["durable_at_1"] = await committing(database, lambda number: single(number, durable=True), 1, 300)
        found["durable_at_50"] = await committing(database, lambda number: single(number, durable=True), 50, 6_000)
        found["inline_reads"] = await reading(database, 50_000)
        found["streamed_rows"] = await streaming(database)
    return found


def standard_library(path: Path) -> dict[str, float]:
    """sqlite3 in one thread, a transaction for each insert, and 50 in a transaction."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(TABLE)
    found = {}
    for at_once in (1, 50):
        start = time.perf_counter()
        for number in range(0, 20_000, at_once):
            connection.execute("BEGIN IMMEDIATE")
            for each in range(at_once):
                connection.execute(INSERT, {"name": f"entry {number + each}", "body": BODY, "at": number})
            connection.execute("COMMIT")
        found[f"sqlite3_inserts_by_{at_once}"] = 20_000 / (time.perf_counter() - start)
    start = time.perf_counter()
    for number in range(50_000):
        connection.execute("SELECT name, body, at FROM entries WHERE id = ?", (1 + number * 7 % 20_000,)).fetchone()
    found["sqlite3_reads"] = 50_000 / (time.perf_counter() - start)
    connection.close()
    return found


def summary(rounds: list[dict[str, float]]) -> dict[str, dict[str, int]]:
    return {
        name: {
            "median": round(statistics.median(values)),
            "low": round(min(values)),
            "high": round(max(values)),
        }
        for name in rounds[0]
        if (values := [found[name] for found in rounds])
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--folder", type=Path, help="on the disk to measure; a temporary one by default")
    options = arguments.parse_args()
    runs: dict[str, list[dict[str, float]]] = {"default": [], "mmap_256mb": [], "standard_library": []}
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            runs["default"].append(uvloop.run(measure(Path(folder) / "default.db", 0)))
            runs["mmap_256mb"].append(uvloop.run(measure(Path(folder) / "mmap.db", MMAP)))
            runs["standard_library"].append(standard_library(Path(folder) / "standard.db"))
    print(
        json.dumps(
            {
                "benchmark": "storage",
                "unit": "per second",
                "rounds": options.rounds,
                **{name: summary(found) for name, found in runs.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
