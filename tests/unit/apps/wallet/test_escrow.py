"""The rows of held money and their ledger, whatever happens in whatever order."""

from __future__ import annotations

import random
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from whinchat.apps.wallet.backend import PayeeWallet
from whinchat.apps.wallet.escrow import Body, Escrow, Escrows, EscrowState
from whinchat.apps.wallet.migrations import MIGRATIONS
from whinchat.apps.wallet.money import Currency, Money, usd
from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Statement
from whinchat.core.types import ChatKind, ChatRef
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer

PHONE, OTHER = "+15550000003", "+15550000004"
DAY = 24 * 3600
FIVE = usd(500)
T = TypeVar("T")
BODY = Body(
    label="+1555…03",
    memo="lunch",
    sender_name="@ana",
    refund_wallet=PayeeWallet("usd-ana", Currency.USD),
    transport="fake",
    chat=ChatRef("ana@d", ChatKind.DIRECT),
    language="en",
)


class Books:
    """The tables alone, and a clock."""

    def __init__(self) -> None:
        self.clock, self.database = FakeClock(), MemoryDatabase(MIGRATIONS)
        self.escrows = Escrows(self.database, PlainSealer(), self.clock, random.Random(1))

    async def change(self, *statements: Statement) -> bool:
        """Whether it could be."""
        try:
            await self.database.commit(Batch(statements, durable=True))
        except Conflict:
            return False
        return True

    async def start(self, amount: Money = FIVE, days: int = 30) -> str:
        escrow_id = self.escrows.new_id()
        started = self.escrows.start(escrow_id, "ana", "sandbox", PHONE, amount, BODY, days=days)
        assert await self.change(started)
        self.clock.move(0.001)
        return escrow_id

    async def get(self, escrow_id: str) -> Escrow:
        found = await self.escrows.get(escrow_id)
        assert found is not None
        return found

    async def opened(self, amount: Money = FIVE) -> tuple[Escrow, str]:
        escrow, code = await self.get(await self.start(amount)), self.escrows.new_code()
        assert await self.change(*self.escrows.opened(escrow, f"in-{escrow.id}", code))
        return await self.get(escrow.id), code


async def test_a_row_is_what_was_written() -> None:
    books = Books()
    escrow, _ = await books.opened()
    assert (escrow.state, escrow.amount, escrow.body, escrow.refunded) == (EscrowState.OPEN, usd(500), BODY, False)
    assert (escrow.sent_by, escrow.backend, escrow.claimant, escrow.payout) == ("ana", "sandbox", None, None)
    assert await books.escrows.get("nobody's") is None


async def test_codes_have_56_bits_and_open_for_one_number_only() -> None:
    books = Books()
    escrow, code = await books.opened()
    assert len(code) == 12
    assert len({books.escrows.new_code() for _ in range(100)}) == 100
    found = await books.escrows.by_code(code, PHONE)
    assert found is not None
    assert found.id == escrow.id
    assert await books.escrows.by_code(code, OTHER) is None
    assert await books.escrows.by_code("AAAAAAAAAAAA", PHONE) is None
    assert not await books.change(books.escrows.claim(escrow, code, OTHER, "dan", "p"))
    assert not await books.change(books.escrows.claim(escrow, "AAAAAAAAAAAA", PHONE, "eve", "p"))
    assert await books.change(books.escrows.claim(escrow, code, PHONE, "eve", "p"))


async def test_the_time_begins_when_it_is_paid_in() -> None:
    books = Books()
    escrow = await books.get(await books.start())
    books.clock.move(DAY)
    await books.change(*books.escrows.opened(escrow, "in", "CODE"))
    books.clock.move(30 * DAY - 1)
    assert await books.escrows.over() == []
    assert [each.id for each in await books.escrows.waiting_for(PHONE)] == [escrow.id]
    assert await books.escrows.waiting_for(OTHER) == []
    books.clock.move(1)
    assert [each.id for each in await books.escrows.over()] == [escrow.id]
    assert await books.escrows.waiting_for(PHONE) == []
    assert not await books.change(books.escrows.claim(escrow, "CODE", PHONE, "eve", "p"))
    assert [each.id for each in await books.escrows.of_sender("ana")] == [escrow.id]


async def test_what_nobody_paid_in_is_void_and_opens_if_it_was_paid_after_all() -> None:
    books = Books()
    escrow = await books.get(await books.start())
    assert await books.change(books.escrows.void(escrow))
    assert not await books.change(books.escrows.void(escrow))
    assert await books.change(*books.escrows.opened(escrow, "in", "CODE"))
    assert (await books.get(escrow.id)).settled_at is None


async def test_a_payment_is_entered_once() -> None:
    books = Books()
    escrow, _ = await books.opened()
    assert await books.escrows.used()
    assert not await Books().escrows.used()
    assert not await books.change(books.escrows.received(escrow, f"in-{escrow.id}"))
    assert await books.escrows.booked() == {Currency.USD: 500}


async def test_currencies_are_counted_apart() -> None:
    books = Books()
    await books.opened(usd(500))
    await books.opened(Money(Currency.BTC, 1000))
    both = {Currency.USD: 500, Currency.BTC: 1000}
    assert await books.escrows.held() == await books.escrows.booked() == both


async def test_what_could_not_go_back_waits_a_day_and_what_could_not_be_claimed_does_not() -> None:
    books = Books()
    escrow, code = await books.opened()
    assert await books.change(books.escrows.claim(escrow, code, PHONE, "eve", "p1"))
    assert await books.change(books.escrows.reopen(await books.get(escrow.id), "p1"))
    assert (await books.get(escrow.id)).expires_at == escrow.expires_at
    books.clock.move(30 * DAY)
    assert await books.change(books.escrows.refund(escrow, "p2"))
    assert await books.change(books.escrows.reopen(await books.get(escrow.id), "p2"))
    assert (await books.get(escrow.id)).expires_at == books.clock.now() + DAY * 1000


async def test_five_tries_of_a_day_are_counted_by_person() -> None:
    books = Books()
    for _ in range(3):
        await books.change(books.escrows.wrong_code("eve"))
    assert await books.escrows.tries("eve") == 3
    assert await books.escrows.tries("dan") == 0
    books.clock.move(DAY)
    assert await books.escrows.tries("eve") == 0


async def test_a_payout_found_after_a_restore_closes_it_whatever_was_known() -> None:
    books = Books()
    escrow, _ = await books.opened()
    assert await books.change(*books.escrows.paid_out(escrow, "p", refunded=True))
    assert (await books.get(escrow.id)).refunded
    assert not await books.change(*books.escrows.paid_out(escrow, "q", refunded=False))
    assert await books.escrows.held() == await books.escrows.booked() == {}


async def test_nothing_moves_while_no_payout_is_under_way() -> None:
    assert not await Books().escrows.moving()


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """Without an event loop: a database in memory waits for nothing."""
    try:
        while True:
            work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result


class Ledger(RuleBasedStateMachine):
    """People pay in, claim, take back; payouts succeed and fail; several try at once. The model counts the money."""

    waiting = Bundle("waiting")
    opened = Bundle("opened")
    leaving = Bundle("leaving")

    def __init__(self) -> None:
        super().__init__()
        self.books = Books()
        self.received = self.paid = self.refunded = self.number = 0

    def run(self, *statements: Statement) -> bool:
        return at_once(self.books.change(*statements))

    def get(self, escrow_id: str) -> Escrow:
        return at_once(self.books.get(escrow_id))

    def payout(self) -> str:
        self.number += 1
        return f"payout-{self.number}"

    @rule(target=waiting, cents=st.integers(1, 10_000))
    def starts(self, cents: int) -> str:
        return at_once(self.books.start(usd(cents)))

    @rule(target=opened, escrow_id=waiting)
    def is_paid_in(self, escrow_id: str) -> str:
        escrow = self.get(escrow_id)
        won = self.run(*self.books.escrows.opened(escrow, self.payout(), f"CODE{escrow_id}"))
        assert won == (escrow.state in {EscrowState.FUNDING, EscrowState.VOID})
        self.received += escrow.minor if won else 0
        return escrow_id

    @rule(escrow_id=waiting)
    def is_not_paid_in(self, escrow_id: str) -> None:
        escrow = self.get(escrow_id)
        assert self.run(self.books.escrows.void(escrow)) == (escrow.state is EscrowState.FUNDING)

    @rule(target=leaving, escrow_id=opened, times=st.integers(1, 3), back=st.booleans())
    def is_wanted(self, escrow_id: str, times: int, back: bool) -> tuple[str, str]:
        """By several at once, the last of whom may be the sender."""
        escrow, won = self.get(escrow_id), ""
        for number in range(times):
            payout = self.payout()
            if back and number == times - 1:
                change = self.books.escrows.refund(escrow, payout)
            else:
                change = self.books.escrows.claim(escrow, f"CODE{escrow_id}", PHONE, "eve", payout)
            if self.run(change):
                assert not won
                won = payout
        assert bool(won) == (escrow.state is EscrowState.OPEN)
        return escrow_id, won

    @rule(pair=consumes(leaving), left=st.booleans())
    def ends(self, pair: tuple[str, str], left: bool) -> None:
        escrow = self.get(pair[0])
        expected = escrow.payout == pair[1] and escrow.state in {EscrowState.CLAIMING, EscrowState.REFUNDING}
        changes = self.books.escrows.done(escrow, pair[1]) if left else [self.books.escrows.reopen(escrow, pair[1])]
        assert self.run(*changes) == expected
        if left and expected and escrow.state is EscrowState.REFUNDING:
            self.refunded += escrow.minor
        elif left and expected:
            self.paid += escrow.minor

    @invariant()
    def what_is_owed_is_received_minus_paid_minus_refunded(self) -> None:
        escrows = self.books.escrows
        owed = at_once(escrows.held()).get(Currency.USD, 0)
        assert owed == at_once(escrows.booked()).get(Currency.USD, 0)
        assert owed == self.received - self.paid - self.refunded


TestLedger = pytest.mark.unmeasured(Ledger.TestCase)
