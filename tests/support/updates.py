"""Lists that are kept up to date, in memory or on disk."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from whinchat.apps.scanner.feeds.attempts import Attempt, Attempts
from whinchat.apps.scanner.feeds.repository import Feed
from whinchat.apps.scanner.feeds.snapshot import Section, Snapshot, digest
from whinchat.apps.scanner.feeds.sources import Source
from whinchat.apps.scanner.feeds.store import FeedStore, open_store
from whinchat.apps.scanner.feeds.updater import Updated, Updater
from whinchat.core.ports import Database, HttpClient, Migration, OpenDatabase
from whinchat.core.secret import Secret
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.workers import InlineWorkers

POPULAR = frozenset(f"popular{number}.example" for number in range(500))


class Desk:
    """An updater over these sources, and what one can see of its work."""

    def __init__(
        self,
        folder: Path,
        sources: Sequence[Source],
        http: HttpClient | None,
        *,
        open_database: OpenDatabase | None = None,
        auth_key: Secret | None = None,
    ) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self._open_database = open_database or self._in_memory
        self._memory: MemoryDatabase | None = None
        self.updater = Updater(
            sources,
            http,
            self.open_store,
            folder,
            auth_key=auth_key,
            clock=self.clock,
            random=random.Random(1),
            workers=InlineWorkers(),
        )

    @contextlib.asynccontextmanager
    async def _in_memory(self, _: Path, migrations: Sequence[Migration]) -> AsyncIterator[Database]:
        self._memory = self._memory or MemoryDatabase(migrations)
        yield self._memory

    @contextlib.asynccontextmanager
    async def open_store(self) -> AsyncIterator[tuple[FeedStore, Database]]:
        async with open_store(
            self.folder,
            self._open_database,
            clock=self.clock,
            random=random.Random(2),
            workers=InlineWorkers(),
            popular=POPULAR.__contains__,
        ) as opened:
            yield opened

    async def update(self, name: str = "mine", *, force: bool = False) -> Updated:
        updated = await self.updater.update(name, force=force)
        assert updated is not None
        return updated

    async def error(self, name: str = "mine") -> str:
        """The code of the error that an update ends with."""
        updated = await self.update(name)
        assert updated.error is not None
        return updated.error.code

    async def feed(self, name: str = "mine") -> Feed | None:
        async with self.open_store() as (store, _):
            return next((feed for feed in await store.feeds() if feed.name == name), None)

    async def attempt(self, name: str = "mine") -> Attempt:
        async with self.open_store() as (_, database):
            return (await Attempts(database).all())[name]

    def listed(self, host: str) -> list[str]:
        """The feeds that list a host, by the published snapshot."""
        path = self.folder / "feeds.snap"
        snapshot = Snapshot(path) if path.exists() else None
        return (
            []
            if snapshot is None
            else [feed.name for feed in snapshot.feeds_in(snapshot.find(Section.HOST, digest(host)) or 0)]
        )

    def leftovers(self) -> list[str]:
        return [path.name for path in self.folder.iterdir() if path.suffix == ".tmp"]
