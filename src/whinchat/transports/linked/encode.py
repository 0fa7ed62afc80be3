"""What the library's calls take. All of it is bytes: protobufs of neonize (`JID`, …) and of WhatsApp (`Message`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from whinchat.core.types import ChatKind, ChatRef, Content, Edit, MediaKind, MessageRef, React, SendMedia, SendText
from whinchat.transports.linked import handles, wire
from whinchat.transports.linked.answers import Uploaded
from whinchat.transports.linked.items import Addressing, Identities
from whinchat.transports.linked.people import People
from whinchat.transports.linked.values import LID, PHONE, bare_text

CHROME: Final = 1  # `pairClientTypeFromInt` in `main.go`
BROWSER: Final = "Chrome (Linux)"
"""What the phone shows while it asks for the code; WhatsApp takes the names of common browsers only."""

QUOTED: Final = 1024  # characters of a quoted text that are sent along

UPLOADS: Final = {
    MediaKind.IMAGE: 0,
    MediaKind.STICKER: 0,
    MediaKind.VIDEO: 1,
    MediaKind.AUDIO: 2,
    MediaKind.DOCUMENT: 3,
}

_PHONE = re.compile(r"\+([0-9]{7,15})")


def jid(id_: str) -> bytes:
    """A `JID`, of a person or a group. Raises ValueError when it is neither."""
    return _jid(id_).SerializeToString()


def jids(ids: Sequence[str]) -> bytes:
    """A `JIDArray` (`UpdateGroupParticipants`). Raises ValueError."""
    return wire.JidArray(JIDS=[_jid(each) for each in ids]).SerializeToString()


def _jid(id_: str) -> wire.Jid:
    known = bare_text(id_)
    if not known or known != id_:
        raise ValueError("neither a person nor a group")
    user, _, server = known.partition("@")
    return wire.Jid(User=user, Server=server, RawAgent=0, Device=0, Integrator=0)


def pair_phone(phone: str) -> bytes:
    """`PairPhoneParams` for `+` and digits (`PairPhone`). Raises ValueError."""
    digits = _PHONE.fullmatch(phone)
    if digits is None:
        raise ValueError("not a phone number with its country's code")
    return wire.PairPhoneParams(
        phone=digits[1], showPushNotification=True, clientType=CHROME, clientDisplayName=BROWSER
    ).SerializeToString()


def upload_type(kind: MediaKind) -> int:
    """What `Upload` calls that kind of media (`utils.go`)."""
    return UPLOADS[kind]


class Encoder:
    """`SendMessage` payloads. `addressing` is the group's (`GroupState`); None in a direct chat.

    Raises UnicodeEncodeError where a text has half a character.
    """

    def __init__(self, identities: Identities) -> None:
        self._identities = identities
        self._people = People(identities)

    def text(
        self, chat: ChatRef, action: SendText, *, addressing: Addressing | None = None, quoted: Content | None = None
    ) -> bytes:
        """`quoted`: what the quoted message holds, where that is known; the quote is an empty stub otherwise."""
        context = self._context(chat, action.quote, quoted, addressing, action.mentions)
        if context is None:
            return wire.Body(conversation=action.text).SerializeToString()
        text = action.text
        for named in action.mentions:
            text = _renamed(text, named, self._addressed(named, addressing))
        return wire.Body(
            extendedTextMessage=wire.ExtendedTextMessage(text=text, contextInfo=context)
        ).SerializeToString()

    def media(
        self,
        chat: ChatRef,
        action: SendMedia,
        uploaded: Uploaded,
        *,
        addressing: Addressing | None = None,
        quoted: Content | None = None,
    ) -> bytes:
        """`uploaded`: what `Upload` answered for `action.data` (`answers.uploaded`)."""
        body = wire.Body()
        part = _part(body, action.kind)
        part.directPath = uploaded.direct_path
        part.mediaKey = uploaded.media_key
        part.fileSHA256 = uploaded.file_sha256
        part.fileEncSHA256 = uploaded.file_enc_sha256
        part.fileLength = uploaded.size
        part.URL = uploaded.url
        part.mimetype = action.mime
        if action.caption and not isinstance(part, wire.AudioMessage | wire.StickerMessage):
            part.caption = action.caption
        if isinstance(part, wire.DocumentMessage) and action.file_name:
            part.fileName = part.title = action.file_name
        context = self._context(chat, action.quote, quoted, addressing)
        if context is not None:
            part.contextInfo.CopyFrom(context)
        return body.SerializeToString()

    def reaction(self, chat: ChatRef, action: React, now: int, *, addressing: Addressing | None = None) -> bytes:
        """`now`: milliseconds."""
        key = self._key(chat, action.target, addressing)
        return wire.Body(
            reactionMessage=wire.ReactionMessage(key=key, text=action.emoji, senderTimestampMS=now)
        ).SerializeToString()

    def edit(self, chat: ChatRef, action: Edit, now: int) -> bytes:
        inner = wire.Body(
            protocolMessage=wire.ProtocolMessage(
                key=wire.MessageKey(fromMe=True, ID=action.target.id, remoteJID=chat.id),
                type=wire.ProtocolMessageType.MESSAGE_EDIT,
                editedMessage=wire.Body(conversation=action.text).SerializeToString(),
                timestampMS=now,
            )
        )
        return wire.Body(editedMessage=wire.FutureProofMessage(message=inner.SerializeToString())).SerializeToString()

    def revoke(self, chat: ChatRef, target: MessageRef, *, addressing: Addressing | None = None) -> bytes:
        """For `Revoke` and, where the target is not ours, for `Delete`."""
        return wire.Body(
            protocolMessage=wire.ProtocolMessage(
                key=self._key(chat, target, addressing), type=wire.ProtocolMessageType.REVOKE
            )
        ).SerializeToString()

    def _key(self, chat: ChatRef, target: MessageRef, addressing: Addressing | None) -> wire.MessageKey:
        """As `BuildMessageKey` in whatsmeow's `send.go`."""
        mine = target.from_me or self._people.is_me(target.sender)
        return wire.MessageKey(
            remoteJID=chat.id,
            fromMe=mine,
            ID=target.id,
            participant=None if mine or chat.kind is ChatKind.DIRECT else self._addressed(target.sender, addressing),
        )

    def _context(
        self,
        chat: ChatRef,
        quote: MessageRef | None,
        quoted: Content | None,
        addressing: Addressing | None,
        mentions: Sequence[str] = (),
    ) -> wire.ContextInfo | None:
        if quote is None and not mentions:
            return None
        context = wire.ContextInfo(mentionedJID=[self._addressed(each, addressing) for each in mentions])
        if quote is not None:
            sender = self._me(addressing) if quote.from_me else quote.sender
            context.stanzaID = quote.id
            context.participant = self._addressed(sender, addressing)
            context.quotedMessage = _stub(quoted)
            if quote.chat.id != chat.id:
                context.remoteJID = quote.chat.id
        return context

    def _me(self, addressing: Addressing | None) -> str:
        wanted = PHONE if addressing is Addressing.PHONE else LID
        mine = sorted(self._identities.me, key=lambda each: not each.endswith("@" + wanted))
        return mine[0] if mine else ""

    def _addressed(self, id_: str, addressing: Addressing | None) -> str:
        """As the group names its members; the other kind of id would be nobody there."""
        if addressing is Addressing.PHONE and id_.endswith("@" + LID):
            return self._identities.phone(id_) or id_
        if addressing is Addressing.LID and id_.endswith("@" + PHONE):
            return self._identities.lid(id_) or id_
        return id_


def _renamed(text: str, named: str, addressed: str) -> str:
    """A mention is shown where the text has `@` and the number of the very id that is mentioned."""
    if named == addressed:
        return text
    old, new = named.partition("@")[0], addressed.partition("@")[0]
    return re.sub(rf"@{re.escape(old)}(?![0-9])", f"@{new}", text)


def _stub(quoted: Content | None) -> bytes:
    """The apps show what they have themselves under that id, and this where they have nothing."""
    said = "" if quoted is None else quoted.text or quoted.header
    return wire.Body(conversation=said[:QUOTED]).SerializeToString()


def _part(body: wire.Body, kind: MediaKind) -> handles.Part:
    """The field of that kind; what is set there is part of `body`."""
    match kind:
        case MediaKind.IMAGE:
            return body.imageMessage
        case MediaKind.VIDEO:
            return body.videoMessage
        case MediaKind.AUDIO:
            return body.audioMessage
        case MediaKind.DOCUMENT:
            return body.documentMessage
        case MediaKind.STICKER:
            return body.stickerMessage
