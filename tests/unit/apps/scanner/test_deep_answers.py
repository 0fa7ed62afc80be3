"""Deep looks: where short links lead, what pages and sources say, and what it means when they say nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.looks import PHISHING, SHORT, Oracle, patiently
from tests.support.opinions import EVIL, NICE, ODD, Opinions, link, scanner

from whinchat.apps.basics.app import APP as BASICS
from whinchat.apps.scanner import deep
from whinchat.apps.scanner.jobs import LISTS
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.apps.scanner.sources.answers import Missing, NoAnswer
from whinchat.apps.scanner.verdict import Depth, Level
from whinchat.core.types import ChatRef
from whinchat.testing.harness import BotHarness, running

MINUTE = 60.0


@pytest.fixture
async def bot(opinions: Opinions, oracle: Oracle) -> AsyncIterator[BotHarness]:
    opinions.hiding.add(SHORT)
    async with running(BASICS, scanner(opinions, ScannerSettings(), [oracle])) as bot:
        yield bot


# --- short links -----------------------------------------------------------------------------------------------------


async def test_a_short_link_is_as_bad_as_where_it_leads_and_the_warning_says_where(
    bot: BotHarness, family: ChatRef
) -> None:
    bot.fetcher.leads(link(SHORT, "a"), link(EVIL, "login"))
    message = await bot.say("eve", family, link(SHORT, "a"))
    (text,) = bot.texts(family)
    assert text.startswith("⛔ *Dangerous link:* tiny-links[.]com\nIt leads to hxxps://evil-site[.]com/login")
    assert bot.quotes(family) == [message]


async def test_sources_are_asked_about_the_short_link_and_about_where_it_leads(
    bot: BotHarness, family: ChatRef, oracle: Oracle
) -> None:
    bot.fetcher.leads(link(SHORT, "a"), link(NICE))
    oracle.says[SHORT] = PHISHING
    await bot.say("eve", family, link(SHORT, "a"))
    assert oracle.asked == [SHORT, NICE]
    assert len(bot.texts(family)) == 1


async def test_the_page_is_visited_where_the_chat_allows_it_and_kept_with_the_verdict(
    bot: BotHarness, family: ChatRef
) -> None:
    bot.fetcher.page(link(ODD), "<title>Odd things</title>")
    await bot.say("ana", family, "!scan privacy full")
    await bot.say("eve", family, link(ODD))
    kept = Repository(bot.database, bot.sealer, bot.clock)
    found = parse_link(link(ODD))
    assert found is not None
    verdict = await kept.verdict(kept.url_key(found.key))
    assert verdict is not None
    assert verdict.depth is Depth.DEEP
    assert verdict.look is not None
    assert verdict.look.page is not None
    assert verdict.look.page.title == "Odd things"


async def test_a_short_link_that_leads_through_a_redirector_passes_through_it(
    bot: BotHarness, family: ChatRef, oracle: Oracle
) -> None:
    bot.fetcher.leads(link(SHORT, "a"), f"https://www.google.com/url?q=https%3A%2F%2F{EVIL}%2Flogin")
    await bot.say("eve", family, link(SHORT, "a"))
    (text,) = bot.texts(family)
    assert "It leads to hxxps://evil-site[.]com/login" in text
    assert oracle.asked == [SHORT, EVIL]


async def test_a_link_that_an_order_no_longer_reads_as_one_is_passed_over(
    bot: BotHarness, family: ChatRef, oracle: Oracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deep, "parse_link", lambda _url: None)
    await bot.say("eve", family, link(ODD))
    assert oracle.asked == []


async def test_an_answer_that_came_later_has_the_link_judged_by_what_is_known_now(
    bot: BotHarness, family: ChatRef, oracle: Oracle
) -> None:
    await bot.say("ana", family, "!scan privacy full")
    await bot.say("eve", family, link(ODD))
    bot.clock.move(2 * MINUTE)  # what the source said then is forgotten
    oracle.says[ODD] = PHISHING
    kept, found = Repository(bot.database, bot.sealer, bot.clock), parse_link(link(ODD))
    assert found is not None
    (job,) = deep.answered(kept, found)
    await bot.run_job(job)
    assert bot.texts(family)[-1].startswith("⛔ *Dangerous link:* odd-site[.]com")


# --- no answer is no answer ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", list(Missing))
async def test_a_source_without_an_answer_never_makes_a_link_harmless_and_is_named(
    bot: BotHarness, family: ChatRef, oracle: Oracle, reason: Missing
) -> None:
    oracle.says[ODD] = NoAnswer(reason)
    await patiently(bot, bot.say("eve", family, f"!scan check {link(ODD)}"))
    (answer,) = bot.edits(family)
    assert answer.startswith("❔ *odd-site[.]com: I cannot tell.*")
    assert "No answer from: Urlhaus" in answer
    assert "External sources that answered" not in answer


async def test_a_warning_is_not_taken_back_because_what_it_was_based_on_ran_out(
    bot: BotHarness, family: ChatRef, oracle: Oracle, opinions: Opinions
) -> None:
    oracle.says[ODD] = PHISHING
    await bot.say("eve", family, link(ODD))
    bot.clock.move(2 * 3600)
    bot.transport.performed.clear()
    opinions.change(NICE, Level.BENIGN)  # new lists: everything is judged anew
    oracle.says[ODD] = NoAnswer(Missing.UNREACHABLE)
    opinions.deeper[ODD] = Level.MALICIOUS
    await patiently(bot, bot.run_job(LISTS))
    assert oracle.asked == [ODD, ODD, ODD]  # once more, since it did not answer
    assert bot.sent(family) == []


async def test_new_lists_do_not_undo_what_a_look_found(
    bot: BotHarness, family: ChatRef, oracle: Oracle, opinions: Opinions
) -> None:
    oracle.says[ODD] = PHISHING
    await bot.say("eve", family, link(ODD))
    opinions.change(NICE, Level.BENIGN)
    await bot.run_job(LISTS)
    bot.clock.move(2 * MINUTE)
    await bot.say("eve", family, f"again {link(ODD)}")
    assert oracle.asked == [ODD]
    assert bot.texts(family)[1] == "⛔ Once more: odd-site[.]com is dangerous. Do not open it."


async def test_a_false_alarm_of_a_list_is_put_right_after_a_look(
    bot: BotHarness, family: ChatRef, oracle: Oracle, opinions: Opinions
) -> None:
    await bot.run_job(LISTS)
    await bot.say("eve", family, link(EVIL))
    bot.clock.move(2 * 3600)
    oracle.asked.clear()
    bot.transport.performed.clear()
    opinions.change(EVIL, Level.BENIGN)
    await bot.run_job(LISTS)
    assert oracle.asked == [EVIL]
    (text,) = bot.texts(family)
    assert text.startswith("✅ *I looked further:* evil-site[.]com")
