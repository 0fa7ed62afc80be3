"""Events that arrive."""

from __future__ import annotations

import enum

import msgspec

from whinchat.core.types.chats import ChatRef, MessageRef, UserRef
from whinchat.core.types.content import Content, Quoted


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
