"""What somebody keeps under names of their own choosing: contacts and templates. Sealed, the names hashed."""

from __future__ import annotations

import re
import unicodedata
from typing import Generic, Protocol, TypeVar

import msgspec

from whinchat.core.dispatch.arguments import INVISIBLE
from whinchat.core.ports import Clock, Database, Sealer, Statement, joined

MOST = 300
"""Entries of one kind that a person may keep."""
LONGEST_NAME = 50  # code points

_UNSEEN = re.compile(f"[{INVISIBLE}]+")
_encode = msgspec.msgpack.Encoder().encode


class Entry(Protocol):
    @property
    def name(self) -> str:
        """As it was written."""
        ...


E = TypeVar("E", bound=Entry)


def folded(name: str) -> str:
    """What the spellings of one name have in common: case, width, gaps and what cannot be seen do not count."""
    return " ".join(_UNSEEN.sub("", unicodedata.normalize("NFKC", name)).casefold().split())


class Notebook(Generic[E]):
    """One kind of entries. Reads are methods that await; changes are statements for a handler's outcome."""

    def __init__(self, table: str, kind: type[E], database: Database, sealer: Sealer, clock: Clock) -> None:
        """`table`: a name of ours, never input."""
        self._table = table
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._database = database
        self._sealer = sealer
        self._clock = clock

    async def all(self, user_id: str) -> list[E]:
        """By name."""
        rows = await self._database.fetch(
            f"SELECT name, body FROM {self._table} WHERE user_id = :user",  # noqa: S608 - a name of ours
            {"user": user_id},
        )
        found = [self._open(user_id, *msgspec.convert(row, tuple[bytes, bytes])) for row in rows]
        return sorted(found, key=lambda entry: folded(entry.name))

    async def find(self, user_id: str, name: str) -> E | None:
        """The one of exactly this name."""
        key = self._key(user_id, name)
        row = await self._database.fetch_one(
            f"SELECT body FROM {self._table} WHERE user_id = :user AND name = :name",  # noqa: S608 - a name of ours
            {"user": user_id, "name": key},
        )
        return None if row is None else self._open(user_id, key, *msgspec.convert(row, tuple[bytes]))

    def save(self, user_id: str, entry: E) -> Statement:
        """In place of one of the same name. Conflict where the notebook is full."""
        key = self._key(user_id, entry.name)
        return Statement(
            f"""INSERT INTO {self._table} (user_id, name, at, body)
                SELECT :user, :name, :now, :body
                 WHERE (SELECT count(*) FROM {self._table} WHERE user_id = :user AND name <> :name) < :most
                ON CONFLICT (user_id, name) DO UPDATE SET at = excluded.at, body = excluded.body""",  # noqa: S608 - a name of ours
            {
                "user": user_id,
                "name": key,
                "now": self._clock.now(),
                "body": self._sealer.seal(self._table, joined((user_id, key)), _encode(entry)),
                "most": MOST,
            },
            rows=1,
        )

    def remove(self, user_id: str, name: str) -> Statement:
        return Statement(
            f"DELETE FROM {self._table} WHERE user_id = :user AND name = :name",  # noqa: S608 - a name of ours
            {"user": user_id, "name": self._key(user_id, name)},
            rows=1,
        )

    def _key(self, user_id: str, name: str) -> bytes:
        return self._sealer.digest(self._table, user_id, folded(name))

    def _open(self, user_id: str, key: bytes, body: bytes) -> E:
        return self._decode(self._sealer.open(self._table, joined((user_id, key)), body))
