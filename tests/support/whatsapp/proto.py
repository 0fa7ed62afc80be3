"""The network's protobufs, as `pyaileys` generated them; their classes exist at run time only."""

from __future__ import annotations

from importlib import import_module
from typing import Any, TypeAlias

P: Any = import_module("pyaileys.proto.WAProto_pb2")
Message: TypeAlias = Any
"""A `P.Message`."""
WRAPPERS = (
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "ephemeralMessage",
    "documentWithCaptionMessage",
)
"""Fields that hold another message."""
MEDIA_TYPES = {
    "imageMessage": "image",
    "stickerMessage": "sticker",
    "documentMessage": "document",
    "contactMessage": "vcard",
    "contactsArrayMessage": "contact_array",
    "listMessage": "list",
}


def said(text: str) -> Message:
    """A plain text."""
    return P.Message(conversation=text)


def stanza_type(message: Message) -> str:
    """What the network is told of a message's content: text, media, reaction or poll (whatsmeow: send.go)."""
    if message.HasField("reactionMessage"):
        return "reaction"
    if any(message.HasField(f"pollCreationMessage{version}") for version in ("", "V2", "V3")):
        return "poll"
    return "media" if media_type(message) else "text"


def media_type(message: Message) -> str | None:
    """`None` for what is not media."""
    for field in WRAPPERS:
        if message.HasField(field):
            return media_type(getattr(message, field).message)
    if message.HasField("audioMessage"):
        return "ptt" if message.audioMessage.ptt else "audio"
    if message.HasField("videoMessage"):
        return "gif" if message.videoMessage.gifPlayback else "video"
    return next((kind for field, kind in MEDIA_TYPES.items() if message.HasField(field)), None)


def edit_attribute(message: Message) -> str | None:
    """How the network is told that a message changes an earlier one: 1 edits, 7 takes back, 8 deletes as admin."""
    if message.HasField("editedMessage"):
        return edit_attribute(message.editedMessage.message)
    if message.HasField("protocolMessage"):
        kinds = P.Message.ProtocolMessage.Type
        if message.protocolMessage.type == kinds.MESSAGE_EDIT:
            return "1"
        if message.protocolMessage.type == kinds.REVOKE and message.protocolMessage.HasField("key"):
            return "7" if message.protocolMessage.key.fromMe else "8"
    if message.HasField("reactionMessage") and not message.reactionMessage.text:
        return "7"
    return None
