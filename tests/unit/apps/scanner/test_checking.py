"""Who asks about a link is answered at once, and told in the same place what a deeper look finds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.support.looks import PHISHING, Oracle
from tests.support.opinions import EVIL, NICE, ODD, Opinions, link, scanner

from whinchat.apps.basics.app import APP as BASICS
from whinchat.apps.scanner.verdict import Level
from whinchat.core.types import ChatRef
from whinchat.testing.harness import BotHarness, running

LOOKING = "I am looking further"


@pytest.fixture
def oracle() -> Oracle:
    return Oracle()


@pytest.fixture
async def bot(opinions: Opinions, oracle: Oracle) -> AsyncIterator[BotHarness]:
    async with running(BASICS, scanner(opinions, sources=[oracle])) as bot:
        yield bot


async def test_an_answer_says_that_it_is_not_the_last_one_and_becomes_it(
    bot: BotHarness, family: ChatRef, oracle: Oracle
) -> None:
    oracle.says[ODD] = PHISHING
    asked = await bot.say("bob", family, f"!scan check {link(ODD)}")
    (answer,) = bot.texts(family)
    assert answer.startswith("❔ *odd-site[.]com: I cannot tell.*")
    assert LOOKING in answer
    (edited,) = bot.edits(family)
    assert edited.startswith("⛔ *odd-site[.]com: dangerous.*")
    assert "External sources that answered: 1" in edited
    assert LOOKING not in edited
    assert bot.quotes(family) == [asked]


async def test_an_answer_that_is_borne_out_is_finished_all_the_same(
    bot: BotHarness, family: ChatRef, oracle: Oracle
) -> None:
    await bot.say("bob", family, f"!scan check {link(NICE)}")
    assert oracle.asked == [NICE]
    assert LOOKING in bot.texts(family)[0]
    (edited,) = bot.edits(family)
    assert edited.startswith("✅ *nice-site[.]com: nothing known against it.*")
    assert LOOKING not in edited


async def test_what_was_looked_at_a_moment_ago_is_answered_at_once(
    bot: BotHarness, family: ChatRef, oracle: Oracle
) -> None:
    await bot.say("bob", family, f"!scan check {link(NICE)}")
    await bot.say("bob", family, f"!scan check {link(NICE)}")
    assert oracle.asked == [NICE]
    assert LOOKING not in bot.texts(family)[1]
    assert len(bot.edits(family)) == 1


async def test_an_answer_about_several_links_is_finished_when_all_are_looked_at(
    bot: BotHarness, family: ChatRef, oracle: Oracle
) -> None:
    message = await bot.say("eve", family, f"{link(NICE)} {link(ODD)}")
    await bot.say("bob", family, "!scan check", quoted=bot.quoting(message, f"{link(NICE)} {link(ODD)}"))
    assert sorted(oracle.asked) == [NICE, ODD]
    edited = bot.edits(family)[-1]
    assert "nice-site" in edited
    assert "odd-site" in edited
    assert LOOKING not in edited


async def test_who_asked_long_ago_hears_only_of_a_verdict_that_changed(
    bot: BotHarness, family: ChatRef, oracle: Oracle
) -> None:
    await bot.say("bob", family, f"!scan check {link(NICE)}")
    await bot.say("bob", family, f"!scan check {link(ODD)}")
    bot.clock.move(2 * 3600)
    bot.transport.performed.clear()
    oracle.says[ODD] = PHISHING
    club = await bot.group("club")
    await bot.say("eve", club, f"{link(NICE)} {link(ODD)}")
    (text,) = bot.texts(family)
    assert text.startswith("⛔ *odd-site[.]com: dangerous.*")


async def test_where_nothing_may_be_kept_the_answer_is_what_is_known_here(bot: BotHarness, oracle: Oracle) -> None:
    quiet = await bot.group("quiet", consent=False)
    bot.transport.performed.clear()
    await bot.say("bob", quiet, f"!scan check {link(ODD)}")
    (answer,) = bot.texts(quiet)
    assert LOOKING not in answer
    assert oracle.asked == []
    assert await bot.count("scanner_sightings") == 0


async def test_a_rescan_passes_over_everything_that_is_remembered(
    bot: BotHarness, family: ChatRef, oracle: Oracle, opinions: Opinions
) -> None:
    await bot.say("eve", family, link(ODD))
    oracle.says[ODD] = PHISHING
    opinions.judged.clear()
    await bot.say("ana", family, f"!scan rescan {link(ODD)}")
    assert opinions.judged[0] == link(ODD)
    assert oracle.asked == [ODD, ODD]
    texts = bot.texts(family)
    assert texts[0].startswith("Looked at again from the beginning:\n\n❔")
    assert bot.edits(family)[0].startswith("⛔ *odd-site[.]com: dangerous.*")
    assert texts[1].startswith("⛔ *Dangerous link:* odd-site[.]com")  # and who posted it is warned now


async def test_a_rescan_of_what_a_list_knows_asks_nobody(
    bot: BotHarness, family: ChatRef, oracle: Oracle, opinions: Opinions
) -> None:
    opinions.reputed.add(EVIL)
    await bot.say("ana", family, f"!scan rescan {link(EVIL)}")
    assert oracle.asked == []
    assert LOOKING not in bot.texts(family)[0]


async def test_an_answer_that_still_waits_is_replaced_by_the_better_one(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    opinions.deeper[ODD] = Level.BENIGN
    bot.transport.disconnect()
    await bot.transport.emit(bot.message("bob", family, f"!scan check {link(ODD)}"))
    for _ in range(300):
        await asyncio.sleep(0)
        await bot._run_job()
    bot.transport.reconnect()
    await bot.clock.advance(1)
    await bot.settle()
    (answer,) = bot.texts(family)
    assert answer.startswith("✅ *odd-site[.]com: nothing known against it.*")
