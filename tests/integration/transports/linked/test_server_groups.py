"""The stock client in a group of the fake network: what it is told, what it hears, and what it does there."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
import pytest_asyncio
from tests.support.stages import until
from tests.support.whatsapp import contents
from tests.support.whatsapp.accounts import Account
from tests.support.whatsapp.group_messages import Received, Said
from tests.support.whatsapp.groups import Group, RequestFault
from tests.support.whatsapp.people import Person
from tests.support.whatsapp.proto import WRAPPERS, Message, P
from tests.support.whatsapp.server import WhatsApp
from tests.support.whatsapp.wheel import Event, Wheel, WheelError, wheel

pytestmark = [
    pytest.mark.skipif(find_spec("neonize") is None, reason="needs the extra `linked`"),
    pytest.mark.asyncio(loop_scope="module"),
]


@dataclass
class Scene:
    """Ana made the group and the bot is an admin of it; Bob and Eve are members."""

    whatsapp: WhatsApp
    wheel: Wheel
    group: Group
    bot: Account
    ana: Person
    bob: Person
    eve: Person

    async def heard(self, said: Said) -> Message:
        """What the client got; what comes with a new sender key under the same id says nothing."""
        event = await self.wheel.events.first(lambda event: event.get("id") == said.id and _kind(event) != "nothing")
        assert (event["chat"], event["sender"], event["other"]) == (self.group.jid, said.speaker.lid, said.speaker.jid)
        return _message(event)

    async def did(self, identity: str) -> Received:
        """What the people in the group saw of it."""
        return await self.group.received.first(lambda received: received.id == identity)

    async def told(self) -> list[Event]:
        """All changes of the group, as the client was told them until one came after which there are no others."""
        await self.group.change("subject", by=self.ana, subject="the end")
        await self.wheel.event("change", group=self.group.jid, changes={"subject": "the end"})
        *changes, _ = [event for event in self.wheel.events if self.group.jid in _about(event)]
        return changes


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[WhatsApp, Wheel]]:
    """One that is linked: each test has a group and people of its own."""
    async with WhatsApp() as whatsapp, wheel(whatsapp, tmp_path_factory.mktemp("client")) as client:
        await client.pair(whatsapp, whatsapp.account())
        yield whatsapp, client
        assert not whatsapp.refused
        assert not whatsapp.unknown


@pytest.fixture
def scene(client: tuple[WhatsApp, Wheel], request: pytest.FixtureRequest) -> Scene:
    whatsapp, driven = client
    ana, bob, eve = (whatsapp.person(f"{name} of {request.node.name}") for name in ("ana", "bob", "eve"))
    group = whatsapp.group("Neighbours", admins=[ana], members=[bob, eve], bot_admin=True)
    return Scene(whatsapp, driven, group, whatsapp.account(), ana, bob, eve)


def _about(event: Event) -> set[str]:
    """The group that a change is about."""
    if event["event"] == "joined":
        return {event["group"]["id"]}
    return {event["group"]} if event["event"] == "change" else set()


def _message(event: Event) -> Message:
    return P.Message.FromString(b64decode(event["message"]))


def _kind(event: Event) -> str:
    return contents.kind(_message(event)) if "message" in event else "nothing"


async def test_a_group_is_known_as_it_is(scene: Scene) -> None:
    ana, bot, group = scene.ana, scene.bot, scene.group
    known = await scene.wheel.do("group", group=group.jid)
    assert (known["id"], known["subject"], known["announce"]) == (group.jid, "Neighbours", False)
    assert known["members"] == {
        ana.lid: [ana.jid, True, True],
        bot.lid: [bot.jid, True, False],
        scene.bob.lid: [scene.bob.jid, False, False],
        scene.eve.lid: [scene.eve.jid, False, False],
    }
    other = scene.whatsapp.groups.create("Strangers", [ana], [scene.bob])
    with pytest.raises(WheelError, match="not participating in that group"):
        await scene.wheel.do("group", group=other.jid)
    with pytest.raises(WheelError, match="group does not exist"):
        await scene.wheel.do("group", group="120363999@g.us")
    listed = {each["id"] for each in await scene.wheel.do("groups")}
    assert group.jid in listed
    assert other.jid not in listed


async def test_what_people_say_is_heard(scene: Scene) -> None:
    group, bob, eve = scene.group, scene.bob, scene.eve
    first = await group.say(bob, "hello")
    assert contents.words(await scene.heard(first)) == "hello"
    link, place = "https://example.com/a", contents.location(52.5, 13.4, "Here", link="https://example.com/b")
    for message in (
        contents.quoting(contents.text("why?"), first.key, first.message),
        contents.mentioning(contents.text("you"), scene.bot.lid),
        contents.forwarded(contents.text("look"), 5),
        contents.ad("cheap", link),
        contents.poll("When?", "now", "later"),
        contents.contact("Ana", "15551112222"),
        contents.contacts(("Ana", "15551112222"), ("Bob", "15551113333")),
        place,
        contents.live_location(52.5, 13.4, "moving"),
        contents.buttons("choose", "yes", "no"),
        contents.listed("choose", ("yes", "I do")),
        contents.template("visit us", "Visit", link),
        contents.tapped("yes"),
        contents.invitation("120363111@g.us", "Others", "AbCd"),
    ):
        assert await scene.heard(await group.say(eve, message)) == message
    wrapped = contents.ephemeral(contents.text("gone soon"))
    assert await scene.heard(await group.say(eve, wrapped)) == contents.unwrapped(wrapped)
    for wrapper in WRAPPERS[:3]:
        once = contents.wrapped(contents.rich_text("once"), wrapper)
        assert await scene.heard(await group.say(eve, once)) == contents.unwrapped(once)


async def test_what_people_do_with_messages_is_heard(scene: Scene) -> None:
    group, bob = scene.group, scene.bob
    spam = await group.say(bob, "frist")
    edited = await scene.heard(await group.edit(spam, "first"))
    assert (edited.protocolMessage.key.id, edited.protocolMessage.editedMessage.conversation) == (spam.id, "first")
    liked, unliked = await group.react(spam, "👍", by=scene.eve), await group.react(spam, "", by=scene.eve)
    for reaction, emoji in ((liked, "👍"), (unliked, "")):
        message = (await scene.heard(reaction)).reactionMessage
        assert (message.key.id, message.key.participant, message.text) == (spam.id, bob.lid, emoji)
    own, by_admin = await group.revoke(spam, by=bob), await group.revoke(spam, by=scene.ana)
    assert contents.kind(await scene.heard(own)) == "revoke"
    deleted = await scene.heard(by_admin)
    assert contents.kind(deleted) == "delete"
    assert deleted.protocolMessage.key.participant == bob.lid
    marks = {event["id"]: event["edit"] for event in scene.wheel.events if "edit" in event}
    assert [marks[said.id] for said in (spam, liked, unliked, own, by_admin)] == ["", "", "7", "7", "8"]


async def test_what_the_bot_says_is_read_by_all(scene: Scene) -> None:
    group, bob, do = scene.group, scene.bob, scene.wheel.do
    said = await group.say(bob, "spam")
    await scene.heard(said)
    reply = contents.quoting(contents.text("careful"), said.key, said.message)
    replied = await do("message", to=group.jid, message=b64encode(reply.SerializeToString()).decode())
    steps = [
        replied,
        await do("react", to=group.jid, sender=bob.lid, id=said.id, emoji="⚠️"),
        await do("edit", to=group.jid, id=replied, text="Careful!"),
        await do("revoke", to=group.jid, sender=bob.lid, id=said.id),
        # Of its own messages the library knows those of its phone number only.
        await do("revoke", to=group.jid, sender=scene.bot.jid, id=replied),
    ]
    seen = [await scene.did(identity) for identity in steps]
    assert [(each.kind, each.target) for each in seen] == [
        ("text", ""),
        ("react", said.id),
        ("edit", replied),
        ("delete", said.id),
        ("revoke", replied),
    ]
    assert all(each.readers == {scene.ana.name, bob.name, scene.eve.name} for each in seen)
    assert (seen[0].text, seen[2].text) == ("careful", "Careful!")
    assert seen[0].message.extendedTextMessage.contextInfo.stanzaId == said.id
    assert seen[3].message.protocolMessage.key.participant == bob.lid
    assert [received.id for received in group.received] == steps
    await group.messages.read(seen[0].key, bob, "read")
    await scene.wheel.events.first(lambda event: event.get("ids") == [replied] and event["kind"] != "1")


async def test_changes_are_told(scene: Scene) -> None:
    group, ana, bob, eve = scene.group, scene.ana, scene.bob, scene.eve
    for kind, by, who in (
        ("promote", ana, eve),
        ("demote", ana, eve),
        ("leave", eve, None),
        ("join", eve, None),
        ("remove", ana, bob),
        ("add", ana, bob),
        ("announce", ana, None),
        ("open", ana, None),
        ("lock", ana, None),
    ):
        await group.change(kind, by=by, who=who)
    changes = [(event["by"], event["reason"], event["changes"]) for event in await scene.told()]
    assert changes == [
        (ana.lid, "", {"promote": [eve.lid]}),
        (ana.lid, "", {"demote": [eve.lid]}),
        (eve.lid, "", {"leave": [eve.lid]}),
        (eve.lid, "invite", {"join": [eve.lid]}),
        (ana.lid, "", {"leave": [bob.lid]}),
        (ana.lid, "", {"join": [bob.lid]}),
        (ana.lid, "", {"announce": True}),
        (ana.lid, "", {"announce": False}),
        (ana.lid, "", {"locked": True}),
    ]
    assert contents.words(await scene.heard(await group.say(bob, "I am back"))) == "I am back"


async def test_the_bot_comes_and_goes(scene: Scene) -> None:
    group, ana, bot = scene.group, scene.ana, scene.bot
    await scene.did(await scene.wheel.do("send", to=group.jid, text="hello"))
    await group.change("remove", by=ana, who=bot)
    with pytest.raises(WheelError, match="not participating in that group"):
        await scene.wheel.do("group", group=group.jid)
    with pytest.raises(WheelError, match="server returned error 403"):
        await scene.wheel.do("send", to=group.jid, text="am I in?")
    await group.change("add", by=ana, who=bot)
    gone, back = await scene.told()
    assert (gone["by"], gone["changes"]) == (ana.lid, {"leave": [bot.lid]})
    assert (back["event"], back["reason"], back["group"]["subject"]) == ("joined", "", "Neighbours")
    assert back["group"]["members"][bot.lid] == [bot.jid, False, False]
    await scene.wheel.do("leave", group=group.jid)
    assert bot not in group.members
    assert [received.kind for received in group.received] == ["text", "leave"]
    another = scene.whatsapp.groups.create("Another", [ana], [bot])
    await another.announce_creation()
    joined = await scene.wheel.event("joined", kind="new")
    assert joined["group"]["id"] == another.jid


async def test_as_an_admin_the_bot_changes_the_group(scene: Scene) -> None:
    group, do, bot, eve = scene.group, scene.wheel.do, scene.bot, scene.eve
    mallory = scene.whatsapp.person("mallory")
    assert await do("change", group=group.jid, action="remove", who=[eve.lid, mallory.lid, scene.ana.lid]) == [
        0,
        404,
        406,
    ]
    assert await do("change", group=group.jid, action="add", who=[eve.jid, scene.bob.lid]) == [0, 409]
    assert await do("change", group=group.jid, action="promote", who=[eve.lid]) == [0]
    await do("announce", group=group.jid, on=True)
    await do("rename", group=group.jid, name="Friends")
    assert group.is_admin(eve)
    assert (group.announce, group.subject) == (True, "Friends")
    assert [(received.kind, received.who) for received in group.received] == [
        ("remove", eve.lid),
        ("add", eve.lid),
        ("promote", eve.lid),
        ("announce", ""),
        ("subject", ""),
    ]
    told = await scene.told()
    assert {event["by"] for event in told} == {bot.lid}
    assert [event["changes"] for event in told] == [
        {"leave": [eve.lid]},
        {"join": [eve.lid]},
        {"promote": [eve.lid]},
        {"announce": True},
        {"subject": "Friends"},
    ]


async def test_what_only_an_admin_may_do_is_refused_to_others(scene: Scene) -> None:
    group, do, bob = scene.group, scene.wheel.do, scene.bob
    said = await group.say(bob, "spam")
    await group.change("demote", by=scene.ana, who=scene.bot)
    for verb in (
        do("change", group=group.jid, action="remove", who=[bob.lid]),
        do("announce", group=group.jid, on=True),
        do("rename", group=group.jid, name="Mine"),
        do("revoke", to=group.jid, sender=bob.lid, id=said.id),
    ):
        with pytest.raises(WheelError, match="403"):
            await verb
    await group.change("announce", by=scene.ana)
    with pytest.raises(WheelError, match="server returned error 403"):
        await do("send", to=group.jid, text="may I?")
    await group.change("open", by=scene.ana)
    await scene.did(await do("send", to=group.jid, text="thanks"))
    assert [received.text for received in group.received] == ["thanks"]


async def test_requests_are_refused_on_a_test_s_word(scene: Scene) -> None:
    group, do = scene.group, scene.wheel.do
    scene.whatsapp.groups.faults.append(RequestFault(error=429, tag="query", arrives=False))
    with pytest.raises(WheelError, match="rate-overlimit"):
        await do("group", group=group.jid)
    assert (await do("group", group=group.jid))["id"] == group.jid
    scene.whatsapp.groups.faults.append(RequestFault(error=500, tag="announcement"))
    with pytest.raises(WheelError, match="internal-server-error"):
        await do("announce", group=group.jid, on=True)
    assert group.announce


async def test_groups_outlive_the_server(scene: Scene, tmp_path: Path) -> None:
    async with WhatsApp(tmp_path / "state") as before:
        ana, bob = before.person("ana"), before.person("bob")
        group = before.group("Neighbours", admins=[ana], members=[bob])
        await group.change("announce", by=ana)
    async with WhatsApp(tmp_path / "state") as after:
        again = after.groups.get(group.jid)
        assert again is not None
        assert (again.subject, again.announce) == ("Neighbours", True)
        assert [member.name for member in again.members] == ["ana", "bob"]
        assert after.group("Others", admins=[after.person("ana")]).jid != group.jid


async def test_what_could_not_be_read_is_asked_for_again(scene: Scene) -> None:
    group, bob = scene.group, scene.bob
    assert contents.words(await scene.heard(await group.say(bob, "without a key", keyless=True))) == "without a key"
    scene.whatsapp.faults.corrupt()
    assert contents.words(await scene.heard(await group.say(bob, "damaged"))) == "damaged"
    await scene.did(await scene.wheel.do("send", to=group.jid, text="one"))
    bob.endpoint.renew()
    two = await scene.did(await scene.wheel.do("send", to=group.jid, text="two"))
    await until(lambda: bob.name in two.readers)
    assert [received.text for received in group.received] == ["one", "two"]


async def test_what_the_own_phone_says_is_from_the_bot(scene: Scene) -> None:
    said = await scene.group.say(scene.bot, "typed on the phone")
    assert contents.words(await scene.heard(said)) == "typed on the phone"
    assert (await scene.wheel.event("message", id=said.id))["from_me"]


async def test_what_comes_twice_or_in_another_order_is_all_heard(scene: Scene) -> None:
    scene.whatsapp.faults.repeat(2)
    twice = [await scene.group.say(scene.bob, text) for text in ("one", "two")]
    for said in twice:
        assert contents.words(await scene.heard(said)) == said.message.conversation
    scene.whatsapp.faults.reorder(6)
    mixed = [await scene.group.say(scene.bob, str(number)) for number in range(6)]
    for said in mixed:
        assert contents.words(await scene.heard(said)) == said.message.conversation


async def test_what_was_missed_comes_after_it_is_back(scene: Scene) -> None:
    group, ana, bob, eve = scene.group, scene.ana, scene.bob, scene.eve
    first = await group.say(bob, "before")
    await scene.heard(first)
    await scene.wheel.do("disconnect")
    missed = [await group.say(bob, "missed"), await group.say(eve, "too")]
    await group.change("promote", by=ana, who=eve)
    await group.change("remove", by=ana, who=bob)
    after = await group.say(eve, "with a new key")
    await scene.wheel.do("connect")
    for said in (*missed, after):
        assert contents.words(await scene.heard(said)) == said.message.conversation
    assert [event["changes"] for event in await scene.told()] == [{"promote": [eve.lid]}, {"leave": [bob.lid]}]
    await scene.did(await scene.wheel.do("send", to=group.jid, text="hello again"))
    assert group.received[-1].readers == {ana.name, eve.name}


async def test_what_can_be_viewed_once_is_not_given_to_linked_devices(scene: Scene) -> None:
    identity = await scene.group.withhold(scene.bob)
    asked = await scene.whatsapp.asked.first()
    request = asked.message.protocolMessage.peerDataOperationRequestMessage
    assert [each.messageKey.id for each in request.placeholderMessageResendRequest] == [identity]
    assert not [event for event in scene.wheel.events if event.get("id") == identity]


async def test_two_bots_hear_one_another(scene: Scene, tmp_path: Path) -> None:
    whatsapp, group = scene.whatsapp, scene.group
    second = whatsapp.account("second")
    await group.change("add", by=scene.ana, who=second)
    async with wheel(whatsapp, tmp_path) as other:
        await other.pair(whatsapp, second)
        asked = await scene.did(await scene.wheel.do("send", to=group.jid, text="who is there?"))
        heard = await other.event("message", id=asked.id, text="who is there?")
        assert (heard["sender"], heard["other"]) == (scene.bot.lid, scene.bot.jid)
        answered = await scene.did(await other.do("send", to=group.jid, text="me"))
        await scene.wheel.event("message", id=answered.id, text="me", sender=second.lid)
    assert [(received.account.name, received.text) for received in group.received] == [
        ("bot", "who is there?"),
        ("second", "me"),
    ]
    del whatsapp.accounts["second"]
