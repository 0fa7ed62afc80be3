"""Invitations to other groups and channels."""

from __future__ import annotations

import pytest
from tests.support.governed import done, policy
from tests.support.opinions import EVIL, link

from whinchat.apps.scanner.invites import is_invite
from whinchat.apps.scanner.links.extract import links_of
from whinchat.core.types import ChatRef, Content, Delete, GroupInvite, MessageRef
from whinchat.testing.harness import BotHarness


@pytest.fixture
async def guarded(bot: BotHarness) -> ChatRef:
    return await bot.group("guarded", admin="ana", members=["bob", "eve"], bot_is_admin=True)


@pytest.mark.parametrize(
    "text",
    [
        "https://chat.whatsapp.com/AbCdEf123456",
        "chat.whatsapp.com/AbCdEf123456",
        "https://whatsapp.com/channel/0029Va",
        "https://t.me/joinchat/AAAA",
        "https://t.me/+AbCd",
        "t.me/cheap_crypto",
        "https://telegram.me/somewhere",
        "tg://join?invite=AAAA",
        "https://discord.gg/abc",
        "https://discord.com/invite/abc",
        "https://signal.group/#CjQK",
        "https://line.me/R/ti/g/abc",
        "https://invite.viber.com/?g2=abc",
    ],
)
def test_what_brings_people_into_a_group_is_an_invitation(text: str) -> None:
    (found,) = links_of(text)
    assert is_invite(found)


@pytest.mark.parametrize(
    "text",
    [
        "https://t.me/share/url?url=x",
        "https://t.me/",
        "https://wa.me/15550100001",
        "https://discord.com/channels/1/2",
        "https://whatsapp.com/download",
        "https://chat.whatsapp.com/",
        "https://chat.whatsapp.com.example.com/AbC",
        "https://example.com/t.me/+AbCd",
        "mailto:ana@example.com",
    ],
)
def test_other_links_are_none(text: str) -> None:
    assert not any(map(is_invite, links_of(text)))


async def test_as_it_comes_invitations_are_nobodys_business(bot: BotHarness, guarded: ChatRef) -> None:
    await bot.say("eve", guarded, "https://chat.whatsapp.com/AbCdEf123456")
    assert bot.sent(guarded) == []


INVITATION = Content(invite=GroupInvite(code="AbCdEf123456", group_name="Cheap coins"))


@pytest.mark.parametrize("said", ["join https://t.me/+AbCd", INVITATION])
async def test_a_chat_can_have_members_told(bot: BotHarness, guarded: ChatRef, said: str | Content) -> None:
    await policy(bot, guarded, "invites warn")
    message = await bot.say("eve", guarded, said)
    assert bot.texts(guarded) == ["Invitations to other groups and channels are not wanted here. Ask an admin first."]
    assert bot.quotes(guarded) == [message]
    assert await bot.count("scanner_strikes") == 0


async def test_a_chat_can_have_them_deleted(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "invites delete")
    message = await bot.say("eve", guarded, INVITATION)
    assert done(bot, guarded) == [Delete(message)]
    assert bot.texts(guarded)[0].startswith("🗑️ I deleted a message of @eve.\n\nInvitations")
    assert await bot.count("scanner_strikes") == 1


async def test_admins_may_invite(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "invites delete")
    await bot.say("ana", guarded, INVITATION)
    assert bot.sent(guarded) == []


async def test_who_cannot_be_asked_about_is_left_in_peace(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "invites delete")
    bot.clock.move(60)
    bot.transport.hide_groups()
    await bot.say("eve", guarded, INVITATION)
    assert bot.sent(guarded) == []


async def test_quoting_an_invitation_is_no_inviting(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "invites delete")
    quoted = bot.quoting(MessageRef(guarded, "old", "eve"), "https://t.me/+AbCd")
    await bot.say("bob", guarded, "we do not want that", quoted=quoted)
    assert bot.sent(guarded) == []


async def test_a_flood_of_invitations_is_answered_seldom_and_deleted_always(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "invites delete")
    bot.limiter.close(f"invite:{bot.sealer.digest('chat', 'fake', guarded.id).hex()}", 30)
    message = await bot.say("eve", guarded, INVITATION)
    assert [each.action for each in bot.sent(guarded)] == [Delete(message)]


async def test_in_quiet_hours_they_are_deleted_without_a_word(bot: BotHarness, guarded: ChatRef) -> None:
    await policy(bot, guarded, "invites delete")
    await bot.say("ana", guarded, "!scan mute")
    bot.transport.performed.clear()
    message = await bot.say("eve", guarded, INVITATION)
    assert [each.action for each in bot.sent(guarded)] == [Delete(message)]


async def test_what_is_deleted_as_danger_is_no_matter_of_invitations_any_more(
    bot: BotHarness, guarded: ChatRef
) -> None:
    await policy(bot, guarded, "invites delete", "malicious warn,delete")
    message = await bot.say("eve", guarded, f"{link(EVIL)} https://t.me/+AbCd")
    assert done(bot, guarded) == [Delete(message)]
    assert len(bot.texts(guarded)) == 1


async def test_in_a_direct_chat_nobody_minds(bot: BotHarness) -> None:
    direct = bot.direct("eve")
    await policy(bot, direct)
    await bot.say("eve", direct, "!scan policy invites delete")
    bot.transport.performed.clear()
    await bot.say("eve", direct, INVITATION)
    assert done(bot, direct) == []
