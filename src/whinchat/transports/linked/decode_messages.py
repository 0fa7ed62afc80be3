"""Messages, and what is sent in their form: edits, revokes, reactions. Also the receipts for ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from whinchat.core.types import (
    ChatRef,
    DeliveryStatus,
    DeliveryUpdate,
    Event,
    MessageEdited,
    MessageReceived,
    MessageRef,
    MessageRevoked,
    Notice,
    NoticeKind,
    Quoted,
    ReactionChanged,
    UserRef,
)
from whinchat.transports.linked import wire
from whinchat.transports.linked.decode_body import Reading, quoted, read
from whinchat.transports.linked.items import Happened, Item, OwnMessage, Receipts, Told, Undecodable
from whinchat.transports.linked.people import People
from whinchat.transports.linked.values import bare, bare_text, message_id, millis, seconds, text

NAME: Final = 100  # characters
EMOJI: Final = 64
MENTIONS: Final = 1024
RECEIPTS: Final = 1024
ADMIN_REVOKE: Final = "8"
"""`edit` of a stanza that takes back somebody else's message (whatsmeow `types/message.go`)."""

STATUSES: Final = {
    wire.ReceiptType.DELIVERED: DeliveryStatus.DELIVERED,
    wire.ReceiptType.READ: DeliveryStatus.READ,
    wire.ReceiptType.PLAYED: DeliveryStatus.READ,
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a stanza is from: `chat` and `sender` as bare ids."""

    chat: str
    sender: str
    from_me: bool


class Messages:
    def __init__(self, account: str, people: People) -> None:
        self._account = account
        self._people = people

    def message(self, data: bytes, *, now: int, offline: bool) -> Item | None:
        incoming = wire.Incoming.FromString(data)
        info = incoming.Info
        origin = self._origin(info.MessageSource)
        id_ = message_id(info.ID)
        if not id_:
            raise Undecodable("a message without an id")
        if origin is None or info.Category == "peer":
            return None
        reading = _reading(incoming, incoming.Message)
        time = millis(info.Timestamp) or now
        if origin.from_me:
            return OwnMessage(self._people.chat(origin.chat), id_, time) if reading.said else None
        if _secret_edit(reading):
            return Told(Notice(account=self._account, kind=NoticeKind.UNDECRYPTABLE, detail="edit"))
        base = Base(
            self._account,
            self._people.chat(origin.chat),
            id_,
            self._people.user(origin.sender, text(info.Pushname, NAME)),
            time,
        )
        event = self._event(base, reading, incoming, offline=offline)
        return None if event is None else Happened((event,))

    def _event(self, base: Base, reading: Reading, incoming: wire.Incoming, *, offline: bool) -> Event | None:
        if reading.said:
            return self.received(base, reading, offline=offline)
        protocol, reaction = reading.part("protocolMessage"), reading.part("reactionMessage")
        if isinstance(protocol, wire.ProtocolMessage) and protocol.HasField("type"):
            if protocol.type == wire.ProtocolMessageType.REVOKE:
                return self._revoked(base, protocol.key, text(incoming.Info.Edit, 8))
            if protocol.type == wire.ProtocolMessageType.MESSAGE_EDIT:
                return self._edited(base, protocol, incoming)
        if isinstance(reaction, wire.ReactionMessage):
            return self._reaction(base, reaction)
        return None

    def received(self, base: Base, reading: Reading, *, offline: bool) -> MessageReceived:
        context = reading.context
        mentions, me = self._mentions(context)
        return MessageReceived(
            account=base.account,
            chat=base.chat,
            id=base.id,
            sender=base.sender,
            time=base.time,
            content=reading.content,
            quoted=self._quoted(context),
            mentions=mentions,
            mentions_me=me,
            forwarded=context.isForwarded
            or context.forwardingScore > 0
            or context.HasField("forwardedNewsletterMessageInfo"),
            offline=offline,
        )

    def _edited(self, base: Base, protocol: wire.ProtocolMessage, incoming: wire.Incoming) -> MessageEdited | None:
        target = message_id(protocol.key.ID)
        reading = _reading(incoming, protocol.editedMessage)
        if not target or not reading.said:
            return None
        mentions, me = self._mentions(reading.context)
        return MessageEdited(
            account=base.account,
            chat=base.chat,
            id=base.id,
            sender=base.sender,
            time=base.time,
            target=target,
            content=reading.content,
            quoted=self._quoted(reading.context),
            mentions=mentions,
            mentions_me=me,
        )

    def _revoked(self, base: Base, key: wire.MessageKey, edit: str) -> MessageRevoked | None:
        """Only an admin, which the server has checked, takes back what somebody else wrote."""
        target = self._target(base, key) if edit == ADMIN_REVOKE else self._own(base, message_id(key.ID))
        if target is None:
            return None
        return MessageRevoked(
            account=base.account, chat=base.chat, id=base.id, sender=base.sender, time=base.time, target=target
        )

    def _reaction(self, base: Base, reaction: wire.ReactionMessage) -> ReactionChanged | None:
        target = self._target(base, reaction.key)
        if target is None:
            return None
        return ReactionChanged(
            account=base.account,
            chat=base.chat,
            id=base.id,
            sender=base.sender,
            time=base.time,
            target=target,
            emoji=text(reaction.text, EMOJI),
        )

    def _own(self, base: Base, id_: str) -> MessageRef | None:
        return MessageRef(base.chat, id_, base.sender.id) if id_ else None

    def _target(self, base: Base, key: wire.MessageKey) -> MessageRef | None:
        """What a key points at; keys are written from their sender's view."""
        id_, author = message_id(key.ID), bare_text(key.participant)
        if not id_ or key.fromMe:
            return self._own(base, id_)
        me = self._people.me
        if not author and base.chat.kind == "direct" and me is not None:
            return MessageRef(base.chat, id_, me.id, from_me=True)
        if not author:
            return None
        return MessageRef(base.chat, id_, self._people.canonical(author), from_me=self._people.is_me(author))

    def _quoted(self, context: wire.ContextInfo) -> Quoted | None:
        id_, author = message_id(context.stanzaID), bare_text(context.participant)
        if not id_:
            return None
        return Quoted(
            id_,
            self._people.canonical(author),
            quoted(context.quotedMessage),
            from_me=bool(author) and self._people.is_me(author),
        )

    def _mentions(self, context: wire.ContextInfo) -> tuple[tuple[str, ...], bool]:
        named = [each for each in map(bare_text, context.mentionedJID[:MENTIONS]) if each]
        return (
            tuple(dict.fromkeys(map(self._people.canonical, named))),
            any(map(self._people.is_me, named)),
        )

    def _origin(self, source: wire.MessageSource) -> Origin | None:
        """None when it is nobody's: a newsletter, somebody's status, a bot of Meta's."""
        chat, sender = bare(source.Chat), bare(source.Sender)
        server = text(source.Chat.Server, 80)
        if not source.Chat.User or not server:
            raise Undecodable("a message from nowhere")
        self._people.learn(sender, bare(source.SenderAlt))
        from_me = source.IsFromMe or self._people.is_me(sender)
        if from_me:
            self._people.learn(chat, bare(source.RecipientAlt))
        if server == "broadcast" and source.Chat.User != "status" and not from_me:
            chat = sender  # a broadcast list: each of those on it sees a direct message
        return Origin(chat, sender, from_me) if chat and sender else None

    def receipt(self, data: bytes) -> Receipts | None:
        told = wire.Receipt.FromString(data)
        status = STATUSES.get(wire.ReceiptType(told.Type)) if told.HasField("Type") else None
        origin = self._origin(told.MessageSource)
        if status is None or origin is None or origin.from_me:
            return None
        chat, time = self._people.chat(origin.chat), seconds(told.Timestamp)
        return Receipts(
            tuple(
                DeliveryUpdate(account=self._account, chat=chat, message_id=id_, status=status, time=time)
                for id_ in map(message_id, told.MessageIDs[:RECEIPTS])
                if id_
            )
        )

    def undecryptable(self, data: bytes) -> Told | None:
        told = wire.UndecryptableMessage.FromString(data)
        origin = self._origin(told.Info.MessageSource)
        if origin is None or origin.from_me:
            return None
        hidden = told.HasField("DecryptFailMode") and told.DecryptFailMode == wire.FailMode.DECRYPT_FAIL_HIDE
        detail = "unavailable" if told.IsUnavailable else "hidden" if hidden else "failed"
        return Told(Notice(account=self._account, kind=NoticeKind.UNDECRYPTABLE, detail=detail))


@dataclass(frozen=True, slots=True)
class Base:
    """What every event has."""

    account: str
    chat: ChatRef
    id: str
    sender: UserRef
    time: int


def _secret_edit(reading: Reading) -> bool:
    """An edit that only who has the first message's secret can read; the library does not open it."""
    part = reading.part("secretEncryptedMessage")
    return isinstance(part, wire.SecretEncryptedMessage) and (
        part.secretEncType == wire.SecretEncryptedMessageSecretEncType.MESSAGE_EDIT
    )


def _reading(incoming: wire.Incoming, data: bytes) -> Reading:
    """The library takes wrappers off and says which there were."""
    return read(data, view_once=incoming.IsViewOnce, disappearing=incoming.IsEphemeral)
