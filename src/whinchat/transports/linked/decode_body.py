"""A whole message body: what is in it, whatever it is wrapped in, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from whinchat.core.types import Content
from whinchat.transports.linked import decode_business, decode_content, wire
from whinchat.transports.linked.decode_content import BODY, CHOICES, CONTACTS, Reader, lines
from whinchat.transports.linked.items import Undecodable
from whinchat.transports.linked.layers import Layers, open_layers

READERS: Final[dict[str, Reader]] = {**decode_content.READERS, **decode_business.READERS}

SILENT: Final = frozenset(
    {
        "callLogMesssage",
        "encCommentMessage",
        "encEventResponseMessage",
        "encReactionMessage",
        "keepInChatMessage",
        "messageContextInfo",
        "pinInChatMessage",
        "pollUpdateMessage",
        "protocolMessage",
        "reactionMessage",
        "secretEncryptedMessage",
        "senderKeyDistributionMessage",
    }
)
"""What a person does not say anything with."""


@dataclass(frozen=True, slots=True)
class Reading:
    content: Content
    said: bool
    """Somebody wrote this, be it of a kind that is not known; else it is between the apps."""
    context: wire.ContextInfo
    """Of what is in it: what it answers, whom it names, whether it was forwarded."""
    layers: Layers

    def part(self, name: str) -> Any:
        """The part of that field, None when it is not there."""
        return next((part for each, part in self.layers.parts if each == name), None)


def read(data: bytes, *, view_once: bool = False, disappearing: bool = False) -> Reading:
    """Of a body whose wrappers may be off already: then it is said which there were. Raises Undecodable."""
    layers = open_layers(data)
    contents, contexts = [], []
    for name, part in layers.parts:
        reader = READERS.get(name)
        if reader is None:
            continue
        contents.append(reader(part))
        context = getattr(part, "contextInfo", None)
        if isinstance(context, wire.ContextInfo):
            contexts.append(context)
            contents.append(decode_content.context(context))
    said = bool(contents) or all(name not in SILENT for name, _ in layers.parts)
    marks = Content(view_once=layers.view_once or view_once, disappearing=layers.disappearing or disappearing)
    if marks != Content():
        contents.append(marks)
    return Reading(merged(contents), said, contexts[0] if contexts else wire.ContextInfo(), layers)


def quoted(data: bytes) -> Content:
    """Of a message that is sent along with an answer to it. Nothing when it cannot be read."""
    try:
        return read(data).content if data else Content()
    except Undecodable:
        return Content()


def merged(contents: Sequence[Content]) -> Content:
    """A message has one content; where a sender put in several, an app shows one, and it is not known which."""
    if len(contents) == 1:
        return contents[0]
    return Content(
        text=lines(*(each.text for each in contents))[: 2 * BODY],
        media=next((each.media for each in contents if each.media), None),
        preview=next((each.preview for each in contents if each.preview), None),
        ad=next((each.ad for each in contents if each.ad), None),
        contacts=tuple(card for each in contents for card in each.contacts)[:CONTACTS],
        location=next((each.location for each in contents if each.location), None),
        poll=next((each.poll for each in contents if each.poll), None),
        header=lines(*(each.header for each in contents)),
        footer=lines(*(each.footer for each in contents)),
        buttons=tuple(choice for each in contents for choice in each.buttons)[:CHOICES],
        rows=tuple(choice for each in contents for choice in each.rows)[:CHOICES],
        invite=next((each.invite for each in contents if each.invite), None),
        view_once=any(each.view_once for each in contents),
        disappearing=any(each.disappearing for each in contents),
    )
