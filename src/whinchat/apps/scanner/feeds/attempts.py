"""What became of keeping lists up to date: when each was tried, with what result, and when it is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Database, Statement, Value

_ALL = "SELECT name, begun_at, next_at, failures, succeeded_at, code, error FROM updates"

_BEGIN = """INSERT INTO updates (name, begun_at, next_at, failures) VALUES (:name, :now, :next, 1)
 ON CONFLICT (name) DO UPDATE SET begun_at = :now, next_at = :next, failures = updates.failures + 1
  WHERE updates.begun_at = :before"""
_SUCCEED = """UPDATE updates SET next_at = :next, failures = 0, succeeded_at = :now, code = NULL, error = NULL
 WHERE name = :name AND begun_at = :begun"""
_FAIL = "UPDATE updates SET next_at = :next, code = :code, error = :error WHERE name = :name AND begun_at = :begun"
_POSTPONE = """UPDATE updates SET next_at = :next, failures = failures - 1 WHERE name = :name AND begun_at = :begun"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last one at a list; times in milliseconds UTC."""

    name: str
    begun_at: int
    next_at: int
    failures: int
    """In a row; an attempt that was killed is one."""
    succeeded_at: int | None = None
    code: str | None = None
    """Why the last one that ended failed; None when it did not."""
    error: str | None = None


class Attempts:
    """One row for each list. Whoever begins an attempt is the only one, over all processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Mapping[str, Attempt]:
        found = [
            msgspec.convert(dict(zip(_FIELDS, row, strict=True)), Attempt) for row in await self._database.fetch(_ALL)
        ]
        return {attempt.name: attempt for attempt in found}

    async def begin(self, name: str, before: Attempt | None, now: int, again: int) -> bool:
        """Note an attempt before it is made, as a failure with that next time: one that kills the process is not
        repeated at once. False when somebody else has begun one since `before` was read.
        """
        args: dict[str, Value] = {"name": name, "now": now, "next": again, "before": before.begun_at if before else -1}
        try:
            await self._database.commit(Batch((Statement(_BEGIN, args, rows=1),)))
        except Conflict:
            return False
        return True

    async def succeed(self, name: str, begun: int, now: int, again: int) -> None:
        await self._end(_SUCCEED, {"name": name, "begun": begun, "now": now, "next": again})

    async def fail(self, name: str, begun: int, again: int, code: str, error: str) -> None:
        await self._end(_FAIL, {"name": name, "begun": begun, "next": again, "code": code, "error": error})

    async def postpone(self, name: str, begun: int, again: int) -> None:
        """It was not the list's fault: as if it had not been tried."""
        await self._end(_POSTPONE, {"name": name, "begun": begun, "next": again})

    async def _end(self, sql: str, args: Mapping[str, int | str]) -> None:
        await self._database.commit(Batch((Statement(sql, args),)))


_FIELDS = tuple(Attempt.__dataclass_fields__)
