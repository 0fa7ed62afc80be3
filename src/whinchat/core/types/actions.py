"""Actions that leave, how they are asked for, and what becomes of them."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import msgspec

from whinchat.core.types.chats import ChatRef, MessageRef
from whinchat.core.types.content import MediaKind


class Answer(msgspec.Struct, frozen=True):
    """What a person may answer by a tap: `title` is shown, `text` is what tapping it says."""

    title: str
    text: str


class SendText(msgspec.Struct, frozen=True, tag="text", omit_defaults=True):
    text: str
    quote: MessageRef | None = None
    mentions: tuple[str, ...] = ()
    choices: tuple[Answer, ...] = ()
    """Where the network has buttons. The text names them too: elsewhere they are typed."""


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


class RemoveMember(msgspec.Struct, frozen=True, tag="remove_member"):
    """Puts somebody out of the group, as a group admin."""

    member: str
    """User id."""


class LockGroup(msgspec.Struct, frozen=True, tag="lock_group"):
    """Lets only admins write (`locked`), or everybody again, as a group admin."""

    locked: bool


Action = SendText | SendMedia | React | Edit | Revoke | Delete | RemoveMember | LockGroup


class OnUnknown(enum.StrEnum):
    """What to do when it cannot be known whether a send arrived (`docs/decisions`, the honest limit of sending)."""

    DROP = "drop"
    RESEND_ONCE = "resend_once"


class Urgency(enum.IntEnum):
    """Lower leaves first and is shed last."""

    DANGER = 0
    ANSWER = 1
    COURTESY = 2


class Otherwise(enum.StrEnum):
    """What becomes of a reply that cannot replace the text of an earlier one about its subject."""

    SEND = "send"
    CORRECT = "correct"
    """Sent where an earlier one was shown: else there is nothing to correct."""
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Reply:
    """One thing to send. `chat` may differ from the chat of the event that caused it.

    With `edited` it takes the place of an earlier text about the same subject in the same chat: of one that waits, and
    of one that was sent as long as the transport lets it be edited; else it follows it. A reaction always does.
    """

    account: str
    chat: ChatRef
    action: Action
    on_unknown: OnUnknown = OnUnknown.DROP
    urgency: Urgency = Urgency.ANSWER
    subject: str = ""
    """What it is about: a keyed name without personal data. Empty: it stands for itself."""
    edited: str | None = None
    """The text that the earlier message is given; empty: none, so that it follows. None: it adds to what was said."""
    otherwise: Otherwise = Otherwise.SEND
    receipt: str = ""
    """`topic:key`: when the network has taken it, the application is told (`App.receipts`) in the batch that notes it.
    Free of personal data."""


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
    edit_seconds: int = 0
    """How long after it was sent a message of our own can be edited."""
    revoke: bool = False
    moderate_delete: bool = False
    remove_member: bool = False
    lock_group: bool = False
    groups: bool = False
    media_in: bool = False
    media_out: bool = False
    buttons: bool = False
    """Answers that are tapped (`SendText.choices`)."""
    typing: bool = False
    """It shows that it is writing before it sends."""
    read_receipts: bool = False
    """It tells when a message was read, and marks as read what it answers."""
    templates: bool = False
    """Outside of `service_window` a text goes out in a form that the network approved."""
    service_window: int = 0
    """Seconds after a person's last message in which it may write to them freely; 0: always."""
    ordered: bool = False
    max_text: int = 65_536
    """UTF-16 code units, as WhatsApp counts."""
    max_media: int = 16 * 1024 * 1024
    pacing: Pacing = Pacing()
