"""What chats are called, for people who look at a page: asked of the live groups, never kept or logged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from whinchat.apps.scanner.pages.queries import Queries
from whinchat.apps.scanner.repository import Seen
from whinchat.core.dispatch.roster import Roster
from whinchat.core.errors import TransportError
from whinchat.core.types import ChatKind

PATIENCE = 1.5  # seconds for the names of one page; chats that are not answered for are shown by their keys


class Names:
    def __init__(self, roster: Roster, queries: Queries) -> None:
        self._roster = roster
        self._queries = queries

    async def of(self, seen: Iterable[tuple[bytes, Seen]]) -> dict[bytes, str]:
        """Names by chat key, from a message of each chat: empty for a direct chat, none where nobody tells."""
        found: dict[bytes, str] = {}
        wanted = dict(seen)
        try:
            async with asyncio.timeout(PATIENCE):
                for chat, each in wanted.items():
                    name = await self._name(each)
                    if name is not None:
                        found[chat] = name
        except TimeoutError:
            pass
        return found

    async def one(self, chat: bytes) -> tuple[str | None, Seen | None]:
        """The chat's name, and its newest message with a link."""
        newest = await self._queries.of_chat(chat)
        if newest is None:
            return None, None
        return (await self.of([(chat, newest.seen)])).get(chat), newest.seen

    async def _name(self, seen: Seen) -> str | None:
        if seen.message.chat.kind is ChatKind.DIRECT:
            return ""
        try:
            group = await self._roster.group(seen.account, seen.message.chat)
        except TransportError:
            return None
        return None if group is None else group.subject
