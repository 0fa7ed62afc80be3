"""The day that people with a wallet are given, and the player that compares every balance."""

from __future__ import annotations

from collections import Counter

import pytest
from benchmarks.wallet_day import AWAKE, MIX, day, open_player, played

from whinchat.apps.wallet.reads import Reads

PEOPLE = ["user0", "user1", "user2"]


def test_what_happens_adds_up_to_a_hundred() -> None:
    assert sum(MIX.values()) == 100


def test_a_day_is_the_same_for_the_same_seed_and_goes_on_in_time() -> None:
    moments = list(day(PEOPLE, 1))
    assert moments == list(day(PEOPLE, 1)) != list(day(PEOPLE, 2))
    assert [each.at for each in moments] == sorted(each.at for each in moments)
    assert moments[0].at >= AWAKE[0]
    assert {each.person for each in moments} == set(PEOPLE)
    assert all(each.other != each.person for each in moments)


def test_everything_in_the_mix_happens() -> None:
    happened = Counter(each.what for each in day([f"user{number}" for number in range(40)], 1))
    assert set(happened) == set(MIX)


async def test_a_day_is_played_and_no_balance_is_stale() -> None:
    found = await played(3, 1)
    assert found["stale_balances"] == 0
    assert found["balances"] > 10
    assert found["movements"] > 3
    assert found["refused"] == {}
    assert found["requests"] == sum(found["calls"].values())


async def test_a_balance_that_is_not_true_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reads, "moved", lambda *_: None)
    monkeypatch.setattr(Reads, "moved_into", lambda *_: None)
    async with open_player(2) as (player, _, _):
        one, other = player.people.values()
        await player.look(one)
        assert player.stale == []
        await player.pay(one, other.name)
        await player.look(one)
    assert player.moved == 1
    assert len(player.stale) == 1
