"""Memory that detection adds to the running service.

`python -m benchmarks.bench_detection_memory [--rounds N] [--messages N]` prints one JSON line, in megabytes. The same
service is run with the scanner and with an application in its place that has its name and does nothing, each over a
world in another process, both ready and quiet; the difference is all that the scanner adds: code, tables, model, lists.
`with_links` is the service with the scanner after so many messages, each with a link that nobody has seen before, half
of them dangerous: with what is cached and mapped by then, and with what the rest of the service took for the messages.
`pss` counts shared pages in proportion; `anonymous` and `file` (code and mapped lists, which the system may drop) are
its parts. Beside it, the parts in an interpreter of their own, one after the other: what each adds when it is loaded.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import uvloop
from benchmarks.common import (
    INTERPRETER,
    Messages,
    Resident,
    Service,
    World,
    flood,
    machine,
    make_groups,
    open_world,
    resident,
    say,
    spread,
    tell,
)

QUIET = 3.0  # seconds before a look
GROUPS = 20
RATE = 200  # messages a second
NO_SCANNER = """
import importlib.util, sys, types
from pathlib import Path
import msgspec
from whinchat.core.app import App, AppSpec

class Nothing(msgspec.Struct):
    pass

package = importlib.util.find_spec("whinchat.apps.scanner").submodule_search_locations[0]
stand_in = types.ModuleType("whinchat.apps.scanner.app")
stand_in.APP = AppSpec("scanner", Nothing, lambda given, settings: App("scanner"), Path(package, "catalogues"))
sys.modules[stand_in.__name__] = stand_in
from whinchat.cli.main import main
sys.argv[1:] = ["run"]
main()
"""
PARTS = """
import json, os, sys
import can_ada, msgspec, uvloop, aiohttp.web
from benchmarks.common import resident
from dataclasses import asdict

seen = []
def look(name):
    seen.append((name, asdict(resident(os.getpid()))))

from whinchat.infra.clock import SystemClock
look("before")
from whinchat.apps.scanner.links.extract import links_of
look("links")
from whinchat.apps.scanner.model.file import shipped
from whinchat.apps.scanner.model.trees import Walker
model = shipped()
walker = Walker(model.trees)
look("model")
from whinchat.apps.scanner.evidence.tables import Tables
tables = Tables.load(model)
look("evidence")
from whinchat.apps.scanner.feeds.lists import SnapshotLists
lists = SnapshotLists(None, SystemClock())
look("lists")
from whinchat.apps.scanner.judge import Judge
del walker
judge = Judge(lists, model=model, tables=tables)
judge.judge(links_of("https://example.com/")[0], 0)
look("judge")
from benchmarks.bench_verdict import real_links
for row in real_links(5_000):
    for link in links_of(row.text):
        judge.judge(link, 0)
look("5000 links")
print(json.dumps(seen))
"""


class WithoutScanner(Service):
    command = (*INTERPRETER, "-c", NO_SCANNER)


async def at_rest(service: Service) -> Resident:
    await service.start()
    await asyncio.sleep(QUIET)
    return resident(service.pid)


async def after_links(service: Service, world: World, count: int) -> Resident:
    groups = await make_groups(world, service, GROUPS)
    await flood(world, groups, Messages(1, dangerous=0.5, harmless=0.5), count=count, rate=RATE)
    await service.settled()
    await asyncio.sleep(QUIET)
    return resident(service.pid)


async def compare(folder: Path, count: int) -> dict[str, Resident]:
    found = {}
    for kind in (WithoutScanner, Service):
        place = folder / kind.__name__
        place.mkdir()
        async with open_world() as world, aiohttp.ClientSession() as http:
            service = kind(place, world.address, http)
            try:
                if kind is WithoutScanner:
                    found["without"] = await at_rest(service)
                else:
                    found["with"] = await at_rest(service)
                    found["with_links"] = await after_links(service, world, count)
                await service.stop()
            finally:
                await service.kill()
    return found


def parts() -> dict[str, dict[str, float]]:
    """What each part adds when it is loaded after those before it."""
    done = subprocess.run([sys.executable, "-c", PARTS], capture_output=True, text=True, check=True)
    seen: list[tuple[str, dict[str, float]]] = json.loads(done.stdout)
    added = {}
    for (_, before), (name, after) in pairwise(seen):
        added[name] = {part: round(after[part] - before[part], 1) for part in ("pss", "anonymous", "file")}
    return added


def summary(rounds: list[dict[str, Resident]]) -> dict[str, Any]:
    found: dict[str, Any] = {
        who: {part: spread(asdict(each[who])[part] for each in rounds) for part in ("pss", "anonymous", "file")}
        for who in rounds[0]
    }
    for who in ("with", "with_links"):
        found[f"added_{who}"] = {
            part: spread(asdict(each[who])[part] - asdict(each["without"])[part] for each in rounds)
            for part in ("pss", "anonymous", "file")
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=2_000)
    given = parser.parse_args()
    before = machine()
    rounds = []
    for number in range(given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(uvloop.run(compare(Path(folder), given.messages)))
        say(f"{number + 1}/{given.rounds}: " + ", ".join(f"{who} {it.pss}" for who, it in rounds[-1].items()))
    tell(
        {
            "benchmark": "detection_memory",
            "rounds": given.rounds,
            "machine": before,
            "service": summary(rounds),
            "parts": parts(),
        }
    )


if __name__ == "__main__":
    main()
