"""Looking again when the lists changed, and letting go of what is over."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.opinions import EVIL, NICE, ODD, SHADY, Opinions, link

from whinchat.apps.scanner import jobs, repository, service
from whinchat.apps.scanner.jobs import LISTS, RETENTION
from whinchat.apps.scanner.verdict import Level
from whinchat.core.ports import Batch
from whinchat.core.types import ChatRef, Content, MembershipChange, MessageEdited
from whinchat.testing.harness import BotHarness
from whinchat.testing.transport import EVERYTHING

DAY = 24 * 3600


@pytest.fixture
async def watched(bot: BotHarness) -> BotHarness:
    """The lists were looked at once, as they are a minute after every start."""
    await bot.run_job(LISTS)
    return bot


async def test_a_link_that_turns_out_to_be_dangerous_is_corrected_in_every_chat_that_saw_it(
    watched: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    bot, club = watched, await watched.group("club", admin="ana", members=["eve"])
    seen = [await bot.say("eve", chat, link(ODD)) for chat in (family, club, bot.direct("ana"))]
    bot.transport.performed.clear()
    opinions.change(ODD, Level.MALICIOUS)
    await bot.run_job(LISTS)
    assert bot.quotes() == seen[:2]
    assert all(text.startswith("⛔ *I was wrong about a link:* odd-site[.]com") for text in bot.texts())
    # Who asked the bot alone was told that it could not say: that is put right in place.
    (edited,) = bot.edits(bot.direct("ana"))
    assert edited.startswith("⛔ *Dangerous link:* odd-site[.]com")
    assert bot.reactions() == [(message.id, "⛔") for message in seen]
    await bot.run_job(LISTS)
    assert len(bot.texts()) == 2


async def test_what_was_listed_in_the_first_minute_of_a_service_is_corrected_too(
    bot: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    await bot.say("eve", family, link(ODD))
    opinions.change(ODD, Level.MALICIOUS)
    await bot.run_job(LISTS)
    assert len(bot.texts(family)) == 1


async def test_suspicion_is_corrected_to_danger_and_nothing_else_is_said(
    watched: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    bot = watched
    for host in (SHADY, EVIL, NICE, ODD):
        await bot.say("eve", family, link(host))
    bot.transport.performed.clear()
    opinions.levels |= {SHADY: Level.MALICIOUS, EVIL: Level.BENIGN, NICE: Level.UNKNOWN, ODD: Level.BENIGN}
    opinions.change(SHADY, Level.MALICIOUS)
    await bot.run_job(LISTS)
    (text,) = bot.edits(family)
    assert text.split("\n")[0] == "⛔ *Dangerous link:* shady-site[.]com"
    assert bot.texts(family) == []


async def test_a_link_that_was_warned_of_stays_in_the_warning_when_it_is_merely_not_borne_out_any_more(
    watched: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    bot = watched
    await bot.say("eve", family, f"{link(EVIL)} {link(ODD)}")
    opinions.levels[EVIL] = Level.BENIGN
    opinions.change(ODD, Level.SUSPICIOUS)
    await bot.run_job(LISTS)
    (text,) = bot.edits(family)
    blocks = text.split("\n\n")
    assert blocks[1].startswith("⛔ *Dangerous link:* evil-site[.]com")
    assert blocks[2].startswith("⚠️ *Suspicious link:* odd-site[.]com")


async def test_an_edit_of_a_message_while_its_warning_waits_loses_no_warning(bot: BotHarness, family: ChatRef) -> None:
    bot.transport.disconnect()
    message = bot.message("eve", family, link(EVIL), id="m")
    edit = MessageEdited(
        account=message.account,
        chat=family,
        id="e",
        sender=message.sender,
        time=message.time,
        target="m",
        content=Content(text=f"{link(EVIL)} {link(SHADY)}"),
    )
    await bot.transport.emit(message, edit)
    for _ in range(100):
        await asyncio.sleep(0)
    bot.transport.reconnect()
    await bot.clock.advance(1)
    await bot.settle()
    assert ["evil-site" in bot.texts(family)[0], "shady-site" in bot.texts(family)[1]] == [True, True]
    assert [emoji for _, emoji in bot.reactions(family)] == ["⛔"]


async def test_what_was_said_too_long_ago_to_be_edited_is_followed_by_a_correction(
    watched: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    bot = watched
    message = await bot.say("eve", family, link(SHADY))
    bot.clock.move(EVERYTHING.edit_seconds)
    bot.transport.performed.clear()
    opinions.change(SHADY, Level.MALICIOUS)
    await bot.run_job(LISTS)
    (text,) = bot.texts(family)
    assert text.startswith("⛔ *I was wrong about a link:* shady-site[.]com is dangerous after all")
    assert bot.quotes(family) == [message]


async def test_a_link_posted_many_times_is_corrected_in_one_text_and_a_reaction_to_each(
    watched: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    bot = watched
    seen = [await bot.say("eve", family, link(ODD)) for _ in range(4)]
    opinions.change(ODD, Level.MALICIOUS)
    await bot.run_job(LISTS)
    assert bot.quotes(family) == seen[:1]
    assert bot.reactions(family) == [(message.id, "⛔") for message in seen]


async def test_a_link_that_was_just_warned_of_anew_is_not_corrected_besides(
    watched: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    bot = watched
    before = await bot.say("eve", family, link(ODD))
    opinions.change(ODD, Level.MALICIOUS)
    again = await bot.say("eve", family, link(ODD))
    await bot.run_job(LISTS)
    assert bot.quotes(family) == [again]
    assert bot.reactions(family) == [(again.id, "⛔"), (before.id, "⛔")]


async def test_what_was_seen_long_ago_is_not_corrected(
    watched: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    bot = watched
    await bot.say("eve", family, link(ODD))
    bot.clock.move(DAY + 1)
    opinions.change(ODD, Level.MALICIOUS)
    await bot.run_job(LISTS)
    assert bot.sent(family) == []


async def test_a_muted_chat_is_corrected_about_danger_only_and_knows_nothing_of_the_rest(
    watched: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    bot = watched
    await bot.say("eve", family, link(ODD))
    await bot.say("eve", family, link(NICE))
    await bot.say("ana", family, "!scan mute 1h")
    bot.transport.performed.clear()
    opinions.levels[NICE] = Level.SUSPICIOUS
    opinions.change(ODD, Level.MALICIOUS)
    await bot.run_job(LISTS)
    (text,) = bot.texts(family)
    assert "odd-site" in text
    bot.clock.move(3601)
    await bot.say("eve", family, link(NICE))
    assert bot.texts(family)[1].startswith("⚠️ *Suspicious link:*")  # in full: it was never said


@pytest.mark.parametrize("way", ["revoke", "remove"])
async def test_a_group_that_withdrew_its_consent_hears_nothing(
    watched: BotHarness, family: ChatRef, opinions: Opinions, way: str
) -> None:
    bot = watched
    await bot.say("eve", family, link(ODD))
    if way == "revoke":
        await bot.say("ana", family, "!scan revoke")
    else:
        await bot.membership("ana", family, MembershipChange.REMOVE, ["bot"], me=True)
    bot.transport.performed.clear()
    opinions.change(ODD, Level.MALICIOUS)
    await bot.run_job(LISTS)
    assert bot.sent(family) == []


async def test_a_chats_own_rule_is_believed_before_the_lists(
    watched: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    bot = watched
    await bot.say("eve", family, link(ODD))
    await bot.say("ana", family, f"!scan allow {ODD}")
    bot.transport.performed.clear()
    opinions.change(ODD, Level.MALICIOUS)
    await bot.run_job(LISTS)
    assert bot.sent(family) == []


async def test_a_link_that_was_checked_is_corrected_too(
    watched: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    bot = watched
    asked = await bot.say("bob", family, f"!scan check {link(ODD)}")
    opinions.change(ODD, Level.MALICIOUS)
    await bot.run_job(LISTS)
    assert bot.quotes(family) == [asked]
    (answer,) = bot.edits(family)
    assert answer.startswith("⛔ *odd-site[.]com: dangerous.*")


async def test_a_correction_is_in_the_language_of_the_chat(
    watched: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    bot = watched
    await bot.say("eve", family, link(ODD))
    await bot.say("ana", family, "!language de")
    bot.transport.performed.clear()
    opinions.change(ODD, Level.MALICIOUS)
    await bot.run_job(LISTS)
    (text,) = bot.texts(family)
    assert "odd-site[.]com" in text
    assert "I was wrong" not in text


async def test_very_many_sightings_are_looked_at_page_by_page(
    watched: BotHarness, family: ChatRef, opinions: Opinions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PAGE", 3)
    monkeypatch.setattr(repository, "PAGE", 3)
    bot = watched
    for number in range(7):
        await bot.say("eve", family, link(f"n{number}.{ODD}"))
    opinions.change(ODD, Level.MALICIOUS)
    await bot.run_job(LISTS)
    assert len(bot.texts(family)) == 7
    assert await bot.count("memory_jobs") == 0


async def test_a_sighting_that_can_no_longer_be_read_as_a_link_is_passed_over(
    watched: BotHarness, family: ChatRef, opinions: Opinions, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = watched
    await bot.say("eve", family, link(ODD))
    opinions.change(ODD, Level.MALICIOUS)
    monkeypatch.setattr(service, "parse_link", lambda _url: None)
    await bot.run_job(LISTS)
    assert bot.sent(family) == []


async def test_an_edit_that_comes_first_wins_over_a_correction(
    watched: BotHarness, family: ChatRef, opinions: Opinions
) -> None:
    bot = watched
    await bot.say("eve", family, link(ODD))
    opinions.change(ODD, Level.MALICIOUS)
    raced = False

    def race(point: str) -> None:
        nonlocal raced
        if (
            point == "before_commit"
            and not raced
            and "odd-site.com" in opinions.judged[-1]
            and len(opinions.judged) > 1
        ):
            raced = True
            change = "UPDATE scanner_sightings SET shown = 'malicious'"
            bot.database._connection.execute(change)

    await bot.database.commit(Batch(bot.queue.add(LISTS)))
    bot.database.hook = race
    await bot.settle()
    bot.database.hook = None
    await bot.clock.advance(10)
    await bot.settle()
    assert raced
    assert bot.sent(family) == []
    assert await bot.count("memory_jobs") == 0


# --- retention -------------------------------------------------------------------------------------------------------


async def counts(bot: BotHarness) -> list[int]:
    return [await bot.count(f"scanner_{table}") for table in ("sightings", "verdicts", "rules", "chats")]


async def test_what_is_over_goes_and_what_a_chat_decided_stays(
    bot: BotHarness, family: ChatRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "DELETED", 2)
    for number in range(5):
        await bot.say("eve", family, link(f"n{number}.{NICE}"))
        await bot.say("ana", family, f"!scan allow n{number}.{SHADY} for 1h")
    await bot.say("ana", family, f"!scan allow {SHADY}")
    await bot.run_job(RETENTION)
    assert await counts(bot) == [5, 5, 6, 1]
    bot.clock.move(3600)
    await bot.run_job(RETENTION)
    assert await counts(bot) == [5, 0, 1, 1]
    bot.clock.move(29 * DAY)
    await bot.run_job(RETENTION)
    assert await counts(bot) == [5, 0, 1, 1]
    bot.clock.move(DAY)
    await bot.run_job(RETENTION)
    assert await counts(bot) == [0, 0, 1, 1]
