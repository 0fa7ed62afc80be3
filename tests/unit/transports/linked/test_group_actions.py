"""What an account does in groups and with files, and what only an admin can do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.library import ANA, BOB, ME, NEONIZE, group_change
from tests.support.linked.desk import DIRECT, GROUP, Desk, family, returned

from whinchat.core.types import (
    Action,
    Certainty,
    ChatRef,
    Delete,
    Edit,
    LockGroup,
    MediaKind,
    MessageRef,
    React,
    RemoveMember,
    Revoke,
    SendMedia,
    SendResult,
    SendText,
)
from whinchat.transports.linked import callbacks, composing

BY_ANA = MessageRef(GROUP, "M9", ANA)
MINE = MessageRef(GROUP, "S1", "", from_me=True)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Online; Ana has written."""
    desk = Desk(tmp_path)
    await desk.go_online()
    await desk.hear()
    yield desk
    await desk.bot.stop(0)


def rejected(error: str, retry_after: float | None = None) -> SendResult:
    return SendResult(Certainty.REJECTED, error=error, retry_after=retry_after)


async def perform(desk: Desk, action: Action, chat: ChatRef = DIRECT) -> SendResult:
    return await desk.bot.perform(chat, action, "r1")


# --- files ---


async def test_a_picture_is_uploaded_and_then_sent(desk: Desk) -> None:
    picture = SendMedia(MediaKind.IMAGE, "image/png", b"png", "look")
    assert (await perform(desk, picture)).message_id == "S1"
    (message,) = desk.link.sent()
    assert (message.imageMessage.directPath, message.imageMessage.caption) == ("/f", "look")
    assert ("Upload", (b"png", 0)) in desk.link.calls


async def test_a_picture_that_cannot_be_uploaded_was_not_sent(desk: Desk) -> None:
    picture = SendMedia(MediaKind.IMAGE, "image/png", b"png")
    desk.link.fail("Upload", "failed to refresh media connections: websocket disconnected")
    assert await perform(desk, picture) == rejected("unreachable", composing.AGAIN)
    desk.link.hold("Upload")
    sending = asyncio.create_task(perform(desk, picture))
    await desk.clock.advance(composing.UPLOAD)
    assert await sending == rejected("upload_timeout", composing.AGAIN)
    assert desk.link.sent() == []


# --- groups ---


async def test_in_a_group_everything_names_members_as_the_group_does(desk: Desk) -> None:
    for action in (SendText("careful", quote=BY_ANA, mentions=(ANA,)), React(BY_ANA, "⚠️"), Delete(BY_ANA)):
        assert (await perform(desk, action, GROUP)).certainty is Certainty.SENT
    text, reaction, deletion = desk.link.sent()
    assert text.extendedTextMessage.contextInfo.mentionedJID == [ANA]
    assert reaction.reactionMessage.key.participant == ANA
    assert deletion.protocolMessage.key.participant == ANA
    assert desk.link.names().count("GetGroupInfo") == 1  # it was asked once


async def test_own_messages_are_edited_and_taken_back(desk: Desk) -> None:
    assert await perform(desk, Edit(MINE, "careful"), GROUP) == SendResult(Certainty.SENT)
    assert await perform(desk, Revoke(MINE), GROUP) == SendResult(Certainty.SENT)
    edit, revocation = desk.link.sent()
    assert edit.editedMessage.message.protocolMessage.key.ID == "S1"
    assert revocation.protocolMessage.key.fromMe


async def test_an_admin_removes_members_and_locks_the_group(desk: Desk) -> None:
    assert await perform(desk, RemoveMember(ANA), GROUP) == SendResult(Certainty.SENT)
    desk.link.answer("GetGroupInfo", family(ana=False), family(ana=False, announce=True))
    assert await perform(desk, LockGroup(locked=True), GROUP) == SendResult(Certainty.SENT)
    group = await desk.bot.group(GROUP)
    assert group is not None
    assert (group.announce_only, len(group.members), group.me) == (True, 2, ME)
    assert "UpdateGroupParticipants" in desk.link.names()
    assert (desk.link.calls[-2][0], desk.link.calls[-2][1][1]) == ("SetGroupAnnounce", 1)


async def test_who_is_no_admin_is_not_even_asked_for(desk: Desk) -> None:
    desk.link.answer("GetGroupInfo", *[family(admin=False)] * 9)
    for action in (Delete(BY_ANA), RemoveMember(ANA), LockGroup(locked=True)):
        assert await perform(desk, action, GROUP) == rejected("not_admin")
    assert {"SendMessage", "SetGroupAnnounce", "UpdateGroupParticipants"}.isdisjoint(desk.link.names())


async def test_before_anything_is_refused_the_network_is_asked_anew(desk: Desk) -> None:
    desk.link.answer("GetGroupInfo", family(admin=False), family(admin=True))
    assert (await perform(desk, Delete(BY_ANA), GROUP)).certainty is Certainty.SENT


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ("info query returned status 403: forbidden", rejected("not_admin")),
        ("info query returned status 404: item-not-found", rejected("not_in_group")),
        ("info query timed out", SendResult(Certainty.UNKNOWN, error="timeout")),
        ("websocket not connected", rejected("no_connection", composing.AGAIN)),
    ],
)
async def test_what_the_network_refuses_an_admin_is_told(desk: Desk, said: str, result: SendResult) -> None:
    desk.link.answer("SetGroupAnnounce", said.encode())
    assert await perform(desk, LockGroup(locked=True), GROUP) == result
    desk.link.fail("UpdateGroupParticipants", said)
    assert await perform(desk, RemoveMember(ANA), GROUP) == result


@pytest.mark.parametrize(("code", "error"), [(403, "not_admin"), (404, "not_member"), (500, "server_500")])
async def test_a_member_whom_the_network_keeps_is_still_there(desk: Desk, code: int, error: str) -> None:
    kept = NEONIZE.GroupParticipant()
    kept.ParseFromString(
        NEONIZE.UpdateGroupParticipantsReturnFunction.FromString(desk.link._usual("UpdateGroupParticipants"))
        .participants[0]
        .SerializeToString()
    )
    kept.Error = code
    desk.link.answer("UpdateGroupParticipants", returned("UpdateGroupParticipantsReturnFunction", participants=[kept]))
    assert await perform(desk, RemoveMember(ANA), GROUP) == rejected(error)


async def test_who_is_not_there_cannot_be_removed(desk: Desk) -> None:
    assert await perform(desk, RemoveMember("444@lid"), GROUP) == rejected("not_member")


async def test_nobody_hears_who_is_not_in_the_group_or_may_not_write_there(desk: Desk) -> None:
    desk.link.fail("GetGroupInfo", "you're not participating in that group")
    assert await perform(desk, SendText("hi"), GROUP) == rejected("not_in_group")
    assert await perform(desk, Delete(BY_ANA), GROUP) == SendResult(Certainty.SENT)  # asked anew
    await desk.link.tell(callbacks.GROUP_INFO, group_change(by=BOB, Demote=[ME]))
    desk.link.answer("GetGroupInfo", family(admin=False, announce=True))
    assert await perform(desk, SendText("hi"), GROUP) == rejected("announce_only")


async def test_a_group_that_cannot_be_asked_for_keeps_the_message_for_later(desk: Desk) -> None:
    desk.link.fail("GetGroupInfo", "info query timed out")
    assert await perform(desk, SendText("hi"), GROUP) == rejected("timeout", 1.0)
