"""What became of messages of ours, and what could not be read of others'."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.library import ANA, ANA_PHONE, BOB, FAMILY, ME, NEONIZE, NOW, SECOND, decoded, info, source

from whinchat.core.types import ChatKind, ChatRef, DeliveryStatus, DeliveryUpdate, Notice, NoticeKind
from whinchat.transports.linked import callbacks
from whinchat.transports.linked.items import Receipts, Told

ANA_CHAT = ChatRef(ANA, ChatKind.DIRECT)
FAMILY_CHAT = ChatRef(FAMILY, ChatKind.GROUP)


def receipt(kind: str, where: Any, *ids: str) -> bytes:
    data: bytes = NEONIZE.Receipt(MessageSource=where, MessageIDs=ids, Timestamp=SECOND, Type=kind).SerializeToString()
    return data


@pytest.mark.parametrize(
    ("kind", "status"),
    [("DELIVERED", DeliveryStatus.DELIVERED), ("READ", DeliveryStatus.READ), ("PLAYED", DeliveryStatus.READ)],
)
def test_a_receipt_moves_each_of_its_messages_forward(kind: str, status: DeliveryStatus) -> None:
    found = decoded(callbacks.RECEIPT, receipt(kind, source(ANA_PHONE, ANA_PHONE, alt=ANA), "S1", "", "S2"))
    assert found == Receipts(
        tuple(
            DeliveryUpdate(account="main", chat=ANA_CHAT, message_id=id_, status=status, time=NOW)
            for id_ in ("S1", "S2")
        )
    )


def test_a_receipt_in_a_group_is_about_the_group() -> None:
    found = decoded(callbacks.RECEIPT, receipt("DELIVERED", source(FAMILY, BOB), "S1"))
    assert isinstance(found, Receipts)
    assert found.updates[0].chat == FAMILY_CHAT


@pytest.mark.parametrize("kind", ["SENDER", "RETRY", "READ_SELF", "PLAYED_SELF", "SERVER_ERROR", "INACTIVE"])
def test_other_receipts_say_nothing_of_delivery(kind: str) -> None:
    assert decoded(callbacks.RECEIPT, receipt(kind, source(ANA, ANA), "S1")) is None


def test_receipts_of_the_accounts_other_devices_say_nothing() -> None:
    assert decoded(callbacks.RECEIPT, receipt("DELIVERED", source(BOB, ME, from_me=True), "S1")) is None
    assert decoded(callbacks.RECEIPT, receipt("READ", source("status@broadcast", ANA), "S1")) is None


def undecryptable(where: Any, *, unavailable: bool = False, mode: str = "DECRYPT_FAIL_SHOW") -> bytes:
    data: bytes = NEONIZE.UndecryptableMessage(
        Info=info(where), IsUnavailable=unavailable, DecryptFailMode=mode
    ).SerializeToString()
    return data


@pytest.mark.parametrize(
    ("given", "detail"),
    [
        ({}, "failed"),
        ({"unavailable": True}, "unavailable"),
        ({"mode": "DECRYPT_FAIL_HIDE"}, "hidden"),
    ],
)
def test_what_could_not_be_decrypted_is_told_without_a_name(given: dict[str, Any], detail: str) -> None:
    found = decoded(callbacks.UNDECRYPTABLE, undecryptable(source(FAMILY, ANA), **given))
    assert found == Told(Notice(account="main", kind=NoticeKind.UNDECRYPTABLE, detail=detail))


def test_what_nobody_could_read_anyway_is_not_told() -> None:
    assert decoded(callbacks.UNDECRYPTABLE, undecryptable(source("status@broadcast", ANA))) is None
    assert decoded(callbacks.UNDECRYPTABLE, undecryptable(source(BOB, ME, from_me=True))) is None
