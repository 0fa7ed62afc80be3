"""The one thread that writes: commits that wait are taken together and share one transaction (group commit)."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import apsw

from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Row, Statement
from whinchat.infra.storage.connection import closed, connect, in_words

WAITING = 1_024  # most batches on their way, and so in one transaction; who comes later waits for room
CACHE_KIB = 2_000

T = TypeVar("T")
Results = tuple[tuple[Row, ...], ...]

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Commit:
    batch: Batch
    future: asyncio.Future[Results]
    results: Results = ()
    error: Exception | None = None


@dataclass(slots=True, eq=False)
class _Task:
    """Work that needs the writing connection outside any transaction, such as a checkpoint."""

    function: Callable[[apsw.Connection], Any]
    future: asyncio.Future[Any]
    results: Any = None
    error: Exception | None = None


class Writer:
    """Owns the writing connection. Made, used and closed in the thread of one event loop."""

    def __init__(self, path: Path, mmap_bytes: int) -> None:
        self._path = path
        self._mmap_bytes = mmap_bytes
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Semaphore(WAITING)
        self._queue: queue.SimpleQueue[list[_Commit | _Task | None]] = queue.SimpleQueue()
        self._turn: list[_Commit | _Task | None] = []
        self._thread = threading.Thread(target=self._run, name="whinchat-writer", daemon=True)
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._closed: asyncio.Future[None] = self._loop.create_future()
        self._closing = False
        self._connection: apsw.Connection
        self._cursor: apsw.Cursor
        self._full = False  # whether `synchronous` is FULL at present

    # --- in the event loop ---

    async def open(self) -> None:
        self._thread.start()
        await self._opened

    async def commit(self, batch: Batch) -> Results:
        future: asyncio.Future[Results] = self._loop.create_future()
        await self._put(_Commit(batch, future))
        return await future

    async def run(self, function: Callable[[apsw.Connection], T]) -> T:
        future: asyncio.Future[T] = self._loop.create_future()
        await self._put(_Task(function, future))
        return await future

    async def close(self) -> None:
        """After everything that was handed over is committed. May be called again."""
        if not self._closing:
            self._closing = True
            self._hand_over(None)
        await asyncio.shield(self._closed)
        self._thread.join()

    async def _put(self, item: _Commit | _Task) -> None:
        await self._room.acquire()  # released in `_resolve`: a caller that is cancelled does not make room
        if self._closing:
            self._room.release()
            raise closed()
        self._hand_over(item)

    def _hand_over(self, item: _Commit | _Task | None) -> None:
        """Together with everything else of this turn of the event loop: the thread is woken once."""
        if not self._turn:
            self._loop.call_soon(self._end_turn)
        self._turn.append(item)

    def _end_turn(self) -> None:
        items, self._turn = self._turn, []
        self._queue.put(items)

    def _resolve(self, items: Sequence[_Commit | _Task]) -> None:
        for item in items:
            self._room.release()
            if item.future.done():  # the caller was cancelled
                continue
            if item.error is None:
                item.future.set_result(item.results)
            else:
                item.future.set_exception(item.error)

    # --- in the writer's thread ---

    def _run(self) -> None:
        try:
            connection = connect(self._path, write=True, cache_kib=CACHE_KIB, mmap_bytes=self._mmap_bytes)
        except Exception as error:
            self._tell(self._opened.set_exception, error)
            self._tell(self._closed.set_result, None)
            return
        self._connection, self._cursor = connection, connection.cursor()
        self._tell(self._opened.set_result, None)
        try:
            while self._serve(self._drain()):
                pass
        finally:
            connection.close()
            self._tell(self._closed.set_result, None)

    def _tell(self, function: Callable[..., None], argument: object) -> None:
        try:
            self._loop.call_soon_threadsafe(function, argument)
        except RuntimeError:  # the loop was closed without closing the database: nobody is waiting any more
            log.warning("the event loop ended before the database was closed")

    def _drain(self) -> list[_Commit | _Task | None]:
        items = self._queue.get()
        try:
            while True:
                items += self._queue.get_nowait()
        except queue.Empty:
            return items

    def _serve(self, items: list[_Commit | _Task | None]) -> bool:
        """Do what was drained; False when the end was among it."""
        if commits := [item for item in items if isinstance(item, _Commit)]:
            self._write(commits)
            self._tell(self._resolve, commits)
        for item in items:
            if isinstance(item, _Task):
                self._perform(item)
                self._tell(self._resolve, (item,))
        return items[-1] is not None

    def _perform(self, task: _Task) -> None:
        try:
            task.results = task.function(self._connection)
        except Exception as error:
            task.error = in_words(error, self._path)

    def _write(self, commits: list[_Commit]) -> None:
        """One transaction. What fails in a batch is that batch's alone; what fails around them is everybody's, and so
        is a full disk, at which SQLite gives up the whole transaction.
        """
        try:
            self._synchronise(any(commit.batch.durable for commit in commits))
            self._cursor.execute("BEGIN IMMEDIATE")
            for commit in commits:
                self._apply(commit)
            self._cursor.execute("COMMIT")
        except Exception as error:
            for commit in commits:
                commit.error = commit.error or in_words(error, self._path)
            if not self._connection.get_autocommit():
                with suppress(apsw.Error):  # this thread must go on: without it everybody would wait for ever
                    self._cursor.execute("ROLLBACK")

    def _synchronise(self, full: bool) -> None:
        if full != self._full:
            self._cursor.execute(f"PRAGMA synchronous = {'FULL' if full else 'NORMAL'}")
            self._full = full

    def _apply(self, commit: _Commit) -> None:
        statements = commit.batch.statements
        guarded = len(statements) > 1 or statements[0].rows is not None  # a lone statement undoes itself
        try:
            if guarded:
                self._cursor.execute("SAVEPOINT batch")
            commit.results = tuple([self._step(index, statement) for index, statement in enumerate(statements)])
            if guarded:
                self._cursor.execute("RELEASE batch")
        except Exception as error:
            if self._connection.get_autocommit():  # SQLite gave up the whole transaction
                raise
            commit.error = in_words(error, self._path)
            if guarded:
                self._cursor.execute("ROLLBACK TO batch; RELEASE batch")

    def _step(self, index: int, statement: Statement) -> tuple[Row, ...]:
        expected = statement.rows
        before = self._connection.total_changes() if expected is not None else 0
        try:
            rows: tuple[Row, ...] = tuple(self._cursor.execute(statement.sql, statement.args))
        except apsw.ConstraintError as error:
            raise Conflict(index, 1 if expected is None else expected, 0) from error
        if expected is not None:
            # What `changes()` says is of an earlier statement when this one wrote nothing at all.
            changed = 0 if self._connection.total_changes() == before else self._connection.changes()
            if (found := len(rows) or changed) != expected:
                raise Conflict(index, expected, found)
        return rows
