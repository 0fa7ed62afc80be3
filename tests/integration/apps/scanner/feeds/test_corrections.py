"""A list that is updated by itself, seen from a chat."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from whinchat.apps.basics.app import APP as BASICS
from whinchat.apps.scanner.app import APP
from whinchat.apps.scanner.feeds.jobs import WATCH
from whinchat.apps.scanner.feeds.sources import known_sources
from whinchat.apps.scanner.jobs import LISTS
from whinchat.testing.harness import BotHarness, running
from whinchat.testing.http import Answer

CERTPL = known_sources()["certpl"]
A_YEAR = 365 * 86_400  # seconds
LINK = "https://gartenfreunde-kiel.example.de/a"


@pytest.fixture
async def bot() -> AsyncIterator[BotHarness]:
    async with running(BASICS, APP) as bot:
        yield bot


async def a_minute(bot: BotHarness) -> None:
    await bot.run_job(WATCH)
    bot.clock.move(60)
    await bot.settle()
    await bot.run_job(LISTS)


async def test_a_chat_is_told_when_a_link_that_it_saw_comes_onto_a_list(bot: BotHarness) -> None:
    bot.clock.move(A_YEAR)  # what ships is old by now
    family = await bot.group("family", admin="ana", members=["eve"])
    await a_minute(bot)
    message = await bot.say("eve", family, f"look {LINK}")
    assert bot.texts(family) == []
    assert {asked.url for asked in bot.http.asked} == {known_sources()[name].url for name in ("tweetfeed", "certpl")}

    names = "".join(f"h{number}.example.de\n" for number in range(CERTPL.least))
    bot.http.answer(CERTPL.url, Answer(f"gartenfreunde-kiel.example.de\n{names}".encode()))
    bot.clock.move(600)
    await a_minute(bot)
    (correction,) = bot.texts(family)
    assert "gartenfreunde-kiel[.]example[.]de" in correction
    assert bot.quotes(family) == [message]

    bot.clock.move(7200)
    await bot.say("ana", family, "!scan status")
    assert "2 hours old" in bot.texts(family)[-1]


async def test_what_happens_after_a_crash_goes_on_with_what_was_there(bot: BotHarness) -> None:
    bot.http.answer(CERTPL.url, Answer("".join(f"h{number}.example.de\n" for number in range(CERTPL.least)).encode()))
    await a_minute(bot)
    asked = len(bot.http.asked)
    await bot.crash()
    await a_minute(bot)
    assert [each.url for each in bot.http.asked[asked:]] == []
    family = await bot.group("family", admin="ana", members=["eve"])
    await bot.say("eve", family, "http://h7.example.de/")
    assert len(bot.texts(family)) == 1
