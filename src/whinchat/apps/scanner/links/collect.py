"""All text of a message in which a link may stand, whatever kind of message it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from whinchat.apps.scanner.links import vcard
from whinchat.core.types import Choice, Content, MessageEdited, MessageReceived

QUOTED = "quoted"
"""The part of everything in the message that this one answers; scanned only when it was not seen before."""
INVITE = "https://chat.whatsapp.com/"
LARGE = 8192
"""Code points in the texts of a message; more may hold links for seconds of work."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text to scan by itself, and the part of the message that holds it."""

    part: str
    text: str


def texts(message: MessageReceived | MessageEdited) -> list[Text]:
    """The texts of a message, its own before the quoted one's, none of them empty. File names are not among them."""
    found = [Text(part, text) for part, text in _of(message.content) if text.strip()]
    if message.quoted:
        found += (Text(QUOTED, text) for _, text in _of(message.quoted.content) if text.strip())
    return found


def beginning(parts: Sequence[Text]) -> list[Text]:
    """So much of the texts as is read at once."""
    kept, left = [], LARGE
    for part in parts:
        kept.append(Text(part.part, part.text[:left]))
        left -= len(part.text)
        if left <= 0:
            break
    return kept


def _of(content: Content) -> Iterator[tuple[str, str]]:
    yield "body", content.text
    yield "header", content.header
    yield "footer", content.footer
    yield from _choices("button", content.buttons)
    yield from _choices("row", content.rows)
    if content.poll:
        yield "poll", content.poll.question
        yield from (("poll", option) for option in content.poll.options)
    for card in content.contacts:
        yield "contact", card.name
        yield from (("contact", text) for text in vcard.texts(card.vcard))
    if content.location:
        place = content.location
        yield from (("location", text) for text in (place.name, place.address, place.url))
    if content.invite:
        invite = content.invite
        yield "invite", f"{INVITE}{invite.code}" if invite.code else ""
        yield from (("invite", text) for text in (invite.group_name, invite.caption))
    if content.preview:
        preview = content.preview
        yield from (("preview", text) for text in (preview.url, preview.title, preview.description))
    if content.ad:
        yield from (("ad", text) for text in (content.ad.url, content.ad.title, content.ad.body))


def _choices(part: str, choices: tuple[Choice, ...]) -> Iterator[tuple[str, str]]:
    for choice in choices:
        yield from ((part, text) for text in (choice.title, choice.description, choice.url))
