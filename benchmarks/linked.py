"""What the benchmarks of linked devices share: the fake network and the service, each in a process of its own.

The service is `whinchat run` with one linked account. It is linked through `whinchat pair` with a code that is typed on
the fake's phone, and the link is then made two weeks old, so that answers are not held back as those of a new one are.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import socket
import sqlite3
import statistics
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from benchmarks.common import INTERPRETER, PATIENCE, Service, resident
from tests.support.whatsapp.apart import Apart
from tests.support.whatsapp.lines import process
from tests.support.whatsapp.root_key import VARIABLE

ACCOUNT = "main"
BOT = "bot"
PHONE = "15550100"
ROOT = Path(__file__).parents[1]
PATHS = os.pathsep.join((str(ROOT), str(ROOT / "src")))
PORTS = range(20_000, 30_000)
"""None of those that the system gives to outgoing connections, which would take it while the network is away."""
SAMPLE = 10.0  # seconds between two looks at the memory
TELLING = 300.0  # seconds, after which a slope says something
SETTLED = 15 * 24 * 3600 * 1000  # milliseconds since the account was linked

Told = dict[str, Any]


def steady_port() -> int:
    while True:
        port = random.choice(PORTS)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class Network:
    """The fake; `hear` is told of everything that it tells."""

    folder: Path
    durable: bool
    hear: Callable[[Told], None]
    port: int = field(default_factory=steady_port)
    there: asyncio.Event = field(default_factory=asyncio.Event)
    peer: Apart = field(init=False)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> None:
        state = ("--state", str(self.folder / "network.db")) if self.durable else ()
        self.peer = await self._stack.enter_async_context(
            process(
                *(Apart, "tests.support.whatsapp.main", *state, "--port", str(self.port)),
                errors=self.folder / "network.log",
                environment={"PYTHONPATH": PATHS},
            )
        )
        ready = self.peer.events[0]
        self.environment = {
            "SSL_CERT_FILE": str(self.folder / "authority.pem"),
            "SSL_CERT_DIR": str(self.folder),
            "NODE_EXTRA_CA_CERTS": str(self.folder / "authority.pem"),
            VARIABLE: str(ready["root_key"]),
        }
        (self.folder / "authority.pem").write_bytes(self.peer.authority_pem)
        self.peer.events.tell(self._on_event)
        for told in self.peer.events[1:]:
            self._on_event(told)
        self.there.set()

    def _on_event(self, told: Told) -> None:
        self.peer.events.remove(told)  # a run may take hours
        self.hear(told)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self.peer.pid

    async def do(self, verb: str, **arguments: object) -> Any:
        """A verb of `tests.support.whatsapp.main`."""
        return await self.peer.do(verb, **arguments)

    async def kill(self) -> None:
        """SIGKILL; `start` begins it again, with what it knew."""
        self.there.clear()
        self.peer.kill()
        await self._stack.aclose()


@asynccontextmanager
async def open_network(folder: Path, hear: Callable[[Told], None], *, durable: bool = False) -> AsyncIterator[Network]:
    """Nobody is there yet but the phone of the bot."""
    network = Network(folder, durable, hear)
    try:
        await network.start()
        await network.do("account", name=BOT, phone=PHONE)
        yield network
    finally:
        await network.kill()


class LinkedService(Service):
    command = (*INTERPRETER, "-m", "tests.support.trusting", "run")

    def __init__(self, folder: Path, network: Network, http: aiohttp.ClientSession) -> None:
        super().__init__(folder, "embedded", http)
        self.network = network
        self._child = 0
        self.settings = {
            **network.environment,
            "PYTHONPATH": PATHS,
            "WHINCHAT_TRANSPORT__KIND": "whatsapp",
            "WHINCHAT_TRANSPORT__LINKED__ACCOUNTS": ACCOUNT,
            "WHINCHAT_TRANSPORT__LINKED__PROXY": network.address,
            "WHINCHAT_TRANSPORT__LINKED__PER_MINUTE": "600",
            "WHINCHAT_TRANSPORT__LINKED__TYPING": "false",
            "WHINCHAT_RATE__BURST": "1000",
            "WHINCHAT_RATE__PER_MINUTE": "6000",
        }

    @property
    def child(self) -> int:
        """The process id of the library's process, which outlives a killed service by a moment; 0 while there is
        none."""
        with suppress(FileNotFoundError, ProcessLookupError):
            found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            self._child = int(found[0]) if found else 0
        with suppress(FileNotFoundError, ProcessLookupError):
            return self._child if b"linked.child" in Path(f"/proc/{self._child}/cmdline").read_bytes() else 0
        return 0

    @property
    def processes(self) -> dict[str, int]:
        """What there is of it, by name."""
        child = self.child
        return {"service": self.pid, **({"child": child} if child else {})}

    async def link(self) -> None:
        settings: Mapping[str, str] = {
            **self.settings,
            "WHINCHAT_STORAGE__DATA": str(self.folder / "data"),
            "WHINCHAT_KEYS__PATH": str(self.folder / "root.key"),
            "WHINCHAT_SERVICE__OFFLINE": "true",
        }
        pairing = await asyncio.create_subprocess_exec(
            *(*INTERPRETER, "-m", "tests.support.trusting", "pair", "--phone", f"+{PHONE}"),
            cwd=self.folder,
            env={**os.environ, **settings},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert pairing.stdout is not None
        said = ""
        while line := (await pairing.stdout.readline()).decode():
            said += line
            if found := re.fullmatch(r" {4}(\w{4}-\w{4})\n", line):
                await self.network.do("enter", account=BOT, code=found[1])
        if await pairing.wait():
            raise SystemExit(f"the account was not linked:\n{said}")
        with closing(sqlite3.connect(self.database)) as base:
            base.execute("UPDATE linked_accounts SET linked_at = linked_at - ?", (SETTLED,))
            base.commit()

    @property
    def stored(self) -> int:
        """Events that are in the database."""
        ((count,),) = self.query("SELECT count(*) FROM events")
        return int(count)

    async def online(self) -> None:
        end = time.monotonic() + PATIENCE
        while not (await self.metrics()).get(f'whinchat_transport_online{{account="{ACCOUNT}"}}'):
            if time.monotonic() > end:
                raise SystemExit("the account does not connect")
            await asyncio.sleep(0.05)


@asynccontextmanager
async def open_linked(folder: Path, network: Network) -> AsyncIterator[LinkedService]:
    """Linked and started; killed at the end whatever happens."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
        service = LinkedService(folder, network, http)
        try:
            await service.link()
            await service.start()
            await service.online()
            yield service
        finally:
            await service.kill()


class Memory:
    """Of processes, every ten seconds: what is their own alone, since others come and go that share the rest."""

    def __init__(self, processes: Callable[[], Mapping[str, int]]) -> None:
        self._processes = processes
        self._samples: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        """Seconds, megabytes."""

    async def watch(self, over: asyncio.Event) -> None:
        while not over.is_set():
            for who, pid in self._processes().items():
                with suppress(FileNotFoundError, ProcessLookupError):  # it may end at any moment
                    self._samples[who].append((time.monotonic(), resident(pid).anonymous))
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), SAMPLE)

    def found(self) -> dict[str, Any]:
        return {who: _course(samples) for who, samples in self._samples.items()}


def _course(samples: Sequence[tuple[float, float]]) -> dict[str, Any]:
    times, sizes = zip(*samples, strict=True)
    late = len(samples) // 2
    told = times[-1] - times[late] >= TELLING
    grows = statistics.linear_regression(times[late:], sizes[late:]).slope * 3600 if told else None
    return {
        "begin": statistics.median(sizes[:5]),
        "end": statistics.median(sizes[-5:]),
        "highest": max(sizes),
        "late_slope_per_hour": None if grows is None else round(grows, 2),
        "samples": sizes,
    }
