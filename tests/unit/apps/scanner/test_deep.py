"""Deep looks: which links get one, once however many chats see them, and what the chats hear of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from tests.support.looks import PHISHING, SHORT, Oracle
from tests.support.opinions import EVIL, NICE, ODD, SHADY, Opinions, link, scanner

from whinchat.apps.basics.app import APP as BASICS
from whinchat.apps.scanner import deep, jobs, repository
from whinchat.apps.scanner.deep import LOOKS
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.apps.scanner.sources.about import Privacy, Sends
from whinchat.apps.scanner.verdict import Level
from whinchat.core.types import ChatRef
from whinchat.testing.harness import BotHarness, running

MINUTE = 60.0


@pytest.fixture
def settings() -> ScannerSettings:
    return ScannerSettings()


@pytest.fixture
async def bot(opinions: Opinions, oracle: Oracle, settings: ScannerSettings) -> AsyncIterator[BotHarness]:
    opinions.hiding.add(SHORT)
    async with running(BASICS, scanner(opinions, settings, [oracle])) as bot:
        yield bot


def say_while_away(bot: BotHarness) -> Callable[[], None]:
    """Messages to the chats wait until the function that this gives is called."""
    bot.transport.disconnect()
    return bot.transport.reconnect


async def go_on(bot: BotHarness) -> None:
    """Everything that can happen while nothing can be sent."""
    for _ in range(300):
        await asyncio.sleep(0)
        await bot._run_job()


# --- what the chat hears ---------------------------------------------------------------------------------------------


async def test_a_link_that_nothing_was_known_of_is_warned_of_when_a_source_knows_it(
    bot: BotHarness, family: ChatRef, oracle: Oracle
) -> None:
    oracle.says[ODD] = PHISHING
    message = await bot.say("eve", family, link(ODD))
    assert oracle.asked == [ODD]
    (text,) = bot.texts(family)
    assert text.startswith("⛔ *Dangerous link:* odd-site[.]com")
    assert bot.quotes(family) == [message]
    assert bot.reactions(family) == [(message.id, "⛔")]
    assert bot.metrics.value(LOOKS, result="worse") == 1


async def test_the_local_warning_leaves_first_and_is_edited_when_it_turns_out_to_be_worse(
    bot: BotHarness, family: ChatRef, oracle: Oracle
) -> None:
    oracle.says[SHADY] = PHISHING
    message = await bot.say("eve", family, link(SHADY))
    (first,) = bot.texts(family)
    assert first.startswith("⚠️ *Suspicious link:* shady-site[.]com")
    (edited,) = bot.edits(family)
    assert edited.startswith("⛔ *Dangerous link:* shady-site[.]com")
    assert bot.reactions(family) == [(message.id, "⚠️"), (message.id, "⛔")]


async def test_a_warning_that_turns_out_to_be_wrong_is_made_milder_and_its_reaction_taken_back(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    opinions.deeper[SHADY] = Level.BENIGN
    message = await bot.say("eve", family, link(SHADY))
    (edited,) = bot.edits(family)
    assert edited.startswith("✅ *I looked further:* shady-site[.]com turned out to be harmless")
    assert bot.reactions(family) == [(message.id, "⚠️"), (message.id, "")]
    assert len(bot.texts(family)) == 1
    assert bot.metrics.value(LOOKS, result="better") == 1


async def test_a_warning_that_cannot_be_upheld_says_so_without_calling_the_link_harmless(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    opinions.deeper[SHADY] = Level.UNKNOWN
    await bot.say("eve", family, link(SHADY))
    (edited,) = bot.edits(family)
    assert edited.startswith("❔ *I looked further:* nothing proves that shady-site[.]com is dangerous")
    assert "harmless" not in edited


async def test_danger_that_turns_out_to_be_mere_suspicion_is_put_right_in_place(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    opinions.deeper[EVIL] = Level.SUSPICIOUS
    message = await bot.say("eve", family, link(EVIL))
    assert bot.edits(family)[0].startswith("⚠️ *Suspicious link:* evil-site[.]com")
    assert bot.reactions(family)[-1] == (message.id, "⚠️")


async def test_what_a_look_bears_out_is_not_said_again(bot: BotHarness, family: ChatRef, oracle: Oracle) -> None:
    await bot.say("eve", family, link(SHADY))
    await bot.say("eve", family, link(ODD))
    assert oracle.asked == [SHADY, ODD]
    assert (len(bot.texts(family)), bot.edits(family)) == (1, [])
    assert bot.metrics.value(LOOKS, result="same") == 2


async def test_the_whole_reply_of_a_message_is_said_again_when_one_of_its_links_changes(
    bot: BotHarness, family: ChatRef, oracle: Oracle, opinions: Opinions
) -> None:
    opinions.chances[SHADY] = 0.81
    oracle.says[ODD] = PHISHING
    await bot.say("eve", family, f"{link(SHADY)} {link(ODD)} {link(NICE)}")
    (edited,) = bot.edits(family)
    head, *blocks = edited.split("\n\n")
    assert head == "⚠️ *This message has links to keep away from*"
    assert [block.split("\n")[0] for block in blocks[:2]] == [
        "⛔ *Dangerous link:* odd-site[.]com",
        "⚠️ *Suspicious link:* shady-site[.]com",
    ]
    opinions.deeper[SHADY] = Level.BENIGN


async def test_a_text_that_still_waits_is_replaced_and_never_seen(
    bot: BotHarness, family: ChatRef, oracle: Oracle
) -> None:
    oracle.says[SHADY] = PHISHING
    back = say_while_away(bot)
    await bot.transport.emit(bot.message("eve", family, link(SHADY)))
    await go_on(bot)
    back()
    await bot.clock.advance(1)
    await bot.settle()
    (text,) = bot.texts(family)
    assert text.startswith("⛔ *Dangerous link:* shady-site[.]com")
    assert [emoji for _, emoji in bot.reactions(family)] == ["⛔"]
    assert await bot.count("outbox", "state = 'replaced'") == 2


async def test_a_warning_that_was_taken_back_before_anybody_saw_it_is_not_heard_of(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    opinions.deeper[SHADY] = Level.BENIGN
    back = say_while_away(bot)
    await bot.transport.emit(bot.message("eve", family, link(SHADY)))
    await go_on(bot)
    back()
    await bot.clock.advance(1)
    await bot.settle()
    assert bot.sent(family) == []


async def test_what_can_no_longer_be_edited_is_followed_up(
    bot: BotHarness, family: ChatRef, oracle: Oracle, opinions: Opinions
) -> None:
    message = await bot.say("eve", family, link(SHADY))
    bot.clock.move(2 * 3600)
    oracle.says[SHADY] = PHISHING
    club = await bot.group("club", admin="ana")
    bot.transport.performed.clear()
    await bot.say("eve", club, link(SHADY))  # another chat has it looked at again
    (text,) = bot.texts(family)
    assert text.startswith("⛔ *Dangerous link:* shady-site[.]com")
    assert bot.quotes(family) == [message]
    assert bot.reactions(family) == [(message.id, "⛔")]
    assert bot.edits(club)[0].startswith("⛔ *Dangerous link:*")


async def test_a_chat_that_withdrew_its_consent_meanwhile_hears_nothing(
    bot: BotHarness, family: ChatRef, oracle: Oracle
) -> None:
    oracle.says[ODD] = PHISHING
    back = say_while_away(bot)
    await bot.transport.emit(bot.message("eve", family, link(ODD)), bot.message("ana", family, "!scan revoke"))
    for _ in range(50):
        await asyncio.sleep(0)  # no job is done before the consent is gone
    await go_on(bot)
    back()
    await bot.clock.advance(1)
    await bot.settle()
    assert all("odd-site" not in text for text in bot.texts(family))


async def test_a_muted_chat_sees_a_false_alarm_put_right_in_place_and_hears_no_more_of_it(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    await bot.say("eve", family, link(SHADY))
    await bot.say("ana", family, "!scan mute 8h")
    opinions.deeper[SHADY] = Level.BENIGN
    bot.clock.move(2 * 3600)
    bot.transport.performed.clear()
    await bot.say("eve", family, f"again {link(SHADY)}")
    assert bot.texts(family) == []
    assert [emoji for _, emoji in bot.reactions(family)] == [""]


async def test_who_writes_to_the_bot_alone_hears_as_well_that_a_link_is_harmless(
    bot: BotHarness, opinions: Opinions
) -> None:
    opinions.deeper[ODD] = Level.BENIGN
    ana = bot.direct("ana")
    message = await bot.say("ana", ana, link(ODD))
    assert bot.texts(ana)[0].startswith("❔ *odd-site[.]com: I cannot tell.*")
    assert bot.edits(ana)[0].startswith("✅ *I looked further:* odd-site[.]com")
    assert bot.reactions(ana) == [(message.id, "❔"), (message.id, "✅")]


# --- who is looked at ------------------------------------------------------------------------------------------------


async def test_a_link_in_many_chats_at_once_is_one_look_and_every_chat_hears_of_it(
    bot: BotHarness, oracle: Oracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PAGE", 8)
    monkeypatch.setattr(repository, "PAGE", 8)
    oracle.says[ODD] = PHISHING
    chats = [await bot.group(f"club-{number}") for number in range(20)]
    await bot.emit(*(bot.message("eve", chat, link(ODD)) for chat in chats))
    assert oracle.asked == [ODD]
    assert [len(bot.texts(chat)) for chat in chats] == [1] * 20
    assert await bot.count("memory_jobs") == 0


async def test_a_chat_that_saw_the_link_while_it_was_looked_at_hears_of_it_too(
    bot: BotHarness, family: ChatRef, oracle: Oracle
) -> None:
    oracle.says[ODD] = PHISHING
    club = await bot.group("club")
    told = False

    def meanwhile(point: str) -> None:
        nonlocal told
        if point == "before_commit" and oracle.asked and not told:
            told = True
            bot.transport._waiting.append(bot.message("eve", club, link(ODD)))

    bot.database.hook = meanwhile
    await bot.say("eve", family, link(ODD))
    bot.database.hook = None
    await bot.transport.offer()
    await bot.settle()
    assert [len(bot.texts(chat)) for chat in (family, club)] == [1, 1]
    assert oracle.asked == [ODD]


async def test_a_link_that_waits_for_its_look_gets_no_second_one(bot: BotHarness, family: ChatRef) -> None:
    for number in range(3):
        await bot.transport.emit(bot.message("eve", family, f"{number} {link(ODD)}"))
    for _ in range(50):
        await asyncio.sleep(0)
    assert await bot.count("memory_jobs", "kind = 'scanner.deep'") == 1
    await bot.settle()


async def test_only_the_most_uncertain_links_of_a_message_are_looked_at(
    bot: BotHarness, family: ChatRef, oracle: Oracle, opinions: Opinions
) -> None:
    hosts = [f"n{number}.{ODD}" for number in range(30)]
    for number, host in enumerate(hosts):
        opinions.levels[host] = Level.UNKNOWN
        opinions.chances[host] = 0.5 + number / 100
    await bot.say("eve", family, " ".join(link(host) for host in reversed(hosts)))
    assert sorted(oracle.asked) == sorted(hosts[: deep.MOST])


async def test_what_is_certain_enough_is_not_looked_at(
    bot: BotHarness, family: ChatRef, oracle: Oracle, opinions: Opinions
) -> None:
    opinions.reputed.add(SHADY)
    await bot.say("ana", family, f"!scan deny {ODD}")
    await bot.say("eve", family, f"{link(NICE)} {link(SHADY)} {link(ODD)}")
    assert oracle.asked == []


@pytest.mark.parametrize("settings", [ScannerSettings(privacy=Privacy.LOCAL)])
async def test_a_chat_that_lets_nothing_leave_has_nobody_asked(
    bot: BotHarness, family: ChatRef, oracle: Oracle
) -> None:
    oracle.says[ODD] = PHISHING
    await bot.say("eve", family, f"{link(ODD)} {link(SHORT, 'a')}")
    await bot.say("eve", family, f"!scan check {link(ODD)}")
    await bot.say("ana", family, f"!scan rescan {link(ODD)}")
    assert (oracle.asked, bot.fetcher.visited) == ([], [])
    assert all("looking further" not in text for text in bot.texts(family))


async def test_each_chat_is_looked_for_as_much_as_it_allows(opinions: Opinions) -> None:
    oracle = Oracle(sends=Sends.URL)
    async with running(BASICS, scanner(opinions, sources=[oracle])) as bot:
        family, club = await bot.group("family"), await bot.group("club")
        await bot.say("ana", club, "!scan privacy full")
        await bot.say("eve", family, link(ODD))
        assert (oracle.asked, bot.fetcher.visited) == ([], [])
        await bot.say("eve", club, link(ODD))
        assert (oracle.asked, bot.fetcher.visited) == ([ODD], [link(ODD)])
        await bot.say("eve", club, f"again {link(ODD)}")
        await bot.say("eve", family, f"again {link(ODD)}")
        assert oracle.asked == [ODD]
