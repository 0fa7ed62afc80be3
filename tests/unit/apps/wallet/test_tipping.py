"""Tips: shares that are exactly the whole, one payment each, and nothing said in front of others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.wallet.holding import PHONES, Holding, holding

from whinchat.apps.wallet.backend import BackendError, Failed
from whinchat.apps.wallet.money import Currency, Money, usd
from whinchat.apps.wallet.tipping import MOST_SHARES, shares


@given(st.integers(1, 10**9), st.integers(1, 100))
def test_shares_are_the_whole_and_as_equal_as_can_be(minor: int, count: int) -> None:
    parts = [share.minor for share in shares(usd(minor), count)]
    assert sum(parts) == minor
    assert len(parts) == count
    assert max(parts) - min(parts) <= 1
    assert parts == sorted(parts, reverse=True)


def test_what_does_not_divide_goes_to_the_first_ones() -> None:
    assert [share.minor for share in shares(usd(1000), 3)] == [334, 333, 333]
    assert shares(Money(Currency.BTC, 5), 3)[0] == Money(Currency.BTC, 2)


async def tip(it: Holding, said: str, *members: str, **more: object) -> str:
    group = it.group("ana", *members)
    answer = await it.say("ana", said, group, **more)
    assert all(each.chat != group for each in it.bot.sent())
    return answer


async def test_a_group_is_tipped_in_shares_that_were_shown() -> None:
    async with holding("ana", "bob", "eve", "dan") as it:
        asked = await tip(it, "tip group 10", "bob", "eve", "dan", "zoe")
        assert asked.startswith("Send *$10.00* in all?\n• $3.34 to @bob\n• $3.33 to @eve\n• $3.33 to @dan\n")
        it.group("ana", "bob", "eve", "dan", "zoe")
        said = await it.say("ana", "yes")
        assert said.count("✅ Paid") == 3
        assert [it.cents(name) for name in ("ana", "bob", "eve", "dan")] == [90_00, 103_34, 103_33, 103_33]
        assert len(it.backend.payments) == 3


async def test_the_outcome_is_told_by_share_and_what_failed_is_not_split_again() -> None:
    async with holding("ana", "bob", "eve") as it:
        await tip(it, "tip group 10 thanks", "bob", "eve")
        it.backend.script(Failed("refused"))
        said = await it.say("ana", "yes")
        assert (said.count("✅"), said.count("❌")) == (1, 1)
        await it.later(600)
        assert it.cents("ana") == 95_00


async def test_who_joins_after_the_showing_gets_nothing() -> None:
    async with holding("ana", "bob", "eve") as it:
        await tip(it, "tip group 10", "bob")
        it.group("ana", "bob", "eve")
        await it.say("ana", "yes")
        assert (it.cents("bob"), it.cents("eve")) == (110_00, 100_00)


async def test_one_person_is_tipped_by_mentioning_them() -> None:
    async with holding("ana", "bob", "eve") as it:
        asked = await tip(it, "tip @15550000002 5 great show", "bob", "eve", mentions=("bob", "bot"))
        assert "Send *$5.00* to @bob?\nFor: great show" in asked


async def test_in_private_a_tip_is_a_payment_with_thanks() -> None:
    async with holding("ana", "bob") as it:
        assert "Send *$5.00* to @bob" in await it.say("ana", "tip @bob 5 thanks")
        assert "That works in a group" in await it.say("ana", "tip group 5")


@pytest.mark.parametrize(
    ("said", "mentions", "answer"),
    [
        ("tip @15550000002 5", (), "Mention exactly one person"),
        ("tip @15550000002 5", ("bob", "eve"), "Mention exactly one person"),
        ("tip @15550000005 5", ("zoe",), "nobody here whom you could tip"),
        ("tip @15550000001 5", ("ana",), "nobody here whom you could tip"),
        ("tip bob 5", (), "mention whom you want to tip"),
        ("tip group 0.01", (), "cannot be shared among 2 people"),
        ("tip group 101", (), "does not hold $101.00"),
        ("tip group 5000", (), "Your balance is not enough"),
    ],
)
async def test_what_cannot_be_tipped_is_said_in_private(said: str, mentions: tuple[str, ...], answer: str) -> None:
    async with holding("ana", "bob", "eve") as it:
        it.account("ana").balances["btc-ana"] = 1_000_000
        assert answer in await tip(it, said, "bob", "eve", "zoe", mentions=mentions)
        assert it.backend.payments == []


async def test_a_group_that_is_not_known_has_nobody_to_tip() -> None:
    async with holding("ana", "bob") as it:
        group = it.group("ana", "bob")
        del it.bot.transport.groups[group.id]
        assert "nobody here" in await it.say("ana", "tip group 5", group)
        assert "nobody here" in await it.say("ana", "tip @15550000002 5", group, mentions=("bob",))


async def test_who_cannot_be_asked_for_or_has_no_such_wallet_gets_no_share() -> None:
    async with holding("ana", "bob", "eve", "dan") as it:
        await it.backend.logout(it.account("bob").token)
        del it.account("eve").wallets[Currency.BTC]
        asked = await tip(it, "tip group 1000 sats", "bob", "eve", "dan")
        assert asked.startswith("Send *1,000 sats* to @dan?")
        await it.backend.logout(it.account("dan").token)
        assert "nobody here" in await tip(it, "tip group 1000 sats", "bob", "eve", "dan")


async def test_nothing_is_shared_while_the_backend_does_not_answer() -> None:
    async with holding("ana", "bob") as it:
        it.backend.fail_next("me", BackendError("no answer"), times=5)
        group = it.group("ana", "bob")
        assert "not answering" in await it.say("ana", "tip group 5", group)


async def test_too_many_at_once() -> None:
    async with holding("ana") as it:
        names = [f"person{number}" for number in range(MOST_SHARES + 1)]
        for number, name in enumerate(names):
            PHONES[name] = f"+1666000{number:04}"
            await it.link(name)
        try:
            assert f"{MOST_SHARES} at the most" in await tip(it, "tip group 100", *names)
        finally:
            for name in names:
                del PHONES[name]
