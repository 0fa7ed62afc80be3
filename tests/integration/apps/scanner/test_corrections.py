"""More of what people say of verdicts, and what comes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.answers import DOUBTFUL, Thresholds, answer, call_wrong, labels, of_ours, said
from tests.support.opinions import EVIL, NICE, ODD, SHADY, Opinions, link, scanner

from whinchat.apps.basics.app import APP as BASICS
from whinchat.apps.scanner.jobs import RETENTION
from whinchat.apps.scanner.labels import Source, Truth
from whinchat.apps.scanner.verdict import DecidedBy, Level
from whinchat.core.errors import TransportError
from whinchat.core.types import ChatRef, Group, MessageRef
from whinchat.testing.harness import BotHarness, running


@pytest.fixture
def opinions() -> Opinions:
    return Thresholds()


@pytest.fixture
async def bot(opinions: Opinions) -> AsyncIterator[BotHarness]:
    async with running(BASICS, scanner(opinions)) as bot:
        yield bot


@pytest.fixture
async def family(bot: BotHarness) -> ChatRef:
    """A group that agreed; Ana is its admin."""
    return await bot.group("family", admin="ana", members=["bob", "eve"])


# --- an admin says so ------------------------------------------------------------------------------------------------


async def test_an_answer_to_a_question_can_be_answered_too(bot: BotHarness) -> None:
    ana = bot.direct("ana")
    await bot.say("ana", ana, link(ODD, "x"))
    told = bot.texts(ana)[0]
    await answer(bot, ana, "scan report dangerous", quoted=bot.quoting(of_ours(ana), told))
    assert await said(bot) == [(link(ODD, "x"), Truth.DANGEROUS, Source.ADMIN)]


async def test_a_text_of_ours_that_may_mean_several_sites_is_asked_about(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("eve", family, f"{link(DOUBTFUL[0])} {link(DOUBTFUL[1])}")
    both = bot.texts(family)[0]
    await bot.say("eve", family, link(DOUBTFUL[0], "newer"))
    text = await answer(bot, family, "!scan report", quoted=bot.quoting(of_ours(family), both))
    assert text == "I cannot tell which link you mean. Write !scan report followed by the link."
    assert await said(bot) == []


async def test_a_text_of_ours_about_links_that_are_not_known_any_more_is_no_help(
    bot: BotHarness, family: ChatRef
) -> None:
    quoted = bot.quoting(of_ours(family), "⚠️ *Suspicious link:* long-gone[.]com")
    text = await answer(bot, family, "!scan report", quoted=quoted)
    assert text.startswith("I see no link there. Answer the message with the link, or my warning, with !scan report")


async def test_a_message_from_before_goes_by_the_quote(bot: BotHarness, family: ChatRef) -> None:
    earlier = MessageRef(family, "earlier", "eve")
    await answer(bot, family, "!scan report", quoted=bot.quoting(earlier, link(SHADY)))
    assert await said(bot) == [(link(SHADY), Truth.SAFE, Source.ADMIN)]


@pytest.mark.parametrize(
    ("typed", "url", "truth"),
    [
        (link(NICE, "x"), link(NICE, "x"), Truth.DANGEROUS),
        (link(SHADY, "x"), link(SHADY, "x"), Truth.SAFE),
        (f"{link(SHADY)} dangerous", link(SHADY), Truth.DANGEROUS),
        (f"{link(NICE)} harmlos", link(NICE), Truth.SAFE),
        ("https://intranet/login safe", "https://intranet/login", Truth.SAFE),
    ],
)
async def test_a_link_can_be_typed(bot: BotHarness, family: ChatRef, typed: str, url: str, truth: Truth) -> None:
    await answer(bot, family, f"!scan report {typed}")
    assert await said(bot) == [(url, truth, Source.ADMIN)]


async def test_what_the_chat_was_told_counts_and_not_what_is_thought_now(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    await bot.say("eve", family, link(SHADY))
    opinions.change(SHADY, Level.BENIGN)
    await answer(bot, family, f"!scan report {link(SHADY)}")
    (label,) = await labels(bot)
    assert (label.truth, label.level) == (Truth.SAFE, Level.SUSPICIOUS)


@pytest.mark.parametrize("typed", ["", "rubbish", "mailto:ana@example.com"])
async def test_what_is_no_link_cannot_be_reported(bot: BotHarness, family: ChatRef, typed: str) -> None:
    assert (await answer(bot, family, f"!scan report {typed}")).startswith("I see no link there.")


async def test_of_several_links_those_that_were_warned_of_are_meant(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("eve", family, f"{link(NICE)} {link(DOUBTFUL[0])} {link(DOUBTFUL[1])}")
    text = await answer(bot, family, "!scan report", quoted=bot.quoting(message))
    assert text.startswith("Thank you. Noted as harmless: shade-one[.]com, shade-two[.]com")
    assert {truth for _, truth, _ in await said(bot)} == {Truth.SAFE}


async def test_of_several_links_that_were_not_warned_of_one_must_be_named(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("eve", family, f"{link(NICE)} {link(ODD)}")
    assert (await answer(bot, family, "!scan report", quoted=bot.quoting(message))).startswith("I cannot tell which")
    await answer(bot, family, "!scan report safe", quoted=bot.quoting(message))
    assert len(await said(bot)) == 2


async def test_a_warning_that_was_right_can_be_confirmed(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("eve", family, link(SHADY))
    text = await answer(bot, family, "!scan report dangerous", quoted=bot.quoting(message))
    assert "sooner" not in text  # nothing was missed
    assert await said(bot) == [(link(SHADY), Truth.DANGEROUS, Source.ADMIN)]


async def test_the_opposite_word_takes_the_first_one_back(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("eve", family, link(SHADY))
    first = await answer(bot, family, "!scan report safe", quoted=bot.quoting(message))
    second = await answer(bot, family, "!scan report dangerous", quoted=bot.quoting(message))
    assert "a little surer" in first
    assert "a little sooner" in second
    assert await said(bot) == [(link(SHADY), Truth.DANGEROUS, Source.ADMIN)]
    assert "surer" not in await answer(bot, family, "!scan status")


async def test_what_a_rule_decides_is_not_the_scanners_mistake(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("ana", family, f"!scan deny {NICE}")
    message = await bot.say("eve", family, link(NICE, "x"))
    text = await answer(bot, family, "!scan report", quoted=bot.quoting(message))
    assert text == "A rule of this chat decides about nice-site[.]com, not I. !scan rules lists the rules."
    assert await said(bot) == []


# --- a member says so ------------------------------------------------------------------------------------------------


async def test_an_admin_confirms_what_was_reported_even_where_that_is_not_the_usual_mistake(
    bot: BotHarness, family: ChatRef
) -> None:
    message = await bot.say("eve", family, link(SHADY))
    await answer(bot, family, "!scan report dangerous", by="bob", quoted=bot.quoting(message))
    await answer(bot, family, "!scan report", quoted=bot.quoting(message))
    assert await said(bot) == [(link(SHADY), Truth.DANGEROUS, Source.ADMIN)]


async def test_a_member_may_change_their_mind_but_not_an_admins(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("eve", family, link(SHADY))
    for word in ("safe", "dangerous"):
        await answer(bot, family, f"!scan report {word}", by="bob", quoted=bot.quoting(message))
    assert await said(bot) == [(link(SHADY), Truth.DANGEROUS, Source.REPORT)]
    await answer(bot, family, "!scan report safe", quoted=bot.quoting(message))
    text = await answer(bot, family, "!scan report dangerous", by="bob", quoted=bot.quoting(message))
    assert text == "An admin has already said that this is harmless: shady-site[.]com"
    assert await said(bot) == [(link(SHADY), Truth.SAFE, Source.ADMIN)]


async def test_alone_with_the_bot_everybodys_word_counts(bot: BotHarness) -> None:
    bob = bot.direct("bob")
    await answer(bot, bob, f"scan report {link(ODD)}", by="bob")
    assert await said(bot) == [(link(ODD), Truth.DANGEROUS, Source.ADMIN)]


async def test_a_right_that_cannot_be_checked_is_not_granted(
    bot: BotHarness, family: ChatRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def out_of_reach(_chat: ChatRef) -> Group | None:
        raise TransportError("the network does not answer")

    bot.clock.move(60)  # what was known of the group is old
    monkeypatch.setattr(bot.transport, "group", out_of_reach)
    await answer(bot, family, f"!scan report {link(SHADY)}")
    assert await said(bot) == [(link(SHADY), Truth.SAFE, Source.REPORT)]


async def test_members_never_move_the_threshold(bot: BotHarness, family: ChatRef) -> None:
    for host in DOUBTFUL:
        message = await bot.say("eve", family, link(host))
        await answer(bot, family, "!scan report", by="bob", quoted=bot.quoting(message))
    assert len(await said(bot)) == len(DOUBTFUL)
    assert "surer" not in await answer(bot, family, "!scan status")


# --- what follows ----------------------------------------------------------------------------------------------------


async def test_after_missed_dangers_the_chat_is_warned_sooner(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    missed = ("miss-one.com", "miss-two.com", "miss-three.com", "miss-four.com")
    for host in missed:
        opinions.levels[host] = Level.UNKNOWN
        message = await bot.say("eve", family, link(host))
        await answer(bot, family, "!scan report", quoted=bot.quoting(message))
    text = await answer(bot, family, "!scan status")
    assert "This chat's admins reported dangers that I missed: I warn here sooner." in text


async def test_a_threshold_comes_back_by_itself(bot: BotHarness, family: ChatRef) -> None:
    await call_wrong(bot, family, *DOUBTFUL)
    bot.clock.move(360 * 24 * 3600)
    bot.transport.performed.clear()
    await bot.say("eve", family, link(SHADY))
    assert bot.texts(family)[0].startswith("⚠️ *Suspicious link:*")


async def test_a_list_that_was_wrong_moves_nothing(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("eve", family, link(EVIL))
    text = await answer(bot, family, "!scan report", quoted=bot.quoting(message))
    assert "surer" not in text
    assert await said(bot) == [(link(EVIL), Truth.SAFE, Source.ADMIN)]


async def test_a_label_is_kept_once_however_often_it_arrives_and_whenever_the_process_dies(
    bot: BotHarness, family: ChatRef
) -> None:
    message = await bot.say("eve", family, link(SHADY))
    report = bot.message("ana", family, "!scan report", quoted=bot.quoting(message))
    await bot.emit(report, times=3)
    await bot.crash()
    await bot.emit(report)
    assert await said(bot) == [(link(SHADY), Truth.SAFE, Source.ADMIN)]
    assert len([text for text in bot.texts(family) if text.startswith("Thank you.")]) == 1
    await call_wrong(bot, family, *DOUBTFUL)  # what was learned before the end is still known
    bot.transport.performed.clear()
    await bot.say("eve", family, link(SHADY, "similar"))
    assert bot.texts(family) == []


async def test_labels_go_when_their_time_is_over(bot: BotHarness, family: ChatRef) -> None:
    await call_wrong(bot, family, SHADY)
    bot.clock.move(364 * 24 * 3600)
    await bot.run_job(RETENTION)
    assert await bot.count("scanner_labels") == 1
    bot.clock.move(2 * 24 * 3600)
    await bot.run_job(RETENTION)
    assert await bot.count("scanner_labels") == 0


# --- rules -----------------------------------------------------------------------------------------------------------


async def test_denying_a_link_says_that_it_is_dangerous_though_nobody_posted_it(
    bot: BotHarness, family: ChatRef
) -> None:
    await answer(bot, family, f"!scan deny {link(ODD, 'x')}")
    assert await said(bot) == [(link(ODD, "x"), Truth.DANGEROUS, Source.RULE)]


async def test_a_rule_about_what_nobody_posted_says_nothing_of_any_link(bot: BotHarness, family: ChatRef) -> None:
    await answer(bot, family, f"!scan deny {ODD}")
    assert await said(bot) == []


async def test_a_rule_that_is_turned_round_turns_its_labels_round(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("eve", family, link(SHADY))
    await answer(bot, family, f"!scan allow {SHADY}")
    await answer(bot, family, f"!scan deny {SHADY}")
    assert await said(bot) == [(link(SHADY), Truth.DANGEROUS, Source.RULE)]
    (label,) = await labels(bot)
    assert (label.level, label.decided_by) == (Level.SUSPICIOUS, DecidedBy.EVIDENCE)
