"""Linked accounts over the fake network: the real library, in its own process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Self

from tests.support.whatsapp.server import WhatsApp

from whinchat.core.ports import Transport
from whinchat.core.secret import Secret
from whinchat.core.types import ConnectionState, DeliveryUpdate, Event, Notice
from whinchat.infra.clock import SystemClock
from whinchat.infra.http import AiohttpClient
from whinchat.infra.proxied import through
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.sealer import PlainSealer
from whinchat.transports.linked import network
from whinchat.transports.linked.migrations import MIGRATIONS
from whinchat.transports.linked.transport import LinkedTransport

PATIENCE = 0.5  # seconds in which a message has to be answered


@dataclass(frozen=True)
class Chosen:
    """`network.Chosen`."""

    accounts: tuple[str, ...] = ("bot",)
    proxy: Secret | None = None
    memory_mb: int = 120
    first_contact: bool = False
    typing: bool = False
    per_minute: float = 600.0


@dataclass
class Machine:
    """One on which accounts are linked: what is kept there outlives the transports."""

    whatsapp: WhatsApp
    folder: Path
    database: MemoryDatabase = field(default_factory=lambda: MemoryDatabase(MIGRATIONS))
    metrics: RecordedMetrics = field(default_factory=RecordedMetrics)

    def __post_init__(self) -> None:
        self._http = AiohttpClient("whinchat/test", through(self.whatsapp.proxy_url))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    def transports(
        self, *accounts: str, typing: bool = False, first_contact: bool = False, patience: float = PATIENCE
    ) -> list[LinkedTransport]:
        proxy = Secret(self.whatsapp.proxy_url)
        built = network.build(
            Chosen(accounts or ("bot",), proxy, typing=typing, first_contact=first_contact),
            self.folder,
            self._http,
            self.database,
            PlainSealer(),
            SystemClock(),
            Random(1),
            self.metrics,
            prepare=self.whatsapp.prepare,
            patience=patience,
        )
        return [transport for transport in built.transports if isinstance(transport, LinkedTransport)]


class Nobody:
    """A service that takes everything and does nothing."""

    async def accept(self, event: Event) -> None:
        return

    async def delivery(self, update: DeliveryUpdate) -> None:
        return

    def connection(self, account: str, state: ConnectionState) -> None:
        return

    def notice(self, notice: Notice) -> None:
        return


@contextmanager
def trusting(whatsapp: WhatsApp) -> Iterator[None]:
    """Processes that are started meanwhile take the fake network's certificates for real."""
    ours = {"SSL_CERT_FILE": str(whatsapp.ca_file), "SSL_CERT_DIR": str(whatsapp.ca_file.parent)}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


async def link(transport: LinkedTransport, whatsapp: WhatsApp) -> None:
    """With a QR code, as a person does it. It must have been started."""
    await enters(transport, ConnectionState.NEED_PAIRING)
    await transport.pair(None)
    assert transport.pairing is not None
    await whatsapp.scan(whatsapp.account(transport.account), transport.pairing.qr)
    await enters(transport, ConnectionState.ONLINE)


async def enters(transport: Transport, state: ConnectionState, *, within: float = 10) -> None:
    await eventually(lambda: transport.state is state, within=within)


async def eventually(condition: Callable[[], bool], *, within: float = 10) -> None:
    """Wait for it in real time; fails when it does not come."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.005)
