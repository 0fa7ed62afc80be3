"""The engine's own tables in memory, and messages to put into them."""

from __future__ import annotations

import msgspec
from tests.support.messages import said

from whinchat.core.dispatch.inbox import Inbox
from whinchat.core.dispatch.migrations import MIGRATIONS
from whinchat.core.dispatch.outbox import Outbox
from whinchat.core.ports import Batch, Row
from whinchat.core.types import ChatKind, ChatRef, MessageReceived, OnUnknown, Reply, SendText, Urgency
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer


class Tables:
    """A database with the engine's schema, and what reads and writes it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.database = MemoryDatabase(MIGRATIONS)
        self.sealer = PlainSealer()
        self.inbox = Inbox(self.database, self.sealer, self.clock)
        self.outbox = Outbox(self.database, self.sealer, self.clock)

    async def rows(self, sql: str) -> list[Row]:
        return await self.database.fetch(sql)

    async def queue(self, *replies: Reply, base: str = "base", cause: int | None = None) -> None:
        await self.database.commit(Batch(self.outbox.add(replies, base, cause)))


def message(text: str = "hello", *, id: str = "1", chat: str = "chat", by: str = "ana") -> MessageReceived:  # noqa: A002
    return msgspec.structs.replace(said(text, by=by), id=id, chat=ChatRef(chat, ChatKind.GROUP))


def reply(
    text: str,
    chat: str = "chat",
    *,
    urgency: Urgency = Urgency.ANSWER,
    on_unknown: OnUnknown = OnUnknown.DROP,
    account: str = "fake",
) -> Reply:
    return Reply(account, ChatRef(chat, ChatKind.GROUP), SendText(text), on_unknown, urgency)
