"""A process that dies at any commit between `link` and the last revocation."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import msgspec
import pytest
from tests.support.deaths import Death, Killed
from tests.support.wallet.door import RIGHT, House

from whinchat.testing.harness import BotHarness, running

ANA = "+15550001"
MOST_COMMITS = 80
STORY = ("!wallet link", f"!wallet verify {RIGHT}", "!wallet balance", "!wallet unlink")


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_a_death_at_any_commit_leaves_nobody_half_linked_and_asks_for_no_more_than_it_may(point: str) -> None:
    for number in range(1, MOST_COMMITS):
        house = House()
        house.door.resident("ana", ANA)
        async with running(house.spec) as bot:
            bot.phones["ana"] = ANA
            died = await die_at(bot, number, point)
            await goes_on(bot)
            await check(bot, house)
            if not died:
                assert number > 20
                return
    pytest.fail("the story has more commits than were tried")


async def die_at(bot: BotHarness, number: int, point: str) -> bool:
    """Tell the story up to there; False when it was over before."""
    death = Death(number, point)
    bot.database.hook = death
    with suppress(Killed):
        for place, said in enumerate(STORY):
            await bot.transport.emit(bot.message("ana", bot.direct("ana"), said, id=f"m{place}"))
            await until_quiet(bot)
    bot.database.hook = None
    if death.dead:
        await bot.crash()
    return death.dead


async def until_quiet(bot: BotHarness) -> None:
    for _ in range(100):
        await asyncio.sleep(0)
        if bot._running is not None and bot._running.done():
            return
        await bot._run_job()


async def goes_on(bot: BotHarness) -> None:
    """The network offers again what was not taken; what was under way is taken up."""
    for _ in range(6):
        await bot.transport.offer()
        await bot.clock.advance(31)
        await bot.settle()


async def check(bot: BotHarness, house: House) -> None:
    # Whatever the backend was asked for stands on disk, so that it counts.
    asked, noted = len(house.door.codes), await bot.count("wallet_attempts", "kind = 'code'")
    assert asked <= noted <= 2
    assert await bot.count("wallet_users") <= 1
    assert await bot.count("wallet_aliases") == 2 * await bot.count("wallet_users")
    # Nothing is left in between: a session has an account and a token, and nobody without one has a token.
    assert await bot.count("wallet_users", "(session IS NULL) <> (token IS NULL)") == 0
    assert await bot.count("wallet_users", "closing_at IS NOT NULL") == 0
    open_tokens = await kept(bot)
    # A token is lost to us only when the process died with the backend's answer in its hands.
    assert open_tokens <= set(house.door.tokens)
    assert len(house.door.tokens) - len(open_tokens) <= 1


async def kept(bot: BotHarness) -> set[str]:
    """The tokens that stand on disk."""
    rows = await bot.database.fetch("SELECT id, token FROM wallet_users WHERE token IS NOT NULL")
    found = [msgspec.convert(row, tuple[str, bytes]) for row in rows]
    return {bot.sealer.open("wallet_users", f"{user}/token", token).decode() for user, token in found}
