"""One row of the outbox, as the outbox and the sender hand it to each other."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import msgspec

from whinchat.core.ports import Row
from whinchat.core.types import Action, ChatRef, Edit, MessageRef, OnUnknown, Otherwise

MAX_RESENDS = 1


class SendState(enum.StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    REPLACED = "replaced"


class Envelope(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed in a row: nothing of it stands in the clear."""

    chat: ChatRef
    action: Action
    edited: str | None = None
    otherwise: Otherwise = Otherwise.SEND
    whole: bool = True
    """False: one of the messages that a long text became. Such are never edited."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A chat with something to send; `urgency` of the most urgent."""

    chat_key: bytes
    account: str
    urgency: int


@dataclass(frozen=True, slots=True)
class Editable:
    """A message of ours in the network that can be edited until then, in milliseconds UTC."""

    message_id: str
    until: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """The row that spoke of the same subject last, and was or may have been shown."""

    reference: str
    editable: Editable | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A row about to be sent. `attempt` counts from 1; `resends` counts the sends after an unknown result."""

    id: int
    reference: str
    account: str
    chat_key: bytes
    on_unknown: OnUnknown
    urgency: int
    attempt: int
    resends: int
    created_at: int
    subject: str | None
    receipt: str | None
    more: int | None
    """Urgency of the chat's next message; None when this is the last one."""
    envelope: Envelope
    earlier: Earlier | None = None

    @property
    def edits(self) -> Editable | None:
        """The message whose text it replaces in place."""
        return None if self.earlier is None or self.envelope.edited is None else self.earlier.editable

    @property
    def action(self) -> Action:
        """What is to be done, as things are now."""
        if self.edits is None or self.envelope.edited is None:
            return self.envelope.action
        target = MessageRef(self.envelope.chat, self.edits.message_id, "", from_me=True)
        return Edit(target, self.envelope.edited)

    @property
    def pointless(self) -> bool:
        """Whether it was only to change or correct something, and there is nothing of the kind."""
        match self.envelope.otherwise:
            case Otherwise.SEND:
                return False
            case Otherwise.CORRECT:
                return self.earlier is None
            case Otherwise.DROP:
                return self.edits is None


def id_row(key: Row) -> str:
    """What the id of a sent message is sealed under: never the name of a row's body."""
    (reference,) = key
    return f"{reference!s}/sent"
