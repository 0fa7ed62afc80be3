from __future__ import annotations

import pytest
from tests.support.rows import Tables

from whinchat.core.dispatch.audit import Audit, AuditEntry, Via
from whinchat.core.ports import Batch


class Book:
    def __init__(self) -> None:
        self.tables = Tables()
        self.audit = Audit(self.tables.database, self.tables.sealer, self.tables.clock)

    async def note(self, number: int, chat: bytes | None = b"chat") -> None:
        entry = self.audit.entry(
            "scan allow",
            via=Via.PAGE,
            key=number.to_bytes(16, "big"),
            actor=b"ana",
            chat=chat,
            detail=f"number {number}",
        )
        await self.tables.database.commit(Batch((entry,)))

    async def details(self, before: int | None = None, chat: bytes | None = None, limit: int = 50) -> list[str]:
        return [entry.detail for entry in await self.audit.page(before=before, chat=chat, limit=limit)]


@pytest.fixture
def book() -> Book:
    return Book()


async def test_an_entry_says_who_did_what_where_when_and_how(book: Book) -> None:
    await book.note(1)
    now = book.tables.clock.now()
    assert await book.audit.page() == [AuditEntry(1, now, Via.PAGE, b"ana", b"chat", "scan allow", "number 1")]


async def test_pages_go_back_in_time(book: Book) -> None:
    for number in range(5):
        await book.note(number)
    assert await book.details(limit=2) == ["number 4", "number 3"]
    assert await book.details(before=4) == ["number 2", "number 1", "number 0"]


async def test_one_chat_can_be_looked_at(book: Book) -> None:
    await book.note(1)
    await book.note(2, b"other")
    await book.note(3, None)
    assert await book.details(chat=b"chat") == ["number 1"]


async def test_what_is_over_goes(book: Book) -> None:
    await book.note(1)
    book.tables.clock.move(100)
    await book.note(2)
    await book.tables.database.commit(Batch((book.audit.retention(50_000),)))
    assert await book.details() == ["number 2"]
