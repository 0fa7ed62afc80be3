"""What chats with other wishes than the usual hear of a verdict that changed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.looks import PHISHING, Oracle
from tests.support.opinions import EVIL, ODD, SHADY, Opinions, link, scanner

from whinchat.apps.basics.app import APP as BASICS
from whinchat.apps.scanner.delivery import about
from whinchat.apps.scanner.jobs import LISTS
from whinchat.apps.scanner.verdict import Level
from whinchat.core.types import ChatKind, ChatRef, Delete, MessageRef, React, Reply, SendText, Urgency
from whinchat.testing.harness import BotHarness, running

MINUTE = 60.0


@pytest.fixture
def oracle() -> Oracle:
    return Oracle()


@pytest.fixture
async def bot(opinions: Opinions, oracle: Oracle) -> AsyncIterator[BotHarness]:
    async with running(BASICS, scanner(opinions, sources=[oracle])) as bot:
        yield bot


async def policy(bot: BotHarness, chat: ChatRef, key: str, value: str) -> None:
    await bot.say("ana", chat, f"!scan policy {key} {value}")
    bot.transport.performed.clear()


async def test_a_chat_that_wants_to_hear_of_unknown_links_hears_that_one_is_harmless(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    await policy(bot, family, "unknown", "warn")
    opinions.deeper[ODD] = Level.BENIGN
    await bot.say("eve", family, link(ODD))
    assert bot.texts(family)[0].startswith("❔")
    assert bot.edits(family)[0].startswith("✅ *I looked further:* odd-site[.]com")


async def test_a_chat_that_wants_a_sign_for_harmless_links_gets_it_after_the_look(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    await policy(bot, family, "announce_benign", "react")
    opinions.deeper[ODD] = Level.BENIGN
    message = await bot.say("eve", family, link(ODD))
    assert bot.reactions(family) == [(message.id, "✅")]
    assert bot.texts(family) == []


async def test_other_groups_hear_nothing_of_links_that_were_never_spoken_of(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    opinions.deeper[ODD] = Level.BENIGN
    await bot.say("eve", family, link(ODD))
    assert await bot.count("outbox") == 2  # the introduction, and the thanks for the consent


async def test_what_the_policy_wants_is_done_when_a_look_finds_danger(bot: BotHarness, oracle: Oracle) -> None:
    guarded = await bot.group("guarded", bot_is_admin=True)
    await policy(bot, guarded, "malicious", "warn,delete")
    oracle.says[ODD] = PHISHING
    message = await bot.say("eve", guarded, link(ODD))
    assert [done.action for done in bot.sent(guarded) if isinstance(done.action, Delete)] == [Delete(message)]
    assert len(bot.texts(guarded)) == 1


async def test_a_link_posted_many_times_is_taken_back_in_place_and_said_once(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    first = await bot.say("eve", family, link(SHADY))
    bot.clock.move(2 * MINUTE)
    second = await bot.say("eve", family, f"again {link(SHADY)}")
    third = await bot.say("eve", family, f"and again {link(SHADY)}")  # within the minute: a reaction alone
    bot.clock.move(3600)
    bot.transport.performed.clear()
    opinions.deeper[SHADY] = Level.BENIGN
    club = await bot.group("club")
    await bot.say("eve", club, link(SHADY))
    (text,) = bot.texts(family)
    assert text.startswith("✅ *I looked further:* shady-site[.]com")
    assert bot.quotes(family) == [first]
    assert bot.reactions(family) == [(message.id, "") for message in (first, second, third)]


async def test_a_later_link_of_a_message_that_was_warned_of_already_is_added_to_its_warning(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    await bot.run_job(LISTS)
    await bot.say("eve", family, f"{link(EVIL)} {link(ODD)}")
    opinions.change(ODD, Level.MALICIOUS)
    await bot.run_job(LISTS)
    (edited,) = bot.edits(family)
    assert edited.startswith("⚠️ *This message has links to keep away from*")
    assert "evil-site" in edited
    assert "odd-site" in edited


async def test_a_link_that_is_sometimes_this_and_sometimes_that_is_told_as_it_is_each_time(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    await bot.run_job(LISTS)
    await bot.say("eve", family, link(ODD))
    opinions.change(ODD, Level.MALICIOUS)
    await bot.run_job(LISTS)
    opinions.reputed.add(ODD)
    opinions.change(ODD, Level.BENIGN)
    await bot.run_job(LISTS)
    opinions.reputed.clear()
    opinions.change(ODD, Level.SUSPICIOUS)
    await bot.run_job(LISTS)
    assert bot.texts(family)[0].startswith("⛔ *I was wrong about a link:* odd-site[.]com")
    assert [text[0] for text in bot.edits(family)] == ["✅", "⚠"]
    assert [emoji for _, emoji in bot.reactions(family)] == ["⛔", "", "⚠️"]


def test_only_what_is_said_about_a_message_gets_its_subject() -> None:
    chat, other = ChatRef("c", ChatKind.GROUP), ChatRef("ana", ChatKind.DIRECT)
    message = MessageRef(chat, "m", "eve")
    replies = (
        Reply("a", chat, SendText("quoted", quote=message)),
        Reply("a", chat, SendText("of one that was deleted"), urgency=Urgency.DANGER),
        Reply("a", chat, SendText("unlocked")),
        Reply("a", chat, React(message, "⛔")),
        Reply("a", chat, Delete(message)),
        Reply("a", other, SendText("notice"), urgency=Urgency.DANGER),
    )
    assert [reply.subject for reply in about("s", message, replies)] == ["s", "s", "", "s", "", ""]
