"""Deep looks: 500 chats that receive the same link at once, and memory after 100,000 distinct links.

`python -m benchmarks.bench_deep [--rounds N] [--links N] [--only wave|memory]` prints one JSON line. The service runs
in a process of its own, with its real database, sealing and sources; a double of URLhaus answers after 200 ms, and no
name leads anywhere.

wave     one link in 500 groups at the same moment. `unknown`: one that the local verdict says nothing about, and that
         the source lists: seconds from the first post to the first and the last warning. `suspicious`: one that is
         warned of at once: seconds to the last warning, and to the last of these that was edited; a chat whose message
         is read after the look is told right away, and has nothing to edit. `asked` is how often the source was asked
         about the link, `looks` how many deep looks there were, `replies` and `edits` what came.
memory   links that nobody has seen before, one in two hundred uncertain enough for a deep look: megabytes before and
         after each tenth of them, and the slope of the second half a 100,000 links.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import uvloop
from benchmarks.common import (
    INTERPRETER,
    Group,
    Messages,
    Service,
    World,
    flood,
    machine,
    make_groups,
    open_service,
    open_world,
    resident,
    say,
    spread,
    tell,
    until,
)
from tests.support.sources.double import KEY, serving
from tests.support.sources.urlhaus import UrlHausDouble

from whinchat.transports.simulator.transcript import Entry, EntryKind

GROUPS = 500
DELAY = 0.2  # seconds until the source answers
SAMPLES = 10
RATE = 800  # links a second, for memory
QUIET = 3.0  # seconds before a look at the memory
ROOT = Path(__file__).parents[1]


class Wave:
    """Hears the world: when each warning came, and when it was edited."""

    def __init__(self) -> None:
        self.began = 0.0
        self.came: dict[str, list[float]] = {"text": [], "edit": []}

    def start(self) -> None:
        self.began, self.came = time.perf_counter(), {"text": [], "edit": []}

    def hear(self, entry: Entry | None) -> None:
        if entry is not None and entry.kind is EntryKind.SEND and entry.action in self.came:
            self.came[entry.action].append(time.perf_counter() - self.began)


@asynccontextmanager
async def asking(folder: Path, world: World, double: UrlHausDouble) -> AsyncIterator[Service]:
    class Asking(Service):
        command = (*INTERPRETER, "-m", "tests.support.asking_service", double.url)
        settings = {  # noqa: RUF012 - read once
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src"))),
            "WHINCHAT_SERVICE__OFFLINE": "false",
            "WHINCHAT_APPS__SCANNER__PRIVACY": "full",
            "WHINCHAT_APPS__SCANNER__ABUSECH_AUTH_KEY": KEY,
            **{
                f"WHINCHAT_APPS__SCANNER__SOURCES__{name}__ENABLED": "false"
                for name in ("THREATFOX", "RDAP", "CERTIFICATES")
            },
        }

    async with open_service(folder, world, Asking) as service:
        await service.start()
        yield service


async def waves(folder: Path, rounds: int) -> dict[str, Any]:
    watch, double = Wave(), UrlHausDouble(delay=DELAY)
    async with serving(double), open_world(watch.hear) as world, asking(folder, world, double) as service:
        groups = await make_groups(world, service, GROUPS)
        found: dict[str, list[dict[str, float]]] = {"unknown": [], "suspicious": []}
        for number in range(rounds):
            link = f"https://family{number}-portal.web.app/"
            found["unknown"].append(await wave(world, groups, service, watch, double, link))
            link = f"https://gift-card-winner-{number}.site/claim"
            found["suspicious"].append(await wave(world, groups, service, watch, double, link))
            say(f"wave {number}: {found['unknown'][-1]} {found['suspicious'][-1]}")
        await service.stop()
    return {
        what: {name: spread(each[name] for each in results) for name in results[0]} for what, results in found.items()
    }


async def wave(
    world: World, groups: list[Group], service: Service, watch: Wave, double: UrlHausDouble, link: str
) -> dict[str, float]:
    double.listed.add(link)
    before = await looks(service)
    watch.start()
    for group in groups:
        world.call("post", chat=group.id, sender=group.members[1], text=f"look {link}")
    await until(lambda: len(watch.came["text"]) >= len(groups), "every chat has heard of it")
    await service.settled()
    texts, edits = watch.came["text"], watch.came["edit"]
    return {
        "first": texts[0],
        "last": texts[-1],
        "last_edit": max(edits, default=0.0),
        "replies": len(texts),
        "edits": len(edits),
        "asked": Counter(request.form.get("url") for request in double.asked)[link],
        "looks": await looks(service) - before,
    }


async def looks(service: Service) -> float:
    return sum(
        value for name, value in (await service.metrics()).items() if name.startswith("whinchat_deep_looks_total")
    )


class Links(Messages):
    """One link a message, none of them twice."""

    def next(self) -> tuple[str, str]:
        number = self.made.total()
        kind = "uncertain" if self.random.random() < 0.005 else "harmless"
        self.made[kind] += 1
        uncertain = f"https://family{number}-portal.web.app/"
        return kind, uncertain if kind == "uncertain" else f"https://www.example.org/news/{number}.html"


async def memory(folder: Path, count: int) -> dict[str, Any]:
    double = UrlHausDouble()
    async with serving(double), open_world() as world, asking(folder, world, double) as service:
        groups = await make_groups(world, service, 200)
        await asyncio.sleep(QUIET)
        samples, links = [resident(service.pid)], Links(1, dangerous=0.0)
        for number in range(1, SAMPLES + 1):
            await flood(world, groups, links, count=count // SAMPLES, rate=RATE)
            await service.settled()
            await asyncio.sleep(QUIET)
            samples.append(resident(service.pid))
            say(f"{number * count // SAMPLES} links: {asdict(samples[-1])}")
        looked = await looks(service)
        await service.stop()
    late = samples[SAMPLES // 2 :]
    reached = [count / SAMPLES * number for number in range(len(late))]
    slope = statistics.linear_regression(reached, [each.anonymous for each in late]).slope * 100_000
    return {
        "links": count,
        "looks": looked,
        "pss": [each.pss for each in samples],
        "anonymous": [each.anonymous for each in samples],
        "slope_mb_per_100k": round(slope, 2),
    }


async def run(args: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {"benchmark": "deep", "machine": machine(), "groups": GROUPS, "delay": DELAY}
    if args.only != "memory":
        with tempfile.TemporaryDirectory() as folder:
            found["wave"] = await waves(Path(folder), args.rounds)
    if args.only != "wave":
        with tempfile.TemporaryDirectory() as folder:
            found["memory"] = await memory(Path(folder), args.links)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="waves of each kind")
    parser.add_argument("--links", type=int, default=100_000)
    parser.add_argument("--only", choices=["wave", "memory"])
    tell(uvloop.run(run(parser.parse_args())))


if __name__ == "__main__":
    main()
