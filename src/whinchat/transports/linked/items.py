"""What the library's callbacks say, in our own words: what `decode` gives and the transport acts on."""

from __future__ import annotations

import enum
from typing import Protocol

import msgspec

from whinchat.core.errors import WhinchatError
from whinchat.core.types import ChatRef, DeliveryUpdate, Event, Group, MessageReceived, Notice, UserRef


class Undecodable(WhinchatError):
    """The bytes are not what the library's pinned version sends, or lack what every one of that kind has."""

    code = "undecodable"


class Identities(Protocol):
    """Who is who, as far as the account knows. Ids here are bare: `<number>@s.whatsapp.net` or `<lid>@lid`."""

    @property
    def me(self) -> frozenset[str]:
        """The bot's own ids, of both kinds; empty before it is linked."""
        ...

    def lid(self, phone: str) -> str | None:
        """The LID of a phone's id."""
        ...

    def phone(self, lid: str) -> str | None:
        """The phone's id of a LID."""
        ...

    def learn(self, lid: str, phone: str) -> None:
        """The network says that both are the same person. Called before anything is made of the callback."""
        ...


class Addressing(enum.StrEnum):
    """By which kind of id a group names its members."""

    PHONE = "pn"
    LID = "lid"


class GroupState(msgspec.Struct, frozen=True):
    """A group as the network describes it."""

    group: Group
    addressing: Addressing


class Happened(msgspec.Struct, frozen=True, tag="happened"):
    """For the sink, in this order."""

    events: tuple[Event, ...]


class GroupNews(msgspec.Struct, frozen=True, tag="group_news"):
    """What is known of the group has changed: `state` is how it is now, or None when it has to be asked.

    `events` are for the sink, in this order; none when the change is nothing to anybody.
    """

    chat: ChatRef
    events: tuple[Event, ...] = ()
    state: GroupState | None = None


class OwnMessage(msgspec.Struct, frozen=True, tag="own_message"):
    """Somebody wrote with the account itself, on its phone or on another linked device. Nothing to answer."""

    chat: ChatRef
    id: str
    time: int


class Receipts(msgspec.Struct, frozen=True, tag="receipts"):
    """What became of messages of ours. Receipts are also sent for what others sent: `message_id` may be unknown."""

    updates: tuple[DeliveryUpdate, ...]


class Told(msgspec.Struct, frozen=True, tag="told"):
    notice: Notice


class QrCodes(msgspec.Struct, frozen=True, tag="qr_codes"):
    """To be scanned with the phone; one after another where there are several. Secret."""

    codes: tuple[str, ...]


class LifecycleKind(enum.StrEnum):
    ME = "me"
    """The account that the session belongs to: `user`, `device`."""
    PAIRED = "paired"
    """`user`, `device`."""
    PAIRING_FAILED = "pairing_failed"
    """`code`: why (`timeout`: no code was scanned)."""
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    SILENT = "silent"
    """Keep-alives are not answered: `count` in a row."""
    HEARD_AGAIN = "heard_again"
    LOGGED_OUT = "logged_out"
    """`code`: why, the server's number (`401`, `403`, `406`)."""
    REPLACED = "replaced"
    BANNED = "banned"
    """`code`: why; `seconds`: how long, when it is known."""
    CONNECT_FAILED = "connect_failed"
    """`code`: why, the server's number (`400`, `409`, `500`, `503`, …)."""
    OUTDATED = "outdated"
    STREAM_FAILED = "stream_failed"
    """`code`: what the server said."""
    WAITING = "waiting"
    """What came while the account was away is about to be handed over: `count` of it."""
    CAUGHT_UP = "caught_up"
    """All of it was: `count`."""


class Lifecycle(msgspec.Struct, frozen=True, tag="lifecycle", omit_defaults=True):
    """Something about the connection. `code` has no personal data."""

    kind: LifecycleKind
    code: str = ""
    seconds: int | None = None
    count: int = 0
    user: UserRef | None = None
    device: str = ""
    """The account's id with its device part, `<number>:<device>@s.whatsapp.net`: what the session is stored under."""


class History(msgspec.Struct, frozen=True, tag="history"):
    """A piece of what was said before the device was linked. Who is who was learned from it (`Identities.learn`)."""

    kind: str
    """`initial_bootstrap`, `recent`, `full`, `push_name`, …"""
    progress: int
    """Percent."""
    messages: tuple[MessageReceived, ...]
    """Of other people, oldest first in each chat, all of them `offline`; of every chat the newest ones."""
    left_out: int = 0
    """Messages over the bounds of one piece."""


Item = Happened | GroupNews | OwnMessage | Receipts | Told | QrCodes | Lifecycle | History
