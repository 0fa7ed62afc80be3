"""Linked accounts when things go wrong: the unmodified library in its process, over the fake network."""

from __future__ import annotations

import asyncio
import os
import signal
from importlib.util import find_spec

import pytest
from tests.support.linked.accounts import Machine, enters, eventually, link
from tests.support.stages import RecordingSink
from tests.support.whatsapp import history
from tests.support.whatsapp.faults import SendFault
from tests.support.whatsapp.server import WhatsApp

from whinchat.core.types import (
    Certainty,
    ChatKind,
    ChatRef,
    ConnectionState,
    DeliveryStatus,
    MessageReceived,
    NoticeKind,
    SendText,
)
from whinchat.transports.linked.bridge import Bridge
from whinchat.transports.linked.process import ChildProcess
from whinchat.transports.linked.transport import LinkedTransport

pytestmark = pytest.mark.skipif(find_spec("neonize") is None, reason="needs the extra `linked`")


def chat(whatsapp: WhatsApp, name: str = "ana") -> ChatRef:
    return ChatRef(whatsapp.person(name).lid, ChatKind.DIRECT)


def child(bot: LinkedTransport) -> int:
    """The library's process."""
    bridge = bot._client._link
    assert isinstance(bridge, Bridge)
    assert bridge._life is not None
    process = bridge._life._process
    assert isinstance(process, ChildProcess)
    return process.pid


# --- ends ---


async def connections(whatsapp: WhatsApp) -> int:
    """How many logins there were, after a while in which there could have been another one."""
    await asyncio.sleep(0.5)
    return len(whatsapp.connected)


async def test_taken_off_on_the_phone_it_does_not_come_back(linked: LinkedTransport, whatsapp: WhatsApp) -> None:
    await whatsapp.faults.log_out()
    await enters(linked, ConnectionState.LOGGED_OUT)
    assert "link it anew" in linked.hint
    before = await connections(whatsapp)
    await linked.reconnect()
    await enters(linked, ConnectionState.NEED_PAIRING)
    assert await connections(whatsapp) == before


async def test_replaced_it_leaves_the_session_to_the_other_one_until_a_person_says_otherwise(
    linked: LinkedTransport, whatsapp: WhatsApp
) -> None:
    before = len(whatsapp.connected)
    await whatsapp.faults.replace()
    await enters(linked, ConnectionState.REPLACED)
    assert await connections(whatsapp) == before
    await linked.reconnect()
    await enters(linked, ConnectionState.ONLINE)


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (401, ConnectionState.LOGGED_OUT),
        (403, ConnectionState.LOGGED_OUT),
        (405, ConnectionState.OUTDATED),
        (406, ConnectionState.BANNED),
    ],
)
async def test_what_the_network_refuses_for_a_reason_is_not_tried_again_at_once(
    linked: LinkedTransport, whatsapp: WhatsApp, reason: int, state: ConnectionState
) -> None:
    before = len(whatsapp.connected)
    whatsapp.faults.refuse(reason)
    whatsapp.faults.drop()
    await enters(linked, state)
    assert linked.hint
    assert await connections(whatsapp) == before


async def test_banned_for_a_time_it_stays_away_also_after_a_restart(
    linked: LinkedTransport, machine: Machine, whatsapp: WhatsApp, sink: RecordingSink
) -> None:
    before = len(whatsapp.connected)
    whatsapp.faults.ban(3600)
    whatsapp.faults.drop()
    await enters(linked, ConnectionState.BANNED)
    await linked.stop(1)
    (again,) = machine.transports()
    await again.start(sink)
    await enters(again, ConnectionState.BANNED)
    assert await connections(whatsapp) == before
    await again.reconnect()  # the person knows better
    await enters(again, ConnectionState.ONLINE)
    await again.stop(1)


async def test_a_server_that_is_busy_is_come_back_to(linked: LinkedTransport, whatsapp: WhatsApp) -> None:
    whatsapp.faults.refuse(503)
    await whatsapp.faults.stream_error("503")
    await eventually(lambda: linked.state is ConnectionState.CONNECTING)
    await enters(linked, ConnectionState.ONLINE)


async def test_the_line_breaks_and_nothing_is_lost_or_doubled(
    linked: LinkedTransport, whatsapp: WhatsApp, sink: RecordingSink
) -> None:
    ana = whatsapp.person("ana")
    for n in range(10):
        await ana.say(str(n))
        if n % 3 == 0:
            whatsapp.faults.drop()
    await eventually(lambda: len(sink.texts()) >= 10)
    assert sink.texts() == [str(n) for n in range(10)]


# --- the library's process dies ---


async def test_killed_in_a_burst_it_resumes_and_says_everything_once(
    linked: LinkedTransport, whatsapp: WhatsApp, sink: RecordingSink
) -> None:
    ana = whatsapp.person("ana")
    said = []
    for n in range(60):
        said.append(str(n))
        await ana.say(str(n))
        if n == 30:
            os.kill(child(linked), signal.SIGKILL)
        await asyncio.sleep(0.003)
    await enters(linked, ConnectionState.ONLINE)
    await ana.say("after")
    await eventually(lambda: "after" in sink.texts())
    heard = sink.texts()
    assert len(heard) == len(set(heard))
    assert len(set(said) - set(heard)) <= 1  # the one under way, which the library has read and not handed over
    assert heard == [text for text in [*said, "after"] if text in heard]
    offline = [event for event in sink.events if isinstance(event, MessageReceived) and event.offline]
    assert offline  # what waited meanwhile is marked


async def test_what_is_sent_while_the_process_dies_is_unknown_or_surely_not_sent(
    linked: LinkedTransport, whatsapp: WhatsApp, sink: RecordingSink
) -> None:
    ana = whatsapp.person("ana")
    await ana.say("hello")
    await eventually(lambda: sink.texts() == ["hello"])
    whatsapp.faults.on_send(SendFault(delay=5))
    sending = asyncio.create_task(linked.perform(chat(whatsapp), SendText("unknown"), "r1"))
    await eventually(lambda: len(whatsapp.received) == 1)
    os.kill(child(linked), signal.SIGKILL)
    assert (await sending).certainty is Certainty.UNKNOWN
    not_now = await linked.perform(chat(whatsapp), SendText("later"), "r2")
    assert (not_now.certainty, not_now.error) == (Certainty.REJECTED, "disconnected")
    assert not_now.retry_after is not None
    await enters(linked, ConnectionState.ONLINE)
    assert (await linked.perform(chat(whatsapp), SendText("later"), "r2")).certainty is Certainty.SENT
    assert [sent.text for sent in whatsapp.received] == ["unknown", "later"]


# --- people ---


async def test_a_letter_is_read_typed_an_answer_to_and_confirmed(
    machine: Machine, whatsapp: WhatsApp, sink: RecordingSink
) -> None:
    (bot,) = machine.transports(typing=True)
    await bot.start(sink)
    await link(bot, whatsapp)
    ana = whatsapp.person("ana")
    letter = await ana.say("hello")
    await eventually(lambda: sink.texts() == ["hello"])
    sent = await bot.perform(chat(whatsapp), SendText("hi!"), "r1")
    assert sent.certainty is Certainty.SENT
    assert (await whatsapp.receipts.first(lambda receipt: receipt.kind == "read")).ids == (letter,)
    assert (await whatsapp.typing.first()).state == "composing"
    assert sent.message_id is not None
    await ana.read(sent.message_id)
    await eventually(lambda: len(sink.updates) >= 2)
    assert [update.status for update in sink.updates] == [DeliveryStatus.DELIVERED, DeliveryStatus.READ]
    assert {(update.chat, update.message_id) for update in sink.updates} == {(chat(whatsapp), sent.message_id)}
    await bot.stop(1)


async def test_it_does_not_write_first(linked: LinkedTransport, whatsapp: WhatsApp) -> None:
    refused = await linked.perform(chat(whatsapp), SendText("buy!"), "r1")
    assert (refused.certainty, refused.error, refused.retry_after) == (Certainty.REJECTED, "first_contact", None)
    assert whatsapp.received == []


async def test_the_reach_out_time_lock_ends_new_chats_but_no_answers(
    machine: Machine, whatsapp: WhatsApp, sink: RecordingSink
) -> None:
    (bot,) = machine.transports(first_contact=True)
    await bot.start(sink)
    await link(bot, whatsapp)
    ana, _, _ = (whatsapp.person(name) for name in ("ana", "bob", "eve"))
    await ana.say("hello")
    await eventually(lambda: sink.texts() == ["hello"])
    whatsapp.faults.on_send(
        SendFault(error=463, arrives=False, times=9, matching=lambda node: ana.lid != node.attrs["to"])
    )
    first = await bot.perform(chat(whatsapp, "bob"), SendText("news"), "r1")
    second = await bot.perform(chat(whatsapp, "eve"), SendText("news"), "r2")
    assert {(each.certainty, each.error, each.retry_after) for each in (first, second)} == {
        (Certainty.REJECTED, "restricted", None)
    }
    (notice,) = sink.notices  # the network was asked once
    assert (notice.kind, notice.until is not None) == (NoticeKind.RESTRICTED, True)
    assert (await bot.perform(chat(whatsapp), SendText("hi"), "r3")).certainty is Certainty.SENT
    await bot.stop(1)
    (again,) = machine.transports(first_contact=True)
    await again.start(sink)
    await enters(again, ConnectionState.ONLINE)
    assert (await again.perform(chat(whatsapp, "eve"), SendText("news"), "r4")).error == "restricted"
    assert (await again.perform(chat(whatsapp), SendText("hi again"), "r5")).certainty is Certainty.SENT
    assert [sent.text for sent in whatsapp.received] == ["hi", "hi again"]
    await again.stop(1)


async def test_history_is_not_answered_but_tells_who_has_written(
    linked: LinkedTransport, whatsapp: WhatsApp, sink: RecordingSink
) -> None:
    ana = whatsapp.person("ana")
    old = [history.old(ana.lid, ana, "long ago", 1_700_000_000)]
    await history.sync(whatsapp.account(), old, people=[ana])
    async with asyncio.timeout(10):
        while (await linked.perform(chat(whatsapp), SendText("hi"), "r1")).certainty is not Certainty.SENT:
            await asyncio.sleep(0.05)
    assert sink.events == []


async def test_a_message_that_is_answered_late_is_settled_after_all(
    linked: LinkedTransport, whatsapp: WhatsApp, sink: RecordingSink
) -> None:
    await whatsapp.person("ana").say("hello")
    await eventually(lambda: sink.texts() == ["hello"])
    whatsapp.faults.on_send(SendFault(delay=0.8))
    result = await linked.perform(chat(whatsapp), SendText("slow"), "r1")
    assert (result.certainty, result.error) == (Certainty.UNKNOWN, "timeout")
    await eventually(lambda: any(update.reference == "r1" for update in sink.updates))
    (found,) = (update for update in sink.updates if update.reference == "r1")
    assert (found.status, found.message_id) == (DeliveryStatus.SENT, whatsapp.received[0].id)


async def test_somebody_known_by_number_is_who_they_were_after_a_restart(
    linked: LinkedTransport, machine: Machine, whatsapp: WhatsApp, sink: RecordingSink
) -> None:
    bob = whatsapp.person("bob", by_lid=False)
    await bob.say("by number")
    await eventually(lambda: sink.texts() == ["by number"])
    await linked.stop(1)
    (again,) = machine.transports()
    await again.start(sink)
    await enters(again, ConnectionState.ONLINE)
    sent = await again.perform(chat(whatsapp, "bob"), SendText("known"), "r1")
    assert sent.message_id is not None
    await bob.read(sent.message_id)
    await eventually(lambda: any(update.status is DeliveryStatus.READ for update in sink.updates))
    assert {update.chat for update in sink.updates} == {chat(whatsapp, "bob")}
    await again.stop(1)


async def test_two_accounts_in_one_service_do_not_hear_each_other(
    machine: Machine, whatsapp: WhatsApp, sink: RecordingSink
) -> None:
    bot, other = machine.transports("bot", "other")
    for transport in (bot, other):
        await transport.start(sink)
        await link(transport, whatsapp)
    ana = whatsapp.person("ana")
    await ana.say("to one", to=whatsapp.account("bot"))
    await ana.say("to the other", to=whatsapp.account("other"))
    await eventually(lambda: len(sink.events) == 2)
    heard = {(event.account, event.content.text) for event in sink.events if isinstance(event, MessageReceived)}
    assert heard == {("bot", "to one"), ("other", "to the other")}
    await asyncio.gather(bot.stop(1), other.stop(1))
