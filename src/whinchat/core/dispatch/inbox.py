"""The inbox: what arrived, on disk before it is acknowledged, until it is handled once or set aside.

An event's identity is (account, chat, sender, event id, kind): senders choose their message ids, so the sender belongs
to it, and every edit is an event of its own. Identities are kept for `KEEP` after a body is gone, because transports
repeat events for days.
"""

from __future__ import annotations

import enum
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import msgspec

from whinchat.core.ports import Batch, Clock, Database, Sealer, Statement
from whinchat.core.types import ChatRef, Event

KEEP = 8 * 24 * 3600 * 1000
"""Milliseconds that an identity is remembered; the Cloud API repeats webhooks for seven days."""

KEEP_ASIDE = 30 * 24 * 3600 * 1000
"""Milliseconds that an event which was set aside is kept for the operator."""


class EventState(enum.StrEnum):
    WAITING = "waiting"
    DONE = "done"
    ASIDE = "aside"
    """Failed too often; kept with its body for the operator."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An event in the inbox. `attempts` counts the failed ones; `size`: bytes of the event as it is encoded."""

    id: int
    identity: bytes
    chat_key: bytes
    attempts: int
    event: Event
    size: int


@dataclass(frozen=True, slots=True)
class Aside:
    """An event that was set aside, as it may be listed: no content."""

    id: int
    kind: str
    error: str
    attempts: int
    arrived_at: int


def chat_key(sealer: Sealer, account: str, chat: ChatRef) -> bytes:
    """What every table knows a chat by, 16 bytes."""
    return sealer.digest("chat", account, chat.lasting)


def user_key(sealer: Sealer, account: str, user: str) -> bytes:
    """What every table knows a person by, 16 bytes."""
    return sealer.digest("user", account, user)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Event).decode

_SURROGATE = re.compile("[\ud800-\udfff]")


def _mended(event: Event) -> Event:
    return msgspec.convert(_without_halves(msgspec.to_builtins(event)), type(event))


def _without_halves(value: Any) -> Any:
    match value:
        case str():
            return _SURROGATE.sub("\ufffd", value)
        case dict():
            return {key: _without_halves(each) for key, each in value.items()}
        case list() | tuple():
            return [_without_halves(each) for each in value]
        case _:
            return value


_STORE = """
    INSERT INTO events (identity, chat, kind, state, attempts, arrived_at, body)
         VALUES (:identity, :chat, :kind, 'waiting', 0, :now, :body)
    ON CONFLICT (identity) DO NOTHING
      RETURNING id"""

_DONE = """
    UPDATE events SET state = 'done', handled_at = :now, body = NULL, error = NULL
     WHERE id = :id AND state = 'waiting'"""

_FAILED = """
    UPDATE events SET attempts = attempts + 1, error = :error
     WHERE id = :id AND state = 'waiting' RETURNING attempts"""

_ASIDE = """
    UPDATE events SET state = 'aside', handled_at = :now, error = :error
     WHERE id = :id AND state = 'waiting'"""

_RETRY = """
    UPDATE events SET state = 'waiting', attempts = 0, handled_at = NULL
     WHERE id = :id AND state = 'aside' RETURNING id"""

_DISMISS = "UPDATE events SET state = 'done', body = NULL WHERE id = :id AND state = 'aside'"


class Inbox:
    """Statements and queries over the `events` table; bodies are sealed under the event's identity."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    async def store(self, event: Event) -> Stored | None:
        """T1: write the event down; None when it is known already. Raises Refused when it cannot be written.

        Halves of surrogate pairs, which some senders' apps leave in texts and ids, have no encoding: U+FFFD takes
        their place. The identity is that of the event as it came, so two such events stay two.
        """
        chat = self.chat_key(event)
        identity = self._identity(event)
        try:
            body = _encode(event)
        except UnicodeEncodeError:
            event = _mended(event)
            body = _encode(event)
        statement = Statement(
            _STORE,
            {
                "identity": identity,
                "chat": chat,
                "kind": str(event.__struct_config__.tag),
                "now": self._clock.now(),
                "body": self._sealer.seal("events", identity, body),
            },
        )
        ((*rows,),) = await self._database.commit(Batch((statement,)))
        if not rows:
            return None
        (event_id,) = msgspec.convert(rows[0], tuple[int])
        return Stored(event_id, identity, chat, 0, event, len(body))

    def chat_key(self, event: Event) -> bytes:
        return chat_key(self._sealer, event.account, event.chat)

    async def waits(self, event: Event) -> int | None:
        """The row id of an event that is known and not handled yet."""
        row = await self._database.fetch_one(
            "SELECT id FROM events WHERE identity = :identity AND state = 'waiting'",
            {"identity": self._identity(event)},
        )
        return None if row is None else msgspec.convert(row, tuple[int])[0]

    def _identity(self, event: Event) -> bytes:
        kind = str(event.__struct_config__.tag)
        return self._sealer.digest("event", event.account, event.chat.lasting, event.author, event.id, kind)

    async def load(self, event_id: int) -> Stored | None:
        """A waiting event by its row id; None when it waits no longer. Raises StorageError when it cannot be opened."""
        row = await self._database.fetch_one(
            "SELECT identity, chat, attempts, body FROM events WHERE id = :id AND state = 'waiting'", {"id": event_id}
        )
        if row is None:
            return None
        identity, chat, attempts, body = msgspec.convert(row, tuple[bytes, bytes, int, bytes])
        encoded = self._sealer.open("events", identity, body)
        return Stored(event_id, identity, chat, attempts, _decode(encoded), len(encoded))

    async def waiting(self, longer_than: int = 0) -> AsyncIterator[tuple[int, bytes]]:
        """(row id, chat key) of what is not handled and older than so many milliseconds, oldest first."""
        query = "SELECT id, chat FROM events WHERE state = 'waiting' AND arrived_at <= :before ORDER BY id"
        async for row in self._database.stream(query, {"before": self._clock.now() - longer_than}):
            yield msgspec.convert(row, tuple[int, bytes])

    async def aside(self, limit: int = 100) -> list[Aside]:
        """The newest events that were set aside."""
        rows = await self._database.fetch(
            """SELECT id, kind, error, attempts, arrived_at FROM events
                WHERE state = 'aside' ORDER BY id DESC LIMIT :limit""",
            {"limit": limit},
        )
        return [Aside(*msgspec.convert(row, tuple[int, str, str, int, int])) for row in rows]

    def done(self, event_id: int) -> Statement:
        """Marks the event handled and wipes its body; part of the batch that holds its effects."""
        return Statement(_DONE, {"id": event_id, "now": self._clock.now()}, rows=1)

    async def failed(self, event_id: int, error: str) -> int:
        """Write down one more failed attempt and say how many there were; `error` is a code."""
        ((row,),) = await self._database.commit(Batch((Statement(_FAILED, {"id": event_id, "error": error}, rows=1),)))
        (attempts,) = msgspec.convert(row, tuple[int])
        return attempts

    async def set_aside(self, event_id: int, error: str) -> None:
        """The last attempt failed: the chat goes on without this event."""
        statement = Statement(_ASIDE, {"id": event_id, "error": error, "now": self._clock.now()})
        await self._database.commit(Batch((statement,)))

    async def depths(self) -> dict[EventState, int]:
        """How many events wait, and how many were set aside."""
        rows = await self._database.fetch(
            """SELECT 'waiting', count(*) FROM events WHERE state = 'waiting'
               UNION ALL SELECT 'aside', count(*) FROM events WHERE state = 'aside'"""
        )
        return dict(msgspec.convert(row, tuple[EventState, int]) for row in rows)

    def retrial(self, event_id: int) -> Statement:
        """Puts an event that was set aside back in line, with all its attempts; nothing when it was not."""
        return Statement(_RETRY, {"id": event_id})

    def dismissal(self, event_id: int) -> Statement:
        """Lets an event that was set aside go, as if it had been handled; nothing when it was not."""
        return Statement(_DISMISS, {"id": event_id})

    def forget(self, keep: int, limit: int) -> Statement:
        """Retention, a bounded number at a time: what is done goes after `keep` milliseconds (`KEEP` at the least),
        what is aside after `KEEP_ASIDE`.
        """
        now = self._clock.now()
        return Statement(
            """DELETE FROM events WHERE id IN (
                   SELECT id FROM events
                    WHERE (state = 'done' AND arrived_at < :done) OR (state = 'aside' AND arrived_at < :aside)
                    ORDER BY arrived_at LIMIT :limit)
             RETURNING id""",
            {"done": now - max(keep, KEEP), "aside": now - KEEP_ASIDE, "limit": limit},
        )


async def retry(database: Database, event_id: int) -> bool:
    """Put an event that was set aside back in line, with all its attempts; false when it was not set aside."""
    ((*rows,),) = await database.commit(Batch((Statement(_RETRY, {"id": event_id}),)))
    return bool(rows)
