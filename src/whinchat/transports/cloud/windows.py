"""Service windows: a person may be written to freely for 24 hours after they last wrote.

Meta, business-messaging/whatsapp/messages/send-messages (customer service windows). What is not known counts as closed:
whom the bot answers has just written.
"""

from __future__ import annotations

import msgspec

from whinchat.core.ports import Batch, Clock, Database, Sealer, Statement

OPEN = 24 * 3600
"""Seconds."""
MARGIN = 60_000  # milliseconds before its end in which nothing is begun any more
COARSE = 60_000  # milliseconds that what is on disk may lag behind: a lively chat is not written down each time

_OPENED = """
    INSERT INTO cloud_windows (chat, opened_at) VALUES (:chat, :at)
    ON CONFLICT (chat) DO UPDATE SET opened_at = excluded.opened_at
     WHERE excluded.opened_at > cloud_windows.opened_at"""


class Windows:
    """Of one number. Only keyed digests of chats are kept."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, phone_number_id: str) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._phone_number_id = phone_number_id

    async def opened(self, at: int, *chats: str) -> None:
        """Somebody wrote at that time; `chats` are all the ids that the chat is known by."""
        if at <= self._clock.now() - OPEN * 1000:
            return
        keys = [key for key in map(self._key, dict.fromkeys(chats)) if await self._known(key) < at - COARSE]
        if keys:
            await self._database.commit(Batch(tuple(Statement(_OPENED, {"chat": key, "at": at}) for key in keys)))

    async def is_open(self, chat: str) -> bool:
        return self._clock.now() < await self._known(self._key(chat)) + OPEN * 1000 - MARGIN

    async def closed(self, chat: str, at: int) -> None:
        """The network said at that time that the window is closed."""
        forgotten = "DELETE FROM cloud_windows WHERE chat = :chat AND opened_at < :at"
        await self._database.commit(Batch((Statement(forgotten, {"chat": self._key(chat), "at": at}),)))

    async def _known(self, key: bytes) -> int:
        """When it was last opened; 0 when that is not known."""
        row = await self._database.fetch_one("SELECT opened_at FROM cloud_windows WHERE chat = :chat", {"chat": key})
        return 0 if row is None else msgspec.convert(row, tuple[int])[0]

    def _key(self, chat: str) -> bytes:
        return self._sealer.digest("cloud.window", self._phone_number_id, chat)


def retention(now: int) -> Statement:
    """Windows that are over, a bounded number at a time; repeated until it returns no row."""
    return Statement(
        """DELETE FROM cloud_windows WHERE chat IN (
               SELECT chat FROM cloud_windows WHERE opened_at < :before ORDER BY opened_at LIMIT :limit)
         RETURNING chat""",
        {"before": now - 2 * OPEN * 1000, "limit": 5000},
    )
