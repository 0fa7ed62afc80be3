"""What one page gets to see."""

from __future__ import annotations

import msgspec
import pytest
from tests.support.worlds import Town

from whinchat.transports.simulator.faults import Fault, FaultKind
from whinchat.transports.simulator.live import (
    MOST_MESSAGES,
    Changes,
    Error,
    Result,
    State,
    Typist,
    Viewer,
    answer,
    state,
)
from whinchat.transports.simulator.realm import Bounds


@pytest.fixture
def town() -> Town:
    return Town()


def open_page(town: Town) -> Viewer:
    """A page that has got its first frame."""
    viewer = Viewer(town.host)
    town.host.subscribe(viewer.hear)
    assert isinstance(viewer.frame(), State)
    return viewer


def changes(viewer: Viewer) -> Changes:
    frame = viewer.frame()
    assert isinstance(frame, Changes)
    return frame


def test_the_first_frame_is_everything(town: Town) -> None:
    said = town.say(town.bob, "hello")
    frame = Viewer(town.host).frame()
    assert isinstance(frame, State)
    assert [person.name for person in frame.people] == ["Whinchat", "Ana", "Bob", "Eve"]
    assert [chat.subject for chat in frame.chats] == ["Neighbours"]
    assert frame.messages[-1] is said
    assert frame == state(town.host)


def test_nothing_new_is_no_frame(town: Town) -> None:
    assert open_page(town).frame() is None


def test_each_change_carries_whole_objects(town: Town) -> None:
    viewer = open_page(town)
    kim = town.world.person("Kim")
    town.world.groups.join(town.chat, kim)
    said = town.say(town.bob, "hello")
    town.world.talk.react(said, town.eve, "👍")
    town.world.talk.typing(town.chat, town.eve, True)
    found = changes(viewer)
    assert {person.name for person in found.people} == {"Kim", "Whinchat"}  # of the bot: what waits
    assert [chat.id for chat in found.chats] == [town.chat.id]
    notice, message = found.messages
    assert notice.notice is not None
    assert notice.notice.what == "join"
    assert (message.content.text, message.reactions) == ("hello", {town.eve.id: "👍"})
    assert found.typing == (Typist(town.chat.id, town.eve.id, True),)
    assert viewer.frame() is None


def test_ticks_edits_and_deletions_are_changes_of_the_message(town: Town) -> None:
    town.world.set_online(town.eve, False)
    said = town.say(town.bob, "hello")
    viewer = open_page(town)
    town.world.set_online(town.eve, True)
    found = changes(viewer)
    assert ([person.name for person in found.people], found.messages) == (["Eve"], (said,))
    town.world.talk.revoke(said)
    assert changes(viewer).messages[0].revoked_by == town.bob.id


def test_what_has_no_entry_of_its_own_is_noticed_too(town: Town) -> None:
    viewer = open_page(town)
    town.world.inject(Fault(kind=FaultKind.LOST, count=2))
    (fault,) = changes(viewer).faults or ()
    assert fault.left == 2
    town.meet()
    town.send("lost")
    frame = msgspec.json.decode(msgspec.json.encode(changes(viewer)))
    assert frame["faults"] == [{"kind": "lost", "id": 1, "count": 2, "left": 1}]
    town.world.clear_faults()
    assert msgspec.json.decode(msgspec.json.encode(changes(viewer))) == {"type": "changes", "faults": []}
    town.world.set_dedupe(True)
    assert msgspec.json.decode(msgspec.json.encode(changes(viewer))) == {"type": "changes", "dedupe": True}


def test_a_flood_is_gathered_and_then_begins_anew() -> None:
    town = Town(bounds=Bounds(messages=2 * MOST_MESSAGES))
    viewer = open_page(town)
    for n in range(MOST_MESSAGES + 2):
        town.say(town.bob, str(n))
    frame = viewer.frame()
    assert isinstance(frame, State)
    assert frame.messages[-1].content.text == str(MOST_MESSAGES + 1)
    assert len(frame.messages) == 100


def test_what_is_forgotten_before_it_was_shown_is_left_out() -> None:
    town = Town(bounds=Bounds(messages=2))
    viewer = open_page(town)
    for n in range(5):
        town.say(town.bob, str(n))
    assert [message.content.text for message in changes(viewer).messages] == ["3", "4"]


def test_a_reset_begins_anew(town: Town) -> None:
    viewer = open_page(town)
    town.say(town.bob, "hello")
    town.host.reset(seed=2)
    frame = viewer.frame()
    assert isinstance(frame, State)
    assert [person.name for person in frame.people] == ["Whinchat"]
    assert viewer.frame() is None


def test_requests_are_answered_by_their_id(town: Town) -> None:
    done = answer(town.host, '{"id": 7, "op": "post", "args": {"chat": "Neighbours", "sender": "Bob", "text": "hi"}}')
    assert isinstance(done, Result)
    assert (done.id, done.value.content.text) == (7, "hi")
    refused = answer(town.host, '{"id": 8, "op": "post", "args": {"chat": "Nowhere", "sender": "Bob", "text": "hi"}}')
    assert isinstance(refused, Error)
    assert (refused.id, refused.error.code) == (8, "no_chat")
    for garbage in ("", "{", "[]", '{"id": "x", "op": 1}', b"\xff", "\ud800"):
        unread = answer(town.host, garbage)
        assert isinstance(unread, Error)
        assert (unread.id, unread.error.code) == (None, "bad_request")
