"""The bots that are measured: Whinchat, and plain scripts on Baileys and on neonize."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

from benchmarks.common import INTERPRETER, say
from benchmarks.linked import BOT, PATHS, ROOT, LinkedService, Network, open_linked
from tests.support.whatsapp.lines import Peer

BAILEYS = "baileys@7.0.0-rc14"
HERE = ROOT / ".cache" / "baileys"
MODULE = HERE / "node_modules" / "baileys" / "lib" / "index.js"
DRIVER = Path(__file__).parent / "baileys" / "driver.mjs"
INSTALL = ("install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--legacy-peer-deps")


class NotHere(Exception):
    """The bot cannot be measured on this machine."""


class Bot(Protocol):
    paced: bool
    """It holds messages back when there are too many, and waits longer before each restart."""

    @property
    def processes(self) -> Mapping[str, int]:
        """Process ids, by what they are called."""
        ...

    @property
    def connected(self) -> int:
        """The id of the process that is connected."""
        ...

    async def came(self) -> int:
        """Messages that it has taken."""
        ...

    async def settled(self) -> None:
        """Until it has done what there is to do."""
        ...

    async def revive(self) -> None:
        """After its connected process was killed: start what does not start by itself."""
        ...


class Whinchat:
    paced = True

    def __init__(self, service: LinkedService) -> None:
        self._service = service

    @property
    def processes(self) -> Mapping[str, int]:
        return self._service.processes

    @property
    def connected(self) -> int:
        return self._service.child

    async def came(self) -> int:
        return self._service.stored

    async def settled(self) -> None:
        await self._service.settled()

    async def revive(self) -> None:
        return


class Script:
    paced = False

    def __init__(self, command: tuple[str, ...], folder: Path, network: Network) -> None:
        self._command = command
        self._folder = folder
        self._network = network

    async def start(self) -> None:
        with (self._folder / "bot.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=self._folder,
                env={**os.environ, **self._network.environment, "PYTHONPATH": PATHS},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        self._peer = Peer(self._process)
        self._listener = asyncio.create_task(self._peer.listen())

    async def link(self) -> None:
        code = (await self._peer.event("qr", within=60))["code"]
        await self._network.do("scan", account=BOT, qr=code)
        await self._peer.event("open", within=60)

    @property
    def processes(self) -> Mapping[str, int]:
        return {"script": self._peer.pid}

    @property
    def connected(self) -> int:
        return self._peer.pid

    async def came(self) -> int:
        return int(await self._peer.do("came"))

    async def settled(self) -> None:
        return

    async def revive(self) -> None:
        await self.stop()
        await self.start()

    async def stop(self) -> None:
        self._peer.kill()
        await self._listener
        await self._process.wait()


@asynccontextmanager
async def whinchat(folder: Path, network: Network) -> AsyncIterator[Bot]:
    async with open_linked(folder, network) as service:
        yield Whinchat(service)


@asynccontextmanager
async def scripted(folder: Path, network: Network, *command: str) -> AsyncIterator[Bot]:
    bot = Script((*command, str(folder), network.address), folder, network)
    await bot.start()
    try:
        await bot.link()
        yield bot
    finally:
        await bot.stop()


@asynccontextmanager
async def baileys(folder: Path, network: Network) -> AsyncIterator[Bot]:
    install()
    async with scripted(folder, network, "node", str(DRIVER), str(MODULE)) as bot:
        yield bot


@asynccontextmanager
async def neonize(folder: Path, network: Network) -> AsyncIterator[Bot]:
    async with scripted(folder, network, *INTERPRETER, "-m", "benchmarks.linked_neonize") as bot:
        yield bot


def install() -> None:
    """Raises NotHere."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NotHere("Node.js or npm is not installed")
    if MODULE.exists():
        return
    say(f"npm installs {BAILEYS} into {HERE.relative_to(ROOT)}")
    HERE.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([npm, *INSTALL, "--prefix", str(HERE), BAILEYS], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotHere(f"npm cannot install {BAILEYS}: {done.stderr.strip()[-200:]}")


BOTS: Mapping[str, Callable[[Path, Network], AbstractAsyncContextManager[Bot]]] = {
    "whinchat": whinchat,
    "baileys": baileys,
    "neonize": neonize,
}
