"""Resident memory of the service: at rest, and while and after 100,000 messages.

`python -m benchmarks.bench_memory [--messages N] [--rounds N]` prints one JSON line, in megabytes. At rest: ready, over
a world in another process, and quiet for a few seconds; several services one after the other. `pss` counts pages that
are shared with other processes in proportion, here with the world's interpreter; `anonymous` and `file` (code, mapped
lists, which the system may drop) are its parts; `rss` is what it would be with nobody to share with. Growth: one
service, 200 groups, 500 messages a second, one in ten with a link that nobody has seen before; a sample before, and
after each tenth of the messages. The slope is that of the second half: what has a limit fills up in the first.

Beside it: an interpreter that imports the same modules and does nothing (`imports`), one that imports only the
libraries (`libraries`), and an interpreter alone (`interpreter`).
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import uvloop
from benchmarks.common import (
    INTERPRETER,
    Messages,
    Resident,
    flood,
    machine,
    make_groups,
    open_service,
    open_world,
    resident,
    say,
    spread,
    tell,
)

QUIET = 3.0  # seconds before a look
SAMPLES = 10
GROUPS = 200
LINKS = 0.05  # dangerous ones, and as many harmless ones
RATE = 500  # messages a second: work, not flood
IDLE = {
    "imports": "import whinchat.cli.run, whinchat.infra.logging, whinchat.bootstrap, uvloop",
    "libraries": (
        "import aiohttp.web, apsw, can_ada, click, cronsim, idna, msgspec, prometheus_client, uvloop;"
        "from cryptography.hazmat.primitives.ciphers.aead import AESGCM;"
        "from cryptography.hazmat.primitives.kdf.hkdf import HKDF"
    ),
    "interpreter": "pass",
}


@asynccontextmanager
async def idle(code: str) -> AsyncIterator[int]:
    """The process id of an interpreter that has run `code` and waits."""
    waiting = f"{code}\nprint(flush=True)\nimport sys; sys.stdin.read()"
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*INTERPRETER, "-c", waiting, stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        yield process.pid
    finally:
        process.kill()
        await process.wait()


async def at_rest(folder: Path) -> dict[str, Resident]:
    async with open_world() as world, open_service(folder, world) as service:
        await service.start()
        await asyncio.sleep(QUIET)
        found = {"service": resident(service.pid)}
        await service.stop()
    for name, code in IDLE.items():
        async with idle(code) as pid:
            found[name] = resident(pid)
    return found


async def growth(folder: Path, count: int) -> list[Resident]:
    """Samples: before, and after every tenth of the messages, each when all is handled."""
    async with open_world() as world, open_service(folder, world) as service:
        await service.start()
        groups = await make_groups(world, service, GROUPS)
        await asyncio.sleep(QUIET)
        samples = [resident(service.pid)]
        messages = Messages(1, dangerous=LINKS, harmless=LINKS)
        for number in range(1, SAMPLES + 1):
            await flood(world, groups, messages, count=count // SAMPLES, rate=RATE)
            await service.settled()
            await asyncio.sleep(QUIET)
            samples.append(resident(service.pid))
            say(f"{number * count // SAMPLES} messages: {asdict(samples[-1])}")
        await service.stop()
    return samples


def slope(samples: list[Resident], count: int) -> float:
    """Megabytes of anonymous memory a 100,000 messages, by the least squares over the second half."""
    late = samples[SAMPLES // 2 :]
    reached = [count / SAMPLES * number for number in range(len(late))]
    return statistics.linear_regression(reached, [each.anonymous for each in late]).slope * 100_000


def summary(rounds: list[dict[str, Resident]]) -> dict[str, Any]:
    return {
        who: {part: spread(asdict(each[who])[part] for each in rounds) for part in ("pss", "anonymous", "file", "rss")}
        for who in rounds[0]
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5, help="services at rest; the messages are played once")
    given = parser.parse_args()
    before = machine()
    rounds = []
    for number in range(given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(uvloop.run(at_rest(Path(folder))))
        say(f"at rest {number + 1}/{given.rounds}: " + ", ".join(f"{who} {it.pss}" for who, it in rounds[-1].items()))
    with tempfile.TemporaryDirectory() as folder:
        samples = uvloop.run(growth(Path(folder), given.messages))
    grown = {
        "messages": given.messages,
        "pss": [each.pss for each in samples],
        "anonymous": [each.anonymous for each in samples],
        "anonymous_slope_per_100k": round(slope(samples, given.messages), 2),
    }
    tell({"benchmark": "memory", "rounds": given.rounds, "machine": before, "rest": summary(rounds), "growth": grown})


if __name__ == "__main__":
    main()
