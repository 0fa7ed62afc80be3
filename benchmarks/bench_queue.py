"""The job queue from adding to finishing, with a plain table and a loop over the standard library's sqlite3 beside it.

`python -m benchmarks.bench_queue [--rounds N] [--jobs N] [--folder DIR]` prints one JSON line; of everything the
median, the lowest and the highest of the rounds. `jobs_at_N`: jobs a second with N that add and at most N that run at
once, each added and finished in a commit of its own, sealing included. `start_…_ms`: from the call that adds a job to
the first line of its handler, one job at a time. `rerun_s`: from kill -9 of a worker with four jobs in its hands until
another process has finished them, with a lease of `lease_s`. `plain_loop`: insert, select, delete, one after the other.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import uvloop

from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Batch, Claim, Database, Job, Statement
from whinchat.infra.clock import SystemClock
from whinchat.infra.crypto.keyring import KeyRing, RootKey
from whinchat.infra.crypto.sealer import AesSealer
from whinchat.infra.queue.migrations import MIGRATIONS
from whinchat.infra.queue.runner import JobRunner
from whinchat.infra.queue.sql import SqlQueue
from whinchat.infra.storage.migrate import migrate
from whinchat.infra.storage.sqlite import SqliteDatabase
from whinchat.testing.metrics import RecordedMetrics

KIND = "bench.nothing"
PAYLOAD = bytes(200)
LEASE = 1.0  # of the killed worker; seconds
HELD = 4  # jobs in the hands of the killed worker
SINGLE = 300  # jobs whose start is timed, a round
AT_ONCE = (1, 8, 32, 128)
KEYS = KeyRing(bytes(32), (RootKey("00000001", 0, bytes(32)),))


class Nothing:
    """The smallest handler; tells when it has run so many jobs, and when each began."""

    kind = KIND

    def __init__(self, concurrency: int, expected: int) -> None:
        self.concurrency = concurrency
        self.all_begun = asyncio.Event()
        self.began: dict[str, float] = {}
        self._expected = expected

    async def run(self, claim: Claim) -> Outcome:
        self.began[claim.key] = time.perf_counter()
        if len(self.began) == self._expected:
            self.all_begun.set()
        return NOTHING


class Bench:
    """A queue with a runner on one database."""

    def __init__(self, database: Database, at_once: int, expected: int, *, lease: float = 30.0) -> None:
        self._database = database
        self.queue = SqlQueue(database, AesSealer(KEYS), SystemClock(), random.SystemRandom(), lease=lease)
        self.handler = Nothing(at_once, expected)
        self._at_once = at_once

    async def add(self, key: str) -> None:
        job = Job(kind=KIND, key=key, payload=PAYLOAD)
        await self._database.commit(Batch(self.queue.add(job)))
        self.queue.announce()

    async def run(self, meanwhile: Callable[[], Awaitable[None]]) -> float:
        """Seconds until `meanwhile` has ended and every expected job with it."""
        runner = JobRunner(
            self.queue, [self.handler], self._settle, SystemClock(), RecordedMetrics(), at_once=self._at_once
        )
        start = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            group.create_task(runner.run())
            await meanwhile()
            await self.handler.all_begun.wait()
            runner.stop(60)
        return time.perf_counter() - start

    async def _settle(self, outcome: Outcome, done: Statement, cause: int | None) -> None:
        await self._database.commit(Batch((*outcome.changes.statements, done)))


async def throughput(path: Path, at_once: int, jobs: int) -> float:
    async with SqliteDatabase(path) as database:
        bench = Bench(database, at_once, jobs)

        async def add_some(first: int) -> None:
            for number in range(first, jobs, at_once):
                await bench.add(f"job-{number}")

        async def add_all() -> None:
            await asyncio.gather(*(add_some(first) for first in range(at_once)))

        return jobs / await bench.run(add_all)


async def starts(path: Path) -> list[float]:
    """Milliseconds from adding to the handler, one by one."""
    async with SqliteDatabase(path) as database:
        bench = Bench(database, 8, SINGLE)
        added: dict[str, float] = {}

        async def one_by_one() -> None:
            for number in range(SINGLE):
                key = f"job-{number}"
                added[key] = time.perf_counter()
                await bench.add(key)
                while key not in bench.handler.began:
                    await asyncio.sleep(0.0005)

        await bench.run(one_by_one)
        return sorted((bench.handler.began[key] - added[key]) * 1000 for key in added)


async def hold(path: Path, told: Connection) -> None:
    async with SqliteDatabase(path) as database:
        bench = Bench(database, HELD, HELD, lease=LEASE)
        for number in range(HELD):
            await bench.add(f"job-{number}")
        claims = await bench.queue.claim_many({KIND: HELD}, HELD)
        told.send(len(claims))
        await asyncio.Event().wait()


def holder(path: Path, told: Connection) -> None:
    asyncio.run(hold(path, told))


async def rerun(path: Path) -> float:
    context = multiprocessing.get_context("spawn")
    told, tell = context.Pipe()
    worker = context.Process(target=holder, args=(path, tell))
    worker.start()
    assert told.recv() == HELD
    worker.kill()
    worker.join()

    async def nothing() -> None:
        pass

    async with SqliteDatabase(path) as database:
        return await Bench(database, HELD, HELD, lease=LEASE).run(nothing)


def plain_loop(path: Path, jobs: int) -> float:
    """What one would write first: it runs nothing at once, seals nothing, and loses nothing only by luck."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
        "CREATE TABLE plain (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, payload BLOB NOT NULL)"
    )
    start = time.perf_counter()
    for number in range(jobs):
        connection.execute("INSERT OR IGNORE INTO plain (key, payload) VALUES (?, ?)", (f"job-{number}", PAYLOAD))
    for _ in range(jobs):
        job_id, _, _ = connection.execute("SELECT id, key, payload FROM plain ORDER BY id LIMIT 1").fetchone()
        connection.execute("DELETE FROM plain WHERE id = ?", (job_id,))
    seconds = time.perf_counter() - start
    connection.close()
    return jobs / seconds


async def one_round(folder: Path, jobs: int) -> dict[str, float]:
    def fresh(name: str) -> Path:
        path = folder / f"{name}.db"
        for file in folder.glob(f"{name}.db*"):
            file.unlink()
        migrate(path, MIGRATIONS, None, SystemClock())
        return path

    found = {
        # The smallest concurrency waits for a thread at every step: fewer jobs tell as much.
        f"jobs_at_{at_once}": await throughput(fresh(f"at-{at_once}"), at_once, jobs if at_once > 1 else jobs // 8)
        for at_once in AT_ONCE
    }
    took = await starts(fresh("starts"))
    found["start_p50_ms"] = took[len(took) // 2]
    found["start_p95_ms"] = took[int(len(took) * 0.95)]
    found["rerun_s"] = await rerun(fresh("rerun"))
    with suppress(FileNotFoundError):
        (folder / "plain.db").unlink()
    found["plain_loop"] = plain_loop(folder / "plain.db", jobs)
    return found


def summary(rounds: list[dict[str, float]]) -> dict[str, list[float]]:
    """Median, lowest, highest."""

    def rounded(value: float) -> float:
        return round(value, 2) if value < 100 else round(value)

    columns = {name: [found[name] for found in rounds] for name in rounds[0]}
    return {
        name: [rounded(statistics.median(values)), rounded(min(values)), rounded(max(values))]
        for name, values in columns.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=8_000, help="in each measurement of throughput")
    parser.add_argument("--folder", type=Path, help="where the databases are made; a temporary folder by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        rounds = [uvloop.run(one_round(Path(folder), options.jobs)) for _ in range(options.rounds)]
    told = {"benchmark": "queue", "rounds": options.rounds, "jobs": options.jobs, "lease_s": LEASE}
    print(json.dumps({**told, **summary(rounds)}))


if __name__ == "__main__":
    main()
