"""The engine put together: from applications and ports to something that takes events in and sends replies out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from whinchat.core.app import App, AppContext
from whinchat.core.dispatch.dispatcher import Dispatcher
from whinchat.core.dispatch.first_ids import FirstIds
from whinchat.core.dispatch.inbox import Inbox
from whinchat.core.dispatch.intake import Intake
from whinchat.core.dispatch.outbox import Outbox
from whinchat.core.dispatch.router import Router
from whinchat.core.dispatch.sender import Sender
from whinchat.core.dispatch.settlement import Settlement
from whinchat.core.errors import TransportError
from whinchat.core.middlewares.access import Access
from whinchat.core.middlewares.audit import Audited
from whinchat.core.middlewares.chain import Middleware
from whinchat.core.middlewares.observe import Observe
from whinchat.core.middlewares.rate_limit import RateLimit
from whinchat.core.middlewares.validation import Validation
from whinchat.core.pipeline import Handlers, Pipeline
from whinchat.core.ports import Clock, Database, Limit, Metrics, Queue, Random, RateLimiter, Sealer, Transport
from whinchat.core.types import Capabilities, ChatRef, Group, Media

SWEEP = 15.0  # seconds


@dataclass(frozen=True, slots=True)
class Ports:
    """The outside, as the engine needs it."""

    database: Database
    queue: Queue
    sealer: Sealer
    limiter: RateLimiter
    clock: Clock
    random: Random
    metrics: Metrics


class EngineSettings(msgspec.Struct, frozen=True):
    """`handler_seconds`: how long a handler may take. `backlog`: unhandled events before transports have to wait."""

    prefix: str = "!"
    chats_at_once: int = 32
    handler_seconds: float = 5.0
    max_attempts: int = 5
    backlog: int = 5000
    commands: Limit = Limit(rate=1 / 3, burst=8)
    """How fast one person may give commands."""


class Accounts:
    """The transports by account."""

    def __init__(self, transports: Sequence[Transport]) -> None:
        self._transports: Mapping[str, Transport] = {transport.account: transport for transport in transports}

    def get(self, account: str) -> Transport | None:
        return self._transports.get(account)

    def capabilities(self, account: str) -> Capabilities | None:
        transport = self.get(account)
        return None if transport is None else transport.capabilities

    async def group(self, account: str, chat: ChatRef) -> Group | None:
        return await self._of(account).group(chat)

    async def download(self, account: str, media: Media, max_bytes: int) -> bytes:
        return await self._of(account).download(media, max_bytes)

    def _of(self, account: str) -> Transport:
        transport = self.get(account)
        if transport is None:
            raise TransportError("this account is not connected here", code="no_such_account")
        return transport


class Engine:
    """`sink` is for the transports; `run` handles and sends until `stop`."""

    def __init__(
        self, ports: Ports, accounts: Accounts, apps: Sequence[App], given: AppContext, settings: EngineSettings
    ) -> None:
        self._clock = ports.clock
        self.inbox = Inbox(ports.database, ports.sealer, ports.clock)
        receipts = {topic: receipt for app in apps for topic, receipt in app.receipts.items()}
        self.outbox = Outbox(ports.database, ports.sealer, ports.clock, receipts)
        self.sender = Sender(
            self.outbox,
            accounts.get,
            ports.limiter,
            ports.clock,
            ports.random,
            ports.metrics,
            forget_group=given.roster.forget,
        )
        self.settlement = Settlement(
            ports.database,
            self.outbox,
            ports.queue,
            given.bus,
            ports.random,
            limits=accounts.capabilities,
            announce=self.sender.announce,
        )
        middlewares: tuple[Middleware, ...] = (
            Observe(ports.metrics, ports.clock),
            Access(given.roster, ports.limiter, given.words),
            RateLimit(ports.limiter, given.words, settings.commands),
            Validation(given.words, settings.prefix),
            Audited(given.audit, ports.sealer),
        )
        commands = [command for app in apps for command in app.commands]
        pipeline = Pipeline(
            Handlers(
                observers=[(app.word, observer) for app in apps for observer in app.observers],
                commands=commands,
                answerers=[(app.word, answerer) for app in apps for answerer in app.answerers],
                interpreters=[app.interpreter for app in apps if app.interpreter is not None],
            ),
            Router([command.spec for command in commands], settings.prefix),
            middlewares,
            inbox=self.inbox,
            settlement=self.settlement,
            chats=given.chats,
            conversations=given.conversations,
            sealer=ports.sealer,
            clock=ports.clock,
            deadline=settings.handler_seconds,
        )
        self.dispatcher = Dispatcher(
            self.inbox,
            pipeline.handle,
            ports.clock,
            ports.random,
            ports.metrics,
            chats_at_once=settings.chats_at_once,
            backlog=settings.backlog,
            max_attempts=settings.max_attempts,
        )
        self.sink = Intake(
            self.inbox,
            self.outbox,
            self.dispatcher,
            FirstIds(ports.database, ports.sealer),
            given.roster,
            pipeline.wanted,
            ports.clock,
            ports.metrics,
        )
        for app in apps:
            for subscription in app.subscriptions:
                given.bus.subscribe(subscription.fact, subscription.react)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.dispatcher.run(), name="dispatcher")
            group.create_task(self.sender.run(), name="sender")

    async def sweep(self) -> None:
        """Until cancelled: every `SWEEP` seconds what stands on disk is compared with what is known here."""
        while True:
            await self._clock.sleep(SWEEP)
            await self.dispatcher.sweep()
            await self.sender.sweep()

    def stop(self) -> None:
        """Nothing further is begun; `run` returns when what is under way is finished. The rest waits on disk."""
        self.sink.close("stopping")
        self.dispatcher.stop()
        self.sender.stop()
