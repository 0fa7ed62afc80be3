"""What every transport does the same when the bot acts: `perform`, how sure it is of it, and what it cannot do."""

from __future__ import annotations

import re

import pytest
from tests.support.stages import RecordingSink, Stage
from tests.support.stories import needs, own

from whinchat.core.errors import TransportError
from whinchat.core.types import (
    Action,
    Certainty,
    Content,
    Delete,
    Edit,
    LockGroup,
    Media,
    MediaKind,
    MembershipChange,
    React,
    RemoveMember,
    Revoke,
    SendMedia,
    SendText,
)


async def test_what_the_bot_does_arrives_in_order(stage: Stage, sink: RecordingSink) -> None:
    needs(stage, "quote", "media_out", "react")
    said = await stage.post(stage.bob, Content(text="spam"))
    perform = stage.transport.perform
    sent = await perform(stage.group, SendText("carefull", quote=said, mentions=(stage.bob.id,)), "r1")
    assert (sent.certainty, sent.error) == (Certainty.SENT, None)
    picture = SendMedia(MediaKind.IMAGE, "image/png", b"png", "caption", "a.png", quote=said)
    results = [await perform(stage.group, picture, "r2"), await perform(stage.group, React(said, "⚠️"), "r3")]
    assert {result.certainty for result in results} == {Certainty.SENT}
    assert results[0].message_id not in {None, sent.message_id}
    assert stage.arrived() == ["text carefull", "media", "react"]


async def test_a_text_as_long_as_the_network_takes_arrives_whole(stage: Stage, sink: RecordingSink) -> None:
    text = "☂" + "😀" * ((stage.transport.capabilities.max_text - 1) // 2)
    sent = await stage.transport.perform(stage.group, SendText(text), "r1")
    assert (sent.certainty, sent.error) == (Certainty.SENT, None)
    assert stage.arrived() == [f"text {text}"]


async def test_the_bot_takes_back_what_was_said(stage: Stage, sink: RecordingSink) -> None:
    needs(stage, "edit", "moderate_delete", "revoke")
    said = await stage.post(stage.bob, Content(text="spam"))
    perform = stage.transport.perform
    sent = await perform(stage.group, SendText("carefull"), "r1")
    mine = own(stage, sent.message_id)
    actions: tuple[Action, ...] = (Edit(mine, "careful"), Delete(said), Revoke(mine))
    for number, action in enumerate(actions):
        result = await perform(stage.group, action, f"r{number + 2}")
        assert (result.certainty, result.error) == (Certainty.SENT, None)
    assert stage.arrived() == ["text carefull", "edit", "delete", "revoke"]


async def test_what_a_network_cannot_do_is_refused_for_good(stage: Stage, sink: RecordingSink) -> None:
    said = await stage.post(stage.bob, Content(text="spam"))
    sent = await stage.transport.perform(stage.group, SendText("hello"), "r1")
    mine = own(stage, sent.message_id)
    impossible: dict[str, Action] = {
        "edit": Edit(mine, "hello!"),
        "revoke": Revoke(mine),
        "moderate_delete": Delete(said),
        "remove_member": RemoveMember(stage.eve.id),
        "lock_group": LockGroup(locked=True),
    }
    lacking = {name: action for name, action in impossible.items() if not getattr(stage.transport.capabilities, name)}
    if not lacking:
        pytest.skip(f"{stage.transport.account} can do everything")
    for name, action in lacking.items():
        result = await stage.transport.perform(stage.group, action, name)
        assert (result.certainty, result.retry_after) == (Certainty.REJECTED, None)
        assert result.error
    assert stage.arrived() == ["text hello"]


async def test_as_an_admin_the_bot_removes_members_and_locks_the_group(stage: Stage, sink: RecordingSink) -> None:
    needs(stage, "groups", "remove_member", "lock_group")
    perform = stage.transport.perform
    before = await stage.transport.group(stage.group)
    assert before is not None
    assert before.me in before.admins
    assert not before.announce_only
    locked = await perform(stage.group, LockGroup(locked=True), "r1")
    removed = await perform(stage.group, RemoveMember(stage.eve.id), "r2")
    assert (locked.certainty, removed.certainty) == (Certainty.SENT, Certainty.SENT)
    after = await stage.transport.group(stage.group)
    assert after is not None
    assert after.announce_only
    assert stage.eve.id not in {member.id for member in after.members}
    await perform(stage.group, LockGroup(locked=False), "r3")
    opened = await stage.transport.group(stage.group)
    assert opened is not None
    assert not opened.announce_only
    assert stage.arrived() == ["lock_group", "remove_member", "lock_group"]


async def test_what_only_an_admin_may_do_is_refused_to_a_bot_that_is_none(stage: Stage, sink: RecordingSink) -> None:
    needs(stage, "groups", "moderate_delete", "remove_member", "lock_group")
    said = await stage.post(stage.bob, Content(text="spam"))
    await stage.demote_bot()
    for action in (Delete(said), RemoveMember(stage.eve.id), LockGroup(locked=True)):
        result = await stage.transport.perform(stage.group, action, str(action.__struct_config__.tag))
        assert (result.certainty, result.error) == (Certainty.REJECTED, "not_admin")
    group = await stage.transport.group(stage.group)
    assert group is not None
    assert not group.announce_only
    assert stage.eve.id in {member.id for member in group.members}
    assert stage.arrived() == []


async def test_who_is_not_there_cannot_be_removed(stage: Stage, sink: RecordingSink) -> None:
    needs(stage, "groups", "remove_member")
    await stage.member(MembershipChange.LEAVE, stage.eve)
    result = await stage.transport.perform(stage.group, RemoveMember(stage.eve.id), "r1")
    assert (result.certainty, result.error) == (Certainty.REJECTED, "not_member")


async def test_a_message_of_ours_is_edited_by_its_id_alone_and_as_often_as_that_is_asked(
    stage: Stage, sink: RecordingSink
) -> None:
    needs(stage, "edit")
    perform = stage.transport.perform
    sent = await perform(stage.group, SendText("suspicious"), "r1")
    for number in range(2):
        edit = Edit(own(stage, sent.message_id), "dangerous")
        result = await perform(stage.group, edit, f"r{number + 2}")
        assert (result.certainty, result.error) == (Certainty.SENT, None)
    assert stage.arrived()[1:] == ["edit", "edit"]


async def test_a_rejected_send_did_not_happen(stage: Stage, sink: RecordingSink) -> None:
    await stage.reject(retry_after=None)
    await stage.reject(retry_after=2.5)
    for_good = await stage.transport.perform(stage.group, SendText("one"), "r1")
    for_now = await stage.transport.perform(stage.group, SendText("one"), "r1")
    assert (for_good.certainty, for_good.retry_after) == (Certainty.REJECTED, None)
    assert for_now.certainty is Certainty.REJECTED
    assert for_now.retry_after is not None
    assert 2.5 <= for_now.retry_after <= 3
    assert all(re.fullmatch(r"[a-z0-9_]+", result.error or "") for result in (for_good, for_now))
    assert (await stage.transport.perform(stage.group, SendText("one"), "r1")).certainty is Certainty.SENT
    assert stage.arrived() == ["text one"]


async def test_an_unknown_send_may_have_happened_or_not(stage: Stage, sink: RecordingSink) -> None:
    await stage.lose()
    await stage.leave_unconfirmed()
    lost = await stage.transport.perform(stage.group, SendText("lost"), "r1")
    unconfirmed = await stage.transport.perform(stage.group, SendText("arrived"), "r2")
    assert lost == unconfirmed
    assert (lost.certainty, lost.message_id, lost.retry_after) == (Certainty.UNKNOWN, None, None)
    assert stage.arrived() == ["text arrived"]


async def test_nothing_is_sent_twice_or_held_back_by_the_transport_itself(stage: Stage, sink: RecordingSink) -> None:
    for _ in range(2):
        await stage.transport.perform(stage.group, SendText("same"), "same reference")
    assert stage.arrived() == ["text same", "text same"]


async def test_a_stopped_transport_sends_nothing_and_says_so(stage: Stage, sink: RecordingSink) -> None:
    await stage.transport.stop(5)
    result = await stage.transport.perform(stage.group, SendText("hello?"), "r1")
    assert (result.certainty, result.message_id) == (Certainty.REJECTED, None)
    assert result.retry_after is not None
    for question in (
        stage.transport.group(stage.group),
        stage.transport.download(Media(MediaKind.IMAGE, "handle"), 10),
    ):
        with pytest.raises(TransportError) as error:
            await question
        assert error.value.retryable
    assert stage.arrived() == []
