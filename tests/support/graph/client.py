"""Our own bot at the fake Graph: the transport with all that it needs, its webhook on a free port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from tests.support.graph.graph import SECRET, TOKEN, VERIFY_TOKEN, Graph
from tests.support.web_server import listening

from whinchat.config.transports import CloudNumber, CloudTransport
from whinchat.core.ports import Clock, Database, Transport
from whinchat.infra.http import AiohttpClient
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.sealer import PlainSealer
from whinchat.transports.cloud.migrations import MIGRATIONS
from whinchat.transports.cloud.network import build


class Client:
    """`folder` holds the secrets' files. What a restart keeps is kept: the database, and the files."""

    def __init__(
        self, graph: Graph, folder: Path, clock: Clock, *, template: str = "", database: Database | None = None
    ) -> None:
        self.graph = graph
        self.folder = folder
        self.clock = clock
        self.database = database or MemoryDatabase(MIGRATIONS)
        self.metrics = RecordedMetrics()
        for name, value in (("token", TOKEN), ("secret", SECRET), ("verify", VERIFY_TOKEN)):
            self.write(name, value)
        number = CloudNumber(
            name="cloud",
            phone_number_id=graph.number.id,
            business_account_id=graph.number.business,
            token_file=folder / "token",
            app_secret_file=folder / "secret",
            verify_token_file=folder / "verify",
            template=template,
        )
        self.chosen = CloudTransport(api=graph.url, version="v26.0", numbers=(number,))

    def write(self, name: str, value: str) -> None:
        """Put a secret into its file: `token`, `secret` or `verify`."""
        path = self.folder / f".{name}"
        path.write_text(value + "\n")
        path.chmod(0o600)
        path.replace(self.folder / name)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Transport]:
        """A service's part of it, from its start to its end; Graph posts to it meanwhile."""
        http = AiohttpClient("whinchat")
        network = build(self.chosen, http, self.database, PlainSealer(), self.clock, Random(1), self.metrics)
        (transport,) = network.transports
        assert network.webhooks is not None
        try:
            async with listening(network.webhooks) as address:
                self.graph.webhooks.callback = address + "/"
                yield transport
                await transport.stop(1)
        finally:
            await http.close()
