"""The service as it runs: started, stopped and asked to start anew. `bootstrap` puts it together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

from whinchat.admin.entry import Entry
from whinchat.admin.server import Listeners
from whinchat.config import Settings
from whinchat.core.engine import Engine
from whinchat.core.events import RestartAsked
from whinchat.core.ports import Transport
from whinchat.core.supervisor import Supervisor
from whinchat.infra.health import Health, Phase
from whinchat.infra.http import AiohttpClient
from whinchat.infra.queue.sql import SqlQueue
from whinchat.infra.storage.sqlite import SqliteDatabase
from whinchat.infra.workers import ThreadWorkers
from whinchat.transports.network import Network

log = logging.getLogger(__name__)

FAREWELL = 1.0  # seconds


class Service:
    """Everything that runs. `start` returns when messages are served; `stop` within the deadline."""

    def __init__(
        self,
        settings: Settings,
        *,
        database: SqliteDatabase,
        queue: SqlQueue,
        engine: Engine,
        networks: Sequence[Network],
        supervisor: Supervisor,
        listeners: Listeners,
        health: Health,
        pages: Entry,
        close: Sequence[Callable[[], None]],
        workers: ThreadWorkers,
        http: AiohttpClient,
    ) -> None:
        self._settings = settings
        self._database = database
        self._queue = queue
        self._engine = engine
        self._networks = networks
        self._supervisor = supervisor
        self._health = health
        self._pages = pages
        self._close = close
        self._workers = workers
        self._http = http
        self.listeners = listeners
        self.restart_asked = asyncio.Event()
        self.sign_in = ""
        """An address that signs an admin in once, when started."""

    def page(self) -> str | None:
        """An address that opens the network's own page once; None when it has none."""
        return next(filter(None, (network.page(self.listeners.private_url) for network in self._networks)), None)

    @property
    def transports(self) -> list[Transport]:
        return [transport for network in self._networks for transport in network.transports]

    async def restart(self, _: RestartAsked) -> None:
        """Whoever runs the service sees it in `restart_asked`, a moment later: what the owner is told leaves first."""
        asyncio.get_running_loop().call_later(FAREWELL, self.restart_asked.set)

    async def start(self) -> None:
        await self.listeners.start()
        self.sign_in = f"{self.listeners.private_url}{await self._pages.sign_in_path()}"
        await self._queue.end_leases()
        self._supervisor.start()
        await _together(transport.start(self._engine.sink) for transport in self.transports)
        self._health.phase = Phase.RUNNING
        log.info("the service is ready", extra={"address": self.listeners.private_url})

    @asynccontextmanager
    async def alone(self, account: str) -> AsyncIterator[Transport]:
        """Instead of `start`: only this account is connected. What arrives is kept for the next start; nothing is
        handled, sent or served.
        """
        (transport,) = (each for each in self.transports if each.account == account)
        try:
            await transport.start(self._engine.sink)
            yield transport
        finally:
            self._engine.sink.close("stopping")
            await transport.stop(self._settings.service.shutdown_seconds / 4)
            await self._close_all()
            log.info("the account is disconnected")

    async def stop(self) -> None:
        """Take nothing more in, finish what is under way, leave the rest on disk."""
        self._health.phase = Phase.STOPPING
        deadline = float(self._settings.service.shutdown_seconds)
        self._engine.sink.close("stopping")
        await self._supervisor.stop(deadline / 2)
        await _together(transport.stop(deadline / 4) for transport in self.transports)
        await self.listeners.stop()
        await self._close_all()
        log.info("the service has stopped")

    async def _close_all(self) -> None:
        await _together(network.close() for network in self._networks if network.close is not None)
        await self._http.close()
        await self._workers.close()
        for close in self._close:
            close()
        await self._database.close()


async def _together(works: Iterable[Awaitable[None]]) -> None:
    await asyncio.gather(*works)
