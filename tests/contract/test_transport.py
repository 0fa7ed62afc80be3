"""What every transport does the same: `ports.Transport` over the fake, simulated worlds and the real networks.

Each story says what it needs; where a network lacks it, it is skipped and says so. What happens between people happens
in a group where there are groups, and in each one's own chat with the bot elsewhere.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from tests.support.stages import RecordingSink, Stage, until
from tests.support.stories import hears, needs, offered, own, texts

from whinchat.core.errors import TransportError
from whinchat.core.types import (
    ChatKind,
    ChatRef,
    ConnectionState,
    Content,
    Location,
    Media,
    MediaKind,
    MembershipChange,
    MembershipChanged,
    MessageEdited,
    MessageReceived,
    MessageRevoked,
    Poll,
    Quoted,
    ReactionChanged,
    SendText,
)

MANY = 500


async def test_it_says_what_it_is_and_how_it_is(stage: Stage) -> None:
    sink = RecordingSink()
    assert stage.transport.state is ConnectionState.STOPPED
    assert stage.transport.account
    assert stage.transport.capabilities.groups is (stage.group.kind is ChatKind.GROUP)
    assert stage.transport.capabilities.edit is (stage.transport.capabilities.edit_seconds > 0)
    await stage.transport.start(sink)
    await until(lambda: ConnectionState.ONLINE in sink.states)
    await stage.transport.stop(5)
    assert sink.states[-1] is ConnectionState.STOPPED


async def test_messages_come_as_they_were_posted(stage: Stage, sink: RecordingSink) -> None:
    place = Content(location=Location(52.5, 13.4, "Here"))
    said = await stage.post(stage.bob, Content(text="hello"), identity="X")
    await stage.post(stage.eve, place, identity="X")
    await until(lambda: len(sink.events) == 2)
    first, second = sink.events
    assert isinstance(first, MessageReceived)
    assert isinstance(second, MessageReceived)
    assert first.account == stage.transport.account
    assert (first.chat, first.id, first.sender, first.content) == (stage.group, "X", stage.bob, Content(text="hello"))
    assert first.ref == said
    assert (second.chat, second.id, second.sender) == (stage.chat(stage.eve), "X", stage.eve)
    assert second.content == place


async def test_a_poll_comes_with_its_question_and_answers(stage: Stage, sink: RecordingSink) -> None:
    hears(stage, "polls")
    poll = Content(poll=Poll("When?", ("now", "later")))
    await stage.post(stage.eve, poll)
    await until(lambda: len(sink.events) == 1)
    (event,) = sink.events
    assert isinstance(event, MessageReceived)
    assert event.content == poll


async def test_a_quote_names_and_shows_the_message(stage: Stage, sink: RecordingSink) -> None:
    said = await stage.post(stage.bob, Content(text="look"))
    other = stage.eve if stage.transport.capabilities.groups else stage.bob
    await stage.post(other, Content(text="why?"), quote=said)
    await until(lambda: len(sink.events) == 2)
    event = sink.events[1]
    assert isinstance(event, MessageReceived)
    shown = Content() if "quoted content" in stage.unheard else Content(text="look")
    assert event.quoted == Quoted(said.id, stage.bob.id, shown)


async def test_edits_and_revocations_point_at_their_message(stage: Stage, sink: RecordingSink) -> None:
    said = await stage.post(stage.bob, Content(text="frist"))
    await stage.edit(said, "first")
    await stage.edit(said, "First")
    await stage.revoke(said, stage.bob)
    await until(lambda: len(sink.events) == 4)
    _, one, two, revoked = sink.events
    assert isinstance(one, MessageEdited)
    assert isinstance(two, MessageEdited)
    assert isinstance(revoked, MessageRevoked)
    assert [(edit.ref, edit.content.text) for edit in (one, two)] == [(said, "first"), (said, "First")]
    assert (revoked.target, revoked.sender.id) == (said, stage.bob.id)
    assert len({event.id for event in sink.events}) == 4


async def test_reactions_point_at_their_message(stage: Stage, sink: RecordingSink) -> None:
    hears(stage, "reactions")
    said = await stage.post(stage.bob, Content(text="look"))
    await stage.react(said, stage.eve, "👍")
    await stage.react(said, stage.eve, "")
    await until(lambda: len(sink.events) == 3)
    reactions = [event for event in sink.events if isinstance(event, ReactionChanged)]
    assert [(event.target, event.emoji) for event in reactions] == [(said, "👍"), (said, "")]
    assert {event.sender.id for event in reactions} == {stage.eve.id}
    assert len({event.id for event in sink.events}) == 3


async def test_who_reacts_to_the_bot_points_at_what_it_said(stage: Stage, sink: RecordingSink) -> None:
    sent = await stage.transport.perform(stage.group, SendText("hello"), "r1")
    mine = own(stage, sent.message_id)
    await stage.react(mine, stage.bob, "👍")
    await stage.react(mine, stage.bob, "")
    await until(lambda: len(sink.events) == 2)
    reactions = [event for event in sink.events if isinstance(event, ReactionChanged)]
    assert [(event.target.id, event.emoji) for event in reactions] == [(mine.id, "👍"), (mine.id, "")]
    assert {(event.chat, event.sender.id) for event in reactions} == {(stage.group, stage.bob.id)}


async def test_what_an_admin_deletes_is_told_with_who_did_it(stage: Stage, sink: RecordingSink) -> None:
    hears(stage, "deletions")
    said = await stage.post(stage.eve, Content(text="spam"))
    await stage.revoke(said, stage.ana)
    await until(lambda: len(sink.events) == 2)
    deleted = sink.events[1]
    assert isinstance(deleted, MessageRevoked)
    assert (deleted.target, deleted.sender.id) == (said, stage.ana.id)


async def test_members_come_and_go(stage: Stage, sink: RecordingSink) -> None:
    needs(stage, "groups")
    steps = [
        (MembershipChange.PROMOTE, stage.ana.id),
        (MembershipChange.DEMOTE, stage.ana.id),
        (MembershipChange.LEAVE, stage.eve.id),
        (MembershipChange.JOIN, stage.eve.id),
        (MembershipChange.REMOVE, stage.ana.id),
        (MembershipChange.ADD, stage.ana.id),
    ]
    for change, _ in steps:
        await stage.member(change, stage.eve)
    await until(lambda: len(sink.events) == len(steps))
    seen = [event for event in sink.events if isinstance(event, MembershipChanged)]
    assert [(event.change, event.sender.id) for event in seen] == steps
    assert all([member.ids for member in event.members] == [stage.eve.ids] and not event.me for event in seen)


async def test_a_group_that_the_bot_is_not_in_is_not_known(stage: Stage, sink: RecordingSink) -> None:
    assert await stage.transport.group(ChatRef("elsewhere@g.sim", ChatKind.GROUP)) is None


async def test_the_group_is_known_as_it_is(stage: Stage, sink: RecordingSink) -> None:
    needs(stage, "groups")
    group = await stage.transport.group(stage.group)
    assert group is not None
    assert group.subject == "Neighbours"
    assert {who.ids for who in (stage.ana, stage.bob, stage.eve)} <= {member.ids for member in group.members}
    assert stage.ana.id in group.admins
    assert stage.bob.id not in group.admins


async def test_media_is_downloaded_up_to_a_size(stage: Stage, sink: RecordingSink) -> None:
    needs(stage, "media_in")
    await stage.post(stage.bob, Content(text="look"), media=b"\x89PNG and more")
    await until(lambda: len(sink.events) == 1)
    (event,) = sink.events
    assert isinstance(event, MessageReceived)
    media = event.content.media
    assert media is not None
    assert (event.content.text, media.kind, media.mime) == ("look", MediaKind.IMAGE, "image/png")
    assert media.size == (0 if "sizes" in stage.unheard else 13)
    assert await stage.transport.download(media, 13) == b"\x89PNG and more"
    for wrong, most, code in ((media, 12, "too_large"), (Media(MediaKind.IMAGE, "no such handle"), 99, "gone")):
        with pytest.raises(TransportError) as error:
            await stage.transport.download(wrong, most)
        assert error.value.code == code


async def test_an_event_may_come_many_times(stage: Stage, sink: RecordingSink) -> None:
    await stage.duplicate(100)
    said = await stage.post(stage.bob, Content(text="echo"))
    after = await stage.post(stage.bob, Content(text="after"))
    await until(lambda: any(event.id == after.id for event in sink.events))
    assert {(event.id, event.sender.id) for event in sink.events} == {
        (said.id, stage.bob.id),
        (after.id, stage.bob.id),
    }


async def test_events_may_overtake_each_other_but_none_is_lost(stage: Stage, sink: RecordingSink) -> None:
    await stage.shuffle()
    said = [await stage.post(stage.bob, Content(text=str(n))) for n in range(50)]
    await until(lambda: len(sink.events) == 50)
    assert Counter(event.id for event in sink.events) == Counter(ref.id for ref in said)


async def test_many_events_come_in_the_order_of_their_chat(stage: Stage, sink: RecordingSink) -> None:
    for n in range(MANY):
        await stage.post(stage.bob if n % 2 else stage.eve, Content(text=str(n)))
    await until(lambda: len(sink.events) == MANY, seconds=60)
    came: defaultdict[ChatRef, list[int]] = defaultdict(list)
    for event in sink.events:
        assert isinstance(event, MessageReceived)
        came[event.chat].append(int(event.content.text))
    assert sorted(n for numbers in came.values() for n in numbers) == list(range(MANY))
    assert all(numbers == sorted(numbers) for numbers in came.values())
    assert set(came) == {stage.chat(stage.bob), stage.chat(stage.eve)}


async def test_what_the_service_did_not_take_comes_again_after_a_restart(stage: Stage, sink: RecordingSink) -> None:
    await stage.post(stage.bob, Content(text="taken"))
    await until(lambda: sink.texts() == ["taken"])
    await stage.transport.stop(5)
    sink.closed = True
    await stage.transport.start(sink)
    await until(lambda: stage.transport.state is ConnectionState.ONLINE)
    for n in range(20):
        await stage.post(stage.bob, Content(text=str(n)))
    await stage.transport.stop(0.05)
    assert sink.texts() == ["taken"]
    await stage.post(stage.bob, Content(text="while it was down"))

    again = RecordingSink()
    await stage.transport.start(again)
    await offered(stage)
    await until(lambda: len(again.events) >= 21)
    assert texts(stage, again) == [*(str(n) for n in range(20)), "while it was down"]


async def test_what_is_refused_for_now_is_offered_again_in_order(stage: Stage, sink: RecordingSink) -> None:
    sink.closed = True
    for n in range(20):
        await stage.post(stage.bob, Content(text=str(n)))
    assert sink.texts() == []
    sink.closed = False
    await offered(stage)
    await until(lambda: len(sink.events) == 20)
    assert texts(stage, sink) == [str(n) for n in range(20)]
