"""What admins and the service itself did that others may have to answer for: one row each, never changed.

Everything that a command for admins, a page or a verb of the command line changes, and whatever the service does to a
message or a member by itself, is written in the batch that does it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import msgspec

from whinchat.core.ports import Clock, Database, Sealer, Statement

DELETED = 5000  # rows in one transaction


class Via(enum.StrEnum):
    CHAT = "chat"
    PAGE = "page"
    CLI = "cli"
    SERVICE = "service"
    """Nobody: the service itself, by the rules it was given."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`actor`, `chat`: keyed hashes; None where there is none. `detail`: what was typed or chosen; sealed."""

    id: int
    at: int
    via: Via
    actor: bytes | None
    chat: bytes | None
    action: str
    """Such as `scan allow` or `scanner.delete`."""
    detail: str


_ROW = tuple[int, int, Via, bytes | None, bytes | None, str, bytes, bytes]


class Audit:
    """Reads are methods that await; changes are statements for a handler's outcome."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    def entry(
        self, action: str, *, via: Via, key: bytes, actor: bytes | None = None, chat: bytes | None = None, detail: str
    ) -> Statement:
        """`key`: 16 bytes, the same whenever the same cause is handled again, so that nothing is noted twice."""
        return Statement(
            """INSERT INTO audit (key, at, via, actor, chat, action, body)
                    VALUES (:key, :now, :via, :actor, :chat, :action, :body)
               ON CONFLICT (key) DO NOTHING""",
            {
                "key": key,
                "now": self._clock.now(),
                "via": via.value,
                "actor": actor,
                "chat": chat,
                "action": action,
                "body": self._sealer.seal("audit", key, detail.encode()),
            },
        )

    async def page(self, *, before: int | None = None, chat: bytes | None = None, limit: int = 50) -> list[AuditEntry]:
        """The newest first, with ids below `before`."""
        rows = await self._database.fetch(
            """SELECT id, at, via, actor, chat, action, key, body FROM audit
                WHERE id < :before AND (:chat IS NULL OR chat = :chat) ORDER BY id DESC LIMIT :limit""",
            {"before": 2**62 if before is None else before, "chat": chat, "limit": limit},
        )
        return [self._opened(*msgspec.convert(row, _ROW)) for row in rows]

    def _opened(
        self, row: int, at: int, via: Via, actor: bytes | None, chat: bytes | None, action: str, key: bytes, body: bytes
    ) -> AuditEntry:
        return AuditEntry(row, at, via, actor, chat, action, self._sealer.open("audit", key, body).decode())

    def retention(self, keep: int) -> Statement:
        """Rows older than `keep` milliseconds, so many at a time."""
        return Statement(
            "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < :before ORDER BY at LIMIT :most)"
            " RETURNING id",
            {"before": self._clock.now() - keep, "most": DELETED},
        )
