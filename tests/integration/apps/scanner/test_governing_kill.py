"""The process dies at any commit while a group is being protected: every effect is there in the end, and once."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress

import pytest
from tests.support.deaths import Death, Killed
from tests.support.opinions import EVIL, Opinions, link, scanner

from whinchat.core.dispatch.audit import Audit, Via
from whinchat.core.types import ChatKind, ChatRef, Delete, LockGroup, RemoveMember, SendText
from whinchat.testing.harness import BotHarness, running

ANA = ChatRef("ana", ChatKind.DIRECT)
MOST_COMMITS = 60


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_a_death_at_any_commit_loses_no_effect_and_doubles_none(point: str) -> None:
    """From the message to the group's opening: warning, deletion, removal, lock, strike, notice, unlocking."""
    for number in range(1, MOST_COMMITS):
        async with running(scanner(Opinions())) as bot:
            chat = await bot.group("guarded", admin="ana", members=["eve"], bot_is_admin=True)
            await bot.say("ana", chat, "!scan policy malicious warn,delete,remove_member,lock_group")
            await bot.say("ana", chat, "!scan notices on")
            bot.transport.performed.clear()
            over = not await die_at(bot, chat, number, point)
            await go_on(bot)
            await check(bot, chat)
        if over:
            assert number > 12
            return
    pytest.fail("the story has more commits than were tried")


async def die_at(bot: BotHarness, chat: ChatRef, number: int, point: str) -> bool:
    """Tell the story up to there; False when it was over before."""
    death = Death(number, point)
    bot.database.hook = death
    with suppress(Killed):
        await bot.transport.emit(bot.message("eve", chat, link(EVIL), id="m"))
        await turns(bot)
        bot.clock.move(600)
        await turns(bot)
    bot.database.hook = None
    if death.dead:
        await bot.crash()
    return death.dead


async def turns(bot: BotHarness) -> None:
    for _ in range(200):
        await asyncio.sleep(0)
        if bot._running is not None and bot._running.done():
            return
        await bot._run_job()


async def go_on(bot: BotHarness) -> None:
    for _ in range(3):
        await bot.transport.offer()
        bot.clock.move(600)
        await bot.settle()


async def check(bot: BotHarness, chat: ChatRef) -> None:
    done = Counter(type(each.action) for each in bot.sent(chat))
    # What was being sent when the process died may be sent twice: the honest limit of sending.
    assert 1 <= done[Delete] <= 2
    assert done[RemoveMember] == 1
    locks = [each.action.locked for each in bot.sent(chat) if isinstance(each.action, LockGroup)]
    assert locks == sorted(locks, reverse=True)
    assert set(locks) == {True, False}
    assert not bot.transport.groups[chat.id].announce_only
    texts = Counter(text.partition("\n")[0] for text in bot.texts(chat))
    assert set(texts) == {
        "🗑️ I deleted a message of @eve.",
        "Everybody may write here again.",
        *(text for text in texts if text.startswith("🔒")),
    }
    assert len(texts) == 3
    assert 1 <= len(bot.texts(ANA)) <= 2
    resent = done[Delete] + len(locks) + texts.total() + len(bot.texts(ANA)) - 7
    assert resent <= 1
    assert isinstance(bot.sent(ANA)[0].action, SendText)
    assert await bot.count("scanner_strikes") == 1
    assert await bot.count("scanner_locks") == 0
    entries = await Audit(bot.database, bot.sealer, bot.clock).page()
    assert Counter(entry.action for entry in entries if entry.via is Via.SERVICE) == Counter(
        [f"scanner.{action}" for action in ("delete", "remove_member", "lock_group", "unlock_group", "strike")]
    )
