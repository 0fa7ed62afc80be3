"""What becomes of what an account shall send, and how sure that is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.library import (
    ANA,
    BOB,
    BOB_PHONE,
    E2E,
    SECOND,
    incoming,
    info,
    source,
)
from tests.support.linked.desk import CONNECTED, DIRECT, DISCONNECTED, GROUP, Desk, returned, sent

from whinchat.core.types import (
    Action,
    Certainty,
    ChatKind,
    ChatRef,
    ConnectionState,
    Delete,
    DeliveryStatus,
    LockGroup,
    MessageRef,
    NoticeKind,
    React,
    SendResult,
    SendText,
)
from whinchat.transports.linked import callbacks, composing, sends
from whinchat.transports.linked.link import BridgeDown, BridgeTimeout
from whinchat.transports.linked.transport import Manners

BY_ANA = MessageRef(GROUP, "M9", ANA)
MINE = MessageRef(GROUP, "S1", "", from_me=True)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Online; Ana has written."""
    desk = Desk(tmp_path)
    await desk.go_online()
    await desk.hear()
    yield desk
    await desk.bot.stop(0)


def rejected(error: str, retry_after: float | None = None) -> SendResult:
    return SendResult(Certainty.REJECTED, error=error, retry_after=retry_after)


async def perform(desk: Desk, action: Action, chat: ChatRef = DIRECT, reference: str = "r1") -> SendResult:
    return await desk.bot.perform(chat, action, reference)


# --- what the network says ---


async def test_a_text_is_sent_once_it_is_acknowledged(desk: Desk) -> None:
    assert await perform(desk, SendText("hi")) == SendResult(Certainty.SENT, "S1")
    assert [message.conversation for message in desk.link.sent()] == ["hi"]


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ("server returned error 479", rejected("server_479")),
        ("server returned error 503", rejected("server_503", composing.AGAIN)),
        ("websocket not connected", rejected("no_connection", composing.AGAIN)),
        ("no LID found for 49@s.whatsapp.net from server", rejected("no_such_user")),
        ("timed out waiting for message send response", SendResult(Certainty.UNKNOWN, error="timeout")),
        ("websocket disconnected before message send", SendResult(Certainty.UNKNOWN, error="disconnected")),
        ("something nobody has seen before", SendResult(Certainty.UNKNOWN, error="unknown_error")),
    ],
)
async def test_only_what_surely_did_not_leave_is_rejected(desk: Desk, said: str, result: SendResult) -> None:
    desk.link.fail("SendMessage", said)
    assert await perform(desk, SendText("hi")) == result


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (BridgeDown(left=True), SendResult(Certainty.UNKNOWN, error="no_connection")),
        (BridgeDown(left=False), rejected("no_connection", composing.AGAIN)),
        (BridgeTimeout(left=True), SendResult(Certainty.UNKNOWN, error="timeout")),
        (BridgeTimeout(left=False), rejected("timeout", composing.AGAIN)),
    ],
)
async def test_a_process_that_dies_leaves_an_unknown_result_if_it_had_the_message(
    desk: Desk, error: Exception, result: SendResult
) -> None:
    desk.link.answer("SendMessage", error)
    assert await perform(desk, SendText("hi")) == result


async def test_an_answer_that_cannot_be_read_leaves_an_unknown_result(desk: Desk) -> None:
    desk.link.answer("SendMessage", b"\xff\xff")
    assert await perform(desk, SendText("hi")) == SendResult(Certainty.UNKNOWN, error="undecodable")


async def test_a_limit_is_told_and_waited_for(desk: Desk) -> None:
    desk.link.fail("SendMessage", "server returned error 429")
    assert await perform(desk, SendText("hi")) == rejected("rate_limited", sends.RATE_LIMITED)
    (notice,) = desk.sink.notices
    assert (notice.kind, notice.detail) == (NoticeKind.QUOTA, "rate_limited")


async def test_who_is_not_connected_sends_nothing(desk: Desk) -> None:
    await desk.link.tell(callbacks.DISCONNECTED, DISCONNECTED)
    assert await perform(desk, SendText("hi")) == rejected("disconnected", 1.0)
    await desk.link.tell(callbacks.CONNECTED, CONNECTED)
    await desk.bot.stop(0)
    assert await perform(desk, SendText("hi")) == rejected("disconnected", 1.0)
    assert desk.link.sent() == []


@pytest.mark.parametrize(
    ("action", "chat", "error"),
    [
        (SendText("half a \ud83d"), DIRECT, "bad_text"),
        (SendText("hi"), ChatRef("nobody at all", ChatKind.GROUP), "not_in_group"),
        (SendText("hi"), ChatRef("1@newsletter", ChatKind.CHANNEL), "unsupported"),
        (Delete(MessageRef(DIRECT, "M1", ANA)), DIRECT, "not_a_group"),
        (LockGroup(locked=True), DIRECT, "not_a_group"),
    ],
)
async def test_what_cannot_be_sent_is_refused_for_good(desk: Desk, action: Action, chat: ChatRef, error: str) -> None:
    assert await perform(desk, action, chat) == rejected(error)
    assert desk.link.sent() == []


async def test_what_takes_too_long_to_prepare_is_left_for_later(desk: Desk) -> None:
    desk.link.hold("GetGroupInfo")
    sending = asyncio.create_task(perform(desk, SendText("hi"), GROUP))
    await desk.clock.advance(sends.PREPARING)
    assert await sending == rejected("slow", composing.AGAIN)


# --- one after the other ---


async def test_the_library_gets_one_message_at_a_time(desk: Desk) -> None:
    release = desk.link.hold("SendMessage")
    first = asyncio.create_task(perform(desk, SendText("first"), reference="r1"))
    await desk.clock.advance(0)
    second = asyncio.create_task(perform(desk, SendText("second"), reference="r2"))
    await desk.clock.advance(1)
    assert [message.conversation for message in desk.link.sent()] == ["first"]
    release(sent("A"))
    assert (await first).message_id == "A"
    await desk.clock.advance(0)
    assert (await second).certainty is Certainty.SENT


async def test_who_does_not_get_that_far_was_surely_not_sent(desk: Desk) -> None:
    release = desk.link.hold("SendMessage")
    first = asyncio.create_task(perform(desk, SendText("first"), reference="r1"))
    await desk.clock.advance(0)
    second = asyncio.create_task(perform(desk, SendText("second"), reference="r2"))
    await desk.clock.advance(sends.TURN)
    assert await second == rejected("busy", composing.AGAIN)
    release(sent("A"))
    assert (await first).message_id == "A"


async def test_a_late_answer_settles_what_was_unknown(desk: Desk) -> None:
    release = desk.link.hold("SendMessage")
    sending = asyncio.create_task(perform(desk, SendText("slow"), reference="r7"))
    await desk.clock.advance(sends.PATIENCE)
    assert await sending == SendResult(Certainty.UNKNOWN, error="timeout")
    assert desk.bot.state is ConnectionState.ONLINE  # nobody is held up: the library may wait
    release(sent("LATE"))
    await desk.clock.advance(0)
    (update,) = desk.sink.updates
    assert (update.reference, update.message_id, update.status) == ("r7", "LATE", DeliveryStatus.SENT)


async def test_a_late_failure_settles_nothing(desk: Desk) -> None:
    release = desk.link.hold("SendMessage")
    sending = asyncio.create_task(perform(desk, SendText("slow")))
    await desk.clock.advance(sends.PATIENCE)
    await sending
    release(returned("SendMessageReturnFunction", Error="timed out waiting for message send response"))
    await desk.clock.advance(0)
    assert desk.sink.updates == []


async def test_a_caller_that_gives_up_does_not_lose_the_answer(desk: Desk) -> None:
    release = desk.link.hold("SendMessage")
    sending = asyncio.create_task(perform(desk, SendText("slow"), reference="r7"))
    await desk.clock.advance(1)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    release(sent("LATE"))
    await desk.clock.advance(0)
    assert [update.reference for update in desk.sink.updates] == ["r7"]
    assert (await perform(desk, SendText("next"))).certainty is Certainty.SENT


async def test_a_message_that_is_not_answered_does_not_hold_up_the_others_for_long(desk: Desk) -> None:
    desk.link.hold("SendMessage")
    first = asyncio.create_task(perform(desk, SendText("lost"), reference="r1"))
    await desk.clock.advance(sends.PATIENCE)
    assert (await first).certainty is Certainty.UNKNOWN
    second = asyncio.create_task(perform(desk, SendText("next"), reference="r2"))
    desk.link._held.clear()
    await desk.clock.advance(1.5)
    assert (desk.bot.state, desk.link.starts) == (ConnectionState.CONNECTING, 2)
    await desk.log_in()
    await desk.clock.advance(0)
    assert (await second).certainty is Certainty.SENT
    assert desk.sink.updates == []


async def test_who_gives_up_waiting_for_the_connection_is_in_nobodys_way(desk: Desk) -> None:
    desk.link.hold("SendMessage")
    first = asyncio.create_task(perform(desk, SendText("lost"), reference="r1"))
    await desk.clock.advance(sends.PATIENCE)
    await first
    second = asyncio.create_task(perform(desk, SendText("next"), reference="r2"))
    await desk.clock.advance(1.5)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    await desk.log_in()
    desk.link._held.clear()
    assert (await perform(desk, SendText("next"))).certainty is Certainty.SENT


async def test_if_the_connection_does_not_come_back_in_time_the_next_one_was_not_sent(desk: Desk) -> None:
    desk.link.hold("SendMessage")
    first = asyncio.create_task(perform(desk, SendText("lost"), reference="r1"))
    await desk.clock.advance(sends.PATIENCE)
    await first
    second = asyncio.create_task(perform(desk, SendText("next"), reference="r2"))
    await desk.clock.advance(2 * sends.TURN)
    assert await second == rejected("disconnected", 1.0)
    await desk.log_in()
    desk.link._held.clear()
    assert (await perform(desk, SendText("next"))).certainty is Certainty.SENT


# --- manners ---


async def test_what_is_answered_is_marked_as_read_once(desk: Desk) -> None:
    await perform(desk, SendText("hi"))
    await perform(desk, SendText("and more"))
    assert desk.link.names() == ["MarkRead", "SendMessage", "SendMessage"]
    _, arguments = desk.link.calls[0]
    assert arguments[:2] == ("M1", SECOND)
    assert arguments[4] == "read"


async def test_a_quoted_message_is_shown_and_marked_as_read(desk: Desk) -> None:
    quote = await desk.hear("which one?", "M2")
    await perform(desk, SendText("this one", quote=quote))
    (message,) = desk.link.sent()
    context = message.extendedTextMessage.contextInfo
    assert (context.stanzaID, context.quotedMessage.conversation) == ("M2", "which one?")
    assert desk.link.calls[0][1][0] == "M2"


async def test_a_reply_is_typed_for_as_long_as_it_takes(tmp_path: Path) -> None:
    desk = Desk(tmp_path, manners=Manners(typing=True))
    await desk.go_online()
    await desk.hear()
    assert desk.bot.capabilities.typing
    sending = asyncio.create_task(perform(desk, SendText("Hello, Ana, how are you?")))
    await desk.clock.advance(0.5)
    assert desk.link.names() == ["MarkRead", "SendPresence", "SendChatPresence"]
    await desk.clock.advance(2)
    assert (await sending).certainty is Certainty.SENT
    await desk.clock.advance(0)
    assert desk.link.names()[3:] == ["SendMessage", "SendPresence"]
    assert [given for name, given in desk.link.calls if name == "SendPresence"] == [("available",), ("unavailable",)]
    await perform(desk, React(MessageRef(DIRECT, "M1", ANA), "👍"))
    assert desk.link.names()[5:] == ["SendMessage"]  # nobody types that
    await desk.bot.stop(0)


async def test_that_nothing_can_be_marked_or_shown_keeps_nothing_back(desk: Desk) -> None:
    desk.link.answer("MarkRead", BridgeTimeout(left=True))
    assert (await perform(desk, SendText("hi"))).certainty is Certainty.SENT


# --- whom it writes to ---


async def test_it_does_not_write_to_who_never_wrote(desk: Desk) -> None:
    stranger = ChatRef(BOB, ChatKind.DIRECT)
    assert await perform(desk, SendText("buy!"), stranger) == rejected("first_contact")
    await desk.bot.stop(0)
    desk.begin_anew()
    await desk.go_online()
    assert await perform(desk, SendText("buy!"), stranger) == rejected("first_contact")
    assert (await perform(desk, SendText("hi"))).certainty is Certainty.SENT  # that Ana wrote is remembered


async def test_who_wrote_by_number_may_be_answered_by_lid(desk: Desk) -> None:
    about = info(source(BOB_PHONE, BOB_PHONE, alt=BOB), "B1")
    await desk.link.tell(callbacks.MESSAGE, incoming(about, E2E.Message(conversation="hi")))
    assert (await perform(desk, SendText("hi"), ChatRef(BOB, ChatKind.DIRECT))).certainty is Certainty.SENT


async def test_the_reach_out_time_lock_is_kept_for_hours_and_never_tried_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, manners=Manners(first_contact=True, typing=False))
    await desk.go_online()
    await desk.hear()
    stranger, other = ChatRef(BOB, ChatKind.DIRECT), ChatRef("333@lid", ChatKind.DIRECT)
    desk.link.fail("SendMessage", "server returned error 463")
    assert await perform(desk, SendText("news"), stranger) == rejected("restricted")
    until = desk.clock.now() + 12 * 3600_000
    (notice,) = desk.sink.notices
    assert (notice.kind, notice.until) == (NoticeKind.RESTRICTED, until)
    for _ in range(3):
        assert await perform(desk, SendText("news"), other) == rejected("restricted")
    assert len(desk.link.sent()) == 1
    assert (await perform(desk, SendText("hi"))).certainty is Certainty.SENT  # answers go on
    await desk.bot.stop(0)
    desk.begin_anew()
    await desk.go_online()
    assert await perform(desk, SendText("news"), other) == rejected("restricted")
    await desk.pass_time(12 * 3600)
    await desk.log_in()
    assert (await perform(desk, SendText("news"), other)).certainty is Certainty.SENT
    await desk.bot.stop(0)


async def test_a_locked_chat_opens_when_the_person_writes_again(desk: Desk) -> None:
    desk.link.fail("SendMessage", "server returned error 463")
    desk.database.fail_next("disk_full")
    assert await perform(desk, SendText("hi")) == rejected("restricted")
    assert await perform(desk, SendText("hi")) == rejected("restricted")
    assert len(desk.link.sent()) == 1
    await desk.hear("are you there?", "M2")
    assert (await perform(desk, SendText("yes"))).certainty is Certainty.SENT


async def test_a_database_that_cannot_be_asked_keeps_the_message_for_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        from whinchat.core.errors import StorageError

        raise StorageError("broken", code="damaged")

    monkeypatch.setattr(desk.database, "fetch_one", broken)
    assert await perform(desk, SendText("hi"), ChatRef(BOB, ChatKind.DIRECT)) == rejected("damaged", composing.AGAIN)
