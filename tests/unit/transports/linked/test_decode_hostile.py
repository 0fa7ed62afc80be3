"""Whatever bytes come: an item, nothing, or one error; within bounds, in text that can be stored, without a delay."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.library import (
    ANA,
    BOB,
    COMMON,
    E2E,
    FAMILY,
    HISTORY,
    NEONIZE,
    NOW,
    SECOND,
    WEB,
    decoder,
    from_ana,
    group_change,
    group_info,
    identities,
    in_family,
    jid,
    participant,
    source,
)
from tests.support.library_business import BUSINESS
from tests.support.library_contents import PERSONAL

from whinchat.core.types import Event
from whinchat.transports.linked import answers, callbacks
from whinchat.transports.linked.items import (
    GroupNews,
    Happened,
    History,
    Item,
    Undecodable,
)

NAMES = (*callbacks.NAMES.values(), callbacks.PAIRING_ENDED)
LARGEST = 4 * 1024 * 1024  # bytes of one event, of a callback of at most a tenth of it

KEY = COMMON.MessageKey(remoteJID=FAMILY, ID="M0", participant=BOB)
CONTEXT = E2E.ContextInfo(
    stanzaID="Q", participant=BOB, quotedMessage=E2E.Message(conversation="quoted"), mentionedJID=[ANA, BOB]
)
SEEDS: list[tuple[str, bytes]] = [
    *((callbacks.MESSAGE, from_ana(message)) for message, _ in (PERSONAL | BUSINESS).values()),
    (
        callbacks.MESSAGE,
        in_family(E2E.Message(extendedTextMessage=E2E.ExtendedTextMessage(text="so", contextInfo=CONTEXT))),
    ),
    (callbacks.MESSAGE, in_family(E2E.Message(reactionMessage=E2E.ReactionMessage(key=KEY, text="👍")))),
    (
        callbacks.MESSAGE,
        in_family(E2E.Message(protocolMessage=E2E.ProtocolMessage(type="REVOKE", key=KEY)), edit="8"),
    ),
    (
        callbacks.MESSAGE,
        in_family(
            E2E.Message(
                protocolMessage=E2E.ProtocolMessage(
                    type="MESSAGE_EDIT", key=KEY, editedMessage=E2E.Message(conversation="new")
                )
            )
        ),
    ),
    (
        callbacks.RECEIPT,
        NEONIZE.Receipt(
            MessageSource=source(FAMILY, BOB), MessageIDs=["1", "2"], Timestamp=SECOND, Type="READ"
        ).SerializeToString(),
    ),
    (callbacks.GROUP_INFO, group_change(by=BOB, Join=[ANA], Leave=[BOB], Promote=[ANA], Demote=[BOB])),
    (
        callbacks.JOINED_GROUP,
        NEONIZE.JoinedGroup(
            Reason="", Type="", CreateKey="", GroupInfo=group_info(FAMILY, "Family", participant(ANA))
        ).SerializeToString(),
    ),
    (
        callbacks.HISTORY_SYNC,
        NEONIZE.HistorySync(
            Data=HISTORY.HistorySync(
                syncType="RECENT",
                conversations=[
                    HISTORY.Conversation(
                        ID=FAMILY,
                        messages=[
                            HISTORY.HistorySyncMsg(
                                message=WEB.WebMessageInfo(
                                    key=KEY, message=E2E.Message(conversation="old"), messageTimestamp=SECOND
                                )
                            )
                        ],
                    )
                ],
            )
        ).SerializeToString(),
    ),
    (
        callbacks.ME,
        NEONIZE.Device(
            JID=jid(BOB, device=2), LID=jid(ANA), Platform="", BussinessName="", PushName="x", Initialized=True
        ).SerializeToString(),
    ),
    (callbacks.TEMPORARY_BAN, NEONIZE.TemporaryBan(Code="BROADCAST_LIST", Expire=60).SerializeToString()),
    (callbacks.QR, NEONIZE.QR(Codes=["2@abc"]).SerializeToString()),
]


def read(name: str, data: bytes) -> Item | None:
    try:
        return decoder().item(name, data, now=NOW)
    except Undecodable:
        return None


def events(item: Item | None) -> tuple[Event, ...]:
    match item:
        case Happened(found) | GroupNews(events=found) | History(messages=found):
            return found
        case _:
            return ()


def check(item: Item | None) -> None:
    encoded = msgspec.msgpack.encode(item)  # fails for text that is no text
    assert len(encoded) < LARGEST
    for event in events(item):
        assert event.id
        assert event.chat.id.endswith(("@g.us", "@lid", "@s.whatsapp.net"))
        assert event.sender.id
        assert 0 <= event.time <= 253_402_300_799_000
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=Event) == event


@given(st.sampled_from(NAMES), st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    check(read(name, data))


def mutations(data: bytes, dice: random.Random) -> Iterator[bytes]:
    """What a damaged or malicious sender makes of it: bits, bytes, lengths, cuts, repetitions, pieces of others."""
    for _ in range(40):
        changed = bytearray(data)
        for _ in range(dice.choice((1, 1, 2, 8))):
            at = dice.randrange(len(changed) or 1)
            match dice.randrange(6):
                case 0 if changed:
                    changed[at] ^= 1 << dice.randrange(8)
                case 1 if changed:
                    changed[at] = dice.choice((0, 1, 0x7F, 0x80, 0xFF))
                case 2:
                    changed[at:at] = dice.randbytes(dice.randrange(12))
                case 3:
                    del changed[at : at + dice.randrange(12)]
                case 4:
                    changed[at:at] = changed[at : at + 40] * dice.randrange(4)
                case _:
                    other = dice.choice(SEEDS)[1]
                    start = dice.randrange(len(other))
                    changed[at:at] = other[start : start + dice.randrange(60)]
        yield bytes(changed)


@pytest.mark.parametrize("number", range(len(SEEDS)))
def test_damaged_callbacks_are_read_or_refused(number: int) -> None:
    name, data = SEEDS[number]
    dice = random.Random(number)
    for changed in mutations(data, dice):
        check(read(name, changed))


def length(size: int) -> bytes:
    """A varint."""
    made = b""
    while size > 0x7F:
        made += bytes((size & 0x7F | 0x80,))
        size >>= 7
    return made + bytes((size,))


def nested(field: int, inner: bytes, depth: int) -> bytes:
    """The field's bytes inside of the field's bytes …"""
    tag = length(field << 3 | 2)
    for _ in range(depth):
        inner = tag + length(len(inner)) + inner
    return inner


def carrying(body: bytes) -> bytes:
    """A callback with this message body, which no protobuf library would write."""
    whole = NEONIZE.Message.FromString(in_family(E2E.Message()))
    whole.ClearField("Raw")
    whole.ClearField("Message")
    data: bytes = whole.SerializeToString() + length(2 << 3 | 2) + length(len(body)) + body
    return data


@pytest.mark.parametrize("depth", [10, 99, 101, 5000])
@pytest.mark.parametrize("field", [40, 37, 12, 6, 45, 25, 31, 77, 58])
def test_nesting_has_an_end(field: int, depth: int) -> None:
    check(read(callbacks.MESSAGE, carrying(nested(field, b"\x0a\x02hi", depth))))
    # a wrapper holds its message in field 1
    wrapped = b"\x0a\x02hi"
    for _ in range(depth):
        wrapped = nested(field, nested(1, wrapped, 1), 1)
    check(read(callbacks.MESSAGE, carrying(wrapped)))


def test_groups_without_end_are_refused() -> None:
    body = b"\x0a\x02hi" + length(999 << 3 | 3) * 5000 + length(999 << 3 | 4) * 5000
    assert read(callbacks.MESSAGE, carrying(body)) is None


def test_much_of_everything_stays_within_bounds() -> None:
    long = "https://evil.example/" + "x" * 100_000
    message = E2E.Message(
        conversation=long,
        extendedTextMessage=E2E.ExtendedTextMessage(
            text=long,
            title=long,
            description=long,
            matchedText=long,
            contextInfo=E2E.ContextInfo(
                stanzaID="Q",
                quotedMessage=E2E.Message(conversation=long),
                mentionedJID=[f"{n}@lid" for n in range(5000)],
            ),
        ),
        contactsArrayMessage=E2E.ContactsArrayMessage(contacts=[E2E.ContactMessage(vcard=long) for _ in range(80)]),
        listMessage=E2E.ListMessage(
            sections=[E2E.ListMessage.Section(rows=[E2E.ListMessage.Row(title=long) for _ in range(50)])]
        ),
    )
    item = read(callbacks.MESSAGE, in_family(message))
    assert events(item)
    check(item)


@given(st.binary(max_size=100), st.sampled_from(["sent", "uploaded", "participants", "pair_code", "person"]))
def test_any_answer_is_read_or_refused(data: bytes, name: str) -> None:
    read_answer: Any = getattr(answers, name)
    with contextlib.suppress(Undecodable):
        read_answer(data)
    with contextlib.suppress(Undecodable):
        answers.group(data, identities())


@given(st.text(max_size=200))
def test_any_error_text_is_a_code_without_what_it_says(said: str) -> None:
    failed = answers.failure(said)
    assert (failed is None) == (said == "")
    assert failed is None or failed.code.replace("_", "").isalnum()
