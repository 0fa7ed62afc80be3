"""What the fake adds to the port; the port itself is in tests/contract/test_transport.py."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.stages import RecordingSink

from whinchat.core.errors import TransportError
from whinchat.core.types import (
    Capabilities,
    Certainty,
    ChatKind,
    ChatRef,
    ConnectionState,
    Content,
    DeliveryStatus,
    DeliveryUpdate,
    Event,
    MessageReceived,
    SendText,
    UserRef,
)
from whinchat.testing.transport import FakeTransport

CHAT = ChatRef("a", ChatKind.GROUP)


def message(text: str) -> MessageReceived:
    content = Content(text=text)
    return MessageReceived(account="fake", chat=CHAT, id=text, sender=UserRef("bob"), time=0, content=content)


async def test_events_wait_until_there_is_a_service() -> None:
    transport, sink = FakeTransport(), RecordingSink()
    await transport.emit(message("early"), times=2)
    assert transport.waiting == 2
    await transport.start(sink)
    await transport.offer()
    assert (sink.texts(), transport.waiting) == (["early", "early"], 0)


async def test_delivery_updates_take_the_same_way() -> None:
    transport, sink = FakeTransport(), RecordingSink()
    await transport.start(sink)
    update = DeliveryUpdate(account="fake", chat=CHAT, message_id="m", status=DeliveryStatus.READ, time=0)
    await transport.emit(update)
    assert sink.updates == [update]


async def test_a_held_answer_comes_when_it_is_let_go() -> None:
    transport = FakeTransport()
    await transport.start(RecordingSink())
    let_go = transport.hold()
    sending = asyncio.create_task(transport.perform(CHAT, SendText("hi"), "r1"))
    await asyncio.sleep(0)
    assert len(transport.arrived()) == 1
    assert not sending.done()
    let_go()
    assert (await sending).certainty is Certainty.SENT


async def test_a_broken_connection_rejects_and_comes_back() -> None:
    transport, sink = FakeTransport("second", Capabilities(groups=True)), RecordingSink()
    await transport.start(sink)
    transport.disconnect()
    assert (await transport.perform(CHAT, SendText("hi"), "r1")).retry_after == 1.0
    with pytest.raises(TransportError):
        await transport.group(CHAT)
    transport.reconnect()
    assert (await transport.perform(CHAT, SendText("hi"), "r1")).certainty is Certainty.SENT
    assert [performed.arrived for performed in transport.performed] == [False, True]
    assert sink.states == [ConnectionState.ONLINE, ConnectionState.CONNECTING, ConnectionState.ONLINE]
    assert (transport.account, transport.capabilities) == ("second", Capabilities(groups=True))


async def test_faults_act_in_the_order_they_were_asked_for() -> None:
    transport = FakeTransport()
    await transport.start(RecordingSink())
    transport.lose()
    transport.reject("busy", times=2)
    transport.leave_unconfirmed()
    results = [await transport.perform(CHAT, SendText("hi"), "r1") for _ in range(5)]
    assert [result.certainty for result in results] == ["unknown", "rejected", "rejected", "unknown", "sent"]
    assert [performed.arrived for performed in transport.performed] == [False, False, False, True, True]


async def test_events_emitted_at_once_are_offered_one_by_one() -> None:
    class Slow(RecordingSink):
        async def accept(self, event: Event) -> None:
            await asyncio.sleep(0)
            await super().accept(event)

    transport, sink = FakeTransport(), Slow()
    await transport.start(sink)
    await asyncio.gather(*(transport.emit(message(str(n))) for n in range(5)))
    assert sink.texts() == ["0", "1", "2", "3", "4"]
