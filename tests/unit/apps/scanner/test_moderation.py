"""What a chat sees of dangerous links, and how often."""

from __future__ import annotations

import pytest
from tests.support.opinions import EVIL, NICE, ODD, SHADY, Opinions, link

from whinchat.apps.scanner.repository import KEPT
from whinchat.apps.scanner.verdict import Level
from whinchat.core.types import ChatRef, Urgency
from whinchat.testing.harness import BotHarness


async def test_a_dangerous_link_is_answered_with_a_warning_and_a_reaction(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("eve", family, f"look {link(EVIL)}")
    (warning,) = bot.texts(family)
    assert warning.startswith("⛔ *Dangerous link:* evil-site[.]com\n• ")
    assert bot.quotes(family) == [message]
    assert bot.reactions(family) == [(message.id, "⛔")]
    assert await bot.count("outbox", f"urgency = {Urgency.DANGER:d} AND on_unknown = 'resend_once'") == 2


async def test_a_suspicious_link_is_answered_more_mildly(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("eve", family, link(SHADY))
    assert bot.texts(family)[0].startswith("⚠️ *Suspicious link:* shady-site[.]com")
    assert bot.reactions(family) == [(message.id, "⚠️")]


@pytest.mark.parametrize("host", [NICE, ODD])
async def test_in_a_group_harmless_and_unknown_links_are_passed_over_in_silence(
    bot: BotHarness, family: ChatRef, host: str
) -> None:
    await bot.say("eve", family, link(host))
    assert bot.sent(family) == []
    assert await bot.count("scanner_sightings", "warned_at IS NULL") == 1


async def test_several_links_are_one_reply_worst_first(bot: BotHarness, family: ChatRef) -> None:
    hosts = [SHADY, NICE, f"a.{EVIL}", f"b.{EVIL}", f"c.{SHADY}", EVIL]
    message = await bot.say("eve", family, " ".join(link(host) for host in hosts))
    (warning,) = bot.texts(family)
    head, *blocks = warning.split("\n\n")
    assert head == "⚠️ *This message has links to keep away from*"
    assert [block.split("\n")[0] for block in blocks[:3]] == [
        "⛔ *Dangerous link:* a[.]evil-site[.]com",
        "⛔ *Dangerous link:* b[.]evil-site[.]com",
        "⛔ *Dangerous link:* evil-site[.]com",
    ]
    assert blocks[3] == "… and 2 more links of this kind."
    assert blocks[4].startswith("Do not open it.")
    assert bot.reactions(family) == [(message.id, "⛔")]


async def test_the_same_link_again_is_answered_at_most_once_a_minute(bot: BotHarness, family: ChatRef) -> None:
    first = await bot.say("eve", family, link(EVIL))
    bot.clock.move(59.999)
    second = await bot.say("eve", family, f"again {link(EVIL)}")
    bot.clock.move(0.001)
    third = await bot.say("bob", family, link(EVIL))
    assert bot.quotes(family) == [first, third]
    assert bot.texts(family)[1] == "⛔ Once more: evil-site[.]com is dangerous. Do not open it."
    assert bot.reactions(family) == [(message.id, "⛔") for message in (first, second, third)]
    bot.clock.move(60)
    await bot.say("bob", family, link(EVIL))
    assert len(bot.texts(family)) == 3


async def test_every_chat_is_warned_for_itself(bot: BotHarness, family: ChatRef) -> None:
    club = await bot.group("club", admin="ana", members=["eve"])
    await bot.say("eve", family, link(EVIL))
    await bot.say("eve", club, link(EVIL))
    assert len(bot.texts(family)) == len(bot.texts(club)) == 1


async def test_danger_is_not_held_back_because_the_link_was_warned_of_more_mildly(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    await bot.say("eve", family, link(SHADY))
    opinions.change(SHADY, Level.MALICIOUS)
    await bot.say("eve", family, f"again {link(SHADY)}")
    assert bot.texts(family)[1].startswith("⛔ *Dangerous link:* shady-site[.]com")


async def test_a_link_that_was_named_beside_another_counts_as_warned_of(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("eve", family, link(EVIL))
    bot.clock.move(50)
    await bot.say("eve", family, f"{link(EVIL)} {link(SHADY)}")
    assert "evil-site" in bot.texts(family)[1]
    bot.clock.move(30)  # more than a minute after the first warning, less after the second
    await bot.say("eve", family, f"and {link(EVIL)}")
    assert len(bot.texts(family)) == 2


async def test_a_short_reply_names_a_link_whose_minute_is_over_and_the_reaction_is_to_the_worst(
    bot: BotHarness, family: ChatRef
) -> None:
    await bot.say("eve", family, link(SHADY))
    bot.clock.move(40)
    await bot.say("eve", family, link(EVIL))
    bot.clock.move(30)
    message = await bot.say("eve", family, f"{link(EVIL)} {link(SHADY)}")
    assert bot.texts(family)[2] == "⚠️ Once more: shady-site[.]com looks suspicious. Better not open it."
    assert bot.reactions(family)[-1] == (message.id, "⛔")


# --- edits -----------------------------------------------------------------------------------------------------------


async def test_an_edit_is_scanned_again_and_only_what_is_new_is_said(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("eve", family, "hello")
    await bot.edit("eve", message, f"hello {link(EVIL)}")
    assert bot.quotes(family) == [message]
    bot.clock.move(100)
    await bot.edit("eve", message, f"hello there {link(EVIL)}#top")
    assert len(bot.sent(family)) == 2
    await bot.edit("eve", message, f"hello there {link(EVIL)} {link(SHADY)}")
    assert len(bot.texts(family)) == 2
    assert "evil-site" not in bot.texts(family)[1]


async def test_an_edit_of_very_many_links_is_no_news(bot: BotHarness, family: ChatRef) -> None:
    links = " ".join(link(f"n{number}.{EVIL}") for number in range(KEPT))
    message = await bot.say("eve", family, links)
    bot.clock.move(100)
    await bot.edit("eve", message, f"{links} and goodbye")
    assert len(bot.texts(family)) == 1
    assert await bot.count("scanner_sightings") == KEPT


async def test_a_link_that_became_worse_is_warned_of_when_its_message_is_edited(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    message = await bot.say("eve", family, link(ODD))
    opinions.change(ODD, Level.SUSPICIOUS)
    await bot.edit("eve", message, f"look {link(ODD)}")
    assert bot.quotes(family) == [message]


# --- mute ------------------------------------------------------------------------------------------------------------


async def test_in_a_muted_chat_only_what_is_malicious_is_said_and_a_restart_changes_nothing(
    bot: BotHarness, family: ChatRef
) -> None:
    await bot.say("ana", family, "!scan mute 10m")
    bot.transport.performed.clear()
    await bot.crash()
    await bot.say("eve", family, link(SHADY))
    assert bot.sent(family) == []
    await bot.say("eve", family, link(EVIL))
    assert len(bot.texts(family)) == 1
    bot.clock.move(600)
    await bot.say("eve", family, f"now {link(SHADY)}")
    assert bot.texts(family)[1].startswith("⚠️ *Suspicious link:*")


# --- direct chats ----------------------------------------------------------------------------------------------------


async def test_who_sends_a_link_alone_is_asking_about_it(bot: BotHarness) -> None:
    ana = bot.direct("ana")
    nice = await bot.say("ana", ana, link(NICE))
    assert (bot.texts(ana), bot.reactions(ana)) == ([], [(nice.id, "✅")])
    odd = await bot.say("ana", ana, link(ODD))
    assert bot.texts(ana)[0].startswith("❔ *odd-site[.]com: I cannot tell.*")
    assert bot.reactions(ana)[1] == (odd.id, "❔")
    evil = await bot.say("ana", ana, link(EVIL))
    assert bot.quotes(ana) == [odd, evil]


async def test_alone_too_an_edit_or_a_mute_is_respected(bot: BotHarness) -> None:
    ana = bot.direct("ana")
    message = await bot.say("ana", ana, link(NICE))
    await bot.edit("ana", message, f"sorry {link(NICE)}")
    assert len(bot.sent(ana)) == 1
    await bot.say("ana", ana, "scan mute 10m")
    bot.transport.performed.clear()
    await bot.say("ana", ana, link(ODD))
    assert bot.sent(ana) == []
