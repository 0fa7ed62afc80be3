"""A link that nobody knows is examined by urlscan.io, and the chat that saw it hears what came of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import msgspec
import pytest
from tests.support.opinions import ODD, SHADY, Opinions, link, scanner

from whinchat.apps.basics.app import APP as BASICS
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.apps.scanner.sources.answers import Listed
from whinchat.apps.scanner.sources.settings import OpenSettings, SourceSettings, SourcesSettings, UrlscanSettings
from whinchat.apps.scanner.sources.submissions import FIRST_LOOK
from whinchat.apps.scanner.sources.urlscan.api import API
from whinchat.apps.scanner.verdict import DecidedBy, Level, Look, Verdict
from whinchat.core.secret import Secret
from whinchat.core.types import ChatRef
from whinchat.testing.harness import BotHarness, running
from whinchat.testing.http import Answer

URL = link(ODD)
SCAN = "0196d976-07f6-7aae-8a57-aa019145f31c"
RESULT = f"{API}/api/v1/result/{SCAN}/"
MALICIOUS = Answer(json.dumps({"verdicts": {"overall": {"malicious": True, "score": 100}}}).encode())


class Trusting(Opinions):
    """Believes whatever a source lists."""

    def informed(self, link: Link, look: Look, now: int) -> Verdict:
        verdict = super().informed(link, look, now)
        if not any(isinstance(answer, Listed) for answer in look.asked.answers.values()):
            return verdict
        return msgspec.structs.replace(verdict, level=Level.MALICIOUS, decided_by=DecidedBy.SOURCE)


@pytest.fixture
def opinions() -> Opinions:
    return Trusting()


def settings(privacy: Privacy = Privacy.FULL, *, submit: bool = True) -> ScannerSettings:
    hook = Secret("between-the-two-of-us")
    return ScannerSettings(
        privacy=privacy,
        sources=SourcesSettings(
            urlscan=UrlscanSettings(key=Secret("key"), submit=submit, webhook_secret=hook),
            rdap=SourceSettings(enabled=False),
            certificates=OpenSettings(enabled=False),
        ),
    )


@pytest.fixture
async def bot(opinions: Opinions, request: pytest.FixtureRequest) -> AsyncIterator[BotHarness]:
    async with running(BASICS, scanner(opinions, getattr(request, "param", settings()))) as bot:
        for url in (URL, link(SHADY)):
            query = urlencode({"q": f'(task.url:"{url}" OR page.url:"{url}") AND date:>now-7d', "size": 10})
            bot.http.answer(f"{API}/api/v1/search/?{query}", Answer(b'{"results": [], "total": 0}'))
        bot.http.answer(f"{API}/api/v1/scan/", Answer(b'{"uuid": "%s"}' % SCAN.encode()))
        yield bot


async def later(bot: BotHarness, seconds: float) -> None:
    bot.clock.move(seconds)
    await bot.settle()


def submitted(bot: BotHarness) -> list[str]:
    return [json.loads(asked.body)["url"] for asked in bot.http.asked if asked.url.endswith("/scan/")]


async def test_the_chat_is_warned_when_the_examination_is_done(bot: BotHarness, family: ChatRef) -> None:
    bot.http.answer(RESULT, Answer(status=404), MALICIOUS)
    message = await bot.say("eve", family, f"look {URL}")
    assert (submitted(bot), bot.texts(family)) == ([URL], [])
    await later(bot, FIRST_LOOK)
    assert bot.texts(family) == []
    await later(bot, FIRST_LOOK)
    (text,) = bot.texts(family)
    assert text.startswith("⛔ *Dangerous link:* odd-site[.]com")
    assert bot.quotes(family) == [message]


async def test_a_notice_brings_the_warning_at_once(bot: BotHarness, family: ChatRef) -> None:
    bot.http.answer(RESULT, MALICIOUS)
    await bot.say("eve", family, f"look {URL}")
    (hook,) = [hook for app in bot.apps for hook in app.webhooks]
    assert await hook.take(b'{"scan": "%s"}' % SCAN.encode()) == 204
    await bot.settle()
    assert len(bot.texts(family)) == 1
    await hook.take(b'{"scan": "%s"}' % SCAN.encode())
    await later(bot, 10 * FIRST_LOOK)
    assert len(bot.texts(family)) == 1


async def test_however_many_chats_see_it_it_is_submitted_once(bot: BotHarness, family: ChatRef) -> None:
    club = await bot.group("club", admin="ana", members=["eve"])
    bot.http.answer(RESULT, MALICIOUS)
    for chat in (family, club, family):
        await bot.say("eve", chat, f"look {URL}")
    await later(bot, FIRST_LOOK)
    assert submitted(bot) == [URL]
    assert [len(bot.texts(chat)) for chat in (family, club)] == [1, 1]


@pytest.mark.parametrize(
    "bot", [settings(submit=False), settings(Privacy.HASH_ONLY), settings(Privacy.LOCAL)], indirect=True
)
async def test_nothing_is_submitted_that_may_not_be(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("eve", family, f"look {URL}")
    assert submitted(bot) == []


async def test_what_is_nearly_certain_is_not_submitted(bot: BotHarness, family: ChatRef, opinions: Opinions) -> None:
    opinions.chances[SHADY] = 0.97
    await bot.say("eve", family, f"look {link(SHADY)}")
    assert submitted(bot) == []
