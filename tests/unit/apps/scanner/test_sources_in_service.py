"""External sources as the running service shows them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest
from tests.support.opinions import Opinions, scanner

from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.apps.scanner.sources.jobs import CHECK, SCHEDULE
from whinchat.core.app import REBOOT, Finding
from whinchat.core.secret import Secret
from whinchat.testing.harness import BotHarness, running
from whinchat.testing.http import Answer

URLHAUS = "https://urlhaus-api.abuse.ch/v1/url/"
THREATFOX = "https://threatfox-api.abuse.ch/api/v1/"
WRONG_KEY = Answer(b'{"query_status": "unknown_auth_key"}', 403)


@pytest.fixture
async def bot(opinions: Opinions) -> AsyncIterator[BotHarness]:
    settings = ScannerSettings(abusech_auth_key=Secret("wr0ng"))
    async with running(scanner(opinions, settings)) as bot:
        bot.http.answer(URLHAUS, WRONG_KEY)
        bot.http.answer(THREATFOX, WRONG_KEY)
        yield bot


async def health(bot: BotHarness) -> Finding:
    (check,) = [each for app in bot.apps for each in app.health if each.name == "sources"]
    return await check.check()


def test_keys_are_tried_whenever_the_service_starts() -> None:
    assert (SCHEDULE.cron, SCHEDULE.job) == (REBOOT, CHECK)


async def test_a_wrong_key_is_in_the_log_in_health_and_in_the_status(
    bot: BotHarness, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        await bot.run_job(CHECK)
    assert {record.__dict__["source"] for record in caplog.records} == {"urlhaus", "threatfox"}
    assert {record.__dict__["remedy"] for record in caplog.records} == {"Correct apps.scanner.abusech_auth_key."}
    finding = await health(bot)
    assert (finding.ok, finding.detail) == (False, "we are refused by URLhaus, ThreatFox")
    assert finding.hint == "Correct apps.scanner.abusech_auth_key."
    await bot.say("ana", bot.direct("ana"), "!scan status")
    (status,) = bot.texts()
    assert "They turn me away: URLhaus and ThreatFox." in status
    assert "wr0ng" not in status + caplog.text


async def test_the_check_says_nothing_of_any_chat(bot: BotHarness) -> None:
    await bot.say("ana", bot.direct("ana"), "look at https://shop.example.net/secret")
    bot.http.asked.clear()
    await bot.run_job(CHECK)
    assert bot.http.asked
    assert all(b"shop" not in asked.body and "shop" not in asked.url for asked in bot.http.asked)


async def test_without_trouble_the_status_names_who_is_asked(bot: BotHarness) -> None:
    await bot.say("ana", bot.direct("ana"), "!scan status")
    (status,) = bot.texts()
    assert "External sources: URLhaus, ThreatFox" in status
    assert (await health(bot)).ok
