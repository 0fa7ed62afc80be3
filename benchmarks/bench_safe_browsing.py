"""Safe Browsing's local lists at full size: update, look-up and memory, with a Python set of the same prefixes beside.

`python -m benchmarks.bench_safe_browsing [--entries N] [--rounds N]` prints one JSON line. The server's answers are
made beforehand; no network. `whole` and `change` are updates of all five lists (a change takes 1 in 500 prefixes away
and adds as many); `late_…_ms` is by how much the event loop was held up meanwhile. Look-ups are of the four prefixes of
a link in all lists, in microseconds. Memory is what a fresh process gains by opening the lists and looking up,
anonymous and of files, in MB; file pages can be given back at any time. Made-up prefixes.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import re
import statistics
import tempfile
import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.common import machine, percentile, say, tell
from tests.support.safe_browsing import batch, checksum, field

from whinchat.apps.scanner.sources.safe_browsing.client import Client
from whinchat.apps.scanner.sources.safe_browsing.protocol import LISTS, lists_address
from whinchat.apps.scanner.sources.safe_browsing.store import PrefixList, PrefixStore
from whinchat.apps.scanner.sources.safe_browsing.updater import Updater
from whinchat.core.secret import Secret
from whinchat.infra.clock import SystemClock
from whinchat.infra.workers import ThreadWorkers
from whinchat.testing.clock import FakeClock
from whinchat.testing.http import Answer, FakeHttp

SHARES = (0.55, 0.25, 0.12, 0.06, 0.02)  # of the prefixes, in each list
CHANGED = 500
PREFIXES = 4  # of a link
LINKS = 20_000


def encoded(numbers: Sequence[int]) -> bytes:
    """RiceDeltaEncoded32Bit, fast enough for millions; `tests.support` has the plain one."""
    mean = (numbers[-1] - numbers[0]) // max(1, len(numbers) - 1)
    parameter = min(30, max(3, mean.bit_length() - 1))
    out, bits, have, before = bytearray(), 0, 0, numbers[0]
    for number in numbers[1:]:
        quotient, rest = divmod(number - before, 1 << parameter)
        bits |= ((1 << quotient) - 1 | rest << quotient + 1) << have
        have += quotient + 1 + parameter
        before = number
        if have > 512:
            whole = have // 8
            out += (bits & (1 << 8 * whole) - 1).to_bytes(whole, "little")
            bits >>= 8 * whole
            have -= 8 * whole
    out += bits.to_bytes((have + 7) // 8, "little")
    return field(1, numbers[0]) + field(2, parameter) + field(3, len(numbers) - 1) + field(4, bytes(out))


def whole_list(name: str, prefixes: Sequence[int]) -> bytes:
    return field(1, name) + field(2, b"1") + field(4, encoded(prefixes)) + field(7, checksum(prefixes))


def change(name: str, old: Sequence[int], chance: random.Random) -> bytes:
    """One in so many goes, and as many come."""
    gone = sorted(chance.sample(range(len(old)), max(1, len(old) // CHANGED)))
    left = set(old) - {old[position] for position in gone}
    added = sorted({chance.getrandbits(32) for _ in gone} - set(old))
    message = field(1, name) + field(2, b"2") + field(3, 1) + field(4, encoded(added)) + field(5, encoded(gone))
    return message + field(7, checksum([*left, *added]))


async def update(updater: Updater, clock: FakeClock) -> dict[str, float]:
    """One update, and how late the event loop was while it went on."""
    late: list[float] = []

    async def watch() -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.002)
            late.append(time.perf_counter() - begun - 0.002)

    watching = asyncio.create_task(watch())
    began, spent = time.perf_counter(), time.process_time()
    state = await updater.update()
    seconds, cpu = time.perf_counter() - began, time.process_time() - spent
    watching.cancel()
    if state is None or state.failures:
        raise SystemExit("the update failed")
    clock.move(3600)
    late.sort()
    found = {"seconds": round(seconds, 2), "cpu_seconds": round(cpu, 2)}
    return found | {"late_p50_ms": round(percentile(late, 0.5) * 1000, 1), "late_max_ms": round(late[-1] * 1000, 1)}


async def updates(folder: Path, lists: Mapping[str, Sequence[int]]) -> dict[str, object]:
    clock, workers, http, chance = FakeClock(), ThreadWorkers(1), FakeHttp(), random.Random(3)
    store = PrefixStore(folder, clock)
    key = Secret("a-key")
    updater = Updater(Client(http, key), key, store, clock, random.Random(1), workers)
    say("writing the answers of the server")
    first = batch(*(whole_list(name, prefixes) for name, prefixes in lists.items()))
    second = batch(*(change(name, prefixes, chance) for name, prefixes in lists.items()))
    found: dict[str, object] = {"whole_mb": round(len(first) / 1e6, 2), "change_kb": round(len(second) / 1e3, 1)}
    http.answer(lists_address(LISTS, ()), Answer(first))
    http.answer(lists_address(LISTS, [b"1"] * len(LISTS)), Answer(second))
    for name in ("whole", "change"):
        say(f"update: {name}")
        found[name] = await update(updater, clock)
    await workers.close()
    return found


def made_up(entries: int) -> dict[str, Sequence[int]]:
    """Each list ascending, the same every time."""
    chance = random.Random(11)
    return {
        name: array("I", sorted(chance.sample(range(1 << 32), max(2, round(entries * share)))))
        for name, share in zip(LISTS, SHARES, strict=True)
    }


def memory() -> tuple[float, float]:
    """Anonymous and file memory of this process, proportional, in MB."""
    text = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    found = {name: int(size) / 1024 for name, size in re.findall(r"^Pss_(Anon|File):\s+(\d+) kB", text, re.MULTILINE)}
    return found["Anon"], found["File"]


def links() -> list[list[int]]:
    chance = random.Random(5)
    return [[chance.getrandbits(32) for _ in range(PREFIXES)] for _ in range(LINKS)]


def look_up(lists: Sequence[PrefixList | set[int]], wanted: Sequence[Sequence[int]], rounds: int) -> dict[str, float]:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        for prefixes in wanted:
            any(prefix in each for prefix in prefixes for each in lists)
        times.append((time.perf_counter() - began) / len(wanted) * 1e6)
    return {"link_us": round(statistics.median(times), 1)}


def in_files(folder: Path, rounds: int) -> dict[str, float]:
    store, wanted = PrefixStore(folder, SystemClock()), links()
    before = memory()
    began = time.perf_counter()
    lists = list(store.lists.values())
    found = {"open_ms": round((time.perf_counter() - began) * 1000, 2)} | gain(before, "opened_")
    return found | look_up(lists, wanted, rounds) | gain(before)


def in_sets(folder: Path, rounds: int) -> dict[str, float]:
    store, wanted = PrefixStore(folder, SystemClock()), links()
    before = memory()
    began = time.perf_counter()
    sets = [set(each.numbers) for each in store.lists.values()]
    found = {"load_ms": round((time.perf_counter() - began) * 1000)}
    return found | look_up(sets, wanted, rounds) | gain(before)


def gain(before: tuple[float, float], prefix: str = "") -> dict[str, float]:
    anonymous, files = memory()
    return {
        f"{prefix}anonymous_mb": round(anonymous - before[0], 1),
        f"{prefix}file_mb": round(files - before[1], 1),
    }


def apart(work: Callable[[Path, int], dict[str, float]], folder: Path, rounds: int) -> dict[str, float]:
    """In a fresh process, so that memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, folder, rounds).result()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--entries", type=int, default=3_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "safe_browsing"
        found = asyncio.run(updates(folder, made_up(options.entries)))
        size = sum(path.stat().st_size for path in folder.glob("*.prefixes"))
        say("look-ups")
        tell(
            {
                "benchmark": "safe_browsing",
                **machine(),
                "entries": options.entries,
                "disk_mb": round(size / 1e6, 2),
                "update": found,
                "files": apart(in_files, folder, options.rounds),
                "sets": apart(in_sets, folder, options.rounds),
            }
        )


if __name__ == "__main__":
    main()
