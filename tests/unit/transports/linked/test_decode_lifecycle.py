"""What the library says of the connection, of pairing and of the past."""

from __future__ import annotations

from typing import Any

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
    NOW,
    SECOND,
    WEB,
    Known,
    decoded,
    identities,
    jid,
)

from whinchat.core.types import ChatKind, ChatRef, Content, MessageReceived, Notice, NoticeKind, UserRef
from whinchat.transports.linked import callbacks
from whinchat.transports.linked.items import History, Item, Lifecycle, LifecycleKind, QrCodes, Told, Undecodable

NODE = NEONIZE.Node(Tag="failure")
META = NEONIZE.BasicCallMeta(
    **{"from": jid(ANA), "timestamp": SECOND, "callCreator": jid(ANA), "callCreatorAlt": jid(), "callID": "C"}
)
REMOTE = NEONIZE.CallRemoteMeta(remotePlatform="", remoteVersion="")


def logged_out(reason: str, *, on_connect: bool = True) -> Any:
    return NEONIZE.LoggedOut(OnConnect=on_connect, Reason=reason)


@pytest.mark.parametrize(
    ("name", "message", "expected"),
    [
        (callbacks.QR, NEONIZE.QR(Codes=["2@a", "2@b"]), QrCodes(("2@a", "2@b"))),
        (callbacks.CONNECTED, NEONIZE.Connected(status=True), Lifecycle(LifecycleKind.CONNECTED)),
        (callbacks.DISCONNECTED, NEONIZE.Disconnected(status=True), Lifecycle(LifecycleKind.DISCONNECTED)),
        (
            callbacks.KEEP_ALIVE_TIMEOUT,
            NEONIZE.KeepAliveTimeout(ErrorCount=3, LastSuccess=SECOND),
            Lifecycle(LifecycleKind.SILENT, count=3),
        ),
        (callbacks.KEEP_ALIVE_RESTORED, NEONIZE.KeepAliveRestored(), Lifecycle(LifecycleKind.HEARD_AGAIN)),
        (callbacks.LOGGED_OUT, logged_out("LOGGED_OUT"), Lifecycle(LifecycleKind.LOGGED_OUT, code="401")),
        (callbacks.LOGGED_OUT, logged_out("MAIN_DEVICE_GONE"), Lifecycle(LifecycleKind.LOGGED_OUT, code="403")),
        (callbacks.LOGGED_OUT, logged_out("UNKNOWN_LOGOUT"), Lifecycle(LifecycleKind.LOGGED_OUT, code="406")),
        (callbacks.STREAM_REPLACED, NEONIZE.StreamReplaced(), Lifecycle(LifecycleKind.REPLACED)),
        (
            callbacks.TEMPORARY_BAN,
            NEONIZE.TemporaryBan(Code="BLOCKED_BY_USERS", Expire=3600),
            Lifecycle(LifecycleKind.BANNED, code="blocked_by_users", seconds=3600),
        ),
        (
            callbacks.TEMPORARY_BAN,
            NEONIZE.TemporaryBan(Code="BROADCAST_LIST", Expire=0),
            Lifecycle(LifecycleKind.BANNED, code="broadcast_list"),
        ),
        (
            callbacks.CONNECT_FAILURE,
            NEONIZE.ConnectFailure(Reason="SERVICE_UNAVAILABLE", Message="for +4930", Raw=NODE),
            Lifecycle(LifecycleKind.CONNECT_FAILED, code="503"),
        ),
        (callbacks.CLIENT_OUTDATED, NEONIZE.ClientOutdated(), Lifecycle(LifecycleKind.OUTDATED)),
        (
            callbacks.STREAM_ERROR,
            NEONIZE.StreamError(Code="Ack +49 (x)", Raw=NODE),
            Lifecycle(LifecycleKind.STREAM_FAILED, code="ack_49_x"),
        ),
        (
            callbacks.STREAM_ERROR,
            NEONIZE.StreamError(Code="", Raw=NODE),
            Lifecycle(LifecycleKind.STREAM_FAILED, code="unknown"),
        ),
        (
            callbacks.OFFLINE_SYNC_PREVIEW,
            NEONIZE.OfflineSyncPreview(Total=9, AppDataChanges=1, Message=5, Notifications=2, Receipts=1),
            Lifecycle(LifecycleKind.WAITING, count=9),
        ),
        (
            callbacks.OFFLINE_SYNC_COMPLETED,
            NEONIZE.OfflineSyncCompleted(Count=9),
            Lifecycle(LifecycleKind.CAUGHT_UP, count=9),
        ),
        (
            callbacks.CALL_OFFER,
            NEONIZE.CallOffer(basicCallMeta=META, callRemoteMeta=REMOTE, data=NODE),
            Told(Notice(account="main", kind=NoticeKind.CALL)),
        ),
        (
            callbacks.CALL_OFFER_NOTICE,
            NEONIZE.CallOfferNotice(basicCallMeta=META, media="audio", type="group", data=NODE),
            Told(Notice(account="main", kind=NoticeKind.CALL)),
        ),
    ],
)
def test_what_the_library_says_of_the_connection(name: str, message: Any, expected: Item) -> None:
    assert decoded(name, message.SerializeToString()) == expected


def test_the_account_learns_who_it_is() -> None:
    known = Known()
    device = NEONIZE.Device(
        JID=jid(ME_PHONE, device=17), LID=jid(ME), Platform="", BussinessName="", PushName="Whin", Initialized=True
    )
    assert decoded(callbacks.ME, device.SerializeToString(), known) == Lifecycle(
        LifecycleKind.ME,
        user=UserRef(ME, phone="+49150000", lid=ME, name="Whin"),
        device="49150000:17@s.whatsapp.net",
    )
    assert known.pairs == {ME: ME_PHONE}


def test_pairing_succeeds_or_not() -> None:
    def told(status: str, id_: str) -> Item | None:
        message = NEONIZE.PairStatus(ID=jid(id_), BusinessName="", Platform="", Status=status, Error="for +4930")
        return decoded(callbacks.PAIR_STATUS, message.SerializeToString())

    assert told("SUCCESS", ME_PHONE) == Lifecycle(
        LifecycleKind.PAIRED, user=UserRef(ME, phone="+49150000", lid=ME), device=ME_PHONE
    )
    assert told("ERROR", ME_PHONE) == Lifecycle(LifecycleKind.PAIRING_FAILED, code="error")
    with pytest.raises(Undecodable):
        told("SUCCESS", "@")


def test_pairing_ends_with_the_librarys_word() -> None:
    assert decoded(callbacks.PAIRING_ENDED, b"success") is None
    assert decoded(callbacks.PAIRING_ENDED, b"timeout") == Lifecycle(LifecycleKind.PAIRING_FAILED, code="timeout")


def test_what_a_later_library_says_is_still_a_code() -> None:
    assert decoded(callbacks.LOGGED_OUT, b"\x08\x01\x10\x63") == Lifecycle(LifecycleKind.LOGGED_OUT, code="unknown")
    assert decoded(callbacks.TEMPORARY_BAN, b"\x08\x63\x10\x05") == Lifecycle(
        LifecycleKind.BANNED, code="unknown", seconds=5
    )


def test_a_callback_that_nobody_asked_for_is_nothing() -> None:
    assert decoded("presence", b"whatever") is None


def test_an_account_without_an_id_cannot_be() -> None:
    with pytest.raises(Undecodable):
        decoded(callbacks.ME, b"")


# --- the past ---


def past(
    chat: str, id_: str, said: str, *, time: int = SECOND, sender: str = "", from_me: bool = False, name: str = ""
) -> Any:
    return HISTORY.HistorySyncMsg(
        message=WEB.WebMessageInfo(
            key=COMMON.MessageKey(remoteJID=chat, fromMe=from_me, ID=id_, participant=sender or None),
            message=E2E.Message(conversation=said) if said else None,
            messageTimestamp=time,
            pushName=name or None,
        )
    )


def piece(*conversations: Any, **fields: Any) -> bytes:
    data: bytes = NEONIZE.HistorySync(
        Data=HISTORY.HistorySync(**{"syncType": "RECENT", "progress": 40, **fields}, conversations=conversations)
    ).SerializeToString()
    return data


def history(data: bytes, known: Known | None = None) -> History:
    found = decoded(callbacks.HISTORY_SYNC, data, known)
    assert isinstance(found, History)
    return found


def test_the_past_is_read_as_of_the_past() -> None:
    known = identities()
    found = history(
        piece(
            HISTORY.Conversation(ID=ANA_PHONE, lidJID=ANA, pnJID=ANA_PHONE, messages=[past(ANA_PHONE, "1", "old")]),
            HISTORY.Conversation(
                ID=FAMILY,
                messages=[
                    past(FAMILY, "3", "second", sender=BOB_PHONE, time=SECOND - 1, name="Bobby"),
                    past(FAMILY, "2", "first", sender=BOB, time=SECOND - 2),
                    past(FAMILY, "4", "mine", from_me=True),
                    past(FAMILY, "5", "mine too", sender=ME),
                    past(FAMILY, "6", "nobody's"),
                    past(FAMILY, "7", "", sender=BOB),
                    past(FAMILY, "", "without id", sender=BOB),
                ],
            ),
            HISTORY.Conversation(ID="status@broadcast", messages=[past("status@broadcast", "8", "hey", sender=BOB)]),
            pushnames=[HISTORY.Pushname(ID=BOB, pushname="Bob"), HISTORY.Pushname(ID=ANA_PHONE, pushname="Ana")],
            phoneNumberToLidMappings=[HISTORY.PhoneNumberToLIDMapping(pnJID=EVE_PHONE, lidJID="333@lid")],
        ),
        known,
    )
    assert known.pairs[ANA] == ANA_PHONE
    assert known.pairs["333@lid"] == EVE_PHONE
    assert (found.kind, found.progress, found.left_out) == ("recent", 40, 0)
    assert [(each.chat.id, each.id, each.content.text, each.sender.name, each.time) for each in found.messages] == [
        (ANA, "1", "old", "Ana", NOW),
        (FAMILY, "2", "first", "Bob", NOW - 2000),
        (FAMILY, "3", "second", "Bobby", NOW - 1000),
    ]
    assert found.messages[0] == MessageReceived(
        account="main",
        chat=ChatRef(ANA, ChatKind.DIRECT),
        id="1",
        sender=UserRef(ANA, phone="+49151111", lid=ANA, name="Ana"),
        time=NOW,
        content=Content(text="old"),
        offline=True,
    )


def test_of_a_long_past_the_newest_are_read() -> None:
    chats = [
        HISTORY.Conversation(
            ID=f"{number}@g.us",
            messages=[past("", str(each), "x", sender=BOB, time=each) for each in range(200, 0, -1)],
        )
        for number in range(1, 31)
    ]
    found = history(piece(*chats))
    assert (len(found.messages), found.left_out) == (1000, 5000)
    assert [message.id for message in found.messages[:50]] == [str(each) for each in range(151, 201)]


def test_what_cannot_be_read_of_the_past_is_left_out() -> None:
    data = piece(
        HISTORY.Conversation(ID=ANA, messages=[past(ANA, "1", "xyzzy"), past(ANA, "2", "kept")]),
        HISTORY.Conversation(ID=BOB, name="plugh"),
    )
    damaged = data.replace(b"\n\x05xyzzy", b"\n\x7fxyzzy").replace(b"j\x05plugh", b"j\x7fplugh")
    assert [message.id for message in history(damaged).messages] == ["2"]


def test_of_the_past_only_what_was_said_is_read() -> None:
    reaction = past(ANA, "1", "")
    reaction.message.message.CopyFrom(E2E.Message(reactionMessage=E2E.ReactionMessage(text="👍")))
    assert history(piece(HISTORY.Conversation(ID=ANA, messages=[reaction]))).messages == ()


def test_a_piece_with_names_only_has_no_messages() -> None:
    assert history(piece(syncType="PUSH_NAME", progress=250)) == History("push_name", 100, ())
