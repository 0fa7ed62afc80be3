"""Where rows are kept, and how they are sealed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Value = int | float | str | bytes | None
Row = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement with named arguments (`:name`); `rows`: how many it must touch or return, None for any."""

    sql: str
    args: Mapping[str, Value]
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Statements that are committed together or not at all; no reads in between.

    `durable`: on the disk before the commit returns, even through a power cut (SQLite: `synchronous=FULL`).
    """

    statements: tuple[Statement, ...] = ()
    durable: bool = False

    def __add__(self, other: Batch) -> Batch:
        return Batch(self.statements + other.statements, self.durable or other.durable)


EMPTY = Batch()


class Database(Protocol):
    """Reads see every batch whose commit returned. SQL is the common part of SQLite and PostgreSQL."""

    async def commit(self, batch: Batch) -> tuple[tuple[Row, ...], ...]:
        """Commit and give, per statement, the rows of its RETURNING clause (empty without one).

        Raises:
            Conflict: a statement touched another number of rows than its `rows`; nothing was written.
            Refused: the disk is full or the database cannot be written (code `disk_full`, `read_only`).
        """
        ...

    async def fetch(self, sql: str, args: Mapping[str, Value] | None = None) -> list[Row]:
        """All rows: for results that are small by construction (a LIMIT or a key)."""
        ...

    async def fetch_one(self, sql: str, args: Mapping[str, Value] | None = None) -> Row | None:
        """The first row. SQLite answers look-ups by primary key or unique index without leaving the thread."""
        ...

    def stream(self, sql: str, args: Mapping[str, Value] | None = None) -> AsyncIterator[Row]:
        """Rows of any number, read in pages of a bounded size."""
        ...


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of a component's schema. Numbers count 1, 2, 3, … per component; a shipped step never changes."""

    component: str
    number: int
    name: str
    sql: Mapping[str, str]
    """Dialect ("sqlite", "postgres") to statements separated by `;` at line ends."""


OpenDatabase = Callable[[Path, Sequence[Migration]], AbstractAsyncContextManager[Database]]
"""Opens a SQLite file of an application's own, made or brought up to date first; other processes may have it open."""


class Sealer(Protocol):
    """Encryption at rest and keyed look-ups (`docs/decisions`, sealing at rest)."""

    def seal(self, table: str, row: bytes | str, data: bytes) -> bytes:
        """Encrypt `data`; it opens only for the same table and row."""
        ...

    def open(self, table: str, row: bytes | str, sealed: bytes) -> bytes:
        """Raises StorageError (code `unsealable`): wrong key, wrong place or damaged."""
        ...

    def digest(self, purpose: str, *parts: str | bytes) -> bytes:
        """Keyed hash for look-up columns, 16 bytes; parts are length-framed, purposes are separate keys."""
        ...


def joined(key: Row) -> bytes | str:
    """The values one after the other, as what a `Sealer` takes for the row; all are bytes, or each as text."""
    if all(isinstance(value, bytes) for value in key):
        return b"".join(value for value in key if isinstance(value, bytes))
    return "".join(map(str, key))


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column whose values are sealed, so that they can be sealed again under a new key; NULL and empty ones are not.

    Names come from code, never from input.
    """

    table: str
    """Also what `Sealer.seal` is given as the table."""
    key_columns: tuple[str, ...]
    """Unique together and indexed in this order."""
    column: str
    row: Callable[[Row], bytes | str] = joined
    """From the values of `key_columns` to what `Sealer.seal` is given as the row."""
