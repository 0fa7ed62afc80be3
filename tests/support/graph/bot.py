"""A small bot of ours over the fake Graph: it answers each message once, with inbox, outbox and sender as they ship.

What it holds on disk outlives it: `running` may be left at any moment and entered again, as after a death.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from tests.support.graph.client import Client
from tests.support.graph.graph import Graph
from tests.support.graph.rushed import RushedClock

from whinchat.core.dispatch import migrations as engine_schema
from whinchat.core.dispatch.inbox import Inbox
from whinchat.core.dispatch.outbox import Outbox
from whinchat.core.dispatch.sender import Sender
from whinchat.core.errors import Overloaded
from whinchat.core.ports import Batch, Transport
from whinchat.core.types import (
    Action,
    ChatRef,
    ConnectionState,
    DeliveryUpdate,
    Event,
    MessageReceived,
    Notice,
    OnUnknown,
    Reply,
    SendText,
)
from whinchat.infra.rate_limit import TokenBuckets
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.sealer import PlainSealer
from whinchat.transports.cloud.migrations import MIGRATIONS

PATIENCE = 10.0  # seconds


class Bot:
    """`on_unknown`: of its answers. While `closed`, nothing is taken in."""

    def __init__(
        self,
        graph: Graph,
        folder: Path,
        clock: RushedClock,
        *,
        template: str = "",
        on_unknown: OnUnknown = OnUnknown.DROP,
    ) -> None:
        self.clock = clock
        self.database = MemoryDatabase([*engine_schema.MIGRATIONS, *MIGRATIONS])
        self.client = Client(graph, folder, clock, template=template, database=self.database)
        self.closed = False
        self.events: list[Event] = []
        """What was new."""
        self.states: list[ConnectionState] = []
        self.notices: list[Notice] = []
        self._on_unknown = on_unknown
        self._inbox = Inbox(self.database, PlainSealer(), clock)
        self._outbox = Outbox(self.database, PlainSealer(), clock)
        self._sender: Sender | None = None
        self._base = 0

    # --- what the transport says (`ports.Sink`) ---

    async def accept(self, event: Event) -> None:
        if self.closed:
            raise Overloaded("closed", retry_after=1.0)
        if await self._inbox.store(event) is None:
            return
        self.events.append(event)
        if isinstance(event, MessageReceived):
            await self.send(event.chat, SendText(f"heard {event.content.text}"))

    async def delivery(self, update: DeliveryUpdate) -> None:
        await self._outbox.delivered(update)

    def connection(self, account: str, state: ConnectionState) -> None:
        self.states.append(state)

    def notice(self, notice: Notice) -> None:
        self.notices.append(notice)

    # --- what it does ---

    async def send(self, chat: ChatRef, *actions: Action) -> None:
        self._base += 1
        replies = [Reply("cloud", chat, action, self._on_unknown) for action in actions]
        await self.database.commit(Batch(self._outbox.add(replies, f"base{self._base}", None)))
        if self._sender is not None:
            self._sender.announce(self._outbox.ready(replies))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Transport]:
        async with self.client.connected() as transport:
            sender = Sender(
                self._outbox,
                {transport.account: transport}.get,
                TokenBuckets(self.clock),
                self.clock,
                Random(1),
                RecordedMetrics(),
            )
            self._sender = sender
            await transport.start(self)
            task = asyncio.create_task(sender.run())
            try:
                yield transport
            finally:
                self._sender = None
                sender.stop()
                await task

    # --- what became of it ---

    async def fates(self) -> list[str]:
        """Of each message, in order: the state of its row, and what the network told of it."""
        rows = await self.database.fetch("SELECT state, error, delivery FROM outbox ORDER BY id")
        return [" ".join(str(each) for each in row if each is not None) for row in rows]

    async def until(self, *fates: str) -> None:
        """These are the fates of all messages; `|` between two of which either will do. Raises AssertionError with
        what they are instead."""
        found: list[str] = []
        try:
            async with asyncio.timeout(PATIENCE):
                while not _fit(found := await self.fates(), fates):
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise AssertionError(f"{found} instead of {list(fates)}") from None


def _fit(found: Sequence[str], fates: Sequence[str]) -> bool:
    return len(found) == len(fates) and all(one in wanted.split("|") for one, wanted in zip(found, fates, strict=True))
