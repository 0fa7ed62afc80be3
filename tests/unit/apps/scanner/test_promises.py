"""Promises that no part of the scanner keeps alone."""

from __future__ import annotations

import msgspec
import pytest
from tests.support.evidence import judge
from tests.support.evidence import link as web
from tests.support.looks import PHISHING, Oracle
from tests.support.opinions import EVIL, NICE, ODD, SHADY, Opinions, link, scanner

from whinchat.apps.basics.app import APP as BASICS
from whinchat.apps.scanner.commands import CHECK, REPORT
from whinchat.apps.scanner.jobs import LISTS, RETENTION
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.verdict import Level, Verdict
from whinchat.core.dispatch.command import Command, Limit
from whinchat.core.dispatch.retention import JOB, Retention
from whinchat.core.errors import StorageError
from whinchat.core.ports import Claim
from whinchat.core.types import ChatRef
from whinchat.infra.rate_limit import TokenBuckets
from whinchat.testing.harness import BotHarness, running

DAY = 86_400.0  # seconds
MS = 86_400_000  # of a day
KEPT = {
    "chats",
    "migrations",
    "scanner_chats",
    "scanner_members",
    "scanner_policies",
    "scanner_rules",
}
"""Tables of what chats decided, and who belongs to them."""


async def sizes(bot: BotHarness) -> dict[str, int]:
    """Rows of every table that has any."""
    names = [str(name) for (name,) in await bot.database.fetch("SELECT name FROM sqlite_master WHERE type = 'table'")]
    counted = {name: await bot.count(name) for name in names if not name.startswith("sqlite_")}
    return {name: number for name, number in counted.items() if number}


async def pass_on(bot: BotHarness, days: int) -> None:
    """So many days later, the nights' work done."""
    bot.clock.move(days * DAY)
    engine, audit = bot.engine, bot.given.audit
    nightly = Retention(
        bot.database, engine.inbox, engine.outbox, bot.clock, 8 * MS, also=(lambda: audit.retention(365 * MS),)
    )
    await nightly.run(Claim(0, JOB.kind, JOB.key, b"", 1, 1, 1, 0))
    await bot.run_job(RETENTION)


async def test_what_is_posted_leaves_nothing_behind_once_its_time_is_over(bot: BotHarness, family: ChatRef) -> None:
    await bot.say("ana", family, f"!scan allow {ODD} our own")
    await bot.say("ana", family, "!scan policy strikes 5")
    for number in range(15):
        await bot.say("eve", family, f"good morning {number}")
        await bot.say("bob", family, f"{number} {link(f'n{number}.{NICE}')} {link(f'n{number}.{EVIL}')}")
        await bot.say("eve", bot.direct("eve"), f"check {link(f'n{number}.{SHADY}')}")
    busy = await sizes(bot)
    assert busy["scanner_sightings"] == 45
    await pass_on(bot, 400)
    quiet = await sizes(bot)
    assert set(quiet) <= KEPT, quiet
    assert (quiet["scanner_chats"], quiet["scanner_rules"], quiet["scanner_policies"]) == (1, 1, 1)


async def test_what_an_admin_decided_never_lapses(bot: BotHarness, family: ChatRef) -> None:
    for command in (f"!scan allow {SHADY}", "!scan policy announce_benign react", "!language de"):
        await bot.say("ana", family, command)
    for _ in range(3):
        await pass_on(bot, 200)
        await bot.crash()
    bot.transport.performed.clear()
    await bot.say("eve", family, link(SHADY))
    assert [emoji for _, emoji in bot.reactions(family)] == ["✅"]
    await bot.say("eve", family, link(EVIL))
    (warning,) = bot.texts(family)
    assert warning.startswith("⛔ *Gefährlicher Link:*")


async def test_a_dangerous_link_is_warned_of_every_day_of_a_month(bot: BotHarness, family: ChatRef) -> None:
    for day in range(1, 32):
        message = await bot.say("eve", family, link(EVIL))
        assert len(bot.texts(family)) == day
        assert bot.quotes(family)[-1] == message
        await pass_on(bot, 1)


async def test_a_flood_of_harmless_links_holds_no_warning_back(
    bot: BotHarness, family: ChatRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.limiter, "take", TokenBuckets(bot.clock).take)
    await bot.say("ana", family, "!scan policy announce_benign reply")
    bot.transport.performed.clear()
    for number in range(30):
        await bot.say("eve", family, link(f"n{number}.{NICE}"))
    assert len(bot.texts(family)) == 10
    for number in range(30):
        await bot.say("eve", family, link(f"n{number}.{EVIL}"))
    assert len([text for text in bot.texts(family) if text.startswith("⛔")]) == 30


async def test_every_spelling_of_a_link_is_one_link_with_one_verdict(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    spellings = (f"https://{ODD}", f"Https://{ODD.upper()}:443/", f"https://{ODD}/#top", f"https://{ODD}/./")
    for spelling in spellings:
        await bot.say("eve", family, f"look {spelling}")
    assert opinions.judged == [link(ODD)]
    assert await bot.count("scanner_verdicts") == 1
    await bot.say("ana", family, f"!scan rescan {spellings[1]}")
    assert opinions.judged == [link(ODD)] * 2
    await bot.say("eve", family, spellings[0])
    assert len(opinions.judged) == 2


async def test_messages_without_an_id_are_told_apart_by_who_wrote_them_and_where(
    bot: BotHarness, family: ChatRef
) -> None:
    club = await bot.group("club", admin="ana", members=["bob", "eve"])
    for chat, person in ((family, "bob"), (family, "eve"), (club, "bob")):
        await bot.say(person, chat, link(f"{person}.{EVIL}"), id="")
    assert (len(bot.texts(family)), len(bot.texts(club))) == (2, 1)


@pytest.mark.parametrize("command", [CHECK, REPORT])
def test_what_anybody_may_ask_for_is_limited(command: Command) -> None:
    assert command.limit == Limit(times=10, seconds=60)


async def test_a_look_that_fails_is_made_again_and_its_warning_is_not_lost(
    opinions: Opinions, monkeypatch: pytest.MonkeyPatch
) -> None:
    oracle = Oracle()
    oracle.says[ODD] = PHISHING
    async with running(BASICS, scanner(opinions, sources=[oracle])) as bot:
        family = await bot.group("family", admin="ana", members=["eve"])
        informed = opinions.informed
        monkeypatch.setattr(opinions, "informed", broken)
        await bot.say("eve", family, link(ODD))
        assert bot.sent(family) == []
        assert await bot.count("memory_jobs", "kind = 'scanner.deep' AND error IS NOT NULL") == 1
        monkeypatch.setattr(opinions, "informed", informed)
        await bot.clock.advance(60)
        await bot.settle()
        assert bot.texts(family)[0].startswith("⛔ *Dangerous link:* odd-site[.]com")
        assert await bot.count("memory_jobs") == 0


def broken(*_: object) -> None:
    raise StorageError("the disk is away")


async def test_a_rule_covers_what_it_names_until_it_is_removed(bot: BotHarness, family: ChatRef) -> None:
    async def warned(host: str) -> bool:
        """Whether the next message with such a link is warned of."""
        before = len(bot.reactions(family))
        bot.clock.move(61)
        await bot.say("eve", family, link(host))
        return len(bot.reactions(family)) > before

    await bot.say("ana", family, f"!scan deny *.{NICE}")
    await bot.say("ana", family, f"!scan allow *.{EVIL}")
    assert await warned(f"a.b.{NICE}")
    assert not await warned(f"not-{NICE}")
    assert not await warned(f"a.{EVIL}")
    await bot.say("ana", family, "!scan remove 1")
    await bot.say("ana", family, "!scan remove 2")
    assert not await warned(f"a.b.{NICE}")
    assert await warned(f"a.{EVIL}")


async def test_a_warning_has_at_most_three_reasons_and_one_line_of_advice(
    bot: BotHarness, family: ChatRef, opinions: Opinions, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = judge().judge

    def as_it_is(found: Link, now: int) -> Verdict:
        return msgspec.structs.replace(real(found, now), judge_version=opinions.version, lists_version=opinions.version)

    monkeypatch.setattr(opinions, "judge", as_it_is)
    bad = "https://paypa1-login.pages.dev/verify"
    assert len(as_it_is(web(bad), bot.clock.now()).reasons) > 3
    await bot.say("eve", family, bad)
    (warning,) = bot.texts(family)
    named, advice = warning.split("\n\n")
    assert named.count("\n• ") == 3
    assert "\n" not in advice


async def test_a_warning_that_a_rule_overtook_names_the_rule_and_claims_no_look(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    await bot.say("eve", family, link(SHADY))
    await bot.say("ana", family, f"!scan allow {SHADY}")
    opinions.change(NICE, Level.BENIGN)  # new lists: what was seen is looked through
    await bot.run_job(LISTS)
    (edited,) = bot.edits(family)
    assert edited.startswith("✅ *Allowed by a rule:* I no longer warn about shady-site[.]com here.")
