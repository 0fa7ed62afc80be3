"""From spawning `whinchat run` to `/readyz` saying yes, with a new database and with one that is there.

`python -m benchmarks.bench_start [--rounds N]` prints one JSON line: seconds, of everything the median, the lowest and
the highest of the rounds. The world that it joins runs already; files and compiled modules are warm. Beside it, spawned
in turn with it: an interpreter that does nothing, and one that imports what the service imports and does nothing more.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from pathlib import Path

import uvloop
from benchmarks.common import INTERPRETER, machine, open_service, open_world, say, spread, tell

NOTHING = "pass"
IMPORTS = "import whinchat.cli.run, whinchat.infra.logging, whinchat.bootstrap, uvloop"


async def interpreter(code: str) -> float:
    """Seconds that an interpreter takes to run `code` and end."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(*INTERPRETER, "-c", code)
    assert await process.wait() == 0
    return time.perf_counter() - began


async def measure(folder: Path, rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"new_database": [], "existing_database": [], "imports": [], "nothing": []}
    async with open_world() as world, open_service(folder, world) as service:
        await service.start()  # what is compiled and read from disk for the first time does not count
        await service.stop()
        for number in range(rounds):
            shutil.rmtree(folder / "data")
            for name in ("new_database", "existing_database"):
                found[name].append(await service.start())
                await service.stop()
            found["imports"].append(await interpreter(IMPORTS))
            found["nothing"].append(await interpreter(NOTHING))
            say(f"start {number + 1}/{rounds}: " + ", ".join(f"{key} {all_[-1]:.3f}" for key, all_ in found.items()))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="starts of each kind")
    given = parser.parse_args()
    before = machine()
    with tempfile.TemporaryDirectory() as folder:
        found = uvloop.run(measure(Path(folder), given.rounds))
    seconds = {name: spread(values, 3) for name, values in found.items()}
    tell({"benchmark": "start", "rounds": given.rounds, "machine": before, **seconds})


if __name__ == "__main__":
    main()
