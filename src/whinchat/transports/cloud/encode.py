"""From actions to what Meta's API takes. Pure.

Meta, business-messaging/whatsapp/messages (text, interactive reply buttons, interactive lists, reaction, media,
template messages, typing indicators), with the limits that are given there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from whinchat.core.types import Answer, ChatKind, ChatRef, MediaKind, MessageRef, React, SendMedia, SendText

Json = dict[str, Any]

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
LONGEST_NAME = 240  # of a file
LONGEST_REFERENCE = 512

MOST_BUTTONS = 3
BUTTON_BODY = 1024
BUTTON_TITLE = 20
BUTTON_ID = 256
MOST_ROWS = 10
ROW_TITLE = 24
ROW_ID = 200
OPENS_LIST = "☰"  # of no language; at most 20 characters

LONGEST_PARAMETER = 900  # of the 1,024 characters of a template's text: the rest is for its own words

MEBIBYTE = 1024 * 1024
LARGEST = {
    MediaKind.IMAGE: 5 * MEBIBYTE,
    MediaKind.VIDEO: 16 * MEBIBYTE,
    MediaKind.AUDIO: 16 * MEBIBYTE,
    MediaKind.DOCUMENT: 100 * MEBIBYTE,
    MediaKind.STICKER: 500 * 1024,
}
"""Bytes; business-messaging/whatsapp/business-phone-numbers/media (supported media types)."""
TYPES = {
    MediaKind.IMAGE: frozenset({"image/jpeg", "image/png"}),
    MediaKind.VIDEO: frozenset({"video/mp4", "video/3gpp"}),
    MediaKind.AUDIO: frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}),
    MediaKind.STICKER: frozenset({"image/webp"}),
}
CAPTIONED = frozenset({MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.DOCUMENT})

_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]+")
_MIME = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")
_SPACE = re.compile(r"\s+")


def text(chat: ChatRef, action: SendText, reference: str) -> Json:
    """With buttons or a list where the choices fit into one; else the text, which names them anyway."""
    offered = _interactive(action)
    if offered is not None:
        said: Json = {"type": "interactive", "interactive": offered}
    else:
        said = {"type": "text", "text": {"preview_url": False, "body": action.text}}
    return _message(chat, reference, action.quote) | said


def template(chat: ChatRef, said: str, name: str, language: str, reference: str) -> Json:
    """A text in an approved form: one line, which is all that a variable may hold."""
    parameter = shortened(_SPACE.sub(" ", said).strip(), LONGEST_PARAMETER)
    components = [{"type": "body", "parameters": [{"type": "text", "text": parameter}]}]
    form = {"name": name, "language": {"code": language}, "components": components}
    return _message(chat, reference) | {"type": "template", "template": form}


def media(chat: ChatRef, kind: MediaKind, media_id: str, action: SendMedia, reference: str) -> Json:
    """What was uploaded as `media_id`."""
    file: Json = {"id": media_id}
    if action.caption and kind in CAPTIONED:
        file["caption"] = shortened(action.caption, LONGEST_CAPTION)
    if kind is MediaKind.DOCUMENT and action.file_name:
        file["filename"] = action.file_name[-LONGEST_NAME:]
    return _message(chat, reference, action.quote) | {"type": kind.value, kind.value: file}


def reaction(chat: ChatRef, action: React, reference: str) -> Json:
    target = {"message_id": action.target.id, "emoji": action.emoji}
    return _message(chat, reference) | {"type": "reaction", "reaction": target}


def seen(message_id: str) -> Json:
    """Marks it, and all before it, as read, and shows the bot typing for 25 s or until it has answered."""
    return {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": message_id,
        "typing_indicator": {"type": "text"},
    }


def sent_as(action: SendMedia) -> MediaKind:
    """As what it goes out: a file of a type that its kind does not allow is a document."""
    return action.kind if mime_of(action) in TYPES.get(action.kind, ()) else MediaKind.DOCUMENT


def mime_of(action: SendMedia) -> str:
    """Without parameters, and nothing but a type: it stands in a header."""
    mime = action.mime.partition(";")[0].strip().lower()
    return mime if _MIME.fullmatch(mime) else "application/octet-stream"


def shortened(said: str, most: int) -> str:
    return said if len(said) <= most else f"{said[: most - 1]}…"


def _message(chat: ChatRef, reference: str, quote: MessageRef | None = None) -> Json:
    message: Json = {"messaging_product": "whatsapp"} | _recipient(chat)
    if quote is not None:
        message["context"] = {"message_id": quote.id}
    if 0 < len(reference) <= LONGEST_REFERENCE:
        message["biz_opaque_callback_data"] = reference
    return message


def _recipient(chat: ChatRef) -> Json:
    if chat.kind is not ChatKind.DIRECT:
        return {"recipient_type": "group", "to": chat.id}
    if _USER_ID.fullmatch(chat.id):
        return {"recipient_type": "individual", "recipient": chat.id}
    return {"recipient_type": "individual", "to": chat.id}


def _interactive(action: SendText) -> Json | None:
    choices = action.choices
    if not choices or len({choice.title for choice in choices}) < len(choices) or not action.text:
        return None
    body = {"text": action.text}
    if _fit(choices, MOST_BUTTONS, BUTTON_TITLE, BUTTON_ID) and len(action.text) <= BUTTON_BODY:
        buttons = [{"type": "reply", "reply": _titled(choice)} for choice in choices]
        return {"type": "button", "body": body, "action": {"buttons": buttons}}
    if _fit(choices, MOST_ROWS, ROW_TITLE, ROW_ID) and len(action.text) <= LONGEST_TEXT:
        sections = [{"rows": [_titled(choice) for choice in choices]}]
        return {"type": "list", "body": body, "action": {"button": OPENS_LIST, "sections": sections}}
    return None


def _fit(choices: Sequence[Answer], most: int, longest_title: int, longest_id: int) -> bool:
    """Ids have no white space around them, and no two answers say the same."""
    return (
        len(choices) <= most
        and len({choice.text for choice in choices}) == len(choices)
        and all(
            0 < len(choice.title.strip()) <= len(choice.title) <= longest_title
            and choice.text == choice.text.strip()
            and 0 < len(choice.text) <= longest_id
            for choice in choices
        )
    )


def _titled(choice: Answer) -> Json:
    return {"id": choice.text, "title": choice.title}
