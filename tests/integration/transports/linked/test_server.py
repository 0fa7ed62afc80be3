"""The fake network as the stock client sees it: the unmodified neonize wheel, in a process of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.util import find_spec

import pytest
import pytest_asyncio
from tests.support.stages import until
from tests.support.whatsapp import history
from tests.support.whatsapp.faults import SendFault
from tests.support.whatsapp.people import Person
from tests.support.whatsapp.proto import P
from tests.support.whatsapp.server import WhatsApp
from tests.support.whatsapp.wheel import Wheel, WheelError, wheel

pytestmark = [
    pytest.mark.skipif(find_spec("neonize") is None, reason="needs the extra `linked`"),
    pytest.mark.asyncio(loop_scope="module"),
]
FEW = 4
"""One-time keys at which the server asks for more."""


@dataclass
class Scene:
    whatsapp: WhatsApp
    bot: Wheel

    def somebody(self) -> Person:
        """Who has not said anything yet."""
        return self.whatsapp.person(f"person{len(self.whatsapp.people)}")

    async def send(self, person: Person, text: str) -> str:
        return str(await self.bot.do("send", to=person.lid, text=text))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """A bot that was linked by QR code."""
    async with WhatsApp() as whatsapp, wheel(whatsapp, tmp_path_factory.mktemp("client")) as bot:
        await bot.pair(whatsapp, whatsapp.account())
        yield Scene(whatsapp, bot)
        assert whatsapp.unknown == []
        assert whatsapp.proxy.refused == []


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def all_is_well(scene: Scene) -> AsyncIterator[None]:
    """Each test begins with a bot that has got everything, and ends without faults."""
    await until(lambda: scene.whatsapp.account().device.online)
    await until(lambda: len(scene.whatsapp.account().device.outbox) == 0)
    yield
    scene.whatsapp.faults.clear()


async def test_a_person_and_a_bot_talk(scene: Scene) -> None:
    whatsapp, bot, ana = scene.whatsapp, scene.bot, scene.whatsapp.person("ana")
    said = await ana.say("hello")
    heard = await bot.event("message", id=said)
    assert (heard["text"], heard["chat"], heard["sender"], heard["name"]) == ("hello", ana.lid, ana.lid, "Ana")
    assert heard["other"] == ana.jid
    await whatsapp.receipts.first(lambda receipt: receipt.ids == (said,) and receipt.kind == "inactive")

    sent = await scene.send(ana, "and hello to you")
    received = await whatsapp.received.first(lambda each: each.id == sent)
    assert (received.chat, received.text, received.readers) == (ana.lid, "and hello to you", ("ana",))
    assert await bot.event("receipt", ids=[sent], chat=ana.lid)
    assert whatsapp.unread == []  # the account's own phone could read its copy


async def test_both_see_what_was_read_and_who_is_typing(scene: Scene) -> None:
    whatsapp, bot, ana = scene.whatsapp, scene.bot, scene.somebody()
    said, sent = [await ana.say("one"), await ana.say("two")], await scene.send(ana, "three")
    await ana.read(sent)
    await bot.event("receipt", ids=[sent], kind="4")
    await bot.event("message", id=said[1])
    await bot.do("read", chat=ana.lid, ids=said)
    await whatsapp.receipts.first(lambda receipt: receipt.kind == "read" and receipt.ids == tuple(said))
    await bot.do("typing", chat=ana.lid)
    assert (await whatsapp.typing.first(lambda typing: typing.chat == ana.lid)).state == "composing"
    await ana.type()
    assert "COMPOSING" in (await bot.event("typing"))["about"]


async def test_a_person_rings_and_sends_what_only_the_phone_may_see(scene: Scene) -> None:
    ana, device = scene.somebody(), scene.whatsapp.account().device
    call = await ana.call()
    assert call in (await scene.bot.event("call"))["about"]
    withheld = await ana.withhold()
    asked = (await scene.whatsapp.asked.first()).message.protocolMessage.peerDataOperationRequestMessage
    assert asked.placeholderMessageResendRequest[0].messageKey.id == withheld
    await until(lambda: len(device.outbox) == 0)


async def test_a_person_without_a_lid_gets_one(scene: Scene) -> None:
    whatsapp, bot, bob = scene.whatsapp, scene.bot, scene.whatsapp.person("bob", lid="", by_lid=False)
    heard = await bot.event("message", id=await bob.say("from a number"))
    assert (heard["sender"], heard["other"]) == (bob.jid, "")
    with pytest.raises(WheelError, match="no LID found"):
        await bot.do("send", to=bob.jid, text="not possible")

    bob.migrate("777000111")
    heard = await bot.event("message", id=await bob.say("from a LID"))
    assert (heard["sender"], heard["other"]) == ("777000111@lid", bob.jid)
    sent = await bot.do("send", to=bob.jid, text="to the number")
    assert (await whatsapp.received.first(lambda each: each.id == sent)).chat == bob.lid


async def test_a_person_who_shows_no_number(scene: Scene) -> None:
    eve = scene.whatsapp.person("eve", phone="")
    heard = await scene.bot.event("message", id=await eve.say("who am I?"))
    assert (heard["sender"], heard["other"]) == (eve.lid, "")


async def test_who_is_on_the_network(scene: Scene) -> None:
    ana = scene.somebody()
    phone = ana.jid.partition("@")[0]
    known = await scene.bot.do("on whatsapp", phones=[phone, "15550000009"])
    assert known == [[ana.lid, True], ["15550000009@s.whatsapp.net", False]]


async def test_what_is_typed_on_the_phone_is_told_to_the_bot(scene: Scene) -> None:
    ana = scene.somebody()
    heard = await scene.bot.event("message", id=await scene.whatsapp.account().say(ana.lid, "typed on the phone"))
    assert (heard["from_me"], heard["chat"], heard["text"]) == (True, ana.lid, "typed on the phone")


async def test_the_phone_tells_what_was_said_before(scene: Scene) -> None:
    whatsapp, ana, then = scene.whatsapp, scene.somebody(), int(time.time()) - 86400
    messages = [history.old(ana.lid, ana, "yesterday", then), history.old(ana.lid, None, "mine", then + 5)]
    await history.sync(whatsapp.account(), messages, people=[ana])
    await scene.bot.event("history", texts=["yesterday", "mine"])
    await history.sync(whatsapp.account(), messages[:1], inline=True)
    await scene.bot.event("history", texts=["yesterday"])
    assert set(whatsapp.proxy.asked) == {"web.whatsapp.com:443", "mmg.whatsapp.net:443"}


async def test_a_message_that_cannot_be_read_is_asked_for_again(scene: Scene) -> None:
    whatsapp, ana = scene.whatsapp, scene.somebody()
    whatsapp.faults.corrupt()
    said = await ana.say("what?")
    assert (await scene.bot.event("message", id=said))["text"] == "what?"
    assert any(receipt.kind == "retry" and receipt.ids == (said,) for receipt in whatsapp.receipts)

    await scene.send(ana, "heard you")
    ana.endpoint.renew()
    sent = await scene.send(ana, "and now you cannot read me")
    assert (await whatsapp.received.first(lambda each: each.id == sent)).readers == (ana.name,)


async def test_a_person_with_a_new_phone_is_talked_with_as_before(scene: Scene) -> None:
    ana = scene.somebody()
    await ana.say("from the old phone")
    await scene.send(ana, "hello")
    await ana.reinstall()
    await scene.bot.event("identity")
    await scene.bot.event("message", id=await ana.say("from the new one"))
    sent = await scene.send(ana, "welcome back")
    await scene.whatsapp.received.first(lambda each: each.id == sent)


async def test_a_message_that_comes_twice_is_heard_once(scene: Scene) -> None:
    ana = scene.somebody()
    scene.whatsapp.faults.repeat()
    twice, after = await ana.say("twice"), await ana.say("after")
    await scene.bot.event("message", id=after)
    assert sum(event.get("id") == twice for event in scene.bot.events) == 1


async def test_messages_in_another_order_are_all_heard(scene: Scene) -> None:
    ana = scene.somebody()
    scene.whatsapp.faults.reorder(5)
    said = [await ana.say(f"held {number}") for number in range(5)]
    for each in said:
        await scene.bot.event("message", id=each)
    heard = [event["id"] for event in scene.bot.events if event.get("id") in said]
    assert sorted(heard) == sorted(said)
    assert heard != said


async def test_a_send_is_refused(scene: Scene) -> None:
    ana = scene.somebody()
    scene.whatsapp.faults.on_send(SendFault(error=463, arrives=False))
    with pytest.raises(WheelError, match="463"):
        await scene.send(ana, "too many strangers")
    assert not any(sent.chat == ana.lid for sent in scene.whatsapp.received)


async def test_an_acknowledgement_is_late_or_never_comes(scene: Scene) -> None:
    ana = scene.somebody()
    scene.whatsapp.faults.on_send(SendFault(delay=0.3))
    began = time.monotonic()
    await scene.send(ana, "late")
    assert time.monotonic() - began >= 0.3

    silent = SendFault(silent=True, matching=lambda stanza: stanza.attrs["to"] == ana.lid)
    scene.whatsapp.faults.on_send(silent)
    waiting = asyncio.create_task(scene.send(ana, "never"))
    await scene.whatsapp.received.first(lambda sent: sent.chat == ana.lid and sent.text == "never")
    assert not waiting.done()
    scene.whatsapp.faults.drop()  # the library sends it again once it is back
    sent = await waiting
    assert [each.text for each in scene.whatsapp.received if each.chat == ana.lid] == ["late", "never"]
    assert sent


async def test_a_send_whose_line_breaks_is_sent_again_and_read_once(scene: Scene) -> None:
    ana = scene.somebody()
    scene.whatsapp.faults.on_send(SendFault(cuts=True))
    sent = await scene.send(ana, "once")
    assert [each.id for each in scene.whatsapp.received if each.chat == ana.lid] == [sent]


async def test_a_line_stays_open_and_nothing_goes_through(scene: Scene) -> None:
    ana, faults = scene.somebody(), scene.whatsapp.faults
    await scene.send(ana, "before")
    faults.deaf = True
    said, waiting = await ana.say("hello?"), asyncio.create_task(scene.send(ana, "are you there?"))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    assert [sent.text for sent in scene.whatsapp.received if sent.chat == ana.lid] == ["before"]
    faults.drop()
    faults.deaf = False
    await waiting
    await scene.bot.event("message", id=said)
    assert [sent.text for sent in scene.whatsapp.received if sent.chat == ana.lid] == ["before", "are you there?"]


async def test_nothing_is_lost_or_doubled_while_lines_break(scene: Scene) -> None:
    ana, said = scene.somebody(), []
    for number in range(30):
        said.append(await ana.say(str(number)))
        if number % 10 == 5:
            scene.whatsapp.faults.drop()
    for each in said:
        await scene.bot.event("message", id=each)
    assert sorted(event["id"] for event in scene.bot.events if event.get("id") in said) == sorted(said)


async def test_what_came_while_the_bot_was_away_waits_for_it(scene: Scene) -> None:
    ana, device = scene.somebody(), scene.whatsapp.account().device
    scene.whatsapp.faults.status = 503
    scene.whatsapp.faults.drop()
    await until(lambda: not device.online)
    said = [await ana.say(f"message {number}") for number in range(20)]
    assert len(device.outbox) == len(said)
    scene.whatsapp.faults.clear()
    await scene.bot.event("backlog done", about="Count: 20\n")
    for each in said:
        await scene.bot.event("message", id=each)
    await until(lambda: len(device.outbox) == 0)


async def test_an_unavailable_network_is_tried_again(scene: Scene) -> None:
    before = len(scene.whatsapp.connected)
    scene.whatsapp.faults.refuse(503)
    await scene.whatsapp.faults.stream_error("503")
    await scene.whatsapp.connected.amount(before + 1)
    await scene.bot.event("message", id=await scene.somebody().say("you are back"))


async def test_more_keys_are_asked_for_when_few_are_left(scene: Scene) -> None:
    device = scene.whatsapp.account().device
    while device.one_time_keys > FEW:
        await device.take_bundle()
    await until(lambda: device.one_time_keys > FEW)


async def test_a_message_that_takes_another_back(scene: Scene) -> None:
    ana = scene.somebody()
    said = await ana.say("a mistake")
    key = {"remoteJid": scene.whatsapp.account().lid, "fromMe": True, "id": said}
    kind = P.Message.ProtocolMessage.Type.REVOKE
    await scene.bot.event("message", id=await ana.say(P.Message(protocolMessage={"key": key, "type": kind})))
