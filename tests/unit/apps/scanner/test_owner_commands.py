"""What the owner of the bot alone may do: rules for all chats, and a new start."""

from __future__ import annotations

import pytest
from tests.support.opinions import EVIL, NICE, link

from whinchat.core.events import RestartAsked
from whinchat.core.types import ChatRef
from whinchat.testing.harness import BotHarness

SHOP, BAD = link(NICE), link(EVIL)


async def told(bot: BotHarness, command: str) -> str:
    chat = bot.direct("owner")
    await bot.say("owner", chat, f"scan global {command}")
    return bot.texts(chat)[-1]


async def posted(bot: BotHarness, chat: ChatRef, link: str) -> list[str]:
    bot.transport.performed.clear()
    await bot.say("bob", chat, f"look {link}")
    return bot.texts(chat)


async def test_what_the_owner_denies_is_warned_about_in_every_chat(bot: BotHarness) -> None:
    family, club = await bot.group("family"), await bot.group("club", admin="eve")
    assert "in every chat" in await told(bot, f"deny {NICE} for 1d it was taken over")
    for chat in (family, club):
        assert len(await posted(bot, chat, SHOP)) == 1
    bot.clock.move(24 * 3600 + 1)
    assert await posted(bot, family, SHOP) == []


async def test_a_chats_own_rule_comes_first(bot: BotHarness) -> None:
    family = await bot.group("family")
    await bot.say("ana", family, f"!scan allow {NICE}")
    await told(bot, f"deny {NICE}")
    assert await posted(bot, family, SHOP) == []


async def test_what_the_owner_allows_is_let_pass_everywhere(bot: BotHarness) -> None:
    family = await bot.group("family")
    assert len(await posted(bot, family, BAD)) == 1
    assert "in any chat" in await told(bot, f"allow {EVIL}")
    bot.clock.move(120)
    assert await posted(bot, family, BAD) == []


async def test_rules_for_all_chats_are_listed_and_removed_by_number(bot: BotHarness) -> None:
    assert await told(bot, "rules") == "There are no rules for all chats."
    await told(bot, "deny example.org")
    assert await told(bot, "rules") == "*Rules for all chats*\n1. denied: example[.]org"
    assert await told(bot, "remove 2") == "There is no rule 2 for all chats."
    assert await told(bot, "remove 1") == "Rule 1 is gone: example[.]org"
    assert await told(bot, "rules") == "There are no rules for all chats."
    family = await bot.group("family")
    await bot.say("ana", family, "!scan rules")
    assert "This chat has no rules" in bot.texts(family)[-1]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("remove seven", "`!scan global remove NUMBER`"),
        ("deny", "`!scan global deny RULE [for DURATION] [REASON]`"),
        ("rules of mine", "`!scan global rules`"),
        ("forbid example.org", "allow, deny, rules, remove"),
    ],
)
async def test_a_mistake_is_told_with_how_it_is_written(bot: BotHarness, command: str, expected: str) -> None:
    assert expected in await told(bot, command)


@pytest.mark.parametrize("command", ["global rules", "restart"])
async def test_nobody_else_may(bot: BotHarness, command: str) -> None:
    family = await bot.group("family")
    await bot.say("ana", family, f"!scan {command}")
    assert bot.texts(family) == ["Only the owner of this bot can use this command."]


async def test_what_the_owner_changes_is_noted(bot: BotHarness) -> None:
    await told(bot, "deny example.org")
    await told(bot, "rules")
    assert await bot.count("audit", "action = 'scan global'") == 1


async def test_a_new_start_is_asked_for_once_however_often_the_message_arrives(bot: BotHarness) -> None:
    asked: list[RestartAsked] = []

    async def noted(fact: RestartAsked) -> None:
        asked.append(fact)

    bot.bus.subscribe(RestartAsked, noted)
    await bot.emit(bot.message("owner", bot.direct("owner"), "scan restart"), times=3)
    assert len(asked) == 1
    assert bot.texts() == ["I restart. I am back in a few seconds; nothing is lost."]
