"""What the wallet's benchmarks note, and what they make of it."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from benchmarks import wallet
from benchmarks.bench_wallet import summary
from benchmarks.common import World
from benchmarks.wallet import Calls, Conversations, Customer, bot_of, move_in

from whinchat.core.types import ChatKind, ChatRef, SendText
from whinchat.testing.clock import FakeClock
from whinchat.transports.simulator.host import Host

ANA = Customer("ana", "+99920000001", "account", ("one", "two"), "one", "token")


def stage() -> tuple[World, Conversations]:
    """A world with Ana in it, and nobody who answers but the test."""
    heard = Conversations()
    world = World(Host(FakeClock(), seed=1, listeners=[heard.hear]), "")
    heard.bot = bot_of(world)
    move_in(world, [ANA])
    return world, heard


def answer(world: World, text: str, reference: str) -> None:
    bot = world.host.world.people.bot("simulator")
    world.host.world.sends.perform(bot, ChatRef(ANA.person, ChatKind.DIRECT), SendText(text), reference)


async def test_an_answer_is_the_first_of_the_bots_messages_that_says_it() -> None:
    world, heard = stage()
    saying = asyncio.ensure_future(heard.say(world, ANA, "yes, Paid", "Paid"))
    await asyncio.sleep(0)
    answer(world, "a moment", "a")
    answer(world, "Paid $1.00", "b")
    answer(world, "Paid $2.00", "c")
    told, seconds = await saying
    assert told == "Paid $1.00"
    assert seconds > 0
    assert heard.answers == {ANA.chat(heard.bot): 3}


async def test_what_is_not_answered_ends_the_benchmark_and_says_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wallet, "PATIENCE", 0.01)
    world, heard = stage()
    asyncio.get_running_loop().call_soon(answer, world, "a moment", "a")
    with pytest.raises(SystemExit, match="'yes'; last said: 'a moment'"):
        await heard.say(world, ANA, "yes", "Paid")


def test_calls_are_counted_since_a_moment() -> None:
    before = Calls(Counter(me=2), Counter({"me": 1}))
    after = Calls(Counter(me=3, price=1), Counter({"me": 4, "price": 2}))
    assert after.since(before) == Calls(Counter(me=1, price=1), Counter({"me": 3, "price": 2}))
    assert after.since(before).total == 2


def test_rounds_become_their_median_lowest_and_highest() -> None:
    rounds = [{"yes": {"took": [each, each + 1], "own": [1.0, 1.0], "calls": [1.0, each]}} for each in (2.0, 4.0, 3.0)]
    line = summary(rounds)["yes"]
    assert line["took_p50"] == {"median": 4.0, "low": 3.0, "high": 5.0}
    assert line["most_calls"] == {"median": 3.0, "low": 2.0, "high": 4.0}
    assert "plain_p50" not in line
