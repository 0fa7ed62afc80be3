"""The words that everything else is said in: chats, people, messages, events that arrive and actions that leave.

Ids are opaque strings, canonical for their transport. Times are integer milliseconds since 1970 in UTC.
Everything that is stored or crosses a process is a frozen msgspec struct.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import NewType

import msgspec

Millis = NewType("Millis", int)
"""Milliseconds since 1970-01-01 UTC."""


class ChatKind(enum.StrEnum):
    DIRECT = "direct"
    GROUP = "group"
    CHANNEL = "channel"


class Role(enum.IntEnum):
    """What somebody may do in a chat; in a direct chat everybody is the admin."""

    MEMBER = 0
    ADMIN = 1
    OWNER = 2
    """The operator of the bot, named in the settings."""


class ChatRef(msgspec.Struct, frozen=True):
    id: str
    kind: ChatKind


class UserRef(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    phone: str | None = None
    lid: str | None = None
    name: str | None = None
    """What the person calls themselves: untrusted, for display only."""


class MessageRef(msgspec.Struct, frozen=True):
    """Points at one message. Senders choose message ids, so the sender belongs to the reference."""

    chat: ChatRef
    id: str
    sender: str
    from_me: bool = False


# --- what a message can hold -------------------------------------------------------------------------------------


class MediaKind(enum.StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    STICKER = "sticker"


class Media(msgspec.Struct, frozen=True, omit_defaults=True):
    kind: MediaKind
    handle: str
    """What `Transport.download` needs; opaque."""
    mime: str = ""
    size: int = 0
    """Bytes, as the sender claims."""
    file_name: str | None = None


class LinkPreview(msgspec.Struct, frozen=True, omit_defaults=True):
    """The card that the sender's app attached to a link. All of it is the sender's claim."""

    url: str = ""
    title: str = ""
    description: str = ""


class AdReply(msgspec.Struct, frozen=True, omit_defaults=True):
    """The advertisement a message says it answers (`externalAdReply`)."""

    url: str = ""
    title: str = ""
    body: str = ""


class ContactCard(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str = ""
    vcard: str = ""


class Location(msgspec.Struct, frozen=True, omit_defaults=True):
    latitude: float = 0.0
    longitude: float = 0.0
    name: str = ""
    address: str = ""
    url: str = ""


class Poll(msgspec.Struct, frozen=True, omit_defaults=True):
    question: str = ""
    options: tuple[str, ...] = ()


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """A button or a list row."""

    title: str = ""
    description: str = ""
    url: str = ""


class GroupInvite(msgspec.Struct, frozen=True, omit_defaults=True):
    code: str = ""
    group_name: str = ""
    caption: str = ""


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person put into one message. Disappearing and view-once wrappers are already taken off."""

    text: str = ""
    """Body, or the caption of the media."""
    media: Media | None = None
    preview: LinkPreview | None = None
    ad: AdReply | None = None
    contacts: tuple[ContactCard, ...] = ()
    location: Location | None = None
    poll: Poll | None = None
    header: str = ""
    footer: str = ""
    buttons: tuple[Choice, ...] = ()
    rows: tuple[Choice, ...] = ()
    invite: GroupInvite | None = None
    view_once: bool = False
    disappearing: bool = False


class Quoted(msgspec.Struct, frozen=True, omit_defaults=True):
    """The message that another one answers, as the answering person's app sent it along: a claim."""

    id: str
    sender: str
    content: Content = Content()
    from_me: bool = False


# --- events that arrive ------------------------------------------------------------------------------------------


class ChatEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened in one chat. (account, chat, sender, id, kind) is its identity: see `dispatch.inbox`."""

    account: str
    chat: ChatRef
    id: str
    sender: UserRef
    time: int
    """When it happened, by the transport's word; milliseconds."""


class MessageReceived(ChatEvent, frozen=True, kw_only=True, tag="message", omit_defaults=True):
    content: Content
    quoted: Quoted | None = None
    mentions: tuple[str, ...] = ()
    mentions_me: bool = False
    forwarded: bool = False
    offline: bool = False
    """It was waiting while the bot was away."""

    @property
    def ref(self) -> MessageRef:
        return MessageRef(self.chat, self.id, self.sender.id)


class MessageEdited(ChatEvent, frozen=True, kw_only=True, tag="edit", omit_defaults=True):
    target: str
    """Id of the message whose content is replaced."""
    content: Content
    quoted: Quoted | None = None
    mentions: tuple[str, ...] = ()
    mentions_me: bool = False

    @property
    def ref(self) -> MessageRef:
        return MessageRef(self.chat, self.target, self.sender.id)


class MessageRevoked(ChatEvent, frozen=True, kw_only=True, tag="revoke"):
    target: MessageRef


class ReactionChanged(ChatEvent, frozen=True, kw_only=True, tag="reaction"):
    target: MessageRef
    emoji: str
    """Empty: the reaction was taken back."""


class MembershipChange(enum.StrEnum):
    JOIN = "join"
    LEAVE = "leave"
    ADD = "add"
    REMOVE = "remove"
    PROMOTE = "promote"
    DEMOTE = "demote"


class MembershipChanged(ChatEvent, frozen=True, kw_only=True, tag="membership", omit_defaults=True):
    """`sender` did `change` to `members`; `me` when the bot itself is among them."""

    change: MembershipChange
    members: tuple[UserRef, ...]
    me: bool = False


class GroupChanged(ChatEvent, frozen=True, kw_only=True, tag="group", omit_defaults=True):
    subject: str | None = None
    announce_only: bool | None = None


Event = MessageReceived | MessageEdited | MessageRevoked | ReactionChanged | MembershipChanged | GroupChanged
Message = MessageReceived | MessageEdited
"""What carries content of a person's own."""


class DeliveryStatus(enum.StrEnum):
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class DeliveryUpdate(msgspec.Struct, frozen=True, kw_only=True, tag="delivery"):
    """What became of a message of ours. Not an inbox event: it only moves an outbox row forward."""

    account: str
    chat: ChatRef
    message_id: str
    status: DeliveryStatus
    time: int


class ConnectionState(enum.StrEnum):
    STOPPED = "stopped"
    CONNECTING = "connecting"
    ONLINE = "online"
    DEGRADED = "degraded"


# --- actions that leave ------------------------------------------------------------------------------------------


class SendText(msgspec.Struct, frozen=True, tag="text", omit_defaults=True):
    text: str
    quote: MessageRef | None = None
    mentions: tuple[str, ...] = ()


class SendMedia(msgspec.Struct, frozen=True, tag="media", omit_defaults=True):
    kind: MediaKind
    mime: str
    data: bytes
    caption: str = ""
    file_name: str | None = None
    quote: MessageRef | None = None


class React(msgspec.Struct, frozen=True, tag="react"):
    target: MessageRef
    emoji: str


class Edit(msgspec.Struct, frozen=True, tag="edit"):
    """Replaces the text of a message of our own."""

    target: MessageRef
    text: str


class Revoke(msgspec.Struct, frozen=True, tag="revoke"):
    """Takes back a message of our own."""

    target: MessageRef


class Delete(msgspec.Struct, frozen=True, tag="delete"):
    """Removes somebody else's message for everyone, as a group admin."""

    target: MessageRef


Action = SendText | SendMedia | React | Edit | Revoke | Delete


class OnUnknown(enum.StrEnum):
    """What to do when it cannot be known whether a send arrived (`docs/decisions`, the honest limit of sending)."""

    DROP = "drop"
    RESEND_ONCE = "resend_once"


class Urgency(enum.IntEnum):
    """Lower leaves first and is shed last."""

    DANGER = 0
    ANSWER = 1
    COURTESY = 2


@dataclass(frozen=True, slots=True)
class Reply:
    """One thing to send. `chat` may differ from the chat of the event that caused it."""

    account: str
    chat: ChatRef
    action: Action
    on_unknown: OnUnknown = OnUnknown.DROP
    urgency: Urgency = Urgency.ANSWER


class Certainty(enum.StrEnum):
    SENT = "sent"
    UNKNOWN = "unknown"
    REJECTED = "rejected"


class SendResult(msgspec.Struct, frozen=True, omit_defaults=True):
    certainty: Certainty
    message_id: str | None = None
    error: str | None = None
    """A code without personal data, when not sent."""
    retry_after: float | None = None
    """Seconds; given only when the transport promises that nothing was sent and a later try makes sense."""


class Pacing(msgspec.Struct, frozen=True):
    """How fast an account may send: tokens a second, and how many may be spent at once."""

    account_rate: float = 1000.0
    account_burst: int = 1000
    chat_rate: float = 100.0
    chat_burst: int = 100


class Capabilities(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a transport can do; data, never discovered by an exception."""

    quote: bool = False
    react: bool = False
    edit: bool = False
    revoke: bool = False
    moderate_delete: bool = False
    groups: bool = False
    media_in: bool = False
    media_out: bool = False
    ordered: bool = False
    max_text: int = 65_536
    """UTF-16 code units, as WhatsApp counts."""
    max_media: int = 16 * 1024 * 1024
    pacing: Pacing = Pacing()


class Group(msgspec.Struct, frozen=True, omit_defaults=True):
    chat: ChatRef
    subject: str
    members: tuple[UserRef, ...]
    admins: tuple[str, ...]
    """User ids, a subset of the members'."""
    announce_only: bool = False
