"""A child that does what the test says, and the parent's side over it. No process, and time stands still."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from whinchat.testing.clock import FakeClock
from whinchat.transports.linked.bridge import Bridge
from whinchat.transports.linked.frames import Kind, Value
from whinchat.transports.linked.link import (
    LinkChange,
)
from whinchat.transports.linked.process import Frame, Gone, Process, Setup

KEY = b"k" * 32
MEGABYTE = 1024 * 1024


class FakeChild:
    """`tells` what a child would; answers signs of life until it `hangs`."""

    def __init__(self) -> None:
        self.heard: list[Frame] = []
        self.killed = False
        self.hangs = False
        self.memory = 30 * MEGABYTE
        self.stops = True
        """Whether it ends when it is asked to."""
        self._frames: asyncio.Queue[Frame | None] = asyncio.Queue()

    def tells(self, kind: Kind, number: int = 0, *values: Value) -> None:
        self._frames.put_nowait((kind, number, values))

    def live(self) -> None:
        """Up to its first event, the number 1."""
        self.tells(Kind.READY)
        self.tells(Kind.EVENT, 1, "me", b"me")

    def dies(self) -> None:
        self._frames.put_nowait(None)

    def said(self, kind: Kind) -> list[Frame]:
        return [frame for frame in self.heard if frame[0] is kind]

    async def receive(self) -> Frame:
        frame = await self._frames.get()
        if frame is None:
            raise Gone
        return frame

    def send(self, kind: Kind, number: int = 0, *values: Value) -> None:
        self.heard.append((kind, number, values))
        if kind is Kind.PING and not self.hangs:
            self.tells(Kind.BEAT, 0, self.memory)
        if kind is Kind.STOP and self.stops:
            self.tells(Kind.STOPPED)
            self.dies()

    async def flush(self) -> None:
        await asyncio.sleep(0)

    async def end(self) -> None:
        self.killed = True
        self.dies()


class Stage:
    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.setup = Setup(folder / "ana.db", KEY)
        self.children: list[FakeChild] = []
        self.refusal: Exception | None = None
        self.events: list[tuple[str, bytes]] = []
        self.errors: list[Exception] = []
        """Raised for the next events."""
        self.held = asyncio.Event()
        self.held.set()
        self.changes: list[LinkChange] = []
        self.bridge = Bridge(self.setup, self.clock, random.Random(0), memory_mb=100, launch=self._launch)

    @property
    def child(self) -> FakeChild:
        return self.children[-1]

    async def start(self) -> None:
        starting = asyncio.create_task(self.bridge.start(self._take, self.changes.append))
        await self.turn()
        self.child.live()
        await starting
        await self.turn()

    async def turn(self) -> None:
        """Let the others go on; a thread that reads a file takes more than a turn."""
        for _ in range(30):
            await asyncio.sleep(0)

    async def told(self, amount: int) -> None:
        async with asyncio.timeout(5):
            while len(self.events) < amount:
                await asyncio.sleep(0)

    async def _launch(self, _: Setup) -> Process:
        if self.refusal is not None:
            raise self.refusal
        self.children.append(FakeChild())
        return self.children[-1]

    async def _take(self, name: str, data: bytes) -> None:
        await self.held.wait()
        if self.errors:
            raise self.errors.pop(0)
        self.events.append((name, data))
