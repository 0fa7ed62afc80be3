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

    @property
    def author(self) -> str:
        """The id that what is kept of the sender is kept under: in their own chat, that of the chat."""
        return self.chat.lasting if self.sender.id == self.chat.id else self.sender.id


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
    reference: str = ""
    """Ours (`Transport.perform`), where the network gives it back: it tells what became of an unknown send."""
    error: str = ""
    """A code without personal data, when it failed."""


class NoticeKind(enum.StrEnum):
    """What an account learns of itself or its network, besides its connection."""

    RESTRICTED = "restricted"
    """The network does not let it write to everybody for now."""
    QUOTA = "quota"
    """It sent more than it may."""
    QUALITY = "quality"
    """How the network rates it, or how much it may send, has changed."""
    UNDECRYPTABLE = "undecryptable"
    """A message came that cannot be read (yet)."""
    CALL = "call"
    """Somebody calls; bots do not answer."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Counted, logged and shown to admins, never stored. `detail` is a code without personal data."""

    account: str
    kind: NoticeKind
    detail: str = ""
    until: int | None = None
    """Milliseconds UTC, where it is known when it ends."""


class ConnectionState(enum.StrEnum):
    STOPPED = "stopped"
    CONNECTING = "connecting"
    ONLINE = "online"
    DEGRADED = "degraded"
    """Connected, but nothing has been heard for longer than usual."""
    NEED_PAIRING = "need_pairing"
    """A person has to link the account (`Linkable`)."""
    LOGGED_OUT = "logged_out"
    """The link was ended, here or on the phone: it has to be linked anew."""
    REPLACED = "replaced"
    """Something else uses the same session; two would push each other out for ever, so it stays away."""
    BANNED = "banned"
    """The network shut the account out, for a time or for good."""
    OUTDATED = "outdated"
    """The network no longer speaks with this version of the client."""
