"""What people say: messages as their phones put them together (whatsmeow: waE2E/WAWebProtobufsE2E.proto)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from tests.support.whatsapp.proto import WRAPPERS, Message, P


@dataclass(frozen=True)
class Key:
    """Which message is meant: its chat, its sender (a jid without device) and its id."""

    chat: str
    sender: str
    id: str

    def of(self, speaker: str) -> Any:
        """As the speaker names it: by `fromMe`, or by its sender where there may be several."""
        if self.sender == speaker:
            return P.MessageKey(remoteJid=self.chat, fromMe=True, id=self.id)
        several = self.chat.endswith("@g.us")
        return P.MessageKey(remoteJid=self.chat, fromMe=False, id=self.id, participant=self.sender if several else None)


# --- texts ---


def text(said: str) -> Message:
    return P.Message(conversation=said)


def rich_text(said: str, **fields: object) -> Message:
    """A text that may have a context, or a preview: `matchedText`, `title`, `description`."""
    return P.Message(extendedTextMessage=P.Message.ExtendedTextMessage(text=said, **fields))


def ad(said: str, address: str, title: str = "An offer", body: str = "") -> Message:
    """A text under a picture that leads to an address (`externalAdReply`)."""
    message = rich_text(said)
    shown = P.ContextInfo.ExternalAdReplyInfo(title=title, body=body, sourceUrl=address, mediaType=1)
    return with_context(message, externalAdReply=shown)


# --- files ---


def media(kind: str, fields: dict[str, object], mime: str, **more: object) -> Message:
    """`fields` from `Media.store`; `more` are the part's: `caption`, `fileName`, `ptt`, `viewOnce`."""
    message = P.Message()
    part = getattr(message, f"{kind}Message")
    part.MergeFrom(type(part)(mimetype=mime, **fields, **more))
    return message


# --- structured ones ---


def contact(name: str, number: str) -> Message:
    card = f"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nTEL;type=CELL;waid={number}:+{number}\nEND:VCARD"
    return P.Message(contactMessage=P.Message.ContactMessage(displayName=name, vcard=card))


def contacts(*people: tuple[str, str]) -> Message:
    cards = [contact(name, number).contactMessage for name, number in people]
    shown = f"{len(cards)} contacts"
    return P.Message(contactsArrayMessage=P.Message.ContactsArrayMessage(displayName=shown, contacts=cards))


def location(latitude: float, longitude: float, name: str = "", address: str = "", link: str = "") -> Message:
    place = P.Message.LocationMessage(
        degreesLatitude=latitude, degreesLongitude=longitude, name=name, address=address, url=link
    )
    return P.Message(locationMessage=place)


def live_location(latitude: float, longitude: float, caption: str = "") -> Message:
    place = P.Message.LiveLocationMessage(degreesLatitude=latitude, degreesLongitude=longitude, caption=caption)
    return P.Message(liveLocationMessage=place)


def poll(question: str, *options: str, version: int = 3) -> Message:
    """Phones send the third version where one option may be chosen, the first where several may."""
    asked = P.Message.PollCreationMessage(
        name=question,
        options=[P.Message.PollCreationMessage.Option(optionName=option) for option in options],
        selectableOptionsCount=1 if version == 3 else 0,
        encKey=bytes(32),
    )
    return P.Message(**{f"pollCreationMessage{'' if version == 1 else f'V{version}'}": asked})


def buttons(said: str, *titles: str, footer: str = "") -> Message:
    shown = P.Message.ButtonsMessage(
        contentText=said,
        footerText=footer,
        headerType=P.Message.ButtonsMessage.HeaderType.EMPTY,
        buttons=[
            P.Message.ButtonsMessage.Button(
                buttonId=str(at), buttonText=P.Message.ButtonsMessage.Button.ButtonText(displayText=title), type=1
            )
            for at, title in enumerate(titles)
        ],
    )
    return P.Message(buttonsMessage=shown)


def template(said: str, title: str, address: str) -> Message:
    """A business's message with a button that leads to an address."""
    four = P.Message.TemplateMessage.HydratedFourRowTemplate(
        hydratedContentText=said,
        hydratedButtons=[
            P.HydratedTemplateButton(
                index=0, urlButton=P.HydratedTemplateButton.HydratedURLButton(displayText=title, url=address)
            )
        ],
    )
    return P.Message(templateMessage=P.Message.TemplateMessage(hydratedTemplate=four))


def listed(said: str, *rows: tuple[str, str], title: str = "", button: str = "Choose") -> Message:
    """A list to choose from; a row has a title and a description."""
    section = P.Message.ListMessage.Section(
        rows=[
            P.Message.ListMessage.Row(title=name, description=about, rowId=str(at))
            for at, (name, about) in enumerate(rows)
        ]
    )
    shown = P.Message.ListMessage(title=title, description=said, buttonText=button, listType=1, sections=[section])
    return P.Message(listMessage=shown)


def tapped(title: str, button: str = "0") -> Message:
    """What it says when a person taps a button."""
    answer = P.Message.ButtonsResponseMessage(selectedButtonId=button, selectedDisplayText=title, type=1)
    return P.Message(buttonsResponseMessage=answer)


def invitation(group: str, name: str, code: str, caption: str = "") -> Message:
    shown = P.Message.GroupInviteMessage(groupJid=group, groupName=name, inviteCode=code, caption=caption)
    return P.Message(groupInviteMessage=shown)


# --- about other messages; the speaker's jid decides how they are named ---


def reaction(key: Key, speaker: str, emoji: str) -> Message:
    """An empty one takes it back."""
    at = int(time.time() * 1000)
    return P.Message(reactionMessage=P.Message.ReactionMessage(key=key.of(speaker), text=emoji, senderTimestampMs=at))


def edit(key: Key, content: Message) -> Message:
    """As phones have it: `editedMessage` around a protocol message. Only one's own can be edited."""
    change = P.Message.ProtocolMessage(
        key=key.of(key.sender),
        type=P.Message.ProtocolMessage.Type.MESSAGE_EDIT,
        editedMessage=content,
        timestampMs=int(time.time() * 1000),
    )
    return wrapped(P.Message(protocolMessage=change), "editedMessage")


def revocation(key: Key, speaker: str) -> Message:
    """Of one's own message, or as an admin of another's."""
    kind = P.Message.ProtocolMessage.Type.REVOKE
    return P.Message(protocolMessage=P.Message.ProtocolMessage(key=key.of(speaker), type=kind))


def wrapped(message: Message, wrapper: str) -> Message:
    """In one of `WRAPPERS`, or `editedMessage`."""
    return P.Message(**{wrapper: P.Message.FutureProofMessage(message=message)})


def ephemeral(message: Message, seconds: int = 86_400) -> Message:
    return wrapped(with_context(message, expiration=seconds), "ephemeralMessage")


# --- context ---


def with_context(message: Message, **fields: object) -> Message:
    """The message with these fields in its context; a plain text becomes one that can have it."""
    copy = P.Message()
    copy.CopyFrom(message)
    if copy.HasField("conversation"):
        copy = rich_text(copy.conversation)
    part = _part(copy)
    part.contextInfo.MergeFrom(P.ContextInfo(**fields))
    return copy


def quoting(message: Message, key: Key, quoted: Message) -> Message:
    return with_context(message, stanzaId=key.id, participant=key.sender, quotedMessage=quoted)


def mentioning(message: Message, *users: str) -> Message:
    return with_context(message, mentionedJid=list(users))


def forwarded(message: Message, times: int = 1) -> Message:
    return with_context(message, isForwarded=True, forwardingScore=times)


def _part(message: Message) -> Any:
    """The part that says something, within its wrappers."""
    for field, value in message.ListFields():
        if field.name in WRAPPERS:
            return _part(value.message)
        if field.message_type is not None and "contextInfo" in field.message_type.fields_by_name:
            return value
    msg = "a message without a place for a context"
    raise ValueError(msg)


# --- what the bot said ---


def unwrapped(message: Message) -> Message:
    for wrapper in (*WRAPPERS, "editedMessage"):
        if message.HasField(wrapper):
            return unwrapped(getattr(message, wrapper).message)
    return message


def words(message: Message) -> str:
    """The text that a person would read first in it; empty where there is none."""
    inner = unwrapped(message)
    if inner.HasField("conversation"):
        return str(inner.conversation)
    if inner.protocolMessage.HasField("editedMessage"):
        return words(inner.protocolMessage.editedMessage)
    for _, part in inner.ListFields():
        for name in ("text", "caption", "contentText", "description", "name"):
            if isinstance(getattr(part, name, None), str) and getattr(part, name):
                return str(getattr(part, name))
    return ""


def kind(message: Message) -> str:
    """`text`, `media`, `react`, `edit`, `revoke` (one's own), `delete` (another's), or the part's name."""
    inner = unwrapped(message)
    if inner.HasField("protocolMessage"):
        return _protocol_kind(inner.protocolMessage)
    for field, _ in inner.ListFields():
        if field.name in {"conversation", "extendedTextMessage"}:
            return "text"
        if field.name == "reactionMessage":
            return "react"
        if field.message_type is not None and "mediaKey" in field.message_type.fields_by_name:
            return "media"
        if field.name not in {"messageContextInfo", "senderKeyDistributionMessage"}:
            return str(field.name)
    return "nothing"


def _protocol_kind(change: Any) -> str:
    kinds = P.Message.ProtocolMessage.Type
    if change.type == kinds.REVOKE and change.HasField("key"):
        return "revoke" if change.key.fromMe else "delete"
    return "edit" if change.type == kinds.MESSAGE_EDIT else str(kinds.Name(change.type)).lower()


def target(message: Message) -> str:
    """The id of the message that it is about; empty where it is about none."""
    inner = unwrapped(message)
    for name in ("protocolMessage", "reactionMessage"):
        if inner.HasField(name):
            return str(getattr(inner, name).key.id)
    return ""
