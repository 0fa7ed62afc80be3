"""Resident memory of a linked device's process, beside the library's own Python client in the same run.

`python -m benchmarks.bench_linked_memory [--messages N] [--calls N]` prints one JSON line, in megabytes. Both are
linked by QR code to the same fake network on loopback, one after the other, and get the same messages of 200
characters as fast as the network makes them; a look when the code is shown, when it is connected and quiet, after
each tenth of the messages, and when it is quiet again. `rss` is what the machine's limit counts, `anonymous` what
nobody shares. For ours also: after calls that only ask the library's memory (a result that is not given back would
show), and the seconds from SIGKILL to being connected again, without the pause before the next process.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from benchmarks.common import machine, resident, say, tell
from tests.support.whatsapp.server import WhatsApp
from tests.support.whatsapp.wheel import Wheel, wheel

from whinchat.infra.clock import SystemClock
from whinchat.transports.linked.bridge import Bridge
from whinchat.transports.linked.process import ChildProcess, Process, Setup, launch

QUIET = 5.0  # seconds before a look
SAMPLES = 10
TEXT = "x" * 200
LONG = 600.0  # seconds for a round


class Client(Protocol):
    @property
    def pid(self) -> int: ...

    async def code(self) -> str: ...

    async def connected(self) -> None: ...

    async def messages(self, amount: int) -> None:
        """Until it has got that many."""
        ...


class Ours:
    def __init__(self, setup: Setup) -> None:
        self.bridge = Bridge(setup, SystemClock(), random.Random(0), launch=self._launch)
        self.pid = 0
        self._codes: asyncio.Queue[str] = asyncio.Queue()
        self._connected: asyncio.Queue[float] = asyncio.Queue()
        self._got = 0
        self._started = 0.0

    async def code(self) -> str:
        return await self._codes.get()

    async def connected(self) -> None:
        await self._connected.get()

    async def messages(self, amount: int) -> None:
        async with asyncio.timeout(LONG):
            while self._got < amount:
                await asyncio.sleep(0.01)

    async def resume(self) -> float:
        """Seconds from the start of the next process to being connected."""
        os.kill(self.pid, signal.SIGKILL)
        return await self._connected.get() - self._started

    async def on_event(self, name: str, data: bytes) -> None:
        if name == "qr":
            self._codes.put_nowait(data[3:].decode())
        elif name == "connected":
            self._connected.put_nowait(time.perf_counter())
        self._got += name == "message"

    async def _launch(self, setup: Setup) -> Process:
        self._started = time.perf_counter()
        process = await launch(setup)
        assert isinstance(process, ChildProcess)
        self.pid = process.pid
        return process


class Stock:
    def __init__(self, driven: Wheel) -> None:
        self._driven = driven
        self.pid = driven.pid

    async def code(self) -> str:
        await self._driven.do("connect")
        return str((await self._driven.event("qr"))["code"])

    async def connected(self) -> None:
        await self._driven.event("connected")

    async def messages(self, amount: int) -> None:
        async with asyncio.timeout(LONG):
            while sum(event["event"] == "message" for event in self._driven.events) < amount:
                await asyncio.sleep(0.1)


@asynccontextmanager
async def ours(network: WhatsApp, folder: Path) -> AsyncIterator[Ours]:
    authority = folder / "ca.pem"
    authority.write_bytes(network.credentials.authority)
    os.environ["SSL_CERT_FILE"] = str(authority)
    client = Ours(Setup(folder / "session.db", bytes(32), network.proxy_url, prepare=network.prepare))
    await client.bridge.start(client.on_event)
    try:
        yield client
    finally:
        await client.bridge.stop(5)


def look(client: Client, found: dict[str, Any], name: str) -> None:
    memory = resident(client.pid)
    found[name] = {"rss": memory.rss, "anonymous": memory.anonymous}
    say(f"{name}: {found[name]}")


async def measure(network: WhatsApp, client: Client, messages: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    code = await client.code()
    look(client, found, "code_shown")
    await network.scan(network.account(), code)
    await client.connected()
    await asyncio.sleep(QUIET)
    look(client, found, "connected")
    ana = network.person("ana")
    samples = []
    began = time.perf_counter()
    for number in range(1, messages + 1):
        await ana.say(TEXT)
        if number % (messages // SAMPLES) == 0:
            await client.messages(number)
            samples.append(resident(client.pid))
    took = time.perf_counter() - began
    await asyncio.sleep(QUIET)
    look(client, found, "quiet_again")
    half = [sample.anonymous for sample in samples[SAMPLES // 2 :]]
    return found | {
        "messages_per_second": round(messages / took),
        "peak_rss": max(sample.rss for sample in samples),
        "growth_per_10000": round(
            statistics.linear_regression(range(len(half)), half).slope * 10000 * SAMPLES / messages, 1
        ),
        "samples": [asdict(sample)["rss"] for sample in samples],
    }


async def call(client: Ours, calls: int) -> dict[str, Any]:
    before = resident(client.pid)
    began = time.perf_counter()
    for _ in range(calls):
        await client.bridge.call("GetMe", timeout=10)
    took = time.perf_counter() - began
    after = resident(client.pid)
    return {
        "calls": calls,
        "microseconds": round(took / calls * 1e6),
        "growth": round(after.anonymous - before.anonymous, 1),
    }


async def main(arguments: argparse.Namespace) -> None:
    found: dict[str, Any] = {"benchmark": "linked_memory", **machine(), "messages": arguments.messages}
    with tempfile.TemporaryDirectory() as name:
        for kind in ("ours", "stock"):
            folder = Path(name) / kind
            folder.mkdir()
            async with WhatsApp() as network:
                network.account()
                if kind == "ours":
                    async with ours(network, folder) as client:
                        found[kind] = await measure(network, client, arguments.messages)
                        found[kind]["calls"] = await call(client, arguments.calls)
                        found[kind]["resume_seconds"] = round(await client.resume(), 2)
                        await asyncio.sleep(QUIET)
                        look(client, found[kind], "resumed")
                else:
                    async with wheel(network, folder) as driven:
                        found[kind] = await measure(network, Stock(driven), arguments.messages)
    tell(found)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--calls", type=int, default=20_000)
    asyncio.run(main(parser.parse_args()))
