"""A linked device, and beside it Baileys and the stock neonize client: the same load from the same fake network.

`python -m benchmarks.bench_linked [--minutes N] [--rounds N] [--only BOT ...]` prints one JSON line. The network and
each bot are processes of their own, one bot after the other, each with a network that was just made. `whinchat` is the
whole service with its library in a child process; it stores what comes before it handles it, and scans links.
`baileys` (Node.js; installed into `.cache/` by npm, left out where that is not possible) and `neonize` (Python) are
plain scripts that count messages and answer pings, and store nothing but their keys. Ten people; for each bot:

rest        megabytes of each process, some seconds after it was linked: resident (RSS), and in proportion (PSS)
direct      messages a second, a burst of `--burst` of them, from the first one said until all are stored (or counted)
group       the same in a group, each with a link
outbound    answers a second to 100 pings at once, until the network has them. Whinchat may save up no more than that
            (the highest `per_minute`), so it rests between the rounds
latency     milliseconds from saying a ping until its answer is at the network, under 20 messages a second of which four
            are pings, for `--minutes` (the others two at most); `memory` (anonymous) every ten seconds of it, and its
            slope over the second half in megabytes an hour, if that is long enough. `unanswered` is to be 0
after       as rest, at the end of it
resume      seconds from SIGKILL of the process that is connected until it is logged in again: Whinchat's child, which
            it starts again by itself, a minute after the one before; the others are started again at once
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import tempfile
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import uvloop
from benchmarks.common import LOOK, machine, percentile, resident, say, spread, tell, until
from benchmarks.linked import Memory, Network, open_network
from benchmarks.linked_bots import BOTS, Bot, NotHere
from benchmarks.linked_crowd import Crowd, Witness

RATE = 20.0  # messages a second
OTHERS = 2.0  # minutes at most
LATE = 10.0  # seconds after the last ping, when one without an answer is given up


@dataclass(frozen=True)
class Plan:
    minutes: float
    rounds: int
    burst: int
    pings: int = 100
    quiet: float = 5.0
    """Seconds before a look at the memory."""
    refill: float = 15.0
    """Seconds until as many answers may be sent at once again."""
    calm: float = 65.0
    """Seconds online after which a restart begins without a pause again."""


def sizes(bot: Bot) -> dict[str, dict[str, float]]:
    found = {who: asdict(resident(pid)) for who, pid in bot.processes.items()}
    return {who: {part: it[part] for part in ("rss", "pss")} for who, it in found.items()}


class Measurement:
    def __init__(self, plan: Plan, network: Network, bot: Bot, witness: Witness, crowd: Crowd) -> None:
        self._plan = plan
        self._network = network
        self._bot = bot
        self._witness = witness
        self._crowd = crowd

    async def run(self) -> dict[str, Any]:
        await asyncio.sleep(self._plan.quiet)
        found: dict[str, Any] = {"rest": sizes(self._bot)}
        rounds = range(self._plan.rounds)
        found["direct"] = spread([await self._inbound(group=False) for _ in rounds], 0)
        found["group"] = spread([await self._inbound(group=True) for _ in rounds], 0)
        found["outbound"] = spread([await self._outbound() for _ in rounds], 0)
        found |= await self._steady()
        await asyncio.sleep(self._plan.quiet)
        found["after"] = sizes(self._bot)
        found["resume"] = spread([await self._resume() for _ in rounds])
        return found

    async def _inbound(self, *, group: bool) -> float:
        before, began = await self._bot.came(), time.perf_counter()
        said = len(await self._crowd.burst(self._plan.burst, group=group))
        while await self._bot.came() < before + said:
            await asyncio.sleep(LOOK)
        rate = said / (time.perf_counter() - began)
        await self._bot.settled()
        return rate

    async def _outbound(self) -> float:
        await asyncio.sleep(self._plan.refill if self._bot.paced else 0.0)
        began = time.time()
        pings = [each.id for each in await self._crowd.burst(self._plan.pings, ping=True)]
        await until(lambda: all(self._witness.answers[each] for each in pings), "all pings are answered")
        return len(pings) / (max(min(self._witness.answers[each].values()) for each in pings) - began)

    async def _steady(self) -> dict[str, Any]:
        await asyncio.sleep(self._plan.refill if self._bot.paced else 0.0)
        over, memory, before = asyncio.Event(), Memory(lambda: self._bot.processes), len(self._crowd.said)
        minutes = self._plan.minutes if self._bot.paced else min(self._plan.minutes, OTHERS)
        asyncio.get_running_loop().call_later(minutes * 60, over.set)
        await asyncio.gather(self._crowd.speak(RATE, over), memory.watch(over))
        said = self._crowd.said[before:]
        pings = [each for each in said if each.ping]
        with suppress(TimeoutError):
            async with asyncio.timeout(LATE):
                while not all(self._witness.answers[each.id] for each in pings):
                    await asyncio.sleep(LOOK)
        await self._bot.settled()
        took = [
            (min(self._witness.answers[each.id].values()) - each.at) * 1000
            for each in pings
            if self._witness.answers[each.id]
        ]
        return {
            "minutes": minutes,
            "said": len(said),
            "pings": len(pings),
            "unanswered": len(pings) - len(took),
            "latency": {f"p{part}": round(percentile(sorted(took), part / 100), 1) for part in (50, 95, 99)},
            "memory": memory.found(),
        }

    async def _resume(self) -> float:
        await asyncio.sleep(self._plan.calm if self._bot.paced else 1.0)
        killed = time.time()
        os.kill(self._bot.connected, signal.SIGKILL)
        await self._bot.revive()
        await until(lambda: self._witness.login_after(killed) is not None, "it is logged in again")
        return (self._witness.login_after(killed) or 0.0) - killed


async def measure(name: str, plan: Plan, folder: Path) -> dict[str, Any]:
    witness = Witness()
    async with open_network(folder, witness.hear) as network:
        opened: AbstractAsyncContextManager[Bot] = BOTS[name](folder, network)
        async with opened as bot:
            crowd = Crowd(network, random.Random(1))
            await crowd.gather()
            return await Measurement(plan, network, bot, witness, crowd).run()


def measured(names: Sequence[str], plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            try:
                found[name] = uvloop.run(measure(name, plan, Path(folder)))
            except NotHere as missing:
                found[name] = {"left_out": str(missing)}
        shown = {what: it for what, it in found[name].items() if what != "memory"}
        say(f"{name}: {shown}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2.0, help="of the steady load")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--burst", type=int, default=1000)
    parser.add_argument("--only", nargs="+", choices=[*BOTS], default=[*BOTS])
    given = parser.parse_args()
    about = {"benchmark": "linked", "rounds": given.rounds, "burst": given.burst, "machine": machine()}
    tell({**about, **measured(given.only, Plan(given.minutes, given.rounds, given.burst))})


if __name__ == "__main__":
    main()
