from __future__ import annotations

import pytest
from tests.support.worlds import Town

from whinchat.core.types import (
    Action,
    Certainty,
    ChatKind,
    ChatRef,
    Content,
    Delete,
    DeliveryUpdate,
    Edit,
    LockGroup,
    MediaKind,
    MessageRef,
    Quoted,
    React,
    RemoveMember,
    Revoke,
    SendMedia,
    SendResult,
    SendText,
)
from whinchat.transports.simulator.faults import Fault, FaultKind
from whinchat.transports.simulator.feed import Disconnected
from whinchat.transports.simulator.realm import Bounds
from whinchat.transports.simulator.transcript import EntryKind


@pytest.fixture
def town() -> Town:
    town = Town()
    town.meet()
    return town


def own(town: Town, identity: str | None) -> MessageRef:
    assert identity is not None
    return MessageRef(town.ref(), identity, "", from_me=True)


def test_a_text_arrives_with_its_quote_and_mentions(town: Town) -> None:
    said = town.say(town.bob, "look")
    quote = MessageRef(town.ref(), said.id, town.bob.id)
    result = town.do(SendText("careful!", quote=quote, mentions=(town.bob.id,))).result
    assert result.certainty is Certainty.SENT
    assert result.message_id is not None
    message = town.chat.message(town.bot.id, result.message_id)
    assert message.content == Content(text="careful!")
    assert message.quoted == Quoted(said.id, town.bob.id, Content(text="look"))
    assert message.mentions == (town.bob.id,)


def test_media_arrives_with_its_bytes(town: Town) -> None:
    first = town.send("see below")
    action = SendMedia(MediaKind.DOCUMENT, "text/csv", b"a,b", "the list", "list.csv", own(town, first.message_id))
    result = town.do(action).result
    assert result.message_id is not None
    message = town.chat.message(town.bot.id, result.message_id)
    assert message.content.text == "the list"
    assert message.content.media is not None
    assert message.content.media.file_name == "list.csv"
    assert town.world.download(message.content.media, 3) == b"a,b"
    assert message.quoted is not None


def test_the_bot_reacts_edits_takes_back_and_as_an_admin_deletes(town: Town) -> None:
    said = town.say(town.bob, "spam")
    sent = town.send("carefull")
    assert sent.message_id is not None
    message = town.chat.message(town.bot.id, sent.message_id)
    target = MessageRef(town.ref(), said.id, town.bob.id)
    town.world.groups.promote(town.chat, town.ana, (town.bot,))

    assert town.do(React(target, "⚠️")).result == SendResult(Certainty.SENT)
    assert said.reactions == {town.bot.id: "⚠️"}
    assert town.do(Edit(own(town, sent.message_id), "careful")).result == SendResult(Certainty.SENT)
    assert message.content.text == "careful"
    assert town.do(Delete(target)).result == SendResult(Certainty.SENT)
    assert said.revoked_by == town.bot.id
    assert town.do(Revoke(own(town, sent.message_id))).result == SendResult(Certainty.SENT)
    assert message.revoked_by == town.bot.id
    actions = [(entry.action, entry.arrived) for entry in town.entries(EntryKind.SEND)]
    assert actions == [("text", True), ("react", True), ("edit", True), ("delete", True), ("revoke", True)]


def test_as_an_admin_the_bot_removes_members_and_locks_the_group_and_the_chat_shows_it(town: Town) -> None:
    town.world.groups.promote(town.chat, town.ana, (town.bot,))
    for action in (LockGroup(locked=True), RemoveMember(town.bob.id), LockGroup(locked=False)):
        assert town.do(action).result == SendResult(Certainty.SENT)
    assert town.bob.id not in town.chat.members
    shown = [message.notice for message in town.chat.history(None, 9) if message.sender == town.bot.id]
    assert [(notice.what, notice.people, notice.text) for notice in shown if notice is not None] == [
        ("announce", (), "on"),
        ("remove", (town.bob.id,), ""),
        ("announce", (), "off"),
    ]
    group = town.world.group(town.bot, town.ref())
    assert group is not None
    assert group.me == town.bot.id


def test_a_direct_chat_begins_with_the_first_message(town: Town) -> None:
    result = town.do(SendText("hello"), ChatRef(town.eve.id, ChatKind.DIRECT)).result
    assert result.certainty is Certainty.SENT
    assert town.texts(town.world.realm.direct(town.eve, town.bot)) == ["hello"]


def test_what_the_rules_forbid_is_rejected_for_good(town: Town) -> None:
    said = town.say(town.bob, "spam")
    theirs = MessageRef(town.ref(), said.id, town.bob.id)
    club = town.world.groups.create("Club", town.ana)
    silent = town.world.groups.create("News", town.ana, [town.bot], announce_only=True)
    refused: list[tuple[Action, ChatRef, str]] = [
        (Delete(theirs), town.ref(), "not_admin"),
        (RemoveMember(town.bob.id), town.ref(), "not_admin"),
        (RemoveMember("nobody"), town.ref(), "no_person"),
        (LockGroup(locked=True), town.ref(), "not_admin"),
        (LockGroup(locked=True), ChatRef(town.bob.id, ChatKind.DIRECT), "not_a_group"),
        (Edit(theirs, "x"), town.ref(), "not_own"),
        (Revoke(theirs), town.ref(), "not_own"),
        (React(MessageRef(town.ref(), "?", town.bob.id), "x"), town.ref(), "no_message"),
        (SendText("hi"), ChatRef(club.id, ChatKind.GROUP), "not_member"),
        (SendText("hi"), ChatRef(silent.id, ChatKind.GROUP), "announce_only"),
        (SendText("hi"), ChatRef("nowhere", ChatKind.GROUP), "no_chat"),
        (SendText("hi"), ChatRef("nobody", ChatKind.DIRECT), "no_person"),
        (SendText(""), town.ref(), "empty"),
        (SendText("\ud800"), town.ref(), "bad_text"),
        (SendText("😀" * 32_769), town.ref(), "too_long"),
    ]
    for action, chat, code in refused:
        assert town.do(action, chat).result == SendResult(Certainty.REJECTED, error=code)
    assert town.texts() == ["spam"]
    assert [entry.error for entry in town.entries(EntryKind.SEND)] == [code for _, _, code in refused]
    assert town.world.transcript.counts["arrived"] == 0


def test_too_late_to_edit(town: Town) -> None:
    sent = town.send("careful")
    town.clock.move(16 * 60)
    assert town.do(Edit(own(town, sent.message_id), "x")).result.error == "too_late"


@pytest.mark.parametrize(
    ("fault", "result", "seconds", "arrived"),
    [
        (Fault(kind=FaultKind.REJECT, error="banned"), SendResult(Certainty.REJECTED, error="banned"), 0, False),
        (
            Fault(kind=FaultKind.REJECT, error="rate_limited", retry_after=3),
            SendResult(Certainty.REJECTED, error="rate_limited", retry_after=3),
            0,
            False,
        ),
        (Fault(kind=FaultKind.LOST, seconds=9), SendResult(Certainty.UNKNOWN, error="timeout"), 9, False),
        (Fault(kind=FaultKind.UNCONFIRMED, seconds=9), SendResult(Certainty.UNKNOWN, error="timeout"), 9, True),
    ],
)
def test_a_send_can_fail_in_every_way(
    town: Town, fault: Fault, result: SendResult, seconds: float, arrived: bool
) -> None:
    fault.count = 1
    town.world.inject(fault)
    performed = town.do(SendText("careful"))
    assert (performed.result, performed.seconds) == (result, seconds)
    assert town.texts() == (["careful"] if arrived else [])
    (entry,) = town.entries(EntryKind.SEND)
    assert (entry.certainty, bool(entry.arrived)) == (result.certainty, arrived)
    assert town.send("again").certainty is Certainty.SENT


def test_a_slow_send_arrives_at_once_and_is_confirmed_late(town: Town) -> None:
    town.world.inject(Fault(kind=FaultKind.SLOW, seconds=9, chat=town.chat.id))
    performed = town.do(SendText("careful"))
    assert performed.seconds == 9
    assert performed.result.certainty is Certainty.SENT
    assert town.texts() == ["careful"]


def test_a_repeated_send_doubles_the_text_and_is_counted(town: Town) -> None:
    town.send("careful", reference="R")
    town.send("careful", reference="R")
    town.send("careful", reference="S")
    assert town.texts() == ["careful"] * 3
    assert town.world.transcript.counts["arrived"] == 3
    assert town.world.transcript.counts["doubled"] == 1
    assert [entry.reference for entry in town.entries(EntryKind.SEND)] == ["R", "R", "S"]


def test_told_to_the_world_answers_a_repeated_send_without_repeating_it(town: Town) -> None:
    town.world.set_dedupe(True)
    first, second = town.send("careful", reference="R"), town.send("careful", reference="R")
    assert first == second
    assert town.texts() == ["careful"]
    assert [entry.arrived for entry in town.entries(EntryKind.SEND)] == [True, False]
    town.world.set_dedupe(False)
    town.send("careful", reference="R")
    assert town.world.transcript.counts["doubled"] == 1


def test_a_send_that_was_lost_may_be_repeated(town: Town) -> None:
    town.world.set_dedupe(True)
    town.world.inject(Fault(kind=FaultKind.LOST, count=1))
    assert town.send("careful", reference="R").certainty is Certainty.UNKNOWN
    assert town.send("careful", reference="R").certainty is Certainty.SENT
    assert town.texts() == ["careful"]
    assert town.world.transcript.counts["doubled"] == 0


def test_references_are_remembered_up_to_a_bound() -> None:
    town = Town(bounds=Bounds(sends=2))
    town.meet()
    for reference in ("A", "B", "C", "A"):
        town.send("x", reference=reference)
    assert town.world.transcript.counts["doubled"] == 0


def test_without_a_connection_nothing_is_done(town: Town) -> None:
    town.world.detach(town.bot, town.session)
    with pytest.raises(Disconnected):
        town.send("careful")
    assert town.texts() == []


def test_two_bots_see_each_other_but_not_themselves(town: Town) -> None:
    second = town.world.bot("second")
    town.world.groups.add(town.chat, town.ana, (second,))
    town.events()
    session = town.world.attach(second, lambda: None)
    town.world.take(second, session, 100, 100)
    town.send("I am the first")
    (parcel,) = town.world.take(second, session, 100, 100)
    assert parcel.item.account == "second"
    assert [type(event) for event in town.events()] == [DeliveryUpdate]
