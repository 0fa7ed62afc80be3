"""A sender with its outbox, its transport and a clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from tests.support.rows import Tables

from whinchat.core.dispatch.sender import Sender
from whinchat.core.types import Capabilities, ConnectionState, DeliveryUpdate, Event, Notice, Pacing, Reply, SendText
from whinchat.infra.rate_limit import TokenBuckets
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.transport import FakeTransport

FAST = Pacing()


class Deaf:
    """A sink for a transport that only sends."""

    async def accept(self, event: Event) -> None:
        """Nothing arrives here."""

    async def delivery(self, update: DeliveryUpdate) -> None:
        """Nothing arrives here."""

    def connection(self, account: str, state: ConnectionState) -> None:
        """Of no interest."""

    def notice(self, notice: Notice) -> None:
        """Of no interest here."""


class Post:
    """A sender with its outbox and transport."""

    def __init__(self, pacing: Pacing = FAST, *, senders: int = 8) -> None:
        self.tables = Tables()
        self.transport = FakeTransport("fake", Capabilities(pacing=pacing))
        self.metrics = RecordedMetrics()
        self.sender = Sender(
            self.tables.outbox,
            lambda account: self.transport if account == "fake" else None,
            TokenBuckets(self.tables.clock),
            self.tables.clock,
            Random(1),
            self.metrics,
            senders=senders,
        )
        self._bases = 0

    def reborn(self) -> Post:
        """As after a death of the process: the same rows and network, and nothing else."""
        other = Post()
        other.tables, other.transport, other._bases = self.tables, self.transport, self._bases
        other.sender = Sender(
            other.tables.outbox,
            lambda _account: other.transport,
            TokenBuckets(other.tables.clock),
            other.tables.clock,
            Random(1),
            other.metrics,
        )
        return other

    def use(self, transport: FakeTransport) -> None:
        self.transport = transport

    async def queue(self, *replies: Reply) -> None:
        """As the settlement of an outcome does it."""
        self._bases += 1
        await self.tables.queue(*replies, base=str(self._bases))
        self.sender.announce(self.tables.outbox.ready(replies))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        await self.transport.start(Deaf())
        task = asyncio.create_task(self.sender.run())
        await self.pass_time(0)
        try:
            yield
            await self.pass_time(0)
        finally:
            self.sender.stop()
            await task

    async def pass_time(self, seconds: float) -> None:
        await self.tables.clock.advance(seconds)
        await self.tables.clock.advance(0)

    @property
    def texts(self) -> list[str]:
        return [done.action.text for done in self.transport.arrived() if isinstance(done.action, SendText)]

    async def states(self) -> list[object]:
        return [state for (state,) in await self.tables.rows("SELECT state FROM outbox ORDER BY id")]
