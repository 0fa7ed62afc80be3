"""Held money of a process that dies: at every commit of paying in, claiming and giving back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from tests.support.deaths import Death, Killed
from tests.support.wallet.holding import PHONES, Holding, holding

from whinchat.apps.wallet import held
from whinchat.apps.wallet.reconcile import SWEEP

MOST_COMMITS = 40


async def recover(it: Holding) -> None:
    """The process starts again, and a while goes by."""
    await it.bot.transport.offer()
    await it.bot.settle()
    for seconds in (31, 60, 120, 120):
        it.bot.clock.move(seconds)
        await it.bot.run_job(SWEEP)
        await it.bot.run_job(held.EXPIRE)


async def asked(it: Holding) -> tuple[str, str]:
    await it.say("ana", f"send 5 to {PHONES['eve']}")
    return "ana", "yes"


async def claiming(it: Holding) -> tuple[str, str]:
    code = await it.send()
    await it.link("eve")
    return "eve", f"claim {code}"


async def taking_back(it: Holding) -> tuple[str, str]:
    await it.send()
    return "ana", "pending cancel 1"


STORIES: dict[str, Callable[[Holding], Awaitable[tuple[str, str]]]] = {
    "paid in": asked,
    "claimed": claiming,
    "taken back": taking_back,
}


async def check(it: Holding) -> None:
    """One escrow in a state that is true, whatever was lost."""
    (state,) = await it.states()
    got_in = it.account("ana").debits()
    out = it.custody.debits()
    assert len(got_in) <= 1
    assert len(out) <= 1
    if out:
        assert state == "done"
    elif got_in:
        assert state in {"open", "claiming", "refunding"}
    else:
        assert state in {"void", "funding"}
    told = [text for text in set(it.told()) if "Hand this on to them" in text]
    assert len(told) == (1 if got_in else 0)
    await it.balanced()


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_a_death_at_any_commit_moves_money_at_most_once(story: str, point: str) -> None:
    for number in range(1, MOST_COMMITS):
        async with holding("ana") as it:
            name, said = await STORIES[story](it)
            death = Death(number, point)
            died = await it.die(name, said, death)
            await recover(it)
            await check(it)
            if not (died and death.dead):
                assert number > 5
                return
    pytest.fail("the story has more commits than were tried")


@pytest.mark.parametrize("debits", [True, False])
@pytest.mark.parametrize("story", STORIES)
async def test_a_death_between_the_backend_and_the_commit_is_found_out(story: str, debits: bool) -> None:
    async with holding("ana") as it:
        name, said = await STORIES[story](it)
        it.backend.script(raises=Killed(), debits=debits)
        assert await it.die(name, said)
        await recover(it)
        await check(it)
        ended = {"paid in": "open", "claimed": "done", "taken back": "done"}
        waits = {"paid in": "funding", "claimed": "claiming", "taken back": "refunding"}
        assert await it.states() == [(ended if debits else waits)[story]]
