"""Keeps lists up to date: asks for one when its time comes, and takes over what is sound.

due ──▶ begun (the next attempt is set already) ──▶ asked ──┬─ as it was ──────▶ confirmed
                                                            ├─ a sound list ───▶ imported, in use
                                                            └─ anything else ──▶ noted; the last good version stays
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from whinchat.apps.scanner.feeds.attempts import Attempt, Attempts
from whinchat.apps.scanner.feeds.download import Advance, Download, Downloader, Version, opened_file
from whinchat.apps.scanner.feeds.formats import FeedReader
from whinchat.apps.scanner.feeds.repository import Feed
from whinchat.apps.scanner.feeds.sources import DAY, MINUTE, Source
from whinchat.apps.scanner.feeds.store import FeedStore, Imported, Order, Progress
from whinchat.core.errors import Refused, StorageError, WhinchatError
from whinchat.core.ports import Clock, Database, HttpClient, Random, Workers
from whinchat.core.secret import Secret

MOST_BYTES = 512 << 20  # of a list when decompressed
SOON = 5 * MINUTE  # until a list that could not be had is tried again; each time twice as long
JITTER = 0.1  # share of a wait by which it is longer or shorter: not everybody shall come at once
BUSY = frozenset({"importing", "claim_lost"})  # another import was in the way, which is not the list's fault

OpenStore = Callable[[], AbstractAsyncContextManager[tuple[FeedStore, Database]]]


@dataclass(frozen=True, slots=True)
class Followed:
    """A list that is kept up to date, as it stands."""

    source: Source
    feed: Feed | None
    """What is in use of it."""
    attempt: Attempt | None

    @property
    def next_at(self) -> int:
        """Milliseconds UTC; 0 when it was never tried."""
        return self.attempt.next_at if self.attempt else 0

    @property
    def failing(self) -> bool:
        return self.attempt is not None and self.attempt.failures > 0

    def overdue(self, now: int) -> bool:
        """Whether it is older than it should be because it could not be had, or was not sound."""
        return self.failing and (self.feed is None or now - self.feed.confirmed_at > 3 * self.source.every * MINUTE)


async def followed(sources: Iterable[Source], store: FeedStore, database: Database) -> list[Followed]:
    feeds = {feed.name: feed for feed in await store.feeds()}
    attempts = await Attempts(database).all()
    return [Followed(each, feeds.get(each.name), attempts.get(each.name)) for each in sources]


@dataclass(frozen=True, slots=True)
class Updated:
    """What came of asking for a list: it was imported, or was as it is, or there was an error, which was noted."""

    before: Followed
    imported: Imported | None = None
    error: WhinchatError | None = None

    @property
    def busy(self) -> bool:
        """Nothing is known of the list: somebody else was at it."""
        return self.error is not None and self.error.code in BUSY


class Updater:
    """In one process or in many over the same files: each attempt has one winner."""

    def __init__(
        self,
        sources: Sequence[Source],
        http: HttpClient | None,
        open_store: OpenStore,
        folder: Path,
        *,
        auth_key: Secret | None,
        clock: Clock,
        random: Random,
        workers: Workers,
    ) -> None:
        """`folder`: for lists while they are read. `http` may be None when all sources are files."""
        self.sources = tuple(sources)
        self.open_store = open_store
        self._downloader = None if http is None else Downloader(http, folder, workers)
        self._auth_key = auth_key
        self._clock = clock
        self._random = random
        self._workers = workers

    async def update(
        self,
        name: str,
        *,
        only_due: bool = False,
        force: bool = False,
        advance: Advance | None = None,
        progress: Progress | None = None,
    ) -> Updated | None:
        """Ask for the list of that name; None when `only_due` and it is not, or it is not followed any more.

        Raises StorageError: the store cannot be used.
        """
        async with self.open_store() as (store, database):
            list_ = next(
                (each for each in await followed(self.sources, store, database) if each.source.name == name), None
            )
            if list_ is None or (only_due and list_.next_at > self._clock.now()):
                return None
            attempts, begun = Attempts(database), self._clock.now()
            soon = self._soon(list_)
            if not await attempts.begin(name, list_.attempt, begun, begun + soon):
                return Updated(list_, error=_busy())
            try:
                imported = await self._take(list_, store, force, advance, progress)
            except WhinchatError as error:
                await self._note(error, list_, attempts, begun, soon)
                return Updated(list_, error=error)
            now = self._clock.now()
            await attempts.succeed(name, begun, now, now + self._wait(list_.source.every * MINUTE))
            return Updated(list_, imported)

    async def _take(
        self, list_: Followed, store: FeedStore, force: bool, advance: Advance | None, progress: Progress | None
    ) -> Imported | None:
        source, feed = list_.source, list_.feed
        known = Version()
        if feed is not None and feed.recipe == source.recipe and not force:
            known = Version(feed.etag, feed.modified)
        async with self._content(source, known, advance) as download:
            if download.content is None:
                await store.confirm(source.name, download.version.etag, download.version.modified)
                return None
            reader = FeedReader(download.content, source.format, column=source.column, most_bytes=MOST_BYTES)
            imported = await store.import_feed(_order(source, download.version, force=force), reader, progress)
        return None if imported.unchanged else imported

    def _content(
        self, source: Source, known: Version, advance: Advance | None
    ) -> AbstractAsyncContextManager[Download]:
        if source.file or self._downloader is None:
            return opened_file(Path(source.file).expanduser(), known, self._workers)
        return self._downloader.get(source.address(self._auth_key), known, self._clock.now(), advance)

    async def _note(self, error: WhinchatError, list_: Followed, attempts: Attempts, begun: int, soon: int) -> None:
        """When it is tried again: what could not be had soon, what was not sound when there may be another version."""
        name, now = list_.source.name, self._clock.now()
        if error.code in BUSY:
            await attempts.postpone(name, begun, now + self._wait(MINUTE))
            return
        unsound = isinstance(error, Refused) and not isinstance(error, StorageError)
        wait = self._wait(list_.source.every * MINUTE) if unsound else soon
        asked = round(1000 * (error.retry_after or 0))
        await attempts.fail(name, begun, now + max(wait, asked), error.code, str(error))

    def _soon(self, list_: Followed) -> int:
        failures = list_.attempt.failures if list_.attempt else 0
        return self._wait(min(list_.source.every * MINUTE, SOON << min(failures, 16)))

    def _wait(self, milliseconds: int) -> int:
        return round(milliseconds * (1 + JITTER * (2 * self._random.random() - 1)))


def _order(source: Source, version: Version, *, force: bool) -> Order:
    return Order(
        source.name,
        source.place,
        source.threat,
        source.trust,
        source.licence,
        force=force,
        least=source.least,
        most=source.most,
        lifetime=source.lifetime * DAY,
        rolling=source.rolling,
        recipe=source.recipe,
        etag=version.etag,
        modified=version.modified,
    )


def _busy() -> Refused:
    return Refused("this list is being updated already", hint="Wait until that ends.", code="importing")
