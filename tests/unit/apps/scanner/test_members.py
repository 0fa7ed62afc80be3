"""Who is new in a group, and what that says about a link."""

from __future__ import annotations

import pytest
from tests.support.evidence import link as parsed
from tests.support.evidence import tables
from tests.support.opinions import NICE, Opinions, link

from whinchat.apps.scanner.evidence.newcomer import NEW, new_member
from whinchat.apps.scanner.evidence.situation import Situation
from whinchat.apps.scanner.members import Members, member_called, same
from whinchat.core.types import ChatKind, ChatRef, Group, MembershipChange, MessageRef, UserRef
from whinchat.testing.harness import BotHarness

HOUR = 3600
DORA = UserRef("9@lid", phone="+15550009", lid="9@lid", name="Dora")


@pytest.fixture
def members(bot: BotHarness) -> Members:
    return Members(bot.database, bot.sealer, bot.clock)


async def age(bot: BotHarness, members: Members, chat: ChatRef, user: UserRef) -> int | None:
    return await members.age(bot.sealer.digest("chat", "fake", chat.id), "fake", user)


@pytest.mark.parametrize("change", [MembershipChange.JOIN, MembershipChange.ADD])
async def test_who_comes_is_new(bot: BotHarness, family: ChatRef, members: Members, change: MembershipChange) -> None:
    await bot.membership("ana", family, change, ["dora", "carl"])
    bot.clock.move(HOUR)
    assert await age(bot, members, family, UserRef("dora")) == HOUR * 1000
    assert await age(bot, members, family, UserRef("eve")) is None


@pytest.mark.parametrize("change", [MembershipChange.LEAVE, MembershipChange.REMOVE])
async def test_who_left_and_comes_again_is_new_again(
    bot: BotHarness, family: ChatRef, members: Members, change: MembershipChange
) -> None:
    await bot.membership("ana", family, MembershipChange.ADD, ["dora"])
    bot.clock.move(HOUR)
    await bot.membership("ana", family, change, ["dora"])
    assert await age(bot, members, family, UserRef("dora")) is None
    await bot.membership("ana", family, MembershipChange.ADD, ["dora"])
    assert await age(bot, members, family, UserRef("dora")) == 0


async def test_a_promotion_changes_nothing_about_that(bot: BotHarness, family: ChatRef, members: Members) -> None:
    await bot.membership("ana", family, MembershipChange.PROMOTE, ["eve"])
    assert await age(bot, members, family, UserRef("eve")) is None


async def test_without_consent_nothing_is_noted(bot: BotHarness) -> None:
    silent = await bot.group("silent", admin="ana", consent=False)
    await bot.membership("ana", silent, MembershipChange.ADD, ["dora"])
    assert await bot.count("scanner_members") == 0


async def test_the_bots_own_coming_is_not_a_members(bot: BotHarness, family: ChatRef) -> None:
    assert await bot.count("scanner_members") == 0


async def test_a_person_is_one_under_both_ids(bot: BotHarness, family: ChatRef, members: Members) -> None:
    chat = bot.sealer.digest("chat", "fake", family.id)
    statements = members.came(chat, "fake", UserRef("9@lid", lid="9@lid"))
    for statement in (*statements, *members.came(chat, "fake", DORA)):
        await bot.database.fetch(statement.sql, statement.args)
    assert await bot.count("scanner_members") == 1
    assert await age(bot, members, family, UserRef("15550009@s", phone="+15550009")) == 0


async def test_after_a_month_nobody_is_new(bot: BotHarness, family: ChatRef, members: Members) -> None:
    await bot.membership("ana", family, MembershipChange.ADD, ["dora"])
    statement = members.retention(HOUR * 1000)
    bot.clock.move(HOUR)
    assert await bot.database.fetch(statement.sql, statement.args) == []
    bot.clock.move(1)
    statement = members.retention(HOUR * 1000)
    assert len(await bot.database.fetch(statement.sql, statement.args)) == 1


@pytest.mark.parametrize(
    ("called", "known"),
    [("9@lid", True), ("9", True), ("15550009", True), ("+15550009", True), ("Dora", False), ("1555", False)],
)
def test_a_mention_names_a_person_by_an_id_or_a_number(called: str, known: bool) -> None:
    group = Group(ChatRef("g", ChatKind.GROUP), "g", (UserRef("ana"), DORA), ("ana",))
    assert same(DORA, called) is known
    assert (member_called(group, called) == DORA) is known


# --- evidence ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sender_age", "says"), [(None, False), (0, True), (NEW - 1, True), (NEW, False)])
def test_a_new_member_is_evidence(sender_age: int | None, says: bool) -> None:
    found = new_member(parsed("https://example.com/"), Situation(tables(), sender_age=sender_age))
    assert (found is not None) is says


async def test_what_somebody_new_posts_weighs_more(bot: BotHarness, family: ChatRef, opinions: Opinions) -> None:
    opinions.weighs = True
    await bot.membership("ana", family, MembershipChange.JOIN, ["dora"])
    for who in ("eve", "dora"):
        await bot.say(who, family, link(f"{who}.{NICE}"))
    assert await around(bot) == [False, True]


async def test_what_somebody_new_only_quotes_does_not(bot: BotHarness, family: ChatRef, opinions: Opinions) -> None:
    opinions.weighs = True
    await bot.membership("ana", family, MembershipChange.JOIN, ["dora"])
    await bot.say("dora", family, "really?", quoted=bot.quoting(MessageRef(family, "old", "eve"), link(NICE)))
    assert await around(bot) == [False]


async def around(bot: BotHarness) -> list[bool]:
    """Of every link that was seen, whether its sender was noticed to be new."""
    rows = await bot.database.fetch("SELECT body FROM scanner_sightings ORDER BY id")
    return [b"new_member" in row[0] for row in rows if isinstance(row[0], bytes)]
