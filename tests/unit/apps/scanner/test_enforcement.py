"""What follows for a message and its sender beyond a warning."""

from __future__ import annotations

import msgspec
import pytest
from tests.support.governed import done, policy
from tests.support.opinions import EVIL, NICE, SHADY, Opinions, link

from whinchat.apps.scanner import enforcement
from whinchat.apps.scanner.verdict import Level
from whinchat.core.dispatch.audit import Audit
from whinchat.core.ports import Job
from whinchat.core.types import (
    ChatKind,
    ChatRef,
    Delete,
    MembershipChange,
    MessageRef,
    RemoveMember,
    UserRef,
)
from whinchat.testing.harness import BotHarness
from whinchat.testing.transport import EVERYTHING

ANA = ChatRef("ana", ChatKind.DIRECT)
"""Where Ana's notices arrive."""
MINUTE = 60


@pytest.fixture
async def guarded(bot: BotHarness) -> ChatRef:
    """A group in which the bot is an admin and Ana hears what it does."""
    chat = await bot.group("guarded", admin="ana", members=["bob", "eve"], bot_is_admin=True)
    await bot.say("ana", chat, "!scan notices on")
    bot.transport.performed.clear()
    return chat


async def audited(bot: BotHarness) -> list[tuple[str, str]]:
    entries = await Audit(bot.database, bot.sealer, bot.clock).page()
    return [(entry.action, entry.detail) for entry in reversed(entries) if entry.via.value == "service"]


# --- what a policy does ----------------------------------------------------------------------------------------------


async def test_as_it_comes_nothing_is_taken_away(bot: BotHarness, guarded: ChatRef) -> None:
    for _ in range(9):
        await bot.say("eve", guarded, link(EVIL))
    assert done(bot, guarded) == []
    assert bot.transport.groups[guarded.id].members[2].id == "eve"


async def test_a_dangerous_message_is_deleted_and_said_without_showing_it_again(
    bot: BotHarness, guarded: ChatRef
) -> None:
    await policy(bot, guarded, "malicious warn,react,delete")
    message = await bot.say("eve", guarded, f"look {link(EVIL)}")
    assert next(each.action for each in bot.sent(guarded)) == Delete(message)
    assert done(bot, guarded) == [Delete(message)]
    (text,) = bot.texts(guarded)
    assert text.startswith("🗑️ I deleted a message of @eve.\n\n⛔ *Dangerous link:* evil-site[.]com")
    assert bot.quotes(guarded) == [None]
    assert bot.reactions(guarded) == []
    assert ("scanner.delete", "link_malicious evil-site[.]com") in await audited(bot)


async def test_who_posts_danger_is_removed_where_the_chat_wants_it(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn remove_member")
    await bot.say("eve", guarded, link(EVIL))
    assert done(bot, guarded) == [RemoveMember("eve")]
    assert "eve" not in {member.id for member in bot.transport.groups[guarded.id].members}


async def test_a_suspicion_takes_nothing_away(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious delete")
    await bot.say("eve", guarded, link(SHADY))
    assert done(bot, guarded) == []
    assert len(bot.texts(guarded)) == 1


@pytest.mark.parametrize(("chance", "deleted"), [(0.9899, False), (0.99, False), (0.9951, True)])
async def test_evidence_alone_must_be_as_sure_as_the_chat_asks(
    bot: BotHarness, guarded: ChatRef, opinions: Opinions, chance: float, deleted: bool
) -> None:
    await policy(bot, guarded, "malicious warn,delete", "delete_at 99.5")
    opinions.chances[EVIL] = chance
    message = await bot.say("eve", guarded, link(EVIL))
    assert done(bot, guarded) == ([Delete(message)] if deleted else [])
    assert await bot.count("scanner_strikes") == deleted
    assert len(bot.texts(guarded)) == 1


async def test_an_admins_rule_is_sure_enough(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious delete", "delete_at 100")
    await bot.say("ana", guarded, f"!scan deny {NICE}")
    message = await bot.say("eve", guarded, link(NICE))
    assert done(bot, guarded) == [Delete(message)]


async def test_what_a_message_only_quotes_is_not_held_against_its_sender(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn,delete")
    quoted = bot.quoting(MessageRef(guarded, "old", "eve"), link(EVIL))
    await bot.say("bob", guarded, "do not open that", quoted=quoted)
    assert done(bot, guarded) == []
    assert len(bot.texts(guarded)) == 1
    assert await bot.count("scanner_strikes") == 0


async def test_what_turns_out_to_be_dangerous_later_is_dealt_with_then(
    bot: BotHarness, guarded: ChatRef, opinions: Opinions
) -> None:
    await policy(bot, guarded, "malicious warn,delete")
    message = await bot.say("eve", guarded, link(NICE))
    assert bot.sent(guarded) == []
    opinions.change(NICE, Level.MALICIOUS)
    await bot.run_job(Job(kind="scanner.lists", key="watch"))
    assert done(bot, guarded) == [Delete(message)]
    assert await bot.count("scanner_strikes") == 1


async def test_an_edit_that_adds_danger_is_deleted(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn,delete")
    message = await bot.say("eve", guarded, "hello")
    await bot.edit("eve", message, link(EVIL))
    assert done(bot, guarded) == [Delete(message)]


async def test_in_a_direct_chat_there_is_nobody_to_punish(bot: BotHarness) -> None:
    direct = bot.direct("eve")
    await bot.say("eve", direct, "!scan policy malicious warn,delete")
    bot.transport.performed.clear()
    await bot.say("eve", direct, link(EVIL))
    assert done(bot, direct) == []
    assert len(bot.texts(direct)) == 1


# --- who ---------------------------------------------------------------------------------------------------------


async def test_admins_are_only_warned_where_they_are_exempt(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn,react,delete", "exempt admins")
    message = await bot.say("ana", guarded, link(EVIL))
    assert done(bot, guarded) == []
    assert bot.quotes(guarded) == [message]
    assert await bot.count("scanner_strikes") == 0


async def test_an_exempt_admin_is_known_under_both_ids(bot: BotHarness, guarded: ChatRef) -> None:
    group = bot.transport.groups[guarded.id]
    ana = UserRef("77@lid", phone="+15550001", lid="77@lid")
    bot.transport.groups[guarded.id] = msgspec.structs.replace(
        group, members=(*group.members, ana), admins=(*group.admins, "77@lid")
    )
    bot.clock.move(MINUTE)
    await policy(bot, guarded, "malicious warn,delete", "exempt admins")
    said = bot.message("15550001@s", guarded, link(EVIL))
    await bot.emit(msgspec.structs.replace(said, sender=UserRef("15550001@s", phone="+15550001")))
    assert done(bot, guarded) == []


async def test_a_demoted_admin_is_exempt_no_more(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn,delete", "exempt admins")
    await bot.say("ana", guarded, link(EVIL))
    assert done(bot, guarded) == []
    group = bot.transport.groups[guarded.id]
    bot.transport.groups[guarded.id] = msgspec.structs.replace(group, admins=("bob", "bot"))
    await bot.membership("bob", guarded, MembershipChange.DEMOTE, ["ana"])
    message = await bot.say("ana", guarded, link(EVIL, "again"))
    assert done(bot, guarded) == [Delete(message)]


async def test_the_bots_owner_and_the_bot_itself_are_never_punished(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn,delete,remove_member")
    await bot.say("owner", guarded, link(EVIL))
    await bot.say("bot", guarded, link(EVIL, "again"))
    assert done(bot, guarded) == []


# --- what is possible ----------------------------------------------------------------------------------------------


async def test_without_rights_the_bot_warns_as_ever_and_tells_admins_that_it_cannot_do_more(bot: BotHarness) -> None:
    chat = await bot.group("family", admin="ana", members=["eve"])
    await bot.say("ana", chat, "!scan notices on")
    await policy(bot, chat, "malicious warn,react,delete,remove_member,lock_group")
    message = await bot.say("eve", chat, link(EVIL))
    assert done(bot, chat) == []
    assert bot.quotes(chat) == [message]
    (notice,) = bot.texts(ANA)
    assert "I could not delete the message" in notice
    assert "I could not remove @eve" in notice
    assert "I could not lock the group" in notice
    assert [action for action, _ in await audited(bot)] == ["scanner.strike"]


async def test_what_the_network_cannot_do_is_not_tried(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn,delete,remove_member")
    bot.transport.become(msgspec.structs.replace(EVERYTHING, moderate_delete=False))
    await bot.say("eve", guarded, link(EVIL))
    assert done(bot, guarded) == [RemoveMember("eve")]


async def test_what_waits_for_the_group_is_left_when_consent_ends(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn,delete")
    bot.clock.move(2 * MINUTE)
    bot.transport.hide_groups(times=2)
    await bot.say("eve", guarded, link(EVIL))
    await bot.say("ana", guarded, "!scan revoke")
    bot.clock.move(10 * MINUTE)
    await bot.settle()
    assert done(bot, guarded) == []


async def test_a_network_that_is_slow_to_ask_holds_no_warning_back(
    bot: BotHarness, guarded: ChatRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    await policy(bot, guarded, "malicious warn,delete")
    bot.clock.move(2 * MINUTE)
    monkeypatch.setattr(enforcement, "PATIENCE", 0)
    answer = bot.transport.hold_groups()
    await bot.say("eve", guarded, link(EVIL))
    assert len(bot.texts(guarded)) == 1
    assert done(bot, guarded) == []
    monkeypatch.undo()
    answer()
    bot.clock.move(10 * MINUTE)
    await bot.settle()
    assert len(done(bot, guarded)) == 1


async def test_a_group_that_cannot_be_asked_is_dealt_with_when_it_can(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "malicious warn,delete")
    bot.clock.move(2 * MINUTE)
    bot.transport.hide_groups(times=2)
    message = await bot.say("eve", guarded, link(EVIL))
    assert bot.quotes(guarded) == [message]
    assert done(bot, guarded) == []
    bot.clock.move(10 * MINUTE)
    await bot.settle()
    assert done(bot, guarded) == [Delete(message)]
    assert len(bot.texts(guarded)) == 1
