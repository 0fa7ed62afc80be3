"""What a chat and person are in the middle of, with an expiry: a question asked, an answer awaited."""

from __future__ import annotations

import msgspec

from whinchat.core.ports import Clock, Database, Sealer, Statement


class Turn(msgspec.Struct, frozen=True):
    """`topic` names who asked (`app.question`); `data` is what they want back, encoded by them."""

    topic: str
    data: bytes
    expires: int


class Conversations:
    """One open turn per (chat, person); the newest replaces the one before. Stored sealed."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    async def current(self, chat_key: bytes, user_key: bytes) -> Turn | None:
        """The open turn, None when there is none or its time is over."""
        row = await self._database.fetch_one(
            "SELECT topic, data, expires_at FROM conversations WHERE chat = :chat AND person = :person",
            {"chat": chat_key, "person": user_key},
        )
        if row is None:
            return None
        topic, sealed, expires = msgspec.convert(row, tuple[str, bytes, int])
        if expires <= self._clock.now():
            return None
        return Turn(topic, self._sealer.open("conversations", chat_key + user_key, sealed), expires)

    def open(self, chat_key: bytes, user_key: bytes, topic: str, data: bytes, *, seconds: float) -> Statement:
        """The change that asks: to be part of the outcome that sends the question."""
        return Statement(
            """INSERT INTO conversations (chat, person, topic, data, expires_at)
                    VALUES (:chat, :person, :topic, :data, :expires)
               ON CONFLICT (chat, person) DO UPDATE
                       SET topic = excluded.topic, data = excluded.data, expires_at = excluded.expires_at""",
            {
                "chat": chat_key,
                "person": user_key,
                "topic": topic,
                "data": self._sealer.seal("conversations", chat_key + user_key, data),
                "expires": self._clock.now() + int(seconds * 1000),
            },
        )

    def close(self, chat_key: bytes, user_key: bytes, turn: Turn) -> Statement:
        """The change that takes the answer: exactly one handler wins it."""
        return Statement(
            """DELETE FROM conversations
                     WHERE chat = :chat AND person = :person AND topic = :topic AND expires_at = :expires""",
            {"chat": chat_key, "person": user_key, "topic": turn.topic, "expires": turn.expires},
            rows=1,
        )
