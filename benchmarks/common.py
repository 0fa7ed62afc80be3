"""What the benchmarks of the whole service share: a world in this process, a service in another, and measuring it.

The service is `whinchat run` as an operator starts it: real files, real sealing, the remote link to the world. Nothing
leaves the machine, and the folder is thrown away.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import platform
import random
import re
import signal
import socket
import sqlite3
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import aiohttp
from aiohttp import web

from whinchat.core.ports import Clock
from whinchat.infra.clock import SystemClock
from whinchat.infra.memory_watch import parse_rollup
from whinchat.transports.simulator.api import build_app
from whinchat.transports.simulator.host import Host, Listener
from whinchat.transports.simulator.operations import perform
from whinchat.transports.simulator.realm import Bounds

TOKEN = "a-token-for-benchmarks-0123456789"
PATIENCE = 120.0  # seconds for anything to happen
LOOK = 0.02  # seconds between two looks
MEGABYTE = 1024 * 1024
INTERPRETER = (sys.executable,)
BEHIND = 2_000  # messages on their way to the service when it is given as much as it takes
BATCH = 100  # messages posted before others get their turn
TALK = (
    "good morning, see you at 10.30 in the cafe",
    "did anybody see my umbrella? I think I left it on the bus",
    "thanks!!",
    "we meet on Saturday at four, bring something to drink please",
    "ok",
    "the report is attached, tell me what you think of it before Thursday",
)


# --- the world ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class World:
    """`host` is the world itself; `address` is where the service joins it."""

    host: Host
    address: str

    def call(self, operation: str, **arguments: Any) -> Any:
        """One operation of the simulator's API."""
        return perform(self.host, operation, arguments)

    @property
    def waiting(self) -> int:
        """Events that the service has not acknowledged."""
        world = self.host.world
        return sum(world.realm.feed(bot).waiting for bot in world.people.bots())

    @property
    def counts(self) -> Mapping[str, int]:
        """What happened since the world began, by kind."""
        return self.host.world.transcript.counts


@asynccontextmanager
async def open_world(*listeners: Listener, seed: int = 1, clock: Clock | None = None) -> AsyncIterator[World]:
    """An empty world that remembers little; `listeners` hear of everything as it happens."""
    host = Host(clock or SystemClock(), seed=seed, bounds=Bounds(messages=200, entries=1_000), listeners=listeners)
    runner = web.AppRunner(build_app(host, TOKEN), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield World(host, f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


@dataclass(frozen=True, slots=True)
class Group:
    """A group with the bot whose admin agreed to be protected."""

    id: str
    members: tuple[str, ...]


async def make_groups(world: World, service: Service, count: int, size: int = 8) -> list[Group]:
    """Returns when all have agreed and the bot has said so."""
    people = [world.call("person", name=f"Person {number}").id for number in range(count + size)]
    groups = []
    for number in range(count):
        admin, *others = people[number : number + size]
        group = world.call("group", subject=f"Group {number}", by=admin, members=[*others, "Whinchat"])
        world.call("post", chat=group.id, sender=admin, text="!scan consent")
        groups.append(Group(group.id, (admin, *others)))
    # The bot introduces itself, and thanks for the consent.
    await until(lambda: world.counts["arrived"] >= 2 * count, "every group has agreed")
    await service.settled()
    return groups


class Messages:
    """Made up with a seed: talk, and links that nobody has seen before."""

    def __init__(self, seed: int, *, dangerous: float, harmless: float = 0.0) -> None:
        """`dangerous` and `harmless`: which part of the messages has such a link."""
        self.random = random.Random(seed)
        self._dangerous = dangerous
        self._harmless = harmless
        self.made: Counter[str] = Counter()

    def next(self) -> tuple[str, str]:
        """What it is (`talk`, `dangerous`, `harmless`), and its text."""
        drawn = self.random.random()
        number = self.made.total()
        kind, text = "talk", self.random.choice(TALK)
        if drawn < self._dangerous:
            kind, text = "dangerous", f"look https://paypa1-login-{number}.pages.dev/verify before tonight"
        elif drawn < self._dangerous + self._harmless:
            kind, text = "harmless", f"{text} https://www.example.org/news/{number}.html"
        self.made[kind] += 1
        return kind, text


async def flood(
    world: World,
    groups: Sequence[Group],
    messages: Messages,
    *,
    count: float = math.inf,
    seconds: float = math.inf,
    rate: float = math.inf,
) -> None:
    """Post until so many are posted or so many seconds are over: `rate` a second, or as many as the service takes."""
    chance, posted, began = messages.random, 0, time.perf_counter()
    while posted < count and (now := time.perf_counter() - began) < seconds:
        for _ in range(int(min(BATCH, BEHIND - world.waiting, count - posted, rate * now + 1 - posted))):
            group = chance.choice(groups)
            world.call("post", chat=group.id, sender=chance.choice(group.members), text=messages.next()[1])
            posted += 1
        await asyncio.sleep(0.001)


# --- the service -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Resident:
    """Megabytes. PSS counts shared pages in proportion; `anonymous` and `file` are its parts."""

    rss: float
    pss: float
    anonymous: float
    file: float


def resident(pid: int) -> Resident:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    memory = parse_rollup(text)
    found = re.search(r"^Rss:\s+(\d+) kB", text, re.MULTILINE)
    rss = int(found[1]) / 1024 if found else 0.0
    parts = (memory.total / MEGABYTE, memory.anonymous / MEGABYTE, memory.file / MEGABYTE)
    return Resident(round(rss, 1), *(round(part, 1) for part in parts))


class Service:
    """`whinchat run` in a process of its own, over a world elsewhere."""

    command: tuple[str, ...] = (*INTERPRETER, "-m", "whinchat", "run")
    settings: Mapping[str, str] = MappingProxyType({})
    """Environment variables of its own."""

    def __init__(self, folder: Path, world: str, http: aiohttp.ClientSession) -> None:
        self.folder = folder
        self.database = folder / "data" / "whinchat.db"
        self._world = world
        self._http = http
        self._port = 0
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process

    async def start(self) -> float:
        """Seconds from spawning the process until `/readyz` says yes."""
        self._port = free_port()
        environment = {
            **os.environ,
            "WHINCHAT_TRANSPORT__SIMULATOR__WORLD": self._world,
            "WHINCHAT_TRANSPORT__SIMULATOR__TOKEN": TOKEN,
            "WHINCHAT_STORAGE__DATA": str(self.folder / "data"),
            "WHINCHAT_KEYS__PATH": str(self.folder / "root.key"),
            "WHINCHAT_PRIVATE__PORT": str(self._port),
            "WHINCHAT_SERVICE__OFFLINE": "true",
            **self.settings,
        }
        with (self.folder / "service.log").open("ab") as log:
            began = time.perf_counter()
            self._process = await asyncio.create_subprocess_exec(
                *self.command,
                cwd=self.folder, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        while not await self._is_ready():
            if self.process.returncode is not None or time.perf_counter() - began > PATIENCE:
                raise SystemExit(f"the service did not start:\n{(self.folder / 'service.log').read_text()}")
            await asyncio.sleep(0.005)
        return time.perf_counter() - began

    async def _is_ready(self) -> bool:
        try:
            async with self._http.get(f"http://127.0.0.1:{self._port}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def stop(self) -> None:
        """In good order."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            await self.process.wait()

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def metrics(self) -> dict[str, float]:
        """Every sample of `/metrics` by its name with labels."""
        async with self._http.get(f"http://127.0.0.1:{self._port}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        samples = (line.rpartition(" ") for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in samples}

    def cpu_seconds(self) -> float:
        """Processor time of all its threads so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Of its database, as it is on disk now."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            return database.execute(sql).fetchall()

    @property
    def open_rows(self) -> int:
        """Events, sends and the jobs of messages that wait or are under way."""
        ((count,),) = self.query(
            """SELECT (SELECT count(*) FROM events WHERE state = 'waiting')
                    + (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending'))
                    + (SELECT count(*) FROM jobs WHERE cause IS NOT NULL AND state <> 'dead')"""
        )
        return int(count)

    async def settled(self) -> None:
        """Returns when nothing is open."""
        await until(lambda: not self.open_rows, "everything is handled and sent")


@asynccontextmanager
async def open_service(folder: Path, world: World, kind: type[Service] = Service) -> AsyncIterator[Service]:
    """Not started; killed at the end whatever happens."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
        service = kind(folder, world.address, http)
        try:
            yield service
        finally:
            await service.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Looks every few milliseconds. Ends the benchmark when `what` does not come true."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"not in {patience:.0f} s: {what}")
        await asyncio.sleep(LOOK)


# --- numbers -----------------------------------------------------------------------------------------------------


def spread(values: Iterable[float], digits: int = 2) -> dict[str, float]:
    """Median, lowest and highest of the rounds."""
    found = sorted(values)
    return {
        "median": round(statistics.median(found), digits),
        "low": round(found[0], digits),
        "high": round(found[-1], digits),
    }


def percentile(ordered: Sequence[float], part: float) -> float:
    """By the nearest rank; `ordered` is sorted and not empty."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def machine() -> dict[str, Any]:
    """In words: what the numbers depend on, nothing that names this machine."""
    load = os.getloadavg()[0]
    return {"cores": os.cpu_count(), "python": platform.python_version(), "load_before": round(load, 1)}


def say(text: str) -> None:
    """Progress, for whoever waits."""
    print(text, file=sys.stderr, flush=True)


def tell(found: Mapping[str, Any]) -> None:
    """The result: the one line on standard output."""
    print(json.dumps(found))
