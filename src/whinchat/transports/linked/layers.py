"""A message's wrappers (disappearing, seen once, sent by another device, …) and what is inside of them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from whinchat.transports.linked import wire
from whinchat.transports.linked.items import Undecodable

MOST: Final = 16  # bodies of one message; the apps nest three or four

DISAPPEARING: Final = frozenset({"ephemeralMessage"})
VIEW_ONCE: Final = frozenset({"viewOnceMessage", "viewOnceMessageV2", "viewOnceMessageV2Extension"})
WRAPPERS: Final = (
    DISAPPEARING
    | VIEW_ONCE
    | {
        "associatedChildMessage",
        "audioStickerMessage",
        "botForwardedMessage",
        "botInvokeMessage",
        "commentMessage",
        "deviceSentMessage",
        "documentWithCaptionMessage",
        "editedMessage",
        "eventCoverImage",
        "groupMentionedMessage",
        "groupStatusMessage",
        "groupStatusMessageV2",
        "lottieStickerMessage",
        "pollCreationMessageV4",
        "pollCreationOptionImageMessage",
        "questionMessage",
        "questionReplyMessage",
        "spoilerMessage",
    }
)
"""Fields whose message holds the bytes of another body."""

NOTES: Final = {"requestPaymentMessage": "noteMessage", "sendPaymentMessage": "noteMessage"}


@dataclass(slots=True)
class Layers:
    """All parts of a message that are not wrappers, the outer ones first; more than one only by a sender's trick."""

    parts: list[tuple[str, Any]] = field(default_factory=list)
    disappearing: bool = False
    view_once: bool = False


def body(data: bytes) -> wire.Body:
    try:
        return wire.Body.FromString(data)
    except wire.DecodeError as error:
        raise Undecodable("a message cannot be read") from error


def open_layers(data: bytes) -> Layers:
    """Raises Undecodable. What is nested deeper than any app does is left out."""
    found = Layers()
    waiting = deque((data,))
    for _ in range(MOST):
        if not waiting:
            break
        for described, part in body(waiting.popleft()).ListFields():
            name = described.name
            if name in WRAPPERS:
                found.disappearing |= name in DISAPPEARING
                found.view_once |= name in VIEW_ONCE
                waiting.append(part.message)
            elif name in NOTES:
                waiting.append(part.noteMessage)
            else:
                found.parts.append((name, part))
    return found
