"""Deep looks of a process that dies."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from tests.support.deaths import Death, Killed
from tests.support.looks import PHISHING, Oracle
from tests.support.opinions import SHADY, Opinions, link, scanner

from whinchat.core.types import ChatRef, Edit, React, SendText
from whinchat.testing.harness import BotHarness, running

MOST_COMMITS = 40


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_a_death_at_any_commit_loses_no_warning_and_doubles_none_that_was_not_being_sent(
    opinions: Opinions, point: str
) -> None:
    """From the message to the edit: local verdict, warning, look, result, edit."""
    for number in range(1, MOST_COMMITS):
        oracle = Oracle()
        oracle.says[SHADY] = PHISHING
        async with running(scanner(opinions, sources=[oracle])) as bot:
            family = await bot.group("family", admin="ana")
            if not await die_at(bot, family, number, point):
                assert number > 10
                return
            for _ in range(4):
                await bot.transport.offer()
                await bot.clock.advance(16)
                await bot.settle()
            check(bot, family)
    pytest.fail("the story has more commits than were tried")


async def die_at(bot: BotHarness, family: ChatRef, number: int, point: str) -> bool:
    """Tell the story up to there; False when it was over before."""
    death = Death(number, point)
    bot.database.hook = death
    with suppress(Killed):
        await bot.transport.emit(bot.message("eve", family, link(SHADY), id="m"))
        for _ in range(400):
            await asyncio.sleep(0)
            if bot._running is not None and bot._running.done():
                break
            await bot._run_job()
    bot.database.hook = None
    if death.dead:
        await bot.crash()
    return death.dead


def check(bot: BotHarness, family: ChatRef) -> None:
    shown: dict[str, str] = {}
    for done in bot.sent(family):
        match done.action:
            case SendText() if done.result.message_id is not None:
                shown[done.result.message_id] = done.action.text
            case Edit():
                shown[done.action.target.id] = done.action.text
    texts = list(shown.values())
    # A text that was being sent when the process died may be there twice: the honest limit of sending.
    assert texts
    assert texts[-1].startswith("⛔ *Dangerous link:* shady-site[.]com")
    assert sum(text.startswith("⛔") for text in texts) <= 2
    assert len(texts) <= 2
    emojis = [done.action.emoji for done in bot.sent(family) if isinstance(done.action, React)]
    assert emojis[-1] == "⛔"
