"""Who sees the links of a chat, and how a chat is forgotten."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests.support.looks import Oracle
from tests.support.opinions import EVIL, Opinions, link, scanner

from whinchat.apps.scanner.migrations import MIGRATIONS
from whinchat.apps.scanner.privacy import ERASE, PrivacyLevels
from whinchat.apps.scanner.sources.about import Privacy, Sends
from whinchat.core.errors import TransportError
from whinchat.core.ports import Batch
from whinchat.core.types import ChatRef, Group
from whinchat.testing.harness import BotHarness, running

BAD = link(EVIL)


async def asked(bot: BotHarness, person: str, command: str) -> str:
    chat = await bot.group("club", members=("bob",)) if "club@g" not in bot.transport.groups else club(bot)
    await bot.say(person, chat, command)
    return bot.texts(chat)[-1]


def club(bot: BotHarness) -> ChatRef:
    return bot.transport.groups["club@g"].chat


async def test_a_chat_starts_where_no_source_learns_a_link(bot: BotHarness) -> None:
    text = await asked(bot, "bob", "!scan privacy")
    assert "*hash-only*: no service learns a link" in text
    assert "for 30 days; no texts, names or numbers" in text
    assert "`!scan privacy local|hash-only|full`" in text


@pytest.mark.parametrize("level", list(Privacy))
async def test_an_admin_chooses_and_it_is_noted(bot: BotHarness, level: Privacy) -> None:
    assert f"*{level.value}*:" in await asked(bot, "ana", f"!scan privacy {level.value}")
    assert f"*{level.value}*:" in await asked(bot, "bob", "!scan privacy")
    assert await bot.count("audit", "action = 'scan privacy'") == 1


async def test_a_member_may_look_but_not_choose(bot: BotHarness) -> None:
    assert "Only admins" in await asked(bot, "bob", "!scan privacy full")
    assert "*hash-only*" in await asked(bot, "bob", "!scan privacy")


async def test_a_right_that_cannot_be_checked_is_not_granted(bot: BotHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = await bot.group("club")
    bot.clock.move(61)

    async def out_of_reach(_: ChatRef) -> Group | None:
        raise TransportError("no connection")

    monkeypatch.setattr(bot.transport, "group", out_of_reach)
    await bot.say("ana", chat, "!scan privacy full")
    assert bot.texts(chat) == ["I cannot see right now who is an admin here. Please try again in a moment."]


async def test_choosing_a_level_is_no_consent(bot: BotHarness) -> None:
    chat = await bot.group("club", consent=False)
    await bot.say("ana", chat, "!scan privacy local")
    bot.transport.performed.clear()
    await bot.say("bob", chat, f"look {BAD}")
    assert bot.sent(chat) == []


async def test_the_operator_says_what_is_usual(bot: BotHarness) -> None:
    levels = PrivacyLevels(bot.database, Privacy.LOCAL)
    assert await levels.of(b"chat") is Privacy.LOCAL
    await bot.database.commit(Batch((levels.choose(b"chat", Privacy.FULL),)))
    assert await levels.of(b"chat") is Privacy.FULL


async def test_forgetting_says_first_what_goes(bot: BotHarness) -> None:
    chat = await bot.group("club")
    await bot.say("bob", chat, f"look {BAD}")
    sightings = await bot.count("scanner_sightings")
    await bot.say("ana", chat, "!scan forget")
    assert "cannot be undone" in bot.texts(chat)[-1]
    assert await bot.count("scanner_sightings") == sightings > 0


async def test_everything_about_the_chat_goes_and_consent_with_it(bot: BotHarness) -> None:
    chat, other = await bot.group("club"), await bot.group("family", admin="eve")
    for each, admin in ((chat, "ana"), (other, "eve")):
        await bot.say("bob", each, f"look {BAD}")
        await bot.say(admin, each, "!scan allow example.org")
        await bot.say(admin, each, "!language de")
        await bot.say(admin, each, "!scan privacy local")
    await bot.say("ana", chat, "!scan forget everything")
    bot.transport.performed.clear()
    for table in re.findall(r"FROM (\w+)", " ".join(ERASE)):
        chats = {key for (key,) in await bot.database.fetch(f"SELECT chat FROM {table}")}
        assert len(chats) <= 1, table
    assert await bot.count("audit", "action = 'scan forget'") == 1
    assert await bot.count("audit", "action = 'scan allow'") == 1
    await bot.say("bob", chat, f"look {BAD}")
    assert bot.sent(chat) == []
    await bot.say("bob", other, f"look {BAD} again")
    assert bot.sent(other) != []


async def test_in_a_direct_chat_it_is_the_persons_own_to_forget(bot: BotHarness) -> None:
    chat = bot.direct("bob")
    await bot.say("bob", chat, f"look {BAD}")
    await bot.say("bob", chat, "!scan forget everything")
    assert bot.texts(chat)[-1] == "Done. I keep nothing about this chat any more."
    assert await bot.count("scanner_sightings") == 0


def test_no_table_that_knows_chats_is_left_out() -> None:
    """A table that is added must say whether it goes with its chat."""
    made = "\n".join(step.sql["sqlite"] for step in MIGRATIONS)
    tables = re.findall(r"CREATE TABLE (\w+) \((.*?)\n\)", made, re.DOTALL)
    knowing = {name for name, columns in tables if re.search(r"^\s+chat\s", columns, re.MULTILINE)}
    ends_by_itself = {"scanner_locks"}  # without it, who is locked out would stay so
    assert knowing - ends_by_itself == set(re.findall(r"FROM (\w+)", " ".join(ERASE)))


@pytest.mark.parametrize(
    ("level", "shown", "hidden"),
    [
        ("local", ["Not asked at this level: First, Second"], ["• First", "Advisory"]),
        ("hash-only", ["• First: sees the beginning of a fingerprint", "Advisory", "this level: Second"], ["• Second"]),
        ("full", ["• First: sees", "• Second: sees the whole link", "Advisory"], ["Not asked"]),
    ],
)
async def test_it_is_told_which_source_sees_what(
    opinions: Opinions, level: str, shown: list[str], hidden: list[str]
) -> None:
    first, second = Oracle("first"), Oracle("second", Sends.URL)
    first.about = replace(first.about, notice="Advisory of the First")
    async with running(scanner(opinions, sources=[first, second])) as bot:
        await bot.say("bob", bot.direct("bob"), f"scan privacy {level}")
        (text,) = bot.texts()
    assert all(each in text for each in shown)
    assert not any(each in text for each in hidden)
