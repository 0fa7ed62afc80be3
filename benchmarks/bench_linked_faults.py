"""A linked device under fire: SIGKILL of the library's process, of the service and of the network at random moments.

`python -m benchmarks.bench_linked_faults [--minutes N] [--seed N]` prints one JSON line. The fake network and the
service are processes of their own. Ten people say 20 messages a second, in direct chats and in two groups: talk and
harmless links, which are stored and not answered, and pings (one in five), which are. Some seconds after the account
is online again, one of the three is killed; one time in five another one within a second. The library's process comes
back by itself, the others are started again at once.

said        messages that the network has taken; `unsure` are those that it was taking when it was killed
stored      those of `said` that are in the service's database, each once: its key forbids two
lost        those that are not: how many milliseconds after the library had confirmed them to the network (null: it
            never did) something was killed, and what; below 0: the network heard of it after the kill. `left` is what
            the network still has
doubled     pings with more than one answer. `unanswered` are those with none: what is being sent when something is
            killed has an unknown fate, and an answer is not repeated (decisions/0005); `sends` is how many the service
            has in each state
resumed     seconds from the kill until the account is logged in; for the network from when that is there again.
            `overtaken`: something else was killed before that
bursts      how much was lost of each of ten bursts of 500 messages, as quickly as they can be said, when something was
            killed in the middle; two at once, as when the machine loses its power, is what nothing is done about
memory      megabytes (anonymous), every ten seconds; `begin` and `end` are medians of five samples

It ends with 1 when something was answered twice, or lost that was not confirmed within a second of a kill, or has not
come.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from benchmarks.common import machine, say, spread, tell, until
from benchmarks.linked import ACCOUNT, BOT, LinkedService, Memory, Network, open_linked, open_network
from benchmarks.linked_crowd import Crowd, Said, Witness

from whinchat.infra.crypto import keyring
from whinchat.infra.crypto.sealer import AesSealer

RATE = 20.0  # messages a second
CALM = 8.0  # seconds from being online to the next kill, on average
AT_ONCE = 0.2  # part of the kills that another one follows within a second
MOMENT = 1.0  # seconds
VICTIMS = ("child", "service", "network")
WORST = (("child",), ("service",), ("child", "service"))
BURST = 500  # messages
ROUNDS = 10
WITHIN = (0.05, 0.6)  # seconds from the beginning of a burst to a kill
ALONE = 60.0  # seconds in which everything that was said has to come to rest


@dataclass
class Kill:
    """Times in seconds since 1970."""

    victim: str
    at: float
    back: float = 0.0
    """When what does not come back by itself was there again."""
    resumed: float | None = None


class Attack:
    def __init__(self, network: Network, service: LinkedService, witness: Witness, chance: random.Random) -> None:
        self._network = network
        self._service = service
        self._witness = witness
        self._chance = chance
        self.kills: list[Kill] = []

    async def run(self, over: asyncio.Event) -> None:
        """Until it is over, and the account is online."""
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / CALM))
            if over.is_set():
                return
            first, second = self._chance.sample(VICTIMS, 2)
            later = self._chance.random() if self._chance.random() < AT_ONCE else None
            await self.kill(first) if later is None else await self.kill(first, second, later=later)

    async def kill(self, *victims: str, later: float = 0.0) -> None:
        """Returns when the account is online again. `later`: seconds between the victims."""
        before, begun = len(self.kills), []
        for number, victim in enumerate(victims):
            await asyncio.sleep(later if number else 0.0)
            begun.append(asyncio.ensure_future(self._kill(victim)))
        await asyncio.gather(*begun)
        last = self.kills[-1]
        await until(lambda: self._witness.login_after(last.at) is not None, "the account is online again")
        last.resumed = (self._witness.login_after(last.at) or 0.0) - last.back
        killed = " and ".join(kill.victim for kill in self.kills[before:])
        say(f"{killed} killed, online again after {last.resumed:.1f} s")

    async def _kill(self, victim: str) -> None:
        child = self._service.child
        if victim == "child" and not child:
            return  # it has not come back yet
        kill = Kill(victim, time.time())
        self.kills.append(kill)
        if victim == "child":
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        elif victim == "service":
            await self._service.kill()
            await self._service.start()
        else:
            await self._network.kill()
            await self._network.start()
        kill.back = kill.at if victim != "network" else time.time()


def lost(service: LinkedService, said: Sequence[Said]) -> list[Said]:
    """Those that are not in the database, by the keys that it knows events by."""
    sealer = AesSealer(keyring.load(service.folder / "root.key", service.folder / "data"))
    stored = {identity for (identity,) in service.query("SELECT identity FROM events")}
    return [
        each
        for each in said
        if sealer.digest("event", ACCOUNT, each.chat, each.sender, each.id, "message") not in stored
    ]


def window(each: Said, confirmed: Mapping[str, float], kills: Sequence[Kill]) -> dict[str, Any]:
    """Which kill took it."""
    at = confirmed.get(each.id)
    if at is None or not kills:
        return {"kill": None, "milliseconds": None, "ping": each.ping}
    nearest = min(kills, key=lambda kill: abs(kill.at - at))
    return {"kill": nearest.victim, "milliseconds": round((nearest.at - at) * 1000), "ping": each.ping}


def resumption(kills: Sequence[Kill]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for victim in VICTIMS:
        times = [kill.resumed for kill in kills if kill.victim == victim and kill.resumed is not None]
        count = sum(kill.victim == victim for kill in kills)
        found[victim] = {"kills": count, "overtaken": count - len(times), **(spread(times) if times else {})}
    return found


async def rest(network: Network, service: LinkedService) -> None:
    """Everything that was said has come, and is handled: the library confirms before the service has stored."""
    end = time.monotonic() + ALONE
    count = -1
    while ((await network.do("backlog"))[BOT] or service.stored > count) and time.monotonic() < end:
        count = service.stored
        await asyncio.sleep(MOMENT)
    await service.settled()


async def under_fire(
    network: Network, service: LinkedService, witness: Witness, crowd: Crowd, seconds: float, seed: int
) -> dict[str, Any]:
    attack, memory = Attack(network, service, witness, random.Random(seed)), Memory(lambda: service.processes)
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)
    await asyncio.gather(crowd.speak(RATE, over), attack.run(over), memory.watch(over))
    await rest(network, service)
    missing = lost(service, crowd.said)
    pings = [each.id for each in crowd.said if each.ping]
    answers = Counter(min(len(witness.answers[each]), 2) for each in pings)
    return {
        "said": len(crowd.said),
        "unsure": crowd.unsure,
        "stored": len(crowd.said) - len(missing),
        "lost": [window(each, witness.confirmed, attack.kills) for each in missing],
        "left": (await network.do("backlog"))[BOT],
        "pings": len(pings),
        "answered": answers[1],
        "unanswered": answers[0],
        "doubled": answers[2],
        "sends": dict(service.query("SELECT state, count(*) FROM outbox GROUP BY state")),
        "resumed": resumption(attack.kills),
        "memory": memory.found(),
    }


async def in_bursts(
    network: Network, service: LinkedService, witness: Witness, crowd: Crowd, rounds: int, seed: int
) -> dict[str, Any]:
    attack, chance = Attack(network, service, witness, random.Random(seed)), random.Random(seed)
    found: dict[str, Any] = {}
    for victims in WORST:
        gone = []
        for _ in range(rounds):
            speaking = asyncio.ensure_future(crowd.burst(BURST))
            await asyncio.sleep(chance.uniform(*WITHIN))
            await attack.kill(*victims)
            said = await speaking
            await rest(network, service)
            gone.append(len(lost(service, said)))
            await service.stop()  # what comes back after one crash is not slow after the next
            await service.start()
            await service.online()
        found[" and ".join(victims)] = {"rounds": rounds, "said_in_each": BURST, "lost": gone}
    return found


async def play(folder: Path, minutes: float, seed: int) -> dict[str, Any]:
    witness = Witness()
    async with open_network(folder, witness.hear, durable=True) as network, open_linked(folder, network) as service:
        crowd = Crowd(network, random.Random(seed))
        await crowd.gather()
        await rest(network, service)  # what is said before the admins' consent is heard is not read
        found = await under_fire(network, service, witness, crowd, minutes * 60, seed)
        return {**found, "bursts": await in_bursts(network, service, witness, crowd, ROUNDS, seed)}


def wrong(found: Mapping[str, Any]) -> bool:
    times = [each["milliseconds"] for each in found["lost"]]
    unexplained = [time for time in times if time is None or abs(time) > MOMENT * 1000]
    return bool(unexplained or found["doubled"] or found["left"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    about = {"benchmark": "linked_faults", "minutes": given.minutes, "seed": given.seed, "machine": machine()}
    with tempfile.TemporaryDirectory() as folder:
        found = uvloop.run(play(Path(folder), given.minutes, given.seed))
    tell({**about, **found})
    if wrong(found):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
