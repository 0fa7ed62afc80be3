"""The rows of requests."""

from __future__ import annotations

import random

import pytest

from whinchat.apps.wallet.backend import PayeeWallet
from whinchat.apps.wallet.migrations import MIGRATIONS
from whinchat.apps.wallet.money import Currency, usd
from whinchat.apps.wallet.requests import LASTS, MOST_OPEN, Body, Request, Requests, RequestState
from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Statement
from whinchat.core.types import ChatKind, ChatRef
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer

BODY = Body("@bob", "@ana", PayeeWallet("usd-bob", Currency.USD), "fake", ChatRef("bob@d", ChatKind.DIRECT), "en")
DAY = 24 * 3600


class Book:
    """The tables alone, and a clock."""

    def __init__(self) -> None:
        self.clock, self.database = FakeClock(), MemoryDatabase(MIGRATIONS)
        self.requests = Requests(self.database, PlainSealer(), self.clock, random.Random(1))

    async def change(self, *statements: Statement) -> bool:
        """Whether it could be."""
        try:
            await self.database.commit(Batch(statements))
        except Conflict:
            return False
        return True

    async def ask(self, requester: str = "bob", payer: str = "ana", cents: int = 500) -> bool:
        self.clock.move(0.001)
        return await self.change(self.requests.ask(requester, payer, "sandbox", usd(cents), BODY))

    async def waiting(self, payer: str = "ana") -> list[Request]:
        return await self.requests.received(payer)


async def test_a_row_is_what_was_written() -> None:
    book = Book()
    assert await book.ask()
    (request,) = await book.waiting()
    assert await book.requests.get(request.id) == request
    assert (request.requester, request.payer, request.number, request.amount) == ("bob", "ana", 1, usd(500))
    assert (request.state, request.body, request.settled_at) == (RequestState.OPEN, BODY, None)
    assert await book.requests.sent("bob") == [request]
    assert await book.requests.sent("ana") == await book.waiting("bob") == []
    assert await book.requests.get("nobody's") is None


async def test_they_never_take_each_others_place_or_number() -> None:
    book = Book()
    for requester in ("bob", "eve", "dan"):
        assert await book.ask(requester)
    first, second, third = await book.waiting()
    assert [first.number, second.number, third.number] == [1, 2, 3]
    assert await book.change(book.requests.settle(third, RequestState.WITHDRAWN))
    assert await book.ask("zoe")
    assert [each.number for each in await book.waiting()] == [1, 2, 4]
    for each in await book.waiting():
        await book.change(book.requests.settle(each, RequestState.DECLINED))
    book.clock.move(DAY + 1)
    assert await book.ask("zoe")
    assert [each.number for each in await book.waiting()] == [1]


async def test_three_a_day_to_one_person_whatever_became_of_them() -> None:
    book = Book()
    for _ in range(3):
        assert await book.requests.refusal("bob", "ana") is None
        assert await book.ask()
    (first, *_) = await book.waiting()
    await book.change(book.requests.settle(first, RequestState.PAID))
    assert await book.requests.refusal("bob", "ana") == "too_many"
    assert not await book.ask()
    assert await book.ask("bob", "eve")
    assert await book.ask("eve", "ana")
    book.clock.move(DAY)
    assert await book.requests.refusal("bob", "ana") is None
    assert await book.ask()


async def test_who_is_blocked_asks_nobody_of_that_name_any_more() -> None:
    book = Book()
    assert await book.change(book.requests.block("ana", "bob"), book.requests.block("ana", "bob"))
    assert await book.requests.refusal("bob", "ana") == "blocked"
    assert not await book.ask()
    assert await book.ask("bob", "eve")


async def test_nobody_is_asked_more_than_fifty_things_at_once() -> None:
    book = Book()
    for number in range(MOST_OPEN):
        assert await book.ask(f"person-{number}")
    assert await book.requests.refusal("bob", "ana") == "full"
    assert not await book.ask()


@pytest.mark.parametrize("end", [RequestState.PAID, RequestState.DECLINED, RequestState.WITHDRAWN])
async def test_there_is_one_end(end: RequestState) -> None:
    book = Book()
    await book.ask()
    (request,) = await book.waiting()
    assert await book.change(book.requests.settle(request, end))
    for other in (RequestState.PAID, RequestState.DECLINED, RequestState.WITHDRAWN):
        assert not await book.change(book.requests.settle(request, other))
    found = await book.requests.get(request.id)
    assert found is not None
    assert (found.state, found.settled_at) == (end, book.clock.now())


async def test_after_a_month_it_is_over() -> None:
    book = Book()
    await book.ask()
    (request,) = await book.waiting()
    book.clock.move(LASTS / 1000)
    assert await book.waiting() == await book.requests.sent("bob") == []
    assert await book.change(book.requests.expire())
    found = await book.requests.get(request.id)
    assert found is not None
    assert found.state is RequestState.EXPIRED
