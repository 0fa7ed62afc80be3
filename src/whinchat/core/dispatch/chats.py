"""What the engine itself remembers of a chat: its language, and the little that waits or is noted under its key."""

from __future__ import annotations

import msgspec

from whinchat.core.ports import Batch, Clock, Database, Statement

_ERASE = (
    "DELETE FROM chats WHERE chat = :chat",
    "DELETE FROM conversations WHERE chat = :chat",
    "DELETE FROM audit WHERE chat = :chat",
    "UPDATE events SET state = 'done', body = NULL WHERE chat = :chat AND state = 'aside'",
)


class Chats:
    def __init__(self, database: Database, clock: Clock, default_language: str) -> None:
        self._database = database
        self._clock = clock
        self._default = default_language

    async def language(self, chat_key: bytes) -> str:
        """The language code the chat chose, or the service's."""
        row = await self._database.fetch_one("SELECT language FROM chats WHERE chat = :chat", {"chat": chat_key})
        if row is None:
            return self._default
        (language,) = msgspec.convert(row, tuple[str | None])
        return language or self._default

    def speak(self, chat_key: bytes, language: str) -> Statement:
        """The change that makes the chat's language `language`."""
        return Statement(
            """INSERT INTO chats (chat, language, updated_at) VALUES (:chat, :language, :now)
               ON CONFLICT (chat) DO UPDATE SET language = excluded.language, updated_at = excluded.updated_at""",
            {"chat": chat_key, "language": language, "now": self._clock.now()},
        )

    def forget(self, chat_key: bytes) -> Batch:
        """The changes that erase what is kept of the chat: its language, questions asked there, what was noted of its
        admins, and the bodies of messages that could not be handled. That those arrived is remembered for as long as
        they may arrive again.
        """
        return Batch(tuple(Statement(sql, {"chat": chat_key}) for sql in _ERASE))
