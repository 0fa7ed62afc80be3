"""The commands of the scanner, as people give them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.support.answers import answer
from tests.support.opinions import EVIL, NICE, ODD, SHADY, Opinions, link

from whinchat.apps.scanner import checking, commands, handlers
from whinchat.apps.scanner.verdict import Level
from whinchat.core.types import ChatRef, MessageRef
from whinchat.testing.harness import BotHarness

BAD = link(EVIL)


# --- check -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "head"),
    [
        (EVIL, "⛔ *evil-site[.]com: dangerous.*"),
        (SHADY, "⚠️ *shady-site[.]com: suspicious.*"),
        (ODD, "❔ *odd-site[.]com: I cannot tell.*"),
        (NICE, "✅ *nice-site[.]com: nothing known against it.*"),
    ],
)
async def test_anybody_may_check_a_link_and_gets_the_whole_answer(
    bot: BotHarness, family: ChatRef, host: str, head: str
) -> None:
    text = await answer(bot, family, f"!scan check {link(host)}", by="bob")
    assert text.startswith(head)
    assert "Estimated danger" in text


async def test_several_links_are_answered_worst_first(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("bob", bot.direct("bob"), "elsewhere")
    links = " ".join(link(host) for host in (NICE, SHADY, ODD, EVIL))
    text = await answer(bot, family, "!scan check", quoted=bot.quoting(message, links))
    assert [block[0] for block in text.split("\n\n")] == ["⛔", "⚠", "❔", "…"]


async def test_check_as_a_reply_to_a_message_without_links_says_so(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("bob", family, "hello")
    text = await answer(bot, family, "!scan check", quoted=bot.quoting(message, "hello"))
    assert text.startswith("I found no link there. Send !scan check followed by the link")


@pytest.mark.parametrize("typed", ["rubbish", "mailto:ana@example.com", "tg://resolve?domain=x"])
async def test_what_is_no_link_is_not_checked(bot: BotHarness, family: ChatRef, typed: str) -> None:
    assert (await answer(bot, family, f"!scan check {typed}")).startswith("I cannot read that as a link.")


async def test_a_link_that_prose_would_not_show_can_be_checked(bot: BotHarness, family: ChatRef) -> None:
    text = await answer(bot, family, "!scan check https://intranet/login")
    assert "intranet" in text


async def test_check_alone_asks_and_the_next_link_is_the_answer(bot: BotHarness, family: ChatRef) -> None:
    assert await answer(bot, family, "!scan check") == "Which link? Send it to me now."
    await bot.say("ana", family, "wait a moment")
    await bot.say("bob", family, "not for me")
    assert len(bot.texts(family)) == 1
    text = await answer(bot, family, BAD)
    assert text.startswith("⛔ *evil-site[.]com: dangerous.*")  # once, and not as a warning besides
    await bot.say("ana", family, "thank you")
    assert len(bot.texts(family)) == 2


async def test_a_question_is_over_after_two_minutes(bot: BotHarness, family: ChatRef) -> None:
    await answer(bot, family, "!scan check")
    bot.clock.move(checking.PATIENCE)
    await bot.say("ana", family, BAD)
    assert bot.texts(family)[1].startswith("⛔ *Dangerous link:*")


async def test_nothing_is_asked_where_the_answer_may_not_be_read(bot: BotHarness) -> None:
    club = await bot.group("club", admin="ana", consent=False)
    assert (await answer(bot, club, "!scan check")).startswith("I found no link there.")
    assert await bot.count("conversations") == 0
    assert (await answer(bot, club, f"!scan check {BAD}")).startswith("⛔")
    assert await bot.count("scanner_sightings") == 0


async def test_a_link_that_was_checked_was_seen_and_warned_of(bot: BotHarness, family: ChatRef) -> None:
    await answer(bot, family, f"!scan check {BAD}")
    await bot.say("eve", family, BAD)
    assert len(bot.texts(family)) == 1
    assert len(bot.reactions(family)) == 1


# --- explain ---------------------------------------------------------------------------------------------------------


async def test_explain_believes_what_it_saw_before_what_somebody_quotes(bot: BotHarness, family: ChatRef) -> None:
    seen = await bot.say("eve", family, link(ODD))
    text = await answer(bot, family, "!scan explain", by="bob", quoted=bot.quoting(seen, BAD))
    assert text.startswith("❔ *odd-site[.]com")


async def test_explain_of_a_message_from_before_goes_by_the_quote(bot: BotHarness, family: ChatRef) -> None:
    earlier = MessageRef(family, "earlier", "eve")
    text = await answer(bot, family, "!scan explain", quoted=bot.quoting(earlier, BAD))
    assert text.startswith("⛔ *evil-site[.]com: dangerous.*")


async def test_explain_of_nothing(bot: BotHarness, family: ChatRef) -> None:
    message = await bot.say("eve", family, "hello")
    text = await answer(bot, family, "!scan explain", quoted=bot.quoting(message, "hello"))
    assert text.startswith("I know of no link in that message.")
    assert "as a reply" in await answer(bot, family, "!scan explain")


async def test_a_warning_can_be_asked_about_too(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("eve", family, BAD)
    warning = MessageRef(family, "sent-1", "bot", from_me=True)
    text = await answer(bot, family, "!scan explain", quoted=bot.quoting(warning, bot.texts(family)[0]))
    assert text.startswith("⛔ *evil-site[.]com: dangerous.*")


# --- rules -----------------------------------------------------------------------------------------------------------


async def test_an_allowed_link_is_no_longer_warned_of_and_a_denied_one_is(bot: BotHarness, family: ChatRef) -> None:
    assert await answer(bot, family, f"!scan allow {EVIL}") == (
        "From now on I do not warn about evil-site[.]com in this chat. Rule 1."
    )
    assert await answer(bot, family, f"!scan deny {NICE}") == (
        "From now on I warn about nice-site[.]com in this chat. Rule 2."
    )
    await bot.say("eve", family, link(f"shop.{EVIL}"))
    assert len(bot.sent(family)) == 2
    await bot.say("eve", family, link(NICE))
    assert "A rule of this chat forbids it (nice-site[.]com)." in bot.texts(family)[2]
    text = await answer(bot, family, f"!scan check {BAD}")
    assert "A rule of this chat allows it (evil-site[.]com)." in text
    assert "Estimated danger" not in text


async def test_rules_are_this_chats_own(bot: BotHarness, family: ChatRef) -> None:
    club = await bot.group("club", admin="ana", members=["eve"])
    await answer(bot, family, f"!scan allow {EVIL}")
    await bot.say("eve", club, BAD)
    assert bot.texts(club)[0].startswith("⛔")
    assert (await answer(bot, club, f"!scan allow {SHADY}")).endswith("Rule 1.")


async def test_a_rule_ends_to_the_second_and_is_then_gone(bot: BotHarness, family: ChatRef) -> None:
    text = await answer(bot, family, f"!scan allow {EVIL} for 2m our partner")
    assert text.endswith("Until 1 January 2026, 00:02 UTC.")
    assert await answer(bot, family, "!scan rules") == (
        "*Rules of this chat*\n1. allowed: evil-site[.]com · until 1 January 2026, 00:02 UTC · because: our partner"
    )
    bot.clock.move(119.999)
    await bot.say("eve", family, BAD)
    assert bot.reactions(family) == []
    bot.clock.move(0.001)
    await bot.say("eve", family, BAD)
    assert len(bot.reactions(family)) == 1
    assert (await answer(bot, family, "!scan rules")).startswith("This chat has no rules.")


async def test_a_rule_that_is_given_again_keeps_its_number_and_the_newest_word_counts(
    bot: BotHarness, family: ChatRef
) -> None:
    await answer(bot, family, f"!scan allow {SHADY}")
    await answer(bot, family, f"!scan allow {EVIL}")
    assert (await answer(bot, family, f"!scan deny {SHADY}")).endswith("Rule 1.")
    assert (await answer(bot, family, "!scan rules")).splitlines()[1:] == [
        "1. denied: shady-site[.]com",
        "2. allowed: evil-site[.]com",
    ]


async def test_a_rule_that_was_over_comes_back_under_the_number_that_is_told(bot: BotHarness, family: ChatRef) -> None:
    await answer(bot, family, f"!scan allow {EVIL} for 1m")
    await answer(bot, family, f"!scan allow {SHADY}")
    bot.clock.move(60)
    assert (await answer(bot, family, f"!scan allow {EVIL}")).endswith("Rule 3.")
    assert (await answer(bot, family, "!scan remove 3")) == "Rule 3 is gone: evil-site[.]com"
    assert (await answer(bot, family, "!scan rules")).splitlines()[1:] == ["2. allowed: shady-site[.]com"]


async def test_the_most_specific_rule_wins(bot: BotHarness, family: ChatRef) -> None:
    await answer(bot, family, f"!scan deny *.{NICE}")
    await answer(bot, family, f"!scan allow https://{NICE}/news/*")
    await bot.say("eve", family, link(NICE, "news/1"))
    assert bot.reactions(family) == []
    await bot.say("eve", family, link(NICE, "other"))
    assert len(bot.reactions(family)) == 1


async def test_a_rule_that_would_cover_strangers_is_refused_as_permission_only(
    bot: BotHarness, family: ChatRef
) -> None:
    refused = await answer(bot, family, "!scan allow *.pages.dev")
    assert refused.endswith("Name a site of its own, such as name[.]pages[.]dev")
    assert (await answer(bot, family, "!scan deny *.pages.dev")).endswith("Rule 1.")
    await bot.say("eve", family, link("somebody.pages.dev"))
    assert len(bot.reactions(family)) == 1


async def test_what_cannot_be_read_as_a_rule_is_explained(bot: BotHarness, family: ChatRef) -> None:
    assert (await answer(bot, family, "!scan allow rubbish")).startswith("I cannot read that rule.")


async def test_a_chat_has_only_so_many_rules(bot: BotHarness, family: ChatRef, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "MOST_RULES", 2)
    await answer(bot, family, f"!scan allow {EVIL}")
    await answer(bot, family, f"!scan allow {SHADY} for 1m")
    full = await answer(bot, family, f"!scan allow {NICE}")
    assert full == "This chat already has 2 rules, the most it can have. Remove one with !scan remove first."
    assert (await answer(bot, family, f"!scan deny {EVIL}")).endswith("Rule 1.")
    bot.clock.move(60)
    assert (await answer(bot, family, f"!scan allow {NICE}")).endswith("Rule 3.")


async def test_a_rule_that_is_not_there_cannot_be_removed(bot: BotHarness, family: ChatRef) -> None:
    assert await answer(bot, family, "!scan remove 7") == "There is no rule 7 here. !scan rules lists them."


async def test_a_reason_is_shown_and_can_do_no_harm(bot: BotHarness, family: ChatRef) -> None:
    await answer(bot, family, f"!scan allow {NICE} see https://evil-site.com/ *now*")
    (line,) = (await answer(bot, family, "!scan rules")).splitlines()[1:]
    assert "evil-site[.]com" in line
    assert "*" not in line


# --- rescan, mute, status --------------------------------------------------------------------------------------------


async def test_a_rescan_passes_over_what_is_stored(bot: BotHarness, family: ChatRef, opinions: Opinions) -> None:
    await answer(bot, family, f"!scan check {link(ODD)}")
    opinions.levels[ODD] = Level.SUSPICIOUS  # the lists are the same, and so would be the stored verdict
    assert (await answer(bot, family, f"!scan check {link(ODD)}")).startswith("❔")
    text = await answer(bot, family, f"!scan rescan {link(ODD)}")
    assert text.startswith("Looked at again from the beginning:\n\n⚠️")
    assert (await answer(bot, family, f"!scan check {link(ODD)}")).startswith("⚠️")
    assert (await answer(bot, family, "!scan rescan rubbish")).startswith("I cannot read that as a link.")


async def test_a_mute_has_an_end_that_is_told(bot: BotHarness, family: ChatRef) -> None:
    assert (await answer(bot, family, "!scan mute 30m")).startswith("Quiet until 1 January 2026, 00:30 UTC.")
    assert "Muted until 1 January 2026, 00:30 UTC" in await answer(bot, family, "!scan status")
    assert await answer(bot, family, "!scan unmute") == "I speak again."
    assert await answer(bot, family, "!scan unmute") == "I was not muted."
    assert (await answer(bot, family, "!scan mute")).startswith("Quiet until 1 January 2026, 08:00 UTC.")
    bot.clock.move(8 * 3600)
    assert await answer(bot, family, "!scan unmute") == "I was not muted."


async def test_status_tells_what_is_on(bot: BotHarness, family: ChatRef, opinions: Opinions) -> None:
    assert (await answer(bot, family, "!scan status", by="bob")).splitlines() == [
        "*Link scanner*",
        "On: I read the links posted here.",
        "No rules of this chat's own",
        "Lists of known scams: version 1, 24 hours old",
        "Detection model: version 2, 10 days old",
        "External sources: Domain registration (RDAP) and Certificate transparency (SSLMate)",
        "Warned in the last 24 hours: 0",
    ]
    await answer(bot, family, f"!scan allow {NICE}")
    await bot.say("eve", family, BAD)
    opinions.age_days = None
    lines = (await answer(bot, family, "!scan status")).splitlines()
    assert "1 rule of this chat's own" in lines
    assert "Lists of known scams: none loaded" in lines
    assert "Warned in the last 24 hours: 1" in lines
    bot.clock.move(24 * 3600 + 1)
    assert "Warned in the last 24 hours: 0" in await answer(bot, family, "!scan status")


async def test_status_tells_when_the_model_is_old(bot: BotHarness, family: ChatRef) -> None:
    old = "The model is old: newer scams escape me more often. Whoever runs me should update me."
    bot.clock.move(110 * 24 * 3600)
    lines = (await answer(bot, family, "!scan status")).splitlines()
    assert ("Detection model: version 2, 120 days old" in lines, old in lines) == (True, False)
    bot.clock.move(24 * 3600)
    lines = (await answer(bot, family, "!scan status")).splitlines()
    assert lines[lines.index("Detection model: version 2, 121 days old") + 1] == old


async def test_status_tells_whether_it_reads(bot: BotHarness) -> None:
    club = await bot.group("club", admin="ana", consent=False)
    assert "Off: an admin has not agreed yet. !scan consent starts me." in await answer(bot, club, "!scan status")
    ana = bot.direct("ana")
    assert "On: send me any link and I will look at it." in await answer(bot, ana, "scan status")


# --- who may ---------------------------------------------------------------------------------------------------------

GIVEN: Sequence[str] = (
    "allow example.com",
    "deny example.com",
    "rules",
    "remove 1",
    "rescan https://example.com",
    "mute",
    "unmute",
    "consent",
    "revoke",
    "forget",
)


@pytest.mark.parametrize("given", GIVEN)
async def test_what_changes_a_group_is_for_its_admins(bot: BotHarness, family: ChatRef, given: str) -> None:
    assert await answer(bot, family, f"!scan {given}", by="bob") == "Only admins of this group can use this command."
    assert not (await answer(bot, family, f"!scan {given}", by="ana")).startswith("Only admins")
    assert not (await answer(bot, family, f"!scan {given}", by="owner")).startswith("Only admins")


def test_every_command_is_tried_by_those_who_may_not() -> None:
    admins = {command.name for command in commands.COMMANDS if command.who is not commands.STATUS.who}
    assert admins == {given.split()[0] for given in GIVEN}


async def test_in_a_direct_chat_everybody_is_the_admin(bot: BotHarness) -> None:
    ana = bot.direct("ana")
    assert (await answer(bot, ana, f"scan allow {EVIL}")).endswith("Rule 1.")
    assert await answer(bot, ana, "scan consent") == "This command works in groups only."
    await bot.say("ana", ana, BAD)
    assert bot.reactions(ana)[-1][1] == "✅"
