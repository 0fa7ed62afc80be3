"""Strikes, trials, floods and notices: what a group goes through with somebody who keeps posting danger."""

from __future__ import annotations

import msgspec
import pytest
from tests.support.governed import done, policy
from tests.support.opinions import EVIL, NICE, SHADY, link

from whinchat.apps.scanner.notices import MOST
from whinchat.core.dispatch.audit import Audit
from whinchat.core.types import (
    ChatKind,
    ChatRef,
    Delete,
    GroupChanged,
    LockGroup,
    MembershipChange,
    MessageRef,
    RemoveMember,
    SendText,
    UserRef,
)
from whinchat.testing.harness import BotHarness

ANA = ChatRef("ana", ChatKind.DIRECT)
"""Where Ana's notices arrive."""
MINUTE, HOUR, DAY = 60, 3600, 86_400


@pytest.fixture
async def guarded(bot: BotHarness) -> ChatRef:
    """A group in which the bot is an admin and Ana hears what it does."""
    chat = await bot.group("guarded", admin="ana", members=["bob", "eve"], bot_is_admin=True)
    await bot.say("ana", chat, "!scan notices on")
    bot.transport.performed.clear()
    return chat


async def offend(bot: BotHarness, chat: ChatRef, times: int, who: str = "eve") -> MessageRef:
    """So many messages with a dangerous link, each its own; the last one."""
    message = MessageRef(chat, "", who)
    for _ in range(times):
        message = await bot.say(who, chat, link(EVIL, f"{bot.clock.now()}-{await bot.count('scanner_sightings')}"))
    return message


# --- strikes -----------------------------------------------------------------------------------------------------


async def test_from_the_third_strike_on_the_next_action_follows(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "strike_action delete")
    await offend(bot, guarded, 2)
    assert done(bot, guarded) == []
    third = await offend(bot, guarded, 1)
    fourth = await offend(bot, guarded, 1)
    assert done(bot, guarded) == [Delete(third), Delete(fourth)]


async def test_strikes_are_progressive(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "strikes 2", "strike_action notify_admins,delete,remove_member")
    await offend(bot, guarded, 3)
    assert done(bot, guarded) == []
    await offend(bot, guarded, 2)
    assert [type(each) for each in done(bot, guarded)] == [Delete, Delete]
    await offend(bot, guarded, 1)
    assert done(bot, guarded)[2:] == [RemoveMember("eve")]


async def test_what_the_bot_changed_in_a_group_is_known_at_once(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn,remove_member")
    await offend(bot, guarded, 1)
    await bot.say("ana", guarded, "!scan strikes")
    assert "No longer here: 1" in bot.texts(guarded)[-1]


async def test_a_strike_is_forgotten_after_a_week(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "strike_action remove_member")
    await offend(bot, guarded, 2)
    bot.clock.move(7 * DAY)
    await offend(bot, guarded, 2)
    assert done(bot, guarded) == []
    await offend(bot, guarded, 1)
    assert done(bot, guarded) == [RemoveMember("eve")]


async def test_one_message_is_one_strike_however_many_links_it_has(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "strike_action delete")
    await bot.say("eve", guarded, " ".join(link(f"{name}.{EVIL}") for name in "abcd"))
    await bot.say("ana", guarded, "!scan strikes")
    assert "@eve: 1" in bot.texts(guarded)[-1]


async def test_an_edit_of_the_same_message_is_no_second_strike(bot: BotHarness, guarded: ChatRef) -> None:
    message = await bot.say("eve", guarded, link(EVIL))
    await bot.edit("eve", message, link(f"x.{EVIL}"))
    await bot.say("ana", guarded, "!scan strikes")
    assert "@eve: 1" in bot.texts(guarded)[-1]


async def test_strikes_belong_to_one_member_of_one_chat(bot: BotHarness, guarded: ChatRef) -> None:
    club = await bot.group("club", admin="ana", members=["eve"], bot_is_admin=True)
    for chat in (guarded, club):
        await policy(bot, chat, "strike_action delete")
    await offend(bot, guarded, 2)
    await offend(bot, guarded, 2, "bob")
    await offend(bot, club, 2)
    assert done(bot, guarded) == done(bot, club) == []


async def test_a_suspicion_is_no_strike(bot: BotHarness, guarded: ChatRef) -> None:
    await bot.say("eve", guarded, link(SHADY))
    assert await bot.count("scanner_strikes") == 0


async def test_two_ids_of_one_member_share_their_strikes(bot: BotHarness, guarded: ChatRef) -> None:
    both = UserRef("77@lid", phone="+15550001", lid="77@lid")
    group = bot.transport.groups[guarded.id]
    bot.transport.groups[guarded.id] = msgspec.structs.replace(group, members=(*group.members, both))
    bot.clock.move(MINUTE)
    await policy(bot, guarded, "strike_action delete")
    for number, sender in enumerate((both, UserRef("15550001@s", phone="+15550001"), UserRef("77@lid", lid="77@lid"))):
        said = bot.message(sender.id, guarded, link(EVIL, str(number)))
        await bot.emit(msgspec.structs.replace(said, sender=sender))
    assert len(done(bot, guarded)) == 1
    await bot.say("ana", guarded, "!scan strikes @15550001")
    assert bot.texts(guarded)[-1] == "@77: strike 3 of 3."


async def test_a_false_alarm_takes_its_strike_back(bot: BotHarness, guarded: ChatRef) -> None:
    message = await bot.say("eve", guarded, link(EVIL))
    await offend(bot, guarded, 1)
    await bot.say("ana", guarded, "!scan report safe", quoted=bot.quoting(message, link(EVIL)))
    await bot.say("ana", guarded, "!scan strikes")
    assert "@eve: 1" in bot.texts(guarded)[-1]


async def test_an_allowed_link_was_no_offence(bot: BotHarness, guarded: ChatRef) -> None:
    await bot.say("eve", guarded, link(EVIL))
    await bot.say("ana", guarded, f"!scan allow {EVIL}")
    await bot.say("ana", guarded, "!scan strikes")
    assert bot.texts(guarded)[-1] == "Nobody here has strikes."


async def test_a_members_word_takes_no_strike_back(bot: BotHarness, guarded: ChatRef) -> None:
    message = await bot.say("eve", guarded, link(EVIL))
    await bot.say("bob", guarded, "!scan report safe", quoted=bot.quoting(message, link(EVIL)))
    assert await bot.count("scanner_strikes") == 1


async def test_a_strike_stands_while_another_link_of_the_message_is_dangerous(
    bot: BotHarness, guarded: ChatRef
) -> None:
    await bot.say("eve", guarded, f"{link(EVIL)} {link(f'other.{EVIL}')}")
    await bot.say("ana", guarded, f"!scan report {link(EVIL)} safe")
    assert await bot.count("scanner_strikes") == 1


async def test_who_is_close_to_the_next_step_is_told(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "strike_action remove_member")
    await bot.say("eve", guarded, link(EVIL))
    assert bot.texts(guarded)[0].endswith("\n\nStrike 1 of 3 for @eve.")
    text = next(each.action for each in bot.sent(guarded) if isinstance(each.action, SendText))
    assert text.mentions == ("eve",)


async def test_without_strikes_none_are_kept(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "strikes 0")
    await offend(bot, guarded, 4)
    assert await bot.count("scanner_strikes") == 0


# --- trials -----------------------------------------------------------------------------------------------------


async def test_a_dry_run_does_nothing_and_says_what_it_would_have_done(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn,react,delete,remove_member,lock_group", "dry_run on")
    message = await bot.say("eve", guarded, link(EVIL))
    assert done(bot, guarded) == []
    assert bot.quotes(guarded) == [message]
    (notice,) = bot.texts(ANA)
    assert notice.splitlines() == [
        "*guarded*: @eve posted a dangerous link, evil-site[.]com",
        "Trial: I would have deleted the message.",
        "Trial: I would have removed @eve from the group.",
        "Trial: I would have locked the group.",
        "Strike 1 of 3.",
    ]
    entries = await Audit(bot.database, bot.sealer, bot.clock).page()
    assert [entry.action for entry in entries if entry.action.startswith("scanner.dry_run")] == [
        "scanner.dry_run.lock_group",
        "scanner.dry_run.remove_member",
        "scanner.dry_run.delete",
    ]


# --- locks ------------------------------------------------------------------------------------------------------


async def test_a_flood_locks_the_group_for_a_while(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "lock_after 3")
    await offend(bot, guarded, 1)
    await offend(bot, guarded, 1, "bob")
    assert done(bot, guarded) == []
    await offend(bot, guarded, 1, "carl")
    assert done(bot, guarded) == [LockGroup(locked=True)]
    assert bot.texts(guarded)[-1].startswith("🔒 Too many dangerous links: only admins may write here until ")
    bot.clock.move(9 * MINUTE + 59)
    await bot.settle()
    assert bot.transport.groups[guarded.id].announce_only
    bot.clock.move(1)
    await bot.settle()
    assert done(bot, guarded) == [LockGroup(locked=True), LockGroup(locked=False)]
    assert bot.texts(guarded)[-1] == "Everybody may write here again."


async def test_three_dangerous_links_in_an_hour_are_no_flood(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "lock_after 3")
    for _ in range(6):
        await offend(bot, guarded, 1)
        bot.clock.move(3 * MINUTE)
    assert done(bot, guarded) == []


async def test_a_lock_ends_though_the_process_died(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious lock_group", "lock_minutes 30")
    await offend(bot, guarded, 1)
    await bot.crash()
    bot.clock.move(30 * MINUTE)
    await bot.settle()
    assert not bot.transport.groups[guarded.id].announce_only


async def test_danger_during_a_lock_does_not_lock_again(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn,lock_group")
    await offend(bot, guarded, 1)
    bot.clock.move(2 * MINUTE)
    await offend(bot, guarded, 1, "ana")
    assert done(bot, guarded) == [LockGroup(locked=True)]


async def test_a_group_that_was_locked_anew_opens_later(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn,lock_group")
    await offend(bot, guarded, 1)
    bot.clock.move(5 * MINUTE)
    await by_ana(bot, guarded, announce_only=False)
    await offend(bot, guarded, 1, "bob")
    bot.clock.move(5 * MINUTE)
    await bot.settle()
    assert bot.transport.groups[guarded.id].announce_only
    bot.clock.move(5 * MINUTE)
    await bot.settle()
    assert not bot.transport.groups[guarded.id].announce_only


async def test_what_an_admin_has_locked_stays_locked(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn,lock_group")
    await offend(bot, guarded, 1)
    for announce_only in (False, True):
        await by_ana(bot, guarded, announce_only=announce_only)
    bot.clock.move(HOUR)
    await bot.settle()
    assert done(bot, guarded) == [LockGroup(locked=True)]
    assert bot.transport.groups[guarded.id].announce_only


async def test_a_group_that_an_admin_locked_is_not_ours_to_open(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn,lock_group")
    await by_ana(bot, guarded, announce_only=True)
    await offend(bot, guarded, 1, "ana")
    bot.clock.move(HOUR)
    await bot.settle()
    assert done(bot, guarded) == []


async def test_what_the_network_tells_of_our_own_lock_changes_nothing(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn,lock_group")
    await offend(bot, guarded, 1)
    await changed(bot, guarded, "bot", announce_only=True)
    bot.clock.move(10 * MINUTE)
    await bot.settle()
    assert not bot.transport.groups[guarded.id].announce_only


async def test_a_new_name_of_the_group_is_no_matter_for_locks(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn,lock_group")
    await offend(bot, guarded, 1)
    event = GroupChanged(
        account="fake", chat=guarded, id="renamed", sender=UserRef("ana"), time=bot.clock.now(), subject="new"
    )
    await bot.emit(event)
    assert await bot.count("scanner_locks") == 1


async def by_ana(bot: BotHarness, chat: ChatRef, *, announce_only: bool) -> None:
    group = bot.transport.groups[chat.id]
    bot.transport.groups[chat.id] = msgspec.structs.replace(group, announce_only=announce_only)
    await changed(bot, chat, "ana", announce_only=announce_only)


async def changed(bot: BotHarness, chat: ChatRef, who: str, *, announce_only: bool) -> None:
    event = GroupChanged(
        account="fake",
        chat=chat,
        id=f"changed-{announce_only}",
        sender=UserRef(who),
        time=bot.clock.now(),
        announce_only=announce_only,
    )
    await bot.emit(event)


# --- notices ------------------------------------------------------------------------------------------------------


async def test_admins_who_asked_are_told_and_nobody_else(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn,notify_admins", "suspicious notify_admins")
    await bot.say("eve", guarded, link(EVIL))
    await bot.say("eve", guarded, link(SHADY))
    assert [text.splitlines()[0] for text in bot.texts(ANA)] == [
        "*guarded*: @eve posted a dangerous link, evil-site[.]com",
        "*guarded*: @eve posted a suspicious link, shady-site[.]com",
    ]
    assert {each.chat for each in bot.sent()} == {guarded, ANA}


async def test_who_is_no_admin_any_more_hears_nothing(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious notify_admins")
    group = bot.transport.groups[guarded.id]
    bot.transport.groups[guarded.id] = msgspec.structs.replace(group, admins=("bob", "bot"))
    await bot.membership("bob", guarded, MembershipChange.DEMOTE, ["ana"])
    await bot.say("eve", guarded, link(EVIL))
    assert bot.sent(ANA) == []


async def test_notices_end_when_the_admin_says_so(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious notify_admins")
    await bot.say("ana", guarded, "!scan notices off")
    await bot.say("eve", guarded, link(EVIL))
    assert bot.sent(ANA) == []
    assert await bot.count("scanner_notices") == 0


async def test_a_flood_of_notices_is_held_back_and_counted(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious notify_admins")
    await offend(bot, guarded, MOST + 7)
    assert len(bot.texts(ANA)) == MOST
    bot.clock.move(HOUR)
    await bot.settle()
    assert bot.texts(ANA)[MOST:] == ["*guarded*: 7 more things of this kind happened within the hour."]
    await offend(bot, guarded, 1)
    assert len(bot.texts(ANA)) == MOST + 2


async def test_members_reports_reach_the_admins(bot: BotHarness, guarded: ChatRef) -> None:
    message = await bot.say("eve", guarded, link(NICE))
    bot.transport.performed.clear()
    await bot.say("bob", guarded, "!scan report dangerous", quoted=bot.quoting(message, link(NICE)))
    (notice,) = bot.texts(ANA)
    assert notice.startswith("*guarded*: @bob says that this is dangerous: nice-site[.]com")
