"""Short links in a chat: where they lead, and what stands there, is judged and told. The judge is the real one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.opinions import Opinions, link, scanner

from whinchat.apps.basics.app import APP as BASICS
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.apps.scanner.verdict import Look, Verdict
from whinchat.core.ports import Certificate, FetchFault
from whinchat.core.types import ChatRef
from whinchat.testing.harness import BotHarness, running

SHORT = "tiny-links.com"
TARGET = "https://paypal-app.top/"
GARDEN = "https://our-garden-club.org/"


class Judging(Opinions):
    def informed(self, link: Link, look: Look, now: int) -> Verdict:
        return self.real.informed(link, look, now)


@pytest.fixture
def privacy() -> Privacy:
    return Privacy.FULL


@pytest.fixture
async def bot(privacy: Privacy) -> AsyncIterator[BotHarness]:
    opinions = Judging()
    opinions.hiding.add(SHORT)
    async with running(BASICS, scanner(opinions, ScannerSettings(privacy=privacy), [])) as bot:
        bot.fetcher.leads(link(SHORT, "pp"), TARGET)
        bot.fetcher.leads(link(SHORT, "garden"), GARDEN)
        yield bot


async def test_what_stands_at_the_end_is_told(bot: BotHarness, family: ChatRef) -> None:
    certificate = Certificate("Somebody", ("paypal-app.top",), 0, 2**50, trusted=False)
    bot.fetcher.page(TARGET, "<title>PayPal: Log in</title><input type=password>", certificate=certificate)
    await bot.say("eve", family, link(SHORT, "pp"))
    (text,) = bot.texts(family)
    assert "tiny-links[.]com" in text
    assert "It asks for a password in the name of PayPal, but the page belongs to paypal-app[.]top." in text


@pytest.mark.parametrize("privacy", [Privacy.HASH_ONLY])
async def test_without_full_privacy_the_end_is_judged_and_not_visited(bot: BotHarness, family: ChatRef) -> None:
    bot.fetcher.page(TARGET, "<title>PayPal: Log in</title><input type=password>")
    await bot.say("eve", family, link(SHORT, "pp"))
    (text,) = bot.texts(family)
    assert "PayPal" in text
    assert "password" not in text


async def test_a_way_that_was_not_gone_to_its_end_clears_nothing(bot: BotHarness, family: ChatRef) -> None:
    bot.fetcher.page(GARDEN, fault=FetchFault.TIMEOUT)
    await bot.say("eve", family, f"!scan check {link(SHORT, 'garden')}")
    answer = "\n".join([*bot.texts(family), *bot.edits(family)])
    assert "The page could not be reached, so what stands there is not known." in answer
    assert "harmless" not in answer


async def test_a_page_that_is_gone_is_told(bot: BotHarness, family: ChatRef) -> None:
    bot.fetcher.page(GARDEN, status=404)
    await bot.say("eve", family, f"!scan check {link(SHORT, 'garden')}")
    assert "The page is gone or was taken down." in "\n".join([*bot.texts(family), *bot.edits(family)])


async def test_a_link_that_leads_inside_is_told(bot: BotHarness, family: ChatRef) -> None:
    bot.fetcher.leads(link(SHORT, "x"), "http://192.168.1.1/")
    bot.fetcher.page("http://192.168.1.1/", fault=FetchFault.ADDRESS)
    await bot.say("eve", family, f"!scan check {link(SHORT, 'x')}")
    assert "It leads into a private network" in "\n".join([*bot.texts(family), *bot.edits(family)])
