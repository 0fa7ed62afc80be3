"""What the benchmarks of the whole service share: a world in this process, the service in another, and how it is watched.

The service is `whinchat run` as an operator starts it: real files, real sealing, the remote link to the world. Nothing
leaves the machine, and the folder is thrown away.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import re
import signal
import socket
import sqlite3
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from whinchat.infra.clock import SystemClock
from whinchat.infra.memory_watch import parse_rollup
from whinchat.transports.simulator.api import build_app
from whinchat.transports.simulator.host import Host, Listener
from whinchat.transports.simulator.operations import perform
from whinchat.transports.simulator.realm import Bounds

TOKEN = "a-token-for-benchmarks-0123456789"
PATIENCE = 40.0  # seconds for anything to happen
LOOK = 0.02  # seconds between two looks
MEGABYTE = 1024 * 1024


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
async def open_world(*listeners: Listener, seed: int = 1) -> AsyncIterator[World]:
    """An empty world that remembers little; `listeners` hear of everything as it happens."""
    host = Host(SystemClock(), seed=seed, bounds=Bounds(messages=200, entries=1_000), listeners=listeners)
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

    command = (sys.executable, "-m", "whinchat", "run")

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
        """Events, sends and jobs that wait or are under way."""
        ((count,),) = self.query(
            """SELECT (SELECT count(*) FROM events WHERE state = 'waiting')
                    + (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending'))"""
        )
        return int(count)

    async def settled(self) -> None:
        """Returns when nothing is open."""
        await until(lambda: not self.open_rows, "everything is handled and sent")


@asynccontextmanager
async def open_service(folder: Path, world: World) -> AsyncIterator[Service]:
    """Not started; killed at the end whatever happens."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
        service = Service(folder, world.address, http)
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
