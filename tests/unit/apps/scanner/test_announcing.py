"""What a chat hears of links that are not dangerous, and that no flood of it hides danger."""

from __future__ import annotations

import pytest
from tests.support.governed import policy
from tests.support.opinions import EVIL, NICE, ODD, SHADY, link

from whinchat.core.types import ChatRef
from whinchat.testing.harness import BotHarness


def close(bot: BotHarness, chat: ChatRef) -> None:
    """The chat has had its share of harmless replies."""
    bot.limiter.close(f"harmless:{bot.sealer.digest('chat', 'fake', chat.id).hex()}", 30)


@pytest.mark.parametrize(
    ("setting", "host", "texts", "reactions"),
    [
        ("announce_benign react", NICE, 0, 1),
        ("announce_benign reply", NICE, 1, 0),
        ("announce_benign reply", ODD, 0, 0),
        ("unknown warn,react", ODD, 1, 1),
        ("unknown react", ODD, 0, 1),
        ("unknown warn", NICE, 0, 0),
    ],
)
async def test_a_chat_hears_of_harmless_links_what_it_wants(
    bot: BotHarness, family: ChatRef, setting: str, host: str, texts: int, reactions: int
) -> None:
    await policy(bot, family, setting)
    await bot.say("eve", family, link(host))
    assert (len(bot.texts(family)), len(bot.reactions(family))) == (texts, reactions)


async def test_unknown_is_never_announced_as_benign(bot: BotHarness, family: ChatRef) -> None:
    await policy(bot, family, "announce_benign reply", "unknown warn")
    await bot.say("eve", family, f"{link(NICE)} {link(ODD)}")
    (text,) = bot.texts(family)
    assert text.startswith("❔ *odd-site[.]com: I cannot tell.*")


@pytest.mark.parametrize(
    ("setting", "texts", "reactions"),
    [("malicious warn", 1, 0), ("malicious react", 0, 1), ("malicious nothing", 0, 0)],
)
async def test_a_chat_can_want_less_than_a_warning_and_a_reaction(
    bot: BotHarness, family: ChatRef, setting: str, texts: int, reactions: int
) -> None:
    await policy(bot, family, setting)
    await bot.say("eve", family, link(EVIL))
    assert (len(bot.texts(family)), len(bot.reactions(family))) == (texts, reactions)


async def test_harmless_replies_are_limited_and_danger_is_not(bot: BotHarness, family: ChatRef) -> None:
    await policy(bot, family, "announce_benign reply", "unknown warn")
    close(bot, family)
    await bot.say("eve", family, link(NICE))
    await bot.say("eve", family, link(ODD))
    assert bot.sent(family) == []
    await bot.say("eve", family, link(EVIL))
    await bot.say("eve", family, link(SHADY))
    assert len(bot.texts(family)) == 2


async def test_warnings_are_not_counted_as_harmless_talk(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("eve", family, link(EVIL))
    assert not [key for key in bot.limiter.taken if key.startswith("harmless")]


async def test_a_harmless_reply_just_before_does_not_silence_danger(bot: BotHarness, family: ChatRef) -> None:
    await policy(bot, family, "announce_benign reply")
    await bot.say("eve", family, link(NICE))
    await bot.say("eve", family, link(EVIL))
    nice, evil = bot.texts(family)
    assert "nothing known against it" in nice
    assert evil.startswith("⛔")


async def test_the_eleventh_dangerous_link_of_a_minute_is_warned_of_like_the_first(
    bot: BotHarness, family: ChatRef
) -> None:
    for number in range(25):
        await bot.say("eve", family, link(f"n{number}.{EVIL}"))
    assert len(bot.texts(family)) == 25
    assert len(bot.reactions(family)) == 25


async def test_in_a_direct_chat_harmless_answers_are_limited_too(bot: BotHarness) -> None:
    direct = bot.direct("eve")
    await bot.say("eve", direct, link(NICE))
    assert len(bot.reactions(direct)) == 1
    close(bot, direct)
    await bot.say("eve", direct, link(ODD))
    await bot.say("eve", direct, link(EVIL))
    assert len(bot.texts(direct)) == 1


async def test_while_it_is_quiet_nothing_harmless_is_announced(bot: BotHarness, family: ChatRef) -> None:
    await policy(bot, family, "announce_benign reply")
    await bot.say("ana", family, "!scan mute 1h")
    bot.transport.performed.clear()
    await bot.say("eve", family, link(NICE))
    assert bot.sent(family) == []
    bot.clock.move(3600)
    await bot.say("eve", family, link(f"x.{NICE}"))
    assert len(bot.texts(family)) == 1


async def test_a_mute_outlives_the_process_and_ends_when_it_should(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("ana", family, "!scan mute 1h")
    bot.transport.performed.clear()
    await bot.crash()
    await bot.say("eve", family, link(SHADY))
    assert bot.sent(family) == []
    await bot.say("eve", family, link(EVIL))
    assert len(bot.texts(family)) == 1
    bot.clock.move(3600)
    await bot.say("eve", family, link(f"x.{SHADY}"))
    assert len(bot.texts(family)) == 2
