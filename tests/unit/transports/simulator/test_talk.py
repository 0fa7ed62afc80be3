from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.support.worlds import Town

from whinchat.core.errors import Refused, TransportError
from whinchat.core.types import (
    AdReply,
    Choice,
    ContactCard,
    Content,
    DeliveryStatus,
    DeliveryUpdate,
    GroupInvite,
    LinkPreview,
    Location,
    Media,
    MediaKind,
    MessageEdited,
    MessageReceived,
    MessageRef,
    MessageRevoked,
    Poll,
    Quoted,
    ReactionChanged,
)
from whinchat.transports.simulator.messages import NewMedia
from whinchat.transports.simulator.realm import Bounds
from whinchat.transports.simulator.talk import LONGEST, Quote

KINDS = [
    Content(text="hello"),
    Content(preview=LinkPreview("https://example.org/", "Example", "a page")),
    Content(text="buy", ad=AdReply("https://example.org/", "Shop", "cheap")),
    Content(contacts=(ContactCard("Kim", "BEGIN:VCARD"), ContactCard("Lee", "BEGIN:VCARD"))),
    Content(location=Location(1.5, 2.5, "Market", "Street 7", "https://example.org/")),
    Content(poll=Poll("When?", ("now", "later"))),
    Content(text="menu", header="Lunch", footer="until 3", buttons=(Choice("Order", url="https://example.org/"),)),
    Content(text="list", rows=(Choice("Soup", "hot"),)),
    Content(invite=GroupInvite("AbC", "Club", "come in")),
    Content(text="look once", view_once=True),
    Content(text="soon gone", disappearing=True),
]


@pytest.fixture
def town() -> Town:
    town = Town()
    town.meet()
    return town


@pytest.mark.parametrize("content", KINDS)
def test_a_message_of_every_kind_reaches_the_bot_as_it_was_posted(town: Town, content: Content) -> None:
    posted = town.world.talk.post(town.chat, town.bob, content)
    (event,) = town.events()
    assert isinstance(event, MessageReceived)
    assert event.content == content
    assert (event.account, event.chat, event.id, event.time) == ("simulator", town.ref(), posted.id, town.clock.now())
    assert event.sender == town.bob.reference()
    assert not event.offline


@pytest.mark.parametrize("kind", list(MediaKind))
def test_media_comes_with_its_caption_and_its_bytes(town: Town, kind: MediaKind) -> None:
    media = NewMedia(kind=kind, mime="a/b", data=b"\x00\xff bytes", file_name="x.bin")
    town.world.talk.post(town.chat, town.bob, Content(text="a caption"), media=media)
    (event,) = town.events()
    assert isinstance(event, MessageReceived)
    assert event.content.text == "a caption"
    found = event.content.media
    assert found is not None
    assert (found.kind, found.mime, found.size, found.file_name) == (kind, "a/b", 8, "x.bin")
    assert town.world.download(found, 8) == b"\x00\xff bytes"
    with pytest.raises(TransportError) as error:
        town.world.download(found, 7)
    assert error.value.code == "too_large"


def test_old_media_is_gone_when_there_is_no_room(town: Town) -> None:
    town = Town(bounds=Bounds(media=10, largest_media=8))
    town.meet()
    for data in (b"12345678", b"abcdefgh"):
        media = NewMedia(kind=MediaKind.IMAGE, mime="image/png", data=data)
        town.world.talk.post(town.chat, town.bob, Content(), media=media)
    old, new = (event.content.media for event in town.events() if isinstance(event, MessageReceived))
    assert old is not None
    assert new is not None
    assert town.world.download(new, 100) == b"abcdefgh"
    with pytest.raises(TransportError) as error:
        town.world.download(old, 100)
    assert error.value.code == "gone"


def test_a_quote_carries_what_was_quoted(town: Town) -> None:
    said = town.say(town.bob, "look here")
    town.world.talk.post(town.chat, town.eve, Content(text="why?"), quote=Quote(town.bob.id, said.id))
    _, event = town.events()
    assert isinstance(event, MessageReceived)
    assert event.quoted == Quoted(said.id, town.bob.id, Content(text="look here"))


def test_a_quote_can_be_forged(town: Town) -> None:
    said = town.say(town.bob, "look here")
    forged = Quote(town.bob.id, said.id, Content(text="I never said that"))
    town.world.talk.post(town.chat, town.eve, Content(text="why?"), quote=forged)
    _, event = town.events()
    assert isinstance(event, MessageReceived)
    assert event.quoted == Quoted(said.id, town.bob.id, Content(text="I never said that"))


def test_the_bot_sees_that_it_is_quoted_and_mentioned(town: Town) -> None:
    own = town.send("careful")
    assert own.message_id is not None
    mentions = (town.bot.id, town.ana.id)
    quote = Quote(town.bot.id, own.message_id)
    town.world.talk.post(town.chat, town.bob, Content(text="@bot why?"), quote=quote, mentions=mentions, forwarded=True)
    event = town.events()[-1]
    assert isinstance(event, MessageReceived)
    assert event.quoted == Quoted(own.message_id, town.bot.id, Content(text="careful"), from_me=True)
    assert event.mentions == mentions
    assert event.mentions_me
    assert event.forwarded


def test_a_quote_of_something_forgotten_is_a_bare_reference(town: Town) -> None:
    town.world.talk.post(town.chat, town.bob, Content(text="that"), quote=Quote(town.ana.id, "long ago"))
    (event,) = town.events()
    assert isinstance(event, MessageReceived)
    assert event.quoted == Quoted("long ago", town.ana.id, Content())


def test_two_members_may_use_the_same_message_id_but_one_only_once(town: Town) -> None:
    town.say(town.bob, "mine", identity="X")
    town.say(town.eve, "mine too", identity="X")
    with pytest.raises(Refused) as refused:
        town.say(town.bob, "again", identity="X")
    assert refused.value.code == "taken"
    seen = [(e.sender.name, e.id) for e in town.events() if isinstance(e, MessageReceived)]
    assert seen == [("Bob", "X"), ("Eve", "X")]
    assert town.texts() == ["mine", "mine too"]


def test_each_edit_is_an_event_of_its_own(town: Town) -> None:
    said = town.say(town.bob, "frist")
    for text in ("first", "First!"):
        town.world.talk.edit(said, Content(text=text), mentions=(town.bot.id,))
    _, one, two = town.events()
    assert isinstance(one, MessageEdited)
    assert isinstance(two, MessageEdited)
    assert (one.target, two.target) == (said.id, said.id)
    assert one.id != two.id
    assert (one.content.text, two.content.text) == ("first", "First!")
    assert one.mentions_me
    assert (said.edits, said.content.text) == (2, "First!")


def test_a_message_can_be_edited_for_a_quarter_of_an_hour(town: Town) -> None:
    said = town.say(town.bob, "old")
    town.clock.move(15 * 60)
    town.world.talk.edit(said, Content(text="just in time"))
    town.clock.move(1)
    with pytest.raises(Refused) as refused:
        town.world.talk.edit(said, Content(text="too late"))
    assert refused.value.code == "too_late"
    assert said.content.text == "just in time"


def test_a_sender_takes_a_message_back(town: Town) -> None:
    said = town.say(town.bob, "oops")
    town.world.talk.revoke(said)
    _, event = town.events()
    assert isinstance(event, MessageRevoked)
    assert event.sender.id == town.bob.id
    assert event.target == MessageRef(town.ref(), said.id, town.bob.id)
    assert (said.content, said.revoked_by) == (Content(), town.bob.id)


def test_an_admin_deletes_what_others_wrote_and_nobody_else_does(town: Town) -> None:
    said = town.say(town.bob, "spam")
    with pytest.raises(Refused) as refused:
        town.world.talk.delete(said, town.eve)
    assert refused.value.code == "not_admin"
    town.world.talk.delete(said, town.ana)
    _, event = town.events()
    assert isinstance(event, MessageRevoked)
    assert (event.sender.id, event.target.sender) == (town.ana.id, town.bob.id)
    assert said.revoked_by == town.ana.id


def test_reactions_come_change_and_go(town: Town) -> None:
    said = town.say(town.bob, "news")
    for emoji in ("👍", "❤️", ""):
        town.world.talk.react(said, town.eve, emoji)
    events = town.events()[1:]
    assert [event.emoji for event in events if isinstance(event, ReactionChanged)] == ["👍", "❤️", ""]
    assert len({event.id for event in events if isinstance(event, ReactionChanged)}) == 3
    assert said.reactions == {}


def test_a_reaction_to_the_bots_message_says_so(town: Town) -> None:
    own = town.send("careful")
    assert own.message_id is not None
    town.world.talk.react(town.chat.message(town.bot.id, own.message_id), town.bob, "🙏")
    event = town.events()[-1]
    assert isinstance(event, ReactionChanged)
    assert event.target == MessageRef(town.ref(), own.message_id, town.bot.id, from_me=True)


@pytest.mark.parametrize(
    "act",
    [
        lambda town, said: town.world.talk.edit(said, Content(text="x")),
        lambda town, said: town.world.talk.react(said, town.eve, "👍"),
        lambda town, said: town.world.talk.revoke(said),
        lambda town, said: town.world.talk.delete(said, town.ana),
    ],
)
def test_nothing_can_be_done_to_what_is_gone(town: Town, act: Callable[[Town, object], None]) -> None:
    said = town.say(town.bob, "oops")
    town.world.talk.revoke(said)
    with pytest.raises(Refused) as refused:
        act(town, said)
    assert refused.value.code == "gone"


@pytest.mark.parametrize(
    ("content", "identity", "code"),
    [
        (Content(), None, "empty"),
        (Content(text="\ud800"), None, "bad_text"),
        (Content(text="x" * LONGEST), None, "too_long"),
        (Content(text="hello"), "", "bad_id"),
        (Content(text="hello"), "x" * 129, "bad_id"),
    ],
)
def test_what_cannot_travel_is_refused(town: Town, content: Content, identity: str | None, code: str) -> None:
    with pytest.raises(Refused) as refused:
        town.world.talk.post(town.chat, town.bob, content, identity=identity)
    assert refused.value.code == code
    assert town.events() == []


def test_media_too_large_and_emoji_too_long_are_refused(town: Town) -> None:
    town = Town(bounds=Bounds(largest_media=3))
    media = NewMedia(kind=MediaKind.IMAGE, mime="image/png", data=b"1234")
    with pytest.raises(Refused) as refused:
        town.world.talk.post(town.chat, town.bob, Content(), media=media)
    assert refused.value.code == "too_large"
    with pytest.raises(Refused) as refused:
        town.world.talk.react(town.say(town.bob, "hi"), town.eve, "x" * 33)
    assert refused.value.code == "bad_emoji"


def test_media_without_bytes_is_gone_from_the_start(town: Town) -> None:
    town.world.talk.post(town.chat, town.bob, Content(media=Media(MediaKind.IMAGE, "nowhere")))
    (event,) = town.events()
    assert isinstance(event, MessageReceived)
    assert event.content.media is not None
    with pytest.raises(TransportError):
        town.world.download(event.content.media, 100)


def test_ticks_follow_who_received_and_who_read(town: Town) -> None:
    town.world.set_online(town.eve, False)
    own = town.send("careful")
    assert own.message_id is not None
    message = town.chat.message(town.bot.id, own.message_id)
    assert town.world.receipts(message) == {
        town.ana.id: DeliveryStatus.DELIVERED,
        town.bob.id: DeliveryStatus.DELIVERED,
        town.eve.id: DeliveryStatus.SENT,
    }
    town.world.set_online(town.eve, True)
    for person in (town.ana, town.bob, town.eve):
        town.world.talk.read(town.chat, person)
    updates = [event.status for event in town.events() if isinstance(event, DeliveryUpdate)]
    assert updates == [DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ]
    assert set(town.world.receipts(message).values()) == {DeliveryStatus.READ}


def test_reading_goes_only_forward(town: Town) -> None:
    first, second = town.say(town.bob, "one"), town.say(town.bob, "two")
    town.world.talk.read(town.chat, town.ana, first.seq)
    town.world.talk.read(town.chat, town.eve, first.seq)
    assert (first.status, second.status) == (DeliveryStatus.READ, DeliveryStatus.DELIVERED)
    town.world.talk.read(town.chat, town.ana, 0)
    town.world.talk.read(town.chat, town.ana, 10**9)
    assert town.chat.read[town.ana.id] == second.seq


def test_a_newcomer_neither_holds_up_nor_turns_back_older_ticks(town: Town) -> None:
    said = town.say(town.bob, "hello")
    for person in (town.ana, town.eve):
        town.world.talk.read(town.chat, person)
    kim = town.world.person("Kim")
    town.world.groups.join(town.chat, kim)
    assert said.status is DeliveryStatus.READ
    assert town.world.receipts(said)[kim.id] is DeliveryStatus.READ  # there is nothing for them to read


def test_a_message_to_the_bot_is_delivered_when_the_bot_is_there(town: Town) -> None:
    direct = town.world.realm.direct(town.bob, town.bot)
    town.world.detach(town.bot, town.session)
    said = town.say(town.bob, "hello?", direct)
    seen = [said.status]
    town.connect()
    assert [*seen, said.status] == [DeliveryStatus.SENT, DeliveryStatus.DELIVERED]


def test_outsiders_neither_write_nor_read_nor_type(town: Town) -> None:
    kim = town.world.person("Kim")
    for act in (
        lambda: town.say(kim, "hi"),
        lambda: town.world.talk.read(town.chat, kim),
        lambda: town.world.talk.typing(town.chat, kim, True),
        lambda: town.world.talk.react(town.say(town.bob, "x"), kim, "👍"),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "not_member"
