"""Strikes: one for each message of a member that was dangerous here, however much was wrong with it. They decay."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from whinchat.apps.scanner.repository import DELETED
from whinchat.core.ports import Clock, Database, Statement, Value


class Strikes:
    """Chats, members, messages and what was wrong with them by keyed hashes. Reads await; changes are statements."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def given_for(self, message: bytes) -> bool:
        """Whether the message counted already."""
        row = await self._database.fetch_one(
            "SELECT 1 FROM scanner_strikes WHERE message = :message LIMIT 1", {"message": message}
        )
        return row is not None

    async def count(self, chat: bytes, member: Sequence[bytes], span: int, *, besides: bytes = b"") -> int:
        """How many of the member's messages counted within the last `span` milliseconds; `besides`: not this one.

        `member`: all keys that the person is known by.
        """
        keys = {f"member{number}": key for number, key in enumerate(member)}
        names = ", ".join(f":{name}" for name in keys)
        args: dict[str, Value] = {"chat": chat, "since": self._clock.now() - span, "besides": besides, **keys}
        row = await self._database.fetch_one(
            f"""SELECT count(DISTINCT message) FROM scanner_strikes
                 WHERE chat = :chat AND member IN ({names}) AND at > :since AND message <> :besides""",  # noqa: S608 - names of arguments
            args,
        )
        return 0 if row is None else msgspec.convert(row, tuple[int])[0]

    async def messages(self, chat: bytes, span: int, *, besides: bytes = b"") -> int:
        """How many messages of anybody counted within the last `span` milliseconds; `besides`: not this one."""
        row = await self._database.fetch_one(
            """SELECT count(DISTINCT message) FROM scanner_strikes
                WHERE chat = :chat AND at > :since AND message <> :besides""",
            {"chat": chat, "since": self._clock.now() - span, "besides": besides},
        )
        return 0 if row is None else msgspec.convert(row, tuple[int])[0]

    async def standing(self, chat: bytes, span: int) -> dict[bytes, int]:
        """The strikes of each member who has some."""
        rows = await self._database.fetch(
            """SELECT member, count(DISTINCT message) FROM scanner_strikes
                WHERE chat = :chat AND at > :since GROUP BY member ORDER BY count(DISTINCT message) DESC, member""",
            {"chat": chat, "since": self._clock.now() - span},
        )
        return dict(msgspec.convert(row, tuple[bytes, int]) for row in rows)

    def add(self, chat: bytes, member: bytes, message: bytes, causes: Sequence[bytes]) -> tuple[Statement, ...]:
        """One strike, for all `causes` together: it stands as long as one of them does."""
        return tuple(
            Statement(
                """INSERT INTO scanner_strikes (message, cause, chat, member, at)
                        VALUES (:message, :cause, :chat, :member, :now)
                   ON CONFLICT (message, cause) DO NOTHING""",
                {"message": message, "cause": cause, "chat": chat, "member": member, "now": self._clock.now()},
            )
            for cause in causes
        )

    def take_back(self, chat: bytes, cause: bytes) -> Statement:
        """What was thought dangerous was not."""
        return Statement(
            "DELETE FROM scanner_strikes WHERE chat = :chat AND cause = :cause", {"chat": chat, "cause": cause}
        )

    def pardon(self, chat: bytes, member: Sequence[bytes]) -> tuple[Statement, ...]:
        """All strikes of the member. `member`: all keys that the person is known by."""
        return tuple(
            Statement(
                "DELETE FROM scanner_strikes WHERE chat = :chat AND member = :member", {"chat": chat, "member": key}
            )
            for key in member
        )

    def retention(self, keep: int) -> Statement:
        """Strikes older than `keep` milliseconds, so many rows at a time."""
        return Statement(
            """DELETE FROM scanner_strikes WHERE (message, cause) IN (
                   SELECT message, cause FROM scanner_strikes WHERE at < :before ORDER BY at LIMIT :most)
             RETURNING at""",
            {"before": self._clock.now() - keep, "most": DELETED},
        )
