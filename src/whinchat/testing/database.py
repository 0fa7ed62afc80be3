"""A database in memory, with the behaviour of the real ones and faults on demand."""

from __future__ import annotations

import asyncio
import sqlite3
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import closing
from functools import cache

from whinchat.core.errors import Conflict, Overloaded, StorageError, WhinchatError
from whinchat.core.ports import Batch, Migration, Row, Statement, Value

FAULTS: Mapping[str, Callable[[], WhinchatError]] = {
    "disk_full": lambda: StorageError("the disk is full", hint="Make room on it.", code="disk_full"),
    "read_only": lambda: StorageError("the database cannot be written", hint="Look at its owner.", code="read_only"),
    "damaged": lambda: StorageError("the database is damaged", hint="Restore a backup.", code="damaged"),
    "database_busy": lambda: Overloaded("another process is writing", code="database_busy", retry_after=1.0),
}


@cache
def _migrated(scripts: tuple[str, ...]) -> bytes:
    """A database file after these steps: to take them once is enough for all tests."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for script in scripts:
            connection.executescript(script)
        return connection.serialize()


class MemoryDatabase:
    """`ports.Database` over the standard library's SQLite. It outlives what uses it, as a file does.

    `hook` is called with "before_commit" when nothing of a batch is written yet and with "after_commit" when all of it
    is, but the caller does not know: what it raises (a killed process, say) goes through to the caller.
    """

    def __init__(self, migrations: Sequence[Migration] = (), *, hook: Callable[[str], None] | None = None) -> None:
        self.hook = hook
        self._faults: deque[str] = deque()
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._connection.close)  # in whichever thread collects garbage
        if migrations:
            self._connection.deserialize(_migrated(tuple(step.sql["sqlite"] for step in migrations)))
        self._connection.execute("PRAGMA foreign_keys = ON")

    def fail_next(self, fault: str, times: int = 1) -> None:
        """Let the next commits fail, with nothing written; `fault` is a key of FAULTS."""
        if fault not in FAULTS:
            raise ValueError(f"no fault is called {fault}; there are {', '.join(FAULTS)}")
        self._faults.extend([fault] * times)

    async def commit(self, batch: Batch) -> tuple[tuple[Row, ...], ...]:
        await asyncio.sleep(0)  # others get their turn, as they do while a real database works
        if self._faults:
            failure = FAULTS[self._faults.popleft()]
            raise failure()
        self._reach("before_commit")
        self._connection.execute("BEGIN")
        try:
            results = tuple(self._step(index, statement) for index, statement in enumerate(batch.statements))
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        self._reach("after_commit")
        return results

    async def fetch(self, sql: str, args: Mapping[str, Value] | None = None) -> list[Row]:
        return self._connection.execute(sql, dict(args or {})).fetchall()

    async def fetch_one(self, sql: str, args: Mapping[str, Value] | None = None) -> Row | None:
        cursor = self._connection.execute(sql, dict(args or {}))
        row: Row | None = cursor.fetchone()
        cursor.close()
        return row

    async def stream(self, sql: str, args: Mapping[str, Value] | None = None) -> AsyncIterator[Row]:
        for row in await self.fetch(sql, args):
            yield row

    def _reach(self, point: str) -> None:
        if self.hook is not None:
            self.hook(point)

    def _step(self, index: int, statement: Statement) -> tuple[Row, ...]:
        before = self._connection.total_changes
        try:
            rows: tuple[Row, ...] = tuple(self._connection.execute(statement.sql, dict(statement.args)))
        except sqlite3.IntegrityError as error:
            raise Conflict(index, 1 if statement.rows is None else statement.rows, 0) from error
        if statement.rows is not None:
            found = len(rows) or (0 if self._connection.total_changes == before else self._changed())
            if found != statement.rows:
                raise Conflict(index, statement.rows, found)
        return rows

    def _changed(self) -> int:
        changed: int = self._connection.execute("SELECT changes()").fetchone()[0]
        return changed
