"""Limits: lower at once, higher after a day and with the PIN, for good."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.wallet.door import House, link, tell

from whinchat.apps.wallet.guards import DELAY, Chosen
from whinchat.testing.harness import BotHarness, running

ANA = "+15550001"
DAY = 24 * 3600.0  # seconds


@pytest.fixture
def house() -> House:
    house = House()
    house.door.resident("ana", ANA)
    return house


@pytest.fixture
async def bot(house: House) -> AsyncIterator[BotHarness]:
    async with running(house.spec) as bot:
        bot.phones["ana"] = ANA
        await link(bot, "ana")
        yield bot


async def limits(house: House) -> tuple[int, int]:
    """Cents of one payment and of a day."""
    member = await house.accounts.by_phone(ANA)
    assert member is not None
    return member.payment_limit, member.day_limit


async def test_at_first_they_are_the_operators(bot: BotHarness, house: House) -> None:
    assert await limits(house) == (50_000, 100_000)
    (text,) = await tell(bot, "ana", "!wallet limits")
    assert text.splitlines()[1:3] == ["One payment: $500.00", "24 hours: $1,000.00"]


async def test_lower_ones_count_at_once(bot: BotHarness, house: House) -> None:
    assert "from now on" in (await tell(bot, "ana", "!wallet limits 50"))[0]
    assert "from now on" in (await tell(bot, "ana", "!wallet limits day 200"))[0]
    assert await limits(house) == (5_000, 20_000)


async def test_no_payment_may_be_more_than_a_day_s(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet limits day 20")
    assert await limits(house) == (2_000, 2_000)


async def test_higher_ones_count_after_a_day(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet limits 50")
    assert "From 2 January 2026, 00:00 UTC" in (await tell(bot, "ana", "!wallet limits 80"))[0]
    (text,) = await tell(bot, "ana", "!wallet limits")
    assert "→ from 2 January 2026, 00:00 UTC: $80.00" in text
    await bot.clock.advance(DAY - 1)
    assert await limits(house) == (5_000, 100_000)
    await bot.clock.advance(1)
    assert await limits(house) == (8_000, 100_000)
    assert "from" not in (await tell(bot, "ana", "!wallet limits"))[0].splitlines()[2]


async def test_they_cannot_be_higher_than_the_operator_s(bot: BotHarness, house: House) -> None:
    assert "$500.00" in (await tell(bot, "ana", "!wallet limits 500.01"))[0]
    assert "$1,000.00" in (await tell(bot, "ana", "!wallet limits day 1000.01"))[0]
    assert await limits(house) == (50_000, 100_000)


async def test_lowering_takes_a_raise_back(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet limits 50")
    await tell(bot, "ana", "!wallet limits 80")
    await tell(bot, "ana", "!wallet limits 50")
    await bot.clock.advance(DAY)
    assert await limits(house) == (5_000, 100_000)


async def test_a_raise_needs_the_pin_where_there_is_one(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet pin 4821")
    assert "from now on" in (await tell(bot, "ana", "!wallet limits 50"))[0]
    assert "Send your PIN" in (await tell(bot, "ana", "!wallet limits 80"))[0]
    await bot.clock.advance(DAY)
    assert await limits(house) == (5_000, 100_000)
    await tell(bot, "ana", "!wallet limits 80")
    assert "one payment can be $80.00" in (await tell(bot, "ana", "4821"))[0]
    await bot.clock.advance(DAY)
    assert await limits(house) == (8_000, 100_000)


async def test_a_raise_that_is_refused_at_the_pin_does_not_come(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet pin 4821")
    await tell(bot, "ana", "!wallet limits 50")
    await tell(bot, "ana", "!wallet limits 80")
    assert "stay as they are" in (await tell(bot, "ana", "no"))[0]
    await bot.clock.advance(DAY)
    assert await limits(house) == (5_000, 100_000)


async def test_they_survive_unlinking_and_whoever_links_the_account_next(bot: BotHarness, house: House) -> None:
    await tell(bot, "ana", "!wallet limits 50")
    await tell(bot, "ana", "!wallet unlink")
    await link(bot, "ana")
    assert await limits(house) == (5_000, 100_000)
    bot.phones["eve"] = ANA
    await bot.clock.advance(3600)
    await tell(bot, "eve", "!wallet link")
    await link(bot, "eve")
    assert await limits(house) == (5_000, 100_000)


async def test_an_operator_who_lowers_theirs_lowers_everybodys(bot: BotHarness, house: House) -> None:
    chosen = Chosen(5_000, 8_000, 100)
    assert chosen.at(99, 50_000) == 5_000
    assert chosen.at(100, 50_000) == 8_000
    assert chosen.at(100, 7_000) == 7_000
    assert chosen.coming(99) == (8_000, 100)
    assert chosen.coming(100) is None


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 30 * 3600 * 1000)), max_size=12))
def test_no_way_of_changing_them_raises_what_counts_within_a_day(changes: list[tuple[int, int]]) -> None:
    """Whatever is asked for, in whatever order: nothing more counts that was not chosen a day ago."""
    most, now, chosen = 500, 0, Chosen(1)
    asked: list[tuple[int, int]] = []
    for cents, pause in changes:
        before = chosen.at(now, most)
        chosen = chosen.to(min(cents, most), now, most)
        assert chosen.at(now, most) == min(before, cents)
        asked.append((now, cents))
        now += pause
        assert chosen.at(now, most) <= max([1, *(old for at, old in asked if at + DELAY <= now)])
