"""Reading: what is small by construction in the event loop's own thread, streams in a reader thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TypeVar

import apsw

from whinchat.core.errors import StorageError
from whinchat.core.ports import Row, Value
from whinchat.infra.storage.connection import closed, connect, translated

PAGE = 256  # rows of a stream that are read at once
STALL = 30.0  # seconds that a stream's reader may take over one page
CACHE_KIB = 1_000
STREAM_CACHE_KIB = 250

T = TypeVar("T")
Args = Mapping[str, Value]
NO_ARGS: Args = {}


class Readers:
    """The connections that only read. Opened after the writer, closed before it."""

    def __init__(self, path: Path, mmap_bytes: int) -> None:
        self._path = path
        self._mmap_bytes = mmap_bytes
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="whinchat-reader")
        self._closed = False
        self._streams: set[_Stream] = set()
        self._connections: list[apsw.Connection] = []
        self._inline: apsw.Connection

    async def open(self) -> None:
        self._inline = await self._run(self._connect)

    async def close(self) -> None:
        """After what is being read. May be called again."""
        if not self._closed:
            self._closed = True
            open_ones: list[_Stream | apsw.Connection] = [*self._streams, *self._connections]
            self._streams.clear()
            await asyncio.get_running_loop().run_in_executor(self._thread, _close_all, open_ones)
            self._thread.shutdown()

    def fetch_one(self, sql: str, args: Args | None) -> Row | None:
        self._require_open()
        with translated(self._path):
            cursor = self._inline.execute(sql, args or NO_ARGS)
            row: Row | None = next(cursor, None)
            cursor.close(True)  # ends the read transaction when there are more rows
            return row

    def fetch(self, sql: str, args: Args | None) -> list[Row]:
        self._require_open()
        with translated(self._path):
            rows: list[Row] = self._inline.execute(sql, args or NO_ARGS).fetchall()
            return rows

    async def stream(self, sql: str, args: Args | None) -> AsyncIterator[Row]:
        stream = _Stream(self._path, sql, args or NO_ARGS)
        self._streams.add(stream)
        loop = asyncio.get_running_loop()
        try:
            while page := await self._run(stream.page):
                stall = loop.call_later(STALL, self._end, stream, stream.expire)
                try:
                    for row in page:
                        yield row
                finally:
                    stall.cancel()
        finally:
            self._end(stream, stream.close)

    async def _run(self, function: Callable[[], T]) -> T:
        def work() -> T:
            with translated(self._path):
                return function()

        self._require_open()
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _end(self, stream: _Stream, how: Callable[[], None]) -> None:
        if stream in self._streams:  # else the database was closed meanwhile, and the stream with it
            self._streams.discard(stream)
            self._thread.submit(how)

    def _require_open(self) -> None:
        if self._closed:
            raise closed()

    def _connect(self) -> apsw.Connection:
        connection = connect(self._path, cache_kib=CACHE_KIB, mmap_bytes=self._mmap_bytes)
        self._connections.append(connection)
        return connection


class _Stream:
    """One query in progress. Used in the reader thread only.

    It reads from one snapshot, and as long as it does SQLite cannot reuse its log: so it is ended when its consumer
    leaves it alone for too long.
    """

    def __init__(self, path: Path, sql: str, args: Args) -> None:
        self._path = path
        self._sql = sql
        self._args = args
        self._connection: apsw.Connection | None = None
        self._cursor: apsw.Cursor
        self._expired = False

    def page(self) -> list[Row]:
        if self._expired:
            raise StorageError("a stream was left alone for too long and was ended", code="stream_stalled")
        if self._connection is None:
            self._connection = connect(self._path, cache_kib=STREAM_CACHE_KIB)
            self._cursor = self._connection.execute(self._sql, self._args)
        return list(islice(self._cursor, PAGE))

    def expire(self) -> None:
        self._expired = True
        self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close(True)


def _close_all(open_ones: Iterable[_Stream | apsw.Connection]) -> None:
    for each in open_ones:
        each.close()
