"""Somebody who was known by a phone number gets a LID: the real library tells it, and both names lead to them."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from tests.support.linked.accounts import Machine, enters, eventually
from tests.support.stages import RecordingSink
from tests.support.whatsapp.server import WhatsApp

from whinchat.core.dispatch.first_ids import FirstIds
from whinchat.core.dispatch.migrations import MIGRATIONS
from whinchat.core.types import ChatKind, ChatRef, ConnectionState, DeliveryStatus, SendText
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer
from whinchat.transports.linked.transport import LinkedTransport

pytestmark = pytest.mark.skipif(find_spec("neonize") is None, reason="needs the extra `linked`")

LID = "777000111"


async def test_the_chat_of_who_gets_a_lid_stays_one_chat(
    linked: LinkedTransport, machine: Machine, whatsapp: WhatsApp, sink: RecordingSink
) -> None:
    bob = whatsapp.person("bob", lid="", by_lid=False)
    await bob.say("from a number")
    await eventually(lambda: len(sink.events) == 1)
    bob.migrate(LID)
    await bob.say("from a LID")
    await eventually(lambda: len(sink.events) == 2)
    await linked.stop(1)
    (again,) = machine.transports()
    await again.start(sink)
    await enters(again, ConnectionState.ONLINE)
    await bob.say("after a restart")
    await eventually(lambda: len(sink.events) == 3)
    await again.stop(1)

    assert [event.chat.id for event in sink.events] == [bob.jid, bob.lid, bob.lid]
    known = FirstIds(MemoryDatabase(MIGRATIONS), PlainSealer())
    named = [await known.named(event) for event in sink.events]
    assert [event.chat.lasting for event in named] == [bob.jid] * 3
    assert [event.author for event in named] == [bob.jid] * 3


async def test_what_is_sent_to_either_id_arrives(
    linked: LinkedTransport, whatsapp: WhatsApp, sink: RecordingSink
) -> None:
    bob = whatsapp.person("bob", lid="", by_lid=False)
    await bob.say("from a number")
    await eventually(lambda: len(sink.events) == 1)
    bob.migrate(LID)
    await bob.say("from a LID")
    await eventually(lambda: len(sink.events) == 2)
    before = ChatRef(bob.jid, ChatKind.DIRECT)
    for number, to in enumerate((before, ChatRef(bob.lid, ChatKind.DIRECT, known_as=bob.jid))):
        quote = sink.events[number]
        sent = await linked.perform(to, SendText(f"answer {number}", quote=getattr(quote, "ref", None)), f"r{number}")
        assert sent.message_id is not None, sent
        await bob.read(sent.message_id)
    await eventually(lambda: sum(update.status is DeliveryStatus.READ for update in sink.updates) == 2)
    assert {update.chat.id for update in sink.updates} == {bob.lid}
    assert [each.chat for each in whatsapp.received] == [bob.lid, bob.lid]
