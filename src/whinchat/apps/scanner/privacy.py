"""What a chat lets leave the machine, and how all that is kept about it is deleted."""

from __future__ import annotations

import msgspec

from whinchat.apps.scanner.sources.about import Privacy
from whinchat.core.ports import Batch, Database, Statement

ERASE = (
    "DELETE FROM scanner_chats WHERE chat = :chat",
    "DELETE FROM scanner_rules WHERE chat = :chat",
    "DELETE FROM scanner_sightings WHERE chat = :chat",
    "DELETE FROM scanner_sites WHERE chat = :chat",
    "DELETE FROM scanner_labels WHERE chat = :chat",
    "DELETE FROM scanner_policies WHERE chat = :chat",
    "DELETE FROM scanner_strikes WHERE chat = :chat",
    "DELETE FROM scanner_members WHERE chat = :chat",
    "DELETE FROM scanner_notices WHERE chat = :chat",
    "DELETE FROM scanner_notified WHERE chat = :chat",
)
"""Every table that says something about a chat, but for the time when its lock is to be opened again, which ends by
itself. What is known of a link belongs to no chat, and goes with its time."""


class PrivacyLevels:
    """`usual`: of chats that chose none."""

    def __init__(self, database: Database, usual: Privacy) -> None:
        self._database = database
        self._usual = usual

    async def of(self, chat: bytes) -> Privacy:
        row = await self._database.fetch_one("SELECT privacy FROM scanner_chats WHERE chat = :chat", {"chat": chat})
        chosen = None if row is None else msgspec.convert(row, tuple[Privacy | None])[0]
        return chosen or self._usual

    def choose(self, chat: bytes, level: Privacy) -> Statement:
        return Statement(
            """INSERT INTO scanner_chats (chat, privacy) VALUES (:chat, :level)
               ON CONFLICT (chat) DO UPDATE SET privacy = excluded.privacy""",
            {"chat": chat, "level": level.value},
        )


def erased(chat: bytes) -> Batch:
    """Deletes all that the scanner keeps about one chat."""
    return Batch(tuple(Statement(sql, {"chat": chat}) for sql in ERASE))
