"""What the library's calls return, and how sure it is that nothing has left when they fail."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.library import (
    ANA,
    ANA_PHONE,
    BOB,
    BOB_PHONE,
    FAMILY,
    ME,
    ME_PHONE,
    NEONIZE,
    NOW,
    SECOND,
    group_info,
    identities,
    jid,
    participant,
)

from whinchat.core.types import ChatKind, ChatRef, Group, UserRef
from whinchat.transports.linked import answers
from whinchat.transports.linked.answers import Failure, Sent, Uploaded
from whinchat.transports.linked.items import Addressing, GroupState, Undecodable

REFUSED = "info query returned status 403: forbidden"
TIMINGS = NEONIZE.MessageDebugTimings(
    Queue=0, Marshal=0, GetParticipants=0, GetDevices=0, GroupEncrypt=0, PeerEncrypt=0, Send=0, Resp=0, Retry=0
)


def returned(kind: str, **fields: Any) -> bytes:
    data: bytes = getattr(NEONIZE, kind)(**fields).SerializeToString()
    return data


@pytest.mark.parametrize(
    ("said", "code", "left", "retryable"),
    [
        ("server returned error 463", "reach_out_locked", False, False),
        ("server returned error 429", "rate_limited", False, True),
        ("server returned error 479", "server_479", False, False),
        ("server returned error 503", "server_503", False, True),
        ("websocket not connected", "no_connection", False, True),
        ("failed to send message node: websocket not connected", "no_connection", False, True),
        ("failed to send message node: write tcp 1.2.3.4: broken pipe", "disconnected", True, True),
        ("the store doesn't contain a device JID", "not_logged_in", False, False),
        ("timed out waiting for message send response", "timeout", True, True),
        ("websocket disconnected before message send returned response", "disconnected", True, True),
        ("websocket disconnected before info query returned response", "disconnected", True, True),
        ("info query timed out", "timeout", True, True),
        ("context deadline exceeded", "timeout", True, True),
        ("failed to get group members: info query timed out", "unreachable", False, True),
        (
            "failed to get device list: websocket disconnected before info query returned response",
            "unreachable",
            False,
            True,
        ),
        ("failed to get device list: info query returned status 429: rate-overlimit", "rate_limited", False, True),
        (
            "failed to get group members: failed to get group info: you're not participating in that group",
            "not_in_group",
            False,
            False,
        ),
        ("that group does not exist", "no_such_group", False, False),
        ("no LID found for 49151111@s.whatsapp.net from server", "no_such_user", False, False),
        ("info query returned status 403: forbidden", "forbidden", False, False),
        ("info query returned status 404: item-not-found", "not_found", False, False),
        ("info query returned status 406: not-acceptable", "bad_request", False, False),
        ("info query returned status 500: internal-server-error", "server_500", False, True),
        ("upload failed with status code 502", "server_502", False, True),
        ("failed to refresh media connections: failed to query media connections: x", "unreachable", False, True),
        ("upload failed with status code 413", "too_large", False, False),
        ("failed to get LID for PN 49151111@s.whatsapp.net: database is locked", "storage", False, True),
        ("proto: cannot parse invalid wire-format data", "bad_request", False, False),
        ("something nobody has seen about 49151111", "unknown_error", True, False),
    ],
)
def test_an_error_is_a_code_and_says_whether_it_left(said: str, code: str, left: bool, retryable: bool) -> None:
    assert answers.failure(said) == Failure(code, left, retryable)


def test_no_error_is_none() -> None:
    assert answers.failure("") is None


def test_a_message_was_sent() -> None:
    data = returned(
        "SendMessageReturnFunction",
        SendResponse=NEONIZE.SendResponse(Timestamp=SECOND, ID="3EB0", ServerID=0, DebugTimings=TIMINGS),
    )
    assert answers.sent(data) == Sent("3EB0", NOW)


def test_a_message_was_not_sent() -> None:
    data = returned("SendMessageReturnFunction", Error="server returned error 463")
    assert answers.sent(data) == Failure("reach_out_locked", left=False, retryable=False)


def upload(**fields: Any) -> Any:
    given = {
        "url": "https://mmg.whatsapp.net/v/x",
        "DirectPath": "/v/x",
        "Handle": "",
        "MediaKey": b"k" * 32,
        "FileEncSHA256": b"e" * 32,
        "FileSHA256": b"h" * 32,
        "FileLength": 7,
    }
    return NEONIZE.UploadResponse(**{**given, **fields})


def test_a_file_was_uploaded() -> None:
    assert answers.uploaded(returned("UploadReturnFunction", UploadResponse=upload())) == Uploaded(
        "https://mmg.whatsapp.net/v/x", "/v/x", b"k" * 32, b"h" * 32, b"e" * 32, 7
    )


def test_a_file_that_was_not_uploaded_was_seen_by_nobody() -> None:
    empty = upload(url="", DirectPath="", MediaKey=b"")
    assert answers.uploaded(
        returned("UploadReturnFunction", UploadResponse=empty, Error="context canceled")
    ) == Failure("timeout", left=False, retryable=True)
    with pytest.raises(Undecodable):
        answers.uploaded(returned("UploadReturnFunction", UploadResponse=empty))


def test_a_group_is_as_the_network_describes_it() -> None:
    family = group_info(
        FAMILY, "Family", participant(ANA_PHONE, lid=ANA, phone=ANA_PHONE), participant(ME_PHONE, lid=ME, admin=True)
    )
    state = GroupState(
        Group(
            ChatRef(FAMILY, ChatKind.GROUP),
            "Family",
            (UserRef(ANA, phone="+49151111", lid=ANA), UserRef(ME, phone="+49150000", lid=ME)),
            (ME,),
            me=ME,
        ),
        Addressing.PHONE,
    )
    assert answers.group(returned("GetGroupInfoReturnFunction", GroupInfo=family), identities()) == state


def test_a_group_that_may_not_be_seen_is_a_failure() -> None:
    forbidden = Failure("forbidden", left=False, retryable=False)
    assert answers.group(returned("GetGroupInfoReturnFunction", Error=REFUSED), identities()) == forbidden
    with pytest.raises(Undecodable):
        answers.group(returned("GetGroupInfoReturnFunction"), identities())


def test_each_member_that_was_to_be_put_out_has_an_answer() -> None:
    gone = participant(BOB, lid=BOB, phone=BOB_PHONE)
    stays = participant(ANA)
    stays.Error = 404
    data = returned("UpdateGroupParticipantsReturnFunction", participants=[gone, stays])
    assert answers.participants(data) == {BOB: "", BOB_PHONE: "", ANA: "server_404"}
    refused = returned("UpdateGroupParticipantsReturnFunction", Error=REFUSED)
    assert answers.participants(refused) == Failure("forbidden", left=False, retryable=False)


def test_a_code_to_link_with() -> None:
    assert answers.pair_code(returned("PairPhoneReturnFunction", Code="ABCD-2345")) == "ABCD-2345"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("phone number too short", "bad_number"),
        ("international phone number required (must not start with 0)", "bad_number"),
        ("info query returned status 400: bad-request", "bad_number"),
        ("info query returned status 429: rate-overlimit", "rate_limited"),
        ("websocket not connected", "no_connection"),
    ],
)
def test_why_there_is_no_code_to_link_with(said: str, code: str) -> None:
    failed = answers.pair_code(returned("PairPhoneReturnFunction", Error=said))
    assert isinstance(failed, Failure)
    assert failed.code == code


def test_the_other_id_of_a_person() -> None:
    assert answers.person(returned("GetJIDFromStoreReturnFunction", Jid=jid(BOB, device=4))) == BOB
    assert answers.person(returned("GetJIDFromStoreReturnFunction", Jid=jid())) is None
    failed = answers.person(returned("GetJIDFromStoreReturnFunction", Jid=jid(), Error="database is locked"))
    assert failed == Failure("storage", left=False, retryable=True)


@pytest.mark.parametrize(
    "read",
    [answers.sent, answers.uploaded, answers.participants, answers.pair_code, answers.person],
)
def test_an_answer_that_cannot_be_read_says_so(read: Any) -> None:
    with pytest.raises(Undecodable):
        read(b"\x0a\x7f")
    with pytest.raises(Undecodable):
        answers.sent(b"")
