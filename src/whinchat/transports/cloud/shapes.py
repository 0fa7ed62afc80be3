"""What Meta's webhook and API say, as far as it is read. Unknown fields are passed over; each may be missing or null.

Meta, business-messaging/whatsapp/webhooks/reference (messages, status, groups, phone_number_quality_update,
account_update) and /business-scoped-user-ids.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Raw, UnsetType


class Shape(msgspec.Struct):
    """Read with `strict=False`: numbers may come as strings."""


class Change(Shape):
    field: str | None = None
    value: Raw | UnsetType = UNSET


class Entry(Shape):
    id: str | None = None
    """Of the business account."""
    changes: list[Change] | None = None


class Update(Shape):
    """The body of a webhook."""

    object: str | None = None
    entry: list[Entry] | None = None


class Metadata(Shape):
    display_phone_number: str | None = None
    phone_number_id: str | None = None


class Value(Shape):
    """What changed. Lists are read one by one: what is wrong with one must not cost the others."""

    metadata: Metadata | None = None
    contacts: list[Raw] | None = None
    messages: list[Raw] | None = None
    statuses: list[Raw] | None = None
    groups: list[Raw] | None = None
    calls: list[Raw] | None = None
    errors: list[Raw] | None = None
    event: str | None = None
    display_phone_number: str | None = None
    ban_info: BanInfo | None = None
    restriction_info: list[Restriction] | None = None
    waba_info: AccountInfo | None = None


class BanInfo(Shape):
    waba_ban_state: str | None = None


class Restriction(Shape):
    restriction_type: str | None = None
    expiration: int | None = None
    """Seconds UTC."""


class AccountInfo(Shape):
    waba_id: str | None = None


class Profile(Shape):
    name: str | None = None


class Contact(Shape):
    """Who a webhook is about."""

    wa_id: str | None = None
    user_id: str | None = None
    profile: Profile | None = None


class Error(Shape):
    code: int | None = None


class Status(Shape):
    id: str
    status: str
    timestamp: int | None = None
    recipient_id: str | None = None
    recipient_user_id: str | None = None
    recipient_type: str | None = None
    recipient_participant_id: str | None = None
    biz_opaque_callback_data: str | None = None
    errors: list[Error] | None = None


class Text(Shape):
    body: str | None = None


class File(Shape):
    id: str | None = None
    mime_type: str | None = None
    caption: str | None = None
    filename: str | None = None
    file_size: int | None = None


class Place(Shape):
    latitude: float | None = None
    longitude: float | None = None
    name: str | None = None
    address: str | None = None
    url: str | None = None


class CardName(Shape):
    formatted_name: str | None = None


class CardPhone(Shape):
    phone: str | None = None
    wa_id: str | None = None


class CardUrl(Shape):
    url: str | None = None


class CardMail(Shape):
    email: str | None = None


class CardFirm(Shape):
    company: str | None = None


class Card(Shape):
    name: CardName | None = None
    phones: list[CardPhone] | None = None
    urls: list[CardUrl] | None = None
    emails: list[CardMail] | None = None
    org: CardFirm | None = None
    vcard: str | None = None


class Tap(Shape):
    """A reply button or a row of a list: `id` is ours."""

    id: str | None = None
    title: str | None = None


class Interactive(Shape):
    button_reply: Tap | None = None
    list_reply: Tap | None = None


class Button(Shape):
    """A quick reply of a template."""

    text: str | None = None
    payload: str | None = None


class Reaction(Shape):
    message_id: str
    emoji: str | None = None


class Order(Shape):
    text: str | None = None


class Referral(Shape):
    """The advertisement that led here."""

    source_url: str | None = None
    headline: str | None = None
    body: str | None = None


class Context(Shape):
    """The message that this one answers."""

    id: str | None = None
    sender: str | None = msgspec.field(default=None, name="from")
    from_user_id: str | None = None
    forwarded: bool | None = None
    frequently_forwarded: bool | None = None


class Unsupported(Shape):
    type: str | None = None


class Body(Shape):
    """What a message holds; `type` names the field that says it."""

    type: str | None = None
    context: Context | None = None
    text: Text | None = None
    image: File | None = None
    video: File | None = None
    audio: File | None = None
    document: File | None = None
    sticker: File | None = None
    location: Place | None = None
    contacts: list[Card] | None = None
    interactive: Interactive | None = None
    button: Button | None = None
    order: Order | None = None
    referral: Referral | None = None
    unsupported: Unsupported | None = None


class Edited(Shape):
    original_message_id: str
    message: Body


class Revoked(Shape):
    original_message_id: str


class Message(Body, kw_only=True):
    id: str
    sender: str | None = msgspec.field(default=None, name="from")
    """The phone number; missing where the person hides it."""
    from_user_id: str | None = None
    group_id: str | None = None
    timestamp: int | None = None
    """Seconds UTC."""
    reaction: Reaction | None = None
    edit: Edited | None = None
    revoke: Revoked | None = None


class Participant(Shape):
    input: str | None = None
    wa_id: str | None = None
    user_id: str | None = None


class GroupUpdate(Shape):
    """Something about a group, by its `type`."""

    group_id: str
    type: str
    timestamp: int | None = None
    reason: str | None = None
    request_id: str | None = None
    initiated_by: str | None = None
    added_participants: list[Participant] | None = None
    removed_participants: list[Participant] | None = None


# --- what the API answers --------------------------------------------------------------------------------------------


class SentMessage(Shape):
    id: str


class Sent(Shape):
    messages: list[SentMessage]


class Identified(Shape):
    """An upload, or anything else that has an id."""

    id: str


class MediaAddress(Shape):
    url: str
    file_size: int | None = None


class Throughput(Shape):
    level: str | None = None


class Number(Shape):
    """business-messaging/whatsapp/reference/whatsapp-business-phone-number."""

    id: str
    display_phone_number: str | None = None
    quality_rating: str | None = None
    throughput: Throughput | None = None
    is_on_biz_app: bool | None = None
    status: str | None = None


class GroupInfo(Shape):
    subject: str | None = None
    participants: list[Participant] | None = None
