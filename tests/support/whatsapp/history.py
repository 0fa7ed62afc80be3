"""What a phone tells a device that was just linked: the chats of before, and which numbers belong to which LIDs."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.whatsapp.accounts import Account
from tests.support.whatsapp.people import Person
from tests.support.whatsapp.proto import Message, P, said
from tests.support.whatsapp.stamps import new_id


@dataclass(frozen=True)
class Old:
    """A message of before. `chat`: a person's or a group's id; `speaker`: `None` for the account; `at`: in seconds."""

    chat: str
    speaker: Person | None
    what: str | Message
    at: int
    id: str


def old(chat: str, speaker: Person | None, what: str | Message, at: int) -> Old:
    return Old(chat, speaker, what, at, new_id())


async def sync(
    account: Account,
    messages: Sequence[Old],
    *,
    people: Sequence[Person] = (),
    inline: bool = False,
    kind: str = "RECENT",
) -> None:
    """Tell it to the account's devices, by a file or in the message itself. `people`: whose two ids are told."""
    by_chat: dict[str, list[Old]] = {}
    for message in messages:
        by_chat.setdefault(message.chat, []).append(message)
    told = P.HistorySync(
        syncType=kind,
        progress=100,
        conversations=[
            P.Conversation(id=chat, messages=[P.HistorySyncMsg(message=_web(each)) for each in said_there])
            for chat, said_there in by_chat.items()
        ],
        pushnames=[{"id": person.address, "pushname": person.push_name} for person in people],
        phoneNumberToLidMappings=[{"pnJid": person.jid, "lidJid": person.lid} for person in people if person.jid],
    )
    packed = zlib.compress(told.SerializeToString())
    if inline:
        fields: dict[str, object] = {"initialHistBootstrapInlinePayload": packed}
    else:
        fields = await account.whatsapp.media.store(packed, "history")
    notification = P.Message.HistorySyncNotification(syncType=kind, progress=100, **fields)
    kinds = P.Message.ProtocolMessage.Type
    protocol = P.Message.ProtocolMessage(type=kinds.HISTORY_SYNC_NOTIFICATION, historySyncNotification=notification)
    await account.tell(P.Message(protocolMessage=protocol))


def _web(message: Old) -> object:
    group = message.chat.endswith("@g.us")
    key = {"remoteJid": message.chat, "fromMe": message.speaker is None, "id": message.id}
    if group and message.speaker is not None:
        key["participant"] = message.speaker.lid
    return P.WebMessageInfo(
        key=key,
        message=said(message.what) if isinstance(message.what, str) else message.what,
        messageTimestamp=message.at,
        participant=key.get("participant"),
        pushName=message.speaker.push_name if message.speaker is not None else None,
    )
