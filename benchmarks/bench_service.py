"""The whole service under load: how long an answer takes, and how many messages a second it keeps up with.

`python -m benchmarks.bench_service [--rounds N] [--seconds S] [--only latency|throughput]` prints one JSON line. The
service runs in a process of its own, with its real database and sealing; the world that posts is in this one.

latency      50 messages a second at random moments, one in ten with a new dangerous link: milliseconds from the moment
             the world has the message until it receives the warning. Beside it what a sending costs without the
             service: the same frames over the same websocket, answered at once by a loop that keeps nothing.
throughput   as many messages as the service takes, in 200 groups, 5 % with a new dangerous link and 5 % with a new
             harmless one: messages a second from the first post until the last is handled and the last warning is
             sent. Counted afterwards: nothing lost, nothing doubled. Beside it the same without any link, and
             `plain_loop`, what one would write first: the standard library's sqlite3, an insert and an update a
             message in commits of their own, nothing sealed, no chats, no link.

Of every number the median, the lowest and the highest of the rounds. `cpu_us` is processor time of the service a
message, which other load on the machine changes least.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from benchmarks.common import (
    TALK,
    TOKEN,
    Group,
    Messages,
    Service,
    World,
    flood,
    machine,
    make_groups,
    open_service,
    open_world,
    percentile,
    say,
    spread,
    tell,
    until,
)

from whinchat.core.types import Certainty, ChatKind, ChatRef, SendResult, SendText
from whinchat.transports.simulator.remote import RemoteLink
from whinchat.transports.simulator.transcript import Entry, EntryKind

GROUPS = 200
RATE = 50  # messages a second, for latency
DANGEROUS = 0.1  # part of them, for latency


# --- latency -----------------------------------------------------------------------------------------------------


class Stopwatch:
    """Hears the world: the time between a dangerous message and the text that answers it, chat by chat."""

    def __init__(self) -> None:
        self.asked: dict[str, float] = {}
        self.took: list[float] = []

    def hear(self, entry: Entry | None) -> None:
        if entry is not None and entry.kind is EntryKind.SEND and entry.action == "text":
            asked = self.asked.pop(entry.chat, None)
            if asked is not None:
                self.took.append(time.perf_counter() - asked)


async def latency(folder: Path, seconds: float, seed: int) -> dict[str, float]:
    """Milliseconds: p50, p95, p99 and the worst."""
    watch = Stopwatch()
    async with open_world(watch.hear, seed=seed) as world, open_service(folder, world) as service:
        await service.start()
        groups = await make_groups(world, service, GROUPS)
        await speak(world, groups, watch, 2.0, seed + 1)  # warm
        watch.took.clear()
        before = service.cpu_seconds()
        await speak(world, groups, watch, seconds, seed)
        await until(lambda: not watch.asked, "every warning has come")
        cpu = service.cpu_seconds() - before
        await service.stop()
    return {**in_ms(watch.took), "warnings": len(watch.took), "cpu_percent": 100 * cpu / seconds}


async def speak(world: World, groups: list[Group], watch: Stopwatch, seconds: float, seed: int) -> None:
    """Moments are random (a Poisson process). A group whose warning is still to come is passed over."""
    chance, messages = random.Random(seed), Messages(seed, dangerous=DANGEROUS)
    began = due = time.perf_counter()
    while (due := due + chance.expovariate(RATE)) < began + seconds:
        await asyncio.sleep(due - time.perf_counter())
        kind, text = messages.next()
        group = chance.choice([each for each in groups if each.id not in watch.asked])
        if kind == "dangerous":
            watch.asked[group.id] = time.perf_counter()
        world.call("post", chat=group.id, sender=chance.choice(group.members), text=text)


async def bare_link(seconds: float, seed: int) -> dict[str, float]:
    """The same frames answered at once by a loop that keeps nothing: what world and websocket take by themselves."""
    watch = Stopwatch()
    async with open_world(watch.hear, seed=seed) as world:
        session = await RemoteLink(world.address, TOKEN).connect("simulator", 1024)

        async def answer() -> None:
            while True:
                for parcel in await session.receive():
                    session.acknowledge(parcel.position)
                    content = getattr(parcel.item, "content", None)
                    if content is not None and "paypa1" in content.text:
                        chat = ChatRef(parcel.item.chat.id, ChatKind.GROUP)
                        answers.add(asyncio.ensure_future(session.perform(chat, SendText("!"), str(parcel.position))))

        answers: set[asyncio.Future[SendResult]] = set()
        answering = asyncio.ensure_future(answer())
        try:
            people = [world.call("person", name=f"Person {number}").id for number in range(3)]
            groups = [
                Group(world.call("group", subject=f"Group {n}", by=people[0], members=[*people[1:], "Whinchat"]).id,
                      tuple(people))
                for n in range(10)
            ]  # fmt: skip
            await speak(world, groups, watch, seconds, seed)
            await until(lambda: not watch.asked, "every answer has come")
            assert all(result.certainty is Certainty.SENT for result in await asyncio.gather(*answers))
        finally:
            answering.cancel()
            await session.close()
    return in_ms(watch.took)


def in_ms(took: list[float]) -> dict[str, float]:
    ordered = [seconds * 1000 for seconds in sorted(took)]
    parts = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "worst": 1.0}
    return {f"{name}_ms": percentile(ordered, part) for name, part in parts.items()}


# --- throughput --------------------------------------------------------------------------------------------------


class Sends:
    """Hears the world: how often each reference arrived."""

    def __init__(self) -> None:
        self.arrived: Counter[str] = Counter()
        self.texts = 0

    def hear(self, entry: Entry | None) -> None:
        if entry is not None and entry.kind is EntryKind.SEND and entry.arrived:
            self.arrived[entry.reference] += 1
            self.texts += entry.action == "text"


async def throughput(folder: Path, seconds: float, seed: int, share: float) -> dict[str, float]:
    """`share`: part of the messages with a dangerous link, and as many again with a harmless one."""
    sends, messages = Sends(), Messages(seed, dangerous=share, harmless=share)
    async with open_world(sends.hear, seed=seed) as world, open_service(folder, world) as service:
        await service.start()
        groups = await make_groups(world, service, GROUPS)
        ((before,),) = service.query("SELECT count(*) FROM events")
        sends.texts = 0
        cpu, own, began = service.cpu_seconds(), time.process_time(), time.perf_counter()
        await flood(world, groups, messages, seconds=seconds)
        posted = messages.made.total()
        await until(lambda: sends.texts >= messages.made["dangerous"] and not world.waiting, "every warning has come")
        await service.settled()
        took = time.perf_counter() - began
        cpu, own = service.cpu_seconds() - cpu, time.process_time() - own
        check(service, sends, messages, before)
        await service.stop()
    return {
        "per_second": posted / took,
        "cpu_us": 1e6 * cpu / posted,
        "world_cpu_us": 1e6 * own / posted,
        "messages": posted,
    }


def check(service: Service, sends: Sends, messages: Messages, before: int) -> None:
    """Nothing lost and nothing doubled, by the world's count and by the database's."""
    states = dict(service.query("SELECT state, count(*) FROM events GROUP BY state"))
    fates = dict(service.query("SELECT state, count(*) FROM outbox GROUP BY state"))
    ((sightings, different),) = service.query("SELECT count(*), count(DISTINCT message) FROM scanner_sightings")
    links = messages.made["dangerous"] + messages.made["harmless"]
    assert states == {"done": before + messages.made.total()}, states
    assert sightings == different == links, (sightings, different, links)
    assert sends.texts == messages.made["dangerous"], (sends.texts, messages.made)
    assert set(sends.arrived.values()) <= {1}, "something was sent twice"
    assert fates == {"sent": sends.arrived.total()}, fates


def plain_loop(folder: Path, seconds: float) -> dict[str, float]:
    """Messages a second of the loop that one would write first; it loses order, secrecy and nothing else."""
    database = sqlite3.connect(folder / "plain.db", isolation_level=None)
    database.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
        "CREATE TABLE plain (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, done INTEGER, body BLOB)"
    )
    count, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        body = msgspec.msgpack.encode(TALK[count % len(TALK)])
        (row,) = database.execute(
            "INSERT INTO plain (key, body) VALUES (?, ?) RETURNING id", (f"message-{count}", body)
        ).fetchall()
        database.execute("UPDATE plain SET done = 1, body = NULL WHERE id = ?", row)
        count += 1
    database.close()
    return {"per_second": count / seconds}


# --- rounds ------------------------------------------------------------------------------------------------------


def rounds_of(name: str, count: int, measure: Callable[[Path, int], dict[str, float]]) -> dict[str, Any]:
    """Every number of `measure` over the rounds, each in a folder of its own."""
    found = []
    for number in range(count):
        with tempfile.TemporaryDirectory() as folder:
            found.append(measure(Path(folder), number + 1))
        say(f"{name} {number + 1}/{count}: " + ", ".join(f"{key} {value:,.2f}" for key, value in found[-1].items()))
    return {key: spread(each[key] for each in found) for key in found[0]}


def measured(given: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    seconds, rounds = given.seconds, given.rounds
    if given.only != "throughput":
        yield "latency", rounds_of("latency", rounds, lambda at, n: uvloop.run(latency(at, seconds, n)))
        yield "bare_link", rounds_of("bare link", rounds, lambda _, n: uvloop.run(bare_link(min(10.0, seconds), n)))
    if given.only != "latency":
        yield "throughput", rounds_of("with links", rounds, lambda at, n: uvloop.run(throughput(at, seconds, n, 0.05)))
        yield "no_links", rounds_of("no links", rounds, lambda at, n: uvloop.run(throughput(at, seconds / 3, n, 0.0)))
        yield "plain_loop", rounds_of("plain loop", rounds, lambda at, _: plain_loop(at, min(5.0, seconds)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="of each measurement")
    parser.add_argument("--seconds", type=float, default=60.0, help="of load, in each round of each measurement")
    parser.add_argument("--only", choices=("latency", "throughput"))
    given = parser.parse_args()
    about = {"benchmark": "service", "rounds": given.rounds, "seconds": given.seconds, "machine": machine()}
    tell({**about, **dict(measured(given))})


if __name__ == "__main__":
    main()
