"""Reads are kept, shared and thrown away at the right time."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.wallet.backend import Account, FakeBackend

from whinchat.apps.wallet.backend import BackendError, Me, Price
from whinchat.apps.wallet.money import Currency, usd
from whinchat.apps.wallet.reads import READS, Reads
from whinchat.core.secret import Secret
from whinchat.testing.clock import FakeClock
from whinchat.testing.metrics import RecordedMetrics


@dataclass(frozen=True)
class Person:
    id: str
    token: Secret
    session: str = "first"


class Slow(FakeBackend):
    """Knows what it will say when it is asked, and may say it later."""

    _go: asyncio.Event | None = None
    _known = asyncio.Event()

    def hold_me(self) -> tuple[asyncio.Event, asyncio.Event]:
        """The next answer about somebody: set when it is known; to be set for it to be given."""
        self._known, self._go = asyncio.Event(), asyncio.Event()
        return self._known, self._go

    async def me(self, token: Secret) -> Me:
        known = await super().me(token)
        go, self._go = self._go, None
        if go is not None:
            self._known.set()
            await go.wait()
        return known


class Desk:
    """A backend with Ana, and the reads over it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.backend = Slow(self.clock)
        self.metrics = RecordedMetrics()
        self.reads = Reads(self.backend, self.clock, random.Random(1), self.metrics)
        self.account: Account = self.backend.person("ana")
        self.ana = Person("ana", self.account.token)

    async def balance(self, *, fresh: bool = False) -> int:
        wallet = (await self.reads.me(self.ana, fresh=fresh)).value.wallet(Currency.USD)
        assert wallet is not None
        return wallet.balance.minor

    def counted(self, what: str) -> dict[str, float]:
        results = ("hit", "joined", "miss", "renewed", "stale")
        found = {each: self.metrics.value(READS, what=what, result=each) for each in results}
        return {each: number for each, number in found.items() if number}


@pytest.fixture
def desk() -> Desk:
    return Desk()


# --- a person's own ---


async def test_the_second_question_is_not_asked(desk: Desk) -> None:
    assert await desk.balance() == await desk.balance() == 100_00
    assert desk.backend.calls == ["me"]
    assert desk.counted("me") == {"miss": 1, "hit": 1}


async def test_what_was_read_is_asked_again_after_a_minute(desk: Desk) -> None:
    await desk.balance()
    desk.account.balances["usd-ana"] = 1
    desk.clock.move(53)
    assert await desk.balance() == 100_00
    desk.clock.move(8)
    assert await desk.balance() == 1


async def test_asking_for_a_fresh_one_asks(desk: Desk) -> None:
    await desk.balance()
    desk.account.balances["usd-ana"] = 1
    assert await desk.balance(fresh=True) == 1
    assert await desk.balance() == 1
    assert desk.backend.calls == ["me", "me"]


async def test_many_at_once_make_one_call(desk: Desk) -> None:
    assert await asyncio.gather(*(desk.balance() for _ in range(100))) == [100_00] * 100
    assert desk.backend.calls == ["me"]
    assert desk.counted("me") == {"miss": 1, "joined": 99}


async def test_500_people_asking_for_their_history_at_once_make_one_call_each(desk: Desk) -> None:
    people = [Person(f"p{number}", desk.backend.person(f"p{number}").token) for number in range(500)]
    await asyncio.gather(*(desk.reads.page(each, 8) for each in people for _ in range(2)))
    assert desk.backend.calls == ["transactions"] * 500


async def test_pages_are_kept_apart(desk: Desk) -> None:
    for _ in range(3):
        desk.backend.receive(desk.account, usd(1))
    first = (await desk.reads.page(desk.ana, 2)).value
    second = (await desk.reads.page(desk.ana, 2, first.after)).value
    assert [each.id for each in (*first.transactions, *second.transactions)] == ["tx-3", "tx-2", "tx-1"]
    assert (await desk.reads.page(desk.ana, 2)).value == first
    assert desk.backend.calls == ["transactions"] * 2


async def test_nothing_from_before_a_movement_is_given_after_it(desk: Desk) -> None:
    await desk.balance()
    await desk.reads.page(desk.ana, 8)
    desk.backend.receive(desk.account, usd(500))
    desk.reads.moved("ana")
    assert await desk.balance() == 105_00
    assert len((await desk.reads.page(desk.ana, 8)).value.transactions) == 1


async def test_a_read_that_began_before_a_movement_neither_answers_nor_stays(desk: Desk) -> None:
    """The backend answered before the money moved; its answer comes after we know that it did."""
    asked, go = desk.backend.hold_me()
    asking = asyncio.create_task(desk.balance())
    await asked.wait()
    desk.account.balances["usd-ana"] = 1
    desk.reads.moved("ana")
    after = asyncio.create_task(desk.balance())
    await asyncio.sleep(0)
    go.set()
    assert await asking == 1
    assert await after == 1
    assert await desk.balance() == 1
    assert desk.counted("me")["miss"] == 2


@given(st.lists(st.sampled_from(["ask", "move", "turn", "wait"]), max_size=30))
async def test_no_order_of_reads_and_movements_shows_old_money(steps: list[str]) -> None:
    """Whoever asks is never told less than what had moved when they asked."""
    desk = Desk()
    asked: list[tuple[int, asyncio.Task[int]]] = []
    moved = 0
    for step in steps:
        match step:
            case "ask":
                asked.append((100_00 + moved, asyncio.create_task(desk.balance())))
            case "move":
                moved += 1
                desk.account.balances["usd-ana"] += 1
                desk.reads.moved("ana")
            case "turn":
                await asyncio.sleep(0)
            case _:
                desk.clock.move(20)
    for least, answer in asked:
        assert least <= await answer <= 100_00 + moved
    assert await desk.balance() == 100_00 + moved


async def test_who_is_paid_by_somebody_here_sees_it_at_once(desk: Desk) -> None:
    bob = Person("bob", desk.backend.person("bob").token)
    await desk.reads.page(bob, 8)
    await desk.balance()
    desk.account.balances["usd-ana"] += 5
    desk.reads.moved_into("usd-ana")
    assert await desk.balance() == 100_05
    desk.backend.calls.clear()
    desk.reads.moved_into("usd-eve")
    await desk.balance()
    assert desk.backend.calls == []
    await desk.reads.page(bob, 8)  # whose wallets nobody knows: it might have been one of his
    assert desk.backend.calls == ["transactions"]


async def test_another_session_sees_nothing_of_the_one_before(desk: Desk) -> None:
    await desk.balance()
    other = desk.backend.person("other", cents=7)
    desk.ana = Person("ana", other.token, "second")
    wallet = (await desk.reads.me(desk.ana)).value.wallet(Currency.USD)
    assert wallet is not None
    assert wallet.balance == usd(7)


# --- outages ---


async def test_while_the_backend_is_down_what_was_known_is_given_with_its_time(desk: Desk) -> None:
    read = desk.clock.now()
    await desk.balance()
    desk.clock.move(3600)
    desk.backend.fail_next("me")
    answer = await desk.reads.me(desk.ana)
    assert answer.outage
    assert answer.at == read
    assert desk.counted("me") == {"miss": 2, "stale": 1}
    assert not (await desk.reads.me(desk.ana)).outage


async def test_a_fresh_read_falls_back_too_but_only_on_what_is_not_too_old(desk: Desk) -> None:
    await desk.balance()
    desk.backend.fail_next("me", times=2)
    assert (await desk.reads.me(desk.ana, fresh=True)).outage
    desk.clock.move(25 * 3600)
    with pytest.raises(BackendError):
        await desk.reads.me(desk.ana)


async def test_what_was_known_before_a_movement_is_not_given_in_an_outage(desk: Desk) -> None:
    await desk.balance()
    desk.reads.moved("ana")
    desk.backend.fail_next("me")
    with pytest.raises(BackendError):
        await desk.balance()


async def test_a_session_that_ended_is_no_outage(desk: Desk) -> None:
    await desk.balance()
    await desk.backend.logout(desk.ana.token)
    with pytest.raises(BackendError) as refused:
        await desk.balance(fresh=True)
    assert refused.value.code == "unauthenticated"


# --- prices and names ---


async def test_a_price_of_some_minutes_ago_is_given_at_once_and_read_anew_meanwhile(desk: Desk) -> None:
    await desk.reads.price("USD")
    desk.backend.prices["USD"] = Price(currency="USD", sat=Decimal(1), usd_cent=Decimal(1), time=0)
    desk.clock.move(14 * 60)
    assert (await desk.reads.price("USD")).value.sat == Decimal("0.05")
    for _ in range(5):
        await asyncio.sleep(0)
    assert (await desk.reads.price("USD")).value.sat == 1
    assert desk.backend.calls == ["price", "price"]
    desk.clock.move(16 * 60)
    desk.backend.fail_next("price")
    assert (await desk.reads.price("USD")).outage
    desk.reads.close()


async def test_an_old_price_that_cannot_be_read_anew_disturbs_nobody(desk: Desk) -> None:
    await desk.reads.price("USD")
    desk.clock.move(120)
    desk.backend.fail_next("price")
    assert not (await desk.reads.price("USD")).outage
    for _ in range(5):
        await asyncio.sleep(0)
    assert (await desk.reads.price("USD")).at == desk.clock.now() - 120_000
    assert desk.backend.calls == ["price", "price"]
    desk.clock.move(11)
    await desk.reads.price("USD")
    for _ in range(5):
        await asyncio.sleep(0)
    assert (await desk.reads.price("USD")).at == desk.clock.now()


@pytest.mark.parametrize("wrong", [{"sat": Decimal(0)}, {"usd_cent": Decimal(-1)}])
async def test_a_price_that_cannot_be_is_none(desk: Desk, wrong: dict[str, Decimal]) -> None:
    desk.backend.prices["USD"] = msgspec.structs.replace(desk.backend.prices["USD"], **wrong)
    with pytest.raises(BackendError):
        await desk.reads.price("USD")
    assert await desk.reads.rates("USD") is None


async def test_a_refusal_is_kept_for_a_while(desk: Desk) -> None:
    for _ in range(3):
        with pytest.raises(BackendError) as refused:
            await desk.reads.price("XXX")
        assert refused.value.code == "rejected"
    assert desk.backend.calls == ["price"]
    desk.clock.move(301)
    desk.backend.fail_next("price")
    with pytest.raises(BackendError) as refused:
        await desk.reads.price("XXX")
    assert refused.value.code == "unavailable"


async def test_rates_are_in_the_persons_currency_or_at_least_in_dollars(desk: Desk) -> None:
    desk.backend.prices["JMD"] = Price(currency="JMD", sat=Decimal("7.8"), usd_cent=Decimal(156), time=0)
    jamaican = await desk.reads.rates("JMD")
    assert jamaican is not None
    assert (jamaican.price.currency, jamaican.digits) == ("JMD", 2)
    other = await desk.reads.rates("XXX")
    assert other is not None
    assert other.price.currency == "USD"
    assert await desk.reads.digits("KWD") == 2


async def test_an_old_price_says_nothing_of_what_money_is_worth(desk: Desk) -> None:
    assert await desk.reads.rates("USD") is not None
    desk.clock.move(2 * 3600)
    desk.backend.fail_next("price")
    assert await desk.reads.rates("USD") is None
