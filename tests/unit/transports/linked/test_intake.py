"""What arrives: in order, once the service has it, and nothing of before the account was linked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.library import (
    ANA,
    ANA_PHONE,
    BOB,
    BOB_PHONE,
    COMMON,
    E2E,
    EVE_PHONE,
    FAMILY,
    HISTORY,
    ME,
    ME_PHONE,
    NEONIZE,
    SECOND,
    WEB,
    incoming,
    info,
    jid,
    source,
)
from tests.support.linked.desk import DIRECT, Desk, returned

from whinchat.core.errors import Overloaded, StorageError
from whinchat.core.types import (
    Certainty,
    ChatKind,
    ChatRef,
    DeliveryStatus,
    DeliveryUpdate,
    Event,
    MessageReceived,
    NoticeKind,
    SendText,
)
from whinchat.transports.linked import callbacks
from whinchat.transports.linked.lanes import GATHER
from whinchat.transports.linked.link import BridgeDown

WAITING = NEONIZE.OfflineSyncPreview(Total=3, AppDataChanges=0, Message=3, Notifications=0, Receipts=0)
CAUGHT_UP = NEONIZE.OfflineSyncCompleted(Count=3)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    await desk.go_online()
    yield desk
    desk.sink.closed = False
    await desk.bot.stop(0)


def message(text: str, id_: str, *, chat: str = ANA, sender: str = ANA, at: int = SECOND) -> bytes:
    return incoming(info(source(chat, sender), id_, time=at * 1000), E2E.Message(conversation=text))


def begin(desk: Desk, *events: bytes) -> list[asyncio.Task[None]]:
    """Handed over one after the other, as the library does: none waits for the one before."""
    return [asyncio.create_task(desk.link.tell(callbacks.MESSAGE, event)) for event in events]


# --- acknowledged when it is taken ---


async def test_an_event_is_acknowledged_when_the_service_has_it(desk: Desk) -> None:
    desk.sink.closed = True
    (offered,) = begin(desk, message("hello", "M1"))
    await desk.pass_time(1)
    assert not offered.done()
    desk.sink.closed = False
    await desk.pass_time(0.1)
    assert offered.done()
    assert desk.sink.texts() == ["hello"]


async def test_many_are_under_way_and_each_chat_keeps_its_order(desk: Desk) -> None:
    desk.sink.closed = True
    events = [message(str(n), f"M{n}", chat=chat, sender=chat) for n in range(20) for chat in (ANA, BOB)]
    offered = begin(desk, *events)
    await desk.pass_time(0.05)
    desk.sink.closed = False
    await desk.pass_time(0.1)
    await asyncio.gather(*offered)
    for chat in (ANA, BOB):
        heard = [event.content.text for event in desk.sink.events if isinstance(event, MessageReceived)]
        said = [text for text, event in zip(heard, desk.sink.events, strict=True) if event.chat.id == chat]
        assert said == [str(n) for n in range(20)]


async def test_one_chat_does_not_hold_up_another(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    accept = desk.sink.accept
    open_ = asyncio.Event()

    async def slow(event: Event) -> None:
        if event.chat.id == ANA:
            await open_.wait()
        await accept(event)

    monkeypatch.setattr(desk.sink, "accept", slow)
    first, second = begin(desk, message("slow", "M1"), message("quick", "M2", chat=BOB, sender=BOB))
    await desk.pass_time(0.1)
    assert (first.done(), second.done()) == (False, True)
    open_.set()
    await first


async def test_what_the_service_fails_to_take_is_offered_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    accept, failures = desk.sink.accept, [RuntimeError("a mistake"), Overloaded("full")]

    async def failing(event: Event) -> None:
        if failures:
            raise failures.pop()
        await accept(event)

    monkeypatch.setattr(desk.sink, "accept", failing)
    (offered,) = begin(desk, message("hello", "M1"))
    await desk.pass_time(3)
    await offered
    assert desk.sink.texts() == ["hello"]


async def test_what_is_refused_while_it_stops_is_not_acknowledged(desk: Desk) -> None:
    desk.sink.closed = True
    refused, waiting = begin(desk, message("one", "M1"), message("two", "M2"))
    await desk.pass_time(0)
    stopping = asyncio.create_task(desk.bot.stop(1))
    await desk.pass_time(1)
    await stopping
    for offered in (refused, waiting):
        with pytest.raises(Overloaded):
            await offered
    with pytest.raises(Overloaded):
        await desk.hear("late", "M3")
    assert desk.sink.texts() == []


async def test_a_receipt_is_offered_again_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(update: DeliveryUpdate) -> None:
        raise Overloaded("full", retry_after=1)

    monkeypatch.setattr(desk.sink, "delivery", full)
    receipt = NEONIZE.Receipt(MessageSource=source(ANA, ANA), MessageIDs=["S1"], Timestamp=SECOND, Type="READ")
    with pytest.raises(Overloaded):
        await desk.link.tell(callbacks.RECEIPT, receipt)
    monkeypatch.undo()
    await desk.link.tell(callbacks.RECEIPT, receipt)
    (update,) = desk.sink.updates
    assert (update.chat, update.message_id, update.status) == (DIRECT, "S1", DeliveryStatus.READ)


async def test_a_database_that_is_full_keeps_the_event_with_the_library(desk: Desk) -> None:
    desk.database.fail_next("disk_full")  # that Ana wrote cannot be noted
    with pytest.raises(Overloaded) as refused:
        await desk.hear()
    assert isinstance(refused.value.__cause__, StorageError)
    await desk.hear()
    assert desk.sink.texts() == ["hello"]


async def test_what_cannot_be_read_is_counted_and_does_not_block(desk: Desk) -> None:
    await desk.link.tell(callbacks.MESSAGE, b"\xff\xff\xff")
    (notice,) = desk.sink.notices
    assert (notice.kind, notice.detail) == (NoticeKind.UNDECRYPTABLE, "undecodable")
    await desk.hear()
    assert desk.sink.texts() == ["hello"]


# --- what waited ---


async def test_what_waited_comes_in_order_of_its_time_and_once(desk: Desk) -> None:
    await desk.link.tell(callbacks.OFFLINE_SYNC_PREVIEW, WAITING)
    late, early, again = (
        message("second", "M2", at=SECOND + 60),
        message("first", "M1", at=SECOND),
        message("second", "M2", at=SECOND + 60),
    )
    offered = begin(desk, late, early, again)
    await desk.pass_time(GATHER)
    await asyncio.gather(*offered)
    assert desk.sink.texts() == ["first", "second"]
    assert all(isinstance(event, MessageReceived) and event.offline for event in desk.sink.events)


async def test_what_bears_the_id_of_something_silent_is_no_repetition_of_it(desk: Desk) -> None:
    """A member's sender key comes with the first message after it; what could not be decrypted comes once more."""
    about = info(source(FAMILY, ANA), "M1")
    key = E2E.Message(senderKeyDistributionMessage=E2E.SenderKeyDistributionMessage(groupID=FAMILY))
    await desk.link.tell(callbacks.MESSAGE, incoming(about, key))
    failed = NEONIZE.UndecryptableMessage(Info=about, IsUnavailable=False, DecryptFailMode="DECRYPT_FAIL_SHOW")
    await desk.link.tell(callbacks.UNDECRYPTABLE, failed)
    assert desk.sink.events == []
    await desk.link.tell(callbacks.MESSAGE, incoming(about, E2E.Message(conversation="hello")))
    assert desk.sink.texts() == ["hello"]


async def test_what_an_earlier_process_left_finds_the_bot_named(tmp_path: Path) -> None:
    """It comes before the library has connected, and says who it is."""
    desk = Desk(tmp_path)
    await desk.start()
    for id_, named in (("M1", ME), ("M2", ME_PHONE), ("M3", BOB)):
        context = E2E.ContextInfo(mentionedJID=[named])
        said = E2E.Message(extendedTextMessage=E2E.ExtendedTextMessage(text="@you", contextInfo=context))
        await desk.link.tell(callbacks.MESSAGE, incoming(info(source(FAMILY, ANA), id_), said))
    found = [event.mentions_me for event in desk.sink.events if isinstance(event, MessageReceived)]
    assert found == [True, True, False]
    await desk.bot.stop(0)


async def test_of_the_same_second_it_stays_as_it_came(desk: Desk) -> None:
    await desk.link.tell(callbacks.OFFLINE_SYNC_PREVIEW, WAITING)
    offered = begin(desk, *(message(str(n), id_) for n, id_ in enumerate("CABED")))
    await desk.pass_time(GATHER)
    await asyncio.gather(*offered)
    assert desk.sink.texts() == ["0", "1", "2", "3", "4"]


async def test_when_all_of_it_is_there_the_next_ones_are_new(desk: Desk) -> None:
    await desk.link.tell(callbacks.OFFLINE_SYNC_PREVIEW, WAITING)
    await desk.link.tell(callbacks.OFFLINE_SYNC_COMPLETED, CAUGHT_UP)
    await desk.hear()
    (event,) = desk.sink.events
    assert isinstance(event, MessageReceived)
    assert not event.offline


# --- what was before ---


async def test_history_is_learned_from_and_not_handed_over(desk: Desk) -> None:
    key = COMMON.MessageKey(remoteJID=ANA, fromMe=False, ID="OLD")
    old = WEB.WebMessageInfo(key=key, message=E2E.Message(conversation="long ago"), messageTimestamp=1_600_000_000)
    piece = HISTORY.HistorySync(
        syncType="RECENT",
        conversations=[HISTORY.Conversation(ID=ANA, messages=[HISTORY.HistorySyncMsg(message=old)])],
        phoneNumberToLidMappings=[HISTORY.PhoneNumberToLIDMapping(pnJID=ANA_PHONE, lidJID=ANA)],
    )
    await desk.link.tell(callbacks.HISTORY_SYNC, NEONIZE.HistorySync(Data=piece))
    assert desk.sink.events == []
    assert (await desk.bot.perform(DIRECT, SendText("hi"), "r1")).certainty is Certainty.SENT


async def test_own_messages_and_what_is_nothing_to_us_are_passed_over(desk: Desk) -> None:
    mine = incoming(info(source(ANA, BOB_PHONE, from_me=True), "M1"), E2E.Message(conversation="by hand"))
    await desk.link.tell(callbacks.MESSAGE, mine)
    await desk.link.tell("something_new", b"\x01")
    assert desk.sink.events == []


async def test_calls_are_noted(desk: Desk) -> None:
    meta = NEONIZE.BasicCallMeta(
        **{"from": jid(ANA), "timestamp": SECOND, "callCreator": jid(ANA), "callCreatorAlt": jid(), "callID": "C"}
    )
    remote = NEONIZE.CallRemoteMeta(remotePlatform="", remoteVersion="")
    offer = NEONIZE.CallOffer(basicCallMeta=meta, callRemoteMeta=remote, data=NEONIZE.Node(Tag="offer"))
    await desk.link.tell(callbacks.CALL_OFFER, offer)
    assert [notice.kind for notice in desk.sink.notices] == [NoticeKind.CALL]


# --- who is who ---


def known_as(lid: str) -> bytes:
    return returned("GetJIDFromStoreReturnFunction", Jid=jid(lid))


async def test_who_is_known_to_the_library_alone_is_asked_for_once(desk: Desk) -> None:
    desk.link.answer("GetLIDFromPN", known_as(BOB))
    for n in range(2):
        await desk.link.tell(callbacks.MESSAGE, message("hi", f"M{n}", chat=BOB_PHONE, sender=BOB_PHONE))
    assert {(event.chat, event.sender.id) for event in desk.sink.events} == {(ChatRef(BOB, ChatKind.DIRECT), BOB)}
    assert desk.link.names() == ["GetLIDFromPN"]


async def test_who_is_not_known_to_the_library_either_is_asked_for_once_too(desk: Desk) -> None:
    for n in range(2):
        await desk.link.tell(callbacks.MESSAGE, message("hi", f"M{n}", chat=EVE_PHONE, sender=EVE_PHONE))
    assert {event.sender.id for event in desk.sink.events} == {EVE_PHONE}
    assert desk.link.names() == ["GetLIDFromPN"]


async def test_when_the_library_cannot_be_asked_the_message_comes_all_the_same(desk: Desk) -> None:
    desk.link.answer("GetLIDFromPN", BridgeDown(left=False))
    await desk.link.tell(callbacks.MESSAGE, message("hi", "M1", chat=EVE_PHONE, sender=EVE_PHONE))
    assert desk.sink.texts() == ["hi"]
