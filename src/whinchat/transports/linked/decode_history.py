"""What was said before the device was linked, as the phone hands it over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from whinchat.core.types import MessageReceived
from whinchat.transports.linked import wire
from whinchat.transports.linked.decode_body import read
from whinchat.transports.linked.decode_messages import NAME, Base, Messages
from whinchat.transports.linked.items import History, Undecodable
from whinchat.transports.linked.people import People
from whinchat.transports.linked.values import GROUP, bare_text, message_id, seconds, text

OF_A_CHAT: Final = 50  # messages, the newest
OF_A_PIECE: Final = 1000


class Histories:
    def __init__(self, account: str, people: People, messages: Messages) -> None:
        self._account = account
        self._people = people
        self._messages = messages

    def piece(self, data: bytes) -> History:
        told = wire.HistorySync.FromString(wire.HistoryPiece.FromString(data).Data)
        for pair in told.phoneNumberToLidMappings:
            self._people.learn(bare_text(pair.lidJID), bare_text(pair.pnJID))
        names = {bare_text(each.ID): text(each.pushname, NAME) for each in told.pushnames}
        taken: list[MessageReceived] = []
        total = 0
        for conversation in told.conversations:
            found = list(self._of_chat(conversation, names))
            total += len(found)
            found.sort(key=lambda message: message.time)
            taken.extend(found[-min(OF_A_CHAT, OF_A_PIECE - len(taken)) :] if len(taken) < OF_A_PIECE else ())
        return History(
            wire.HistoryKind(told.syncType).name.lower(), min(told.progress, 100), tuple(taken), total - len(taken)
        )

    def _of_chat(self, data: bytes, names: dict[str, str]) -> Iterator[MessageReceived]:
        try:
            told = wire.Conversation.FromString(data)
        except wire.DecodeError:
            return
        chat = bare_text(told.ID)
        self._people.learn(bare_text(told.lidJID), bare_text(told.pnJID))
        for each in told.messages if chat else ():
            try:
                message = self._message(wire.WebMessageInfo.FromString(each.message), chat, names)
            except (wire.DecodeError, Undecodable):
                continue  # the rest of what the phone remembers is as good as before
            if message is not None:
                yield message

    def _message(self, told: wire.WebMessageInfo, chat: str, names: dict[str, str]) -> MessageReceived | None:
        in_group = chat.endswith("@" + GROUP)
        sender = (bare_text(told.participant) or bare_text(told.key.participant)) if in_group else chat
        id_ = message_id(told.key.ID)
        if told.key.fromMe or not sender or not id_ or not told.message or self._people.is_me(sender):
            return None
        reading = read(told.message)
        if not reading.said:
            return None
        name = text(told.pushName, NAME) or names.get(sender, "")
        base = Base(
            self._account,
            self._people.chat(chat),
            id_,
            self._people.user(sender, name),
            seconds(told.messageTimestamp),
        )
        return self._messages.received(base, reading, offline=True)
