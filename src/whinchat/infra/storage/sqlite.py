"""`ports.Database` over one SQLite file."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import TracebackType

import apsw

from whinchat.core.errors import StorageError
from whinchat.core.ports import Batch, Row, Value
from whinchat.infra.storage.lock import ProcessLock
from whinchat.infra.storage.maintenance import SLICE, Sizes, checkpoint, measure, release_pages
from whinchat.infra.storage.readers import Readers
from whinchat.infra.storage.writer import Writer

log = logging.getLogger(__name__)


class SqliteDatabase:
    """Between `open` and `close`, used from one event loop.

    A commit that its caller stops waiting for may still happen. Deferred foreign keys are not supported: a broken one
    would be found when the whole group of batches commits.
    """

    def __init__(self, path: Path, *, mmap_bytes: int = 0, exclusive: bool = False) -> None:
        """`exclusive`: refuse when another process has the database exclusively; the service does, tools do not."""
        self.damage: StorageError | None = None
        """The first damage that was met since it was opened: a file does not heal by itself."""
        self._path = path
        self._mmap_bytes = mmap_bytes
        self._lock = ProcessLock(path, serves=True) if exclusive else None
        self._writer: Writer
        self._readers: Readers

    async def open(self) -> None:
        """Open, and make the file when it is not there.

        Raises:
            StorageError: in use by another process (`in_use`), not writable (`read_only`), or `damaged`.
        """
        if self._lock:
            self._lock.acquire()
        self._writer = Writer(self._path, self._mmap_bytes)
        self._readers = Readers(self._path, self._mmap_bytes)
        try:
            await self._writer.open()
            await self._readers.open()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what was handed over, then let go of the files. May be called again."""
        await self._readers.close()
        await self._writer.close()
        if self._lock:
            self._lock.release()

    async def __aenter__(self) -> SqliteDatabase:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def commit(self, batch: Batch) -> tuple[tuple[Row, ...], ...]:
        try:
            return await self._writer.commit(batch) if batch.statements else ()
        except StorageError as error:
            self._note(error)
            raise

    async def fetch(self, sql: str, args: Mapping[str, Value] | None = None) -> list[Row]:
        try:
            return self._readers.fetch(sql, args)
        except StorageError as error:
            self._note(error)
            raise

    async def fetch_one(self, sql: str, args: Mapping[str, Value] | None = None) -> Row | None:
        try:
            return self._readers.fetch_one(sql, args)
        except StorageError as error:
            self._note(error)
            raise

    def stream(self, sql: str, args: Mapping[str, Value] | None = None) -> AsyncIterator[Row]:
        """All rows of one snapshot. A reader that leaves a page alone for `readers.STALL` seconds loses the stream."""
        return self._readers.stream(sql, args)

    async def incremental_vacuum(self, pages: int) -> int:
        """Give at most `pages` free pages back to the disk, a few at a time; the number that was given back."""
        done = 0
        while done < pages:
            released = await self._writer.run(lambda connection: release_pages(connection, min(SLICE, pages - done)))  # noqa: B023
            if not released:
                break
            done += released
        return done

    async def checkpoint(self) -> None:
        """Move the log into the database file and cut it off, as far as readers allow."""
        await self._writer.run(checkpoint)

    async def sizes(self) -> Sizes:
        def measured(connection: apsw.Connection) -> Sizes:
            return measure(connection, self._path)

        return await self._writer.run(measured)

    def _note(self, error: StorageError) -> None:
        if error.code == "damaged" and self.damage is None:
            self.damage = error
            log.error("the database is damaged; what cannot be stored or handled waits", extra={"error": error.code})
