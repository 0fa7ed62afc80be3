"""What a person put into a message, from the shapes of Meta's webhook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from whinchat.core.types import AdReply, ContactCard, Content, Location, Media, MediaKind
from whinchat.transports.cloud import shapes


def content_of(body: shapes.Body) -> Content | None:
    """None for what Meta does not hand over, or hands over in a form that is not known here."""
    reader = _READERS.get(body.type or "")
    content = None if reader is None else reader(body)
    if content is None or body.referral is None:
        return content
    return msgspec.structs.replace(content, ad=_ad(body.referral))


def _text(body: shapes.Body) -> Content | None:
    return None if body.text is None or body.text.body is None else Content(text=body.text.body)


def _media(body: shapes.Body) -> Content | None:
    kind = MediaKind(str(body.type))
    file: shapes.File | None = getattr(body, kind.value)
    if file is None or not file.id:
        return None
    media = Media(kind, file.id, file.mime_type or "", max(0, file.file_size or 0), file.filename)
    return Content(text=file.caption or "", media=media)


def _tapped(body: shapes.Body) -> Content | None:
    """A tap says what the answer that was offered says: its id."""
    interactive = body.interactive or shapes.Interactive()
    tap = interactive.button_reply or interactive.list_reply or shapes.Tap()
    said = tap.id or tap.title
    return Content(text=said) if said else None


def _template_button(body: shapes.Body) -> Content | None:
    return None if body.button is None or not body.button.text else Content(text=body.button.text)


def _location(body: shapes.Body) -> Content | None:
    place = body.location
    if place is None:
        return None
    latitude, longitude = place.latitude or 0.0, place.longitude or 0.0
    return Content(location=Location(latitude, longitude, place.name or "", place.address or "", place.url or ""))


def _contacts(body: shapes.Body) -> Content | None:
    return None if body.contacts is None else Content(contacts=tuple(map(_card, body.contacts)))


def _order(body: shapes.Body) -> Content | None:
    return None if body.order is None else Content(text=body.order.text or "")


_READERS: Mapping[str, Callable[[shapes.Body], Content | None]] = {
    "text": _text,
    "interactive": _tapped,
    "button": _template_button,
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    **dict.fromkeys(map(str, MediaKind), _media),
}


def _ad(referral: shapes.Referral) -> AdReply:
    return AdReply(referral.source_url or "", referral.headline or "", referral.body or "")


def _card(card: shapes.Card) -> ContactCard:
    name = card.name.formatted_name if card.name is not None else None
    return ContactCard(name or "", card.vcard or "\r\n".join(_vcard(card, name or "")))


def _vcard(card: shapes.Card, name: str) -> Iterator[str]:
    """As WhatsApp itself writes cards (vCard 3.0, with `waid` beside a number)."""
    yield from ("BEGIN:VCARD", "VERSION:3.0", f"FN:{_escaped(name)}")
    if card.org is not None and card.org.company:
        yield f"ORG:{_escaped(card.org.company)}"
    for phone in card.phones or ():
        known = "".join(filter(str.isdigit, phone.wa_id or ""))
        if phone.phone or known:
            yield f"TEL{f';waid={known}' if known else ''}:{_escaped(phone.phone or f'+{known}')}"
    for mail in card.emails or ():
        yield f"EMAIL:{_escaped(mail.email or '')}"
    for address in card.urls or ():
        yield f"URL:{_escaped(address.url or '')}"
    yield "END:VCARD"


def _escaped(text: str) -> str:
    """RFC 6350, 3.4; a line break must not begin a property."""
    text = text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
    return text.replace("\r\n", "\\n").replace("\r", "\\n").replace("\n", "\\n")
