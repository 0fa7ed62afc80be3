"""What people say of verdicts, and what the scanner makes of it."""

from __future__ import annotations

import pytest
from tests.support.answers import DOUBTFUL, Thresholds, answer, call_wrong, labels, of_ours, said
from tests.support.opinions import EVIL, NICE, ODD, SHADY, Opinions, link

from whinchat.apps.scanner import commands
from whinchat.apps.scanner.labels import Source, Truth
from whinchat.apps.scanner.verdict import Level
from whinchat.core.dispatch.arguments import UsageProblem
from whinchat.core.types import ChatRef
from whinchat.testing.harness import BotHarness

SHADIER = [link(f"{name}.{SHADY}", "offer") for name in ("one", "two", "three")]
"""Links of one site, all of them suspicious."""


@pytest.fixture
def opinions() -> Opinions:
    return Thresholds()


async def test_an_admin_who_answers_a_warned_message_says_that_it_was_wrong(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("eve", family, f"look {SHADIER[0]}")
    text = await answer(bot, family, "!scan report", quoted=bot.quoting(message))
    assert text.splitlines() == [
        f"Thank you. Noted as harmless: one[.]{SHADY.replace('.', '[.]')}",
        "From now on I have to be a little surer before I warn here.",
        "If I should never warn about it here, write !scan allow and its address.",
    ]
    (label,) = await labels(bot)
    assert (label.truth, label.source, label.level) == (Truth.SAFE, Source.ADMIN, Level.SUSPICIOUS)
    assert label.example.url == SHADIER[0]
    assert label.example.score == pytest.approx(2.197, abs=0.001)
    assert label.example.evidence == ("random_name",)
    assert (label.example.lists_version, label.example.judge_version) != ("", "")


async def test_an_admin_who_answers_an_unwarned_message_says_that_danger_was_missed(
    bot: BotHarness, family: ChatRef
) -> None:
    message = await bot.say("eve", family, link(ODD, "x"))
    text = await answer(bot, family, "!scan report", quoted=bot.quoting(message))
    assert text.splitlines() == [
        "Thank you. Noted as dangerous: odd-site[.]com",
        "From now on I warn here a little sooner.",
        "If I should always warn about it here, write !scan deny and its address.",
    ]
    assert await said(bot) == [(link(ODD, "x"), Truth.DANGEROUS, Source.ADMIN)]


async def test_the_warning_itself_can_be_answered(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("eve", family, f"look {link(NICE)} and {link(SHADY, 'path?q=1')}")
    text = bot.texts(family)[0]
    await answer(bot, family, "!scan report", quoted=bot.quoting(of_ours(family), text))
    assert await said(bot) == [(link(SHADY, "path?q=1"), Truth.SAFE, Source.ADMIN)]


async def test_where_nobody_agreed_nothing_is_kept(bot: BotHarness) -> None:
    club = await bot.group("club", admin="ana", consent=False)
    text = await answer(bot, club, f"!scan report {link(SHADY)}")
    assert text == "I keep nothing in this group until an admin agrees. !scan consent starts me."
    await bot.say("ana", club, f"!scan allow {link(SHADY, 'x')}")
    assert await said(bot) == []


async def test_a_members_report_waits_for_an_admin_who_confirms_it(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("eve", family, link(SHADY))
    text = await answer(bot, family, "!scan report", by="bob", quoted=bot.quoting(message))
    assert text.splitlines() == [
        "Thank you. Reported as harmless: shady-site[.]com",
        "It counts when an admin confirms it, the same way, with !scan report.",
    ]
    assert await labels(bot, Source.RULE, Source.ADMIN) == []
    text = await answer(bot, family, "!scan report", quoted=bot.quoting(of_ours(family), text))
    assert text.startswith("Thank you. Noted as harmless: shady-site[.]com")
    assert await said(bot) == [(link(SHADY), Truth.SAFE, Source.ADMIN)]


async def test_after_wrong_warnings_a_doubtful_link_is_not_warned_of_but_a_listed_one_is(
    bot: BotHarness, family: ChatRef
) -> None:
    club = await bot.group("club", admin="ana", members=["eve"])
    await call_wrong(bot, family, *DOUBTFUL)
    assert "This chat's admins called warnings wrong: I have to be surer before I warn here." in await answer(
        bot, family, "!scan status"
    )
    bot.transport.performed.clear()
    await bot.say("eve", family, link(SHADY, "similar"))
    assert bot.texts(family) == []
    await bot.say("eve", family, link(EVIL))
    assert bot.texts(family)[0].startswith("⛔ *Dangerous link:* evil-site[.]com")
    await bot.say("eve", club, link(SHADY, "similar"))  # what one chat says is not what another one wants
    assert bot.texts(club)[0].startswith("⚠️ *Suspicious link:*")


async def test_what_a_rule_decides_is_no_opinion_of_the_scanner(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("owner", family, f"!scan global deny {NICE}")
    assert "rule of the bot's operator" in await answer(bot, family, f"!scan report {NICE}")
    await bot.say("ana", family, f"!scan deny {NICE}")
    assert "rule of this chat" in await answer(bot, family, f"!scan report {NICE}")


async def test_allowing_a_site_says_that_its_links_which_were_posted_are_safe(bot: BotHarness, family: ChatRef) -> None:
    for url in SHADIER:
        await bot.say("eve", family, url)
    await bot.say("eve", family, link(ODD))
    await answer(bot, family, f"!scan allow {SHADY}")
    assert sorted(await said(bot)) == sorted((url, Truth.SAFE, Source.RULE) for url in SHADIER)
    assert "surer" in await answer(bot, family, "!scan status")


@pytest.mark.parametrize(
    ("typed", "target", "truth"),
    [
        ("", None, None),
        ("safe", None, Truth.SAFE),
        ("Dangerous!", None, Truth.DANGEROUS),
        ("seguro", None, Truth.SAFE),
        ("perigosa", None, Truth.DANGEROUS),
        ("Gefährlich.", None, Truth.DANGEROUS),
        ("sûr", None, Truth.SAFE),
        ("ख़तरनाक", None, Truth.DANGEROUS),
        ("آمن", None, Truth.SAFE),
        ("berbahaya", None, Truth.DANGEROUS),
        ("example.com", "example.com", None),
        ("example.com *aman*", "example.com", Truth.SAFE),
    ],
)
def test_people_call_a_link_what_they_call_it(typed: str, target: str | None, truth: Truth | None) -> None:
    parsed = commands.REPORT.parse(typed)
    assert not isinstance(parsed, UsageProblem)
    assert (parsed[commands.REPORTED], parsed[commands.OPINION]) == (target, truth)


def test_a_mistyped_word_is_not_the_usual_one() -> None:
    parsed = commands.REPORT.parse("example.com dangerus")
    assert isinstance(parsed, UsageProblem)
    assert (parsed.argument, parsed.nearest) == ("opinion", "dangerous")
