"""Chats and people, and what points at a message."""

from __future__ import annotations

import enum
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


class ChatRef(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    """Where the network delivers to now."""
    kind: ChatKind
    known_as: str | None = None
    """The id that our tables know it by, where the network has given it another since (`dispatch.first_ids`)."""

    @property
    def lasting(self) -> str:
        """The id that what is kept of the chat is kept under."""
        return self.known_as or self.id


class UserRef(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    phone: str | None = None
    lid: str | None = None
    name: str | None = None
    """What the person calls themselves: untrusted, for display only."""

    @property
    def ids(self) -> tuple[str, ...]:
        """All that the person is known by: the phone number first, where it is known."""
        return tuple(dict.fromkeys(each for each in (self.phone, self.lid, self.id) if each))

    @property
    def is_number(self) -> bool:
        """Whether the id says no more than the phone number does: the network may give another in its place."""
        return self.phone is not None and "+" + self.id.partition("@")[0].removeprefix("+") == self.phone


class MessageRef(msgspec.Struct, frozen=True):
    """Points at one message. Senders choose message ids, so the sender belongs to the reference."""

    chat: ChatRef
    id: str
    sender: str
    from_me: bool = False


class Group(msgspec.Struct, frozen=True, omit_defaults=True):
    chat: ChatRef
    subject: str
    members: tuple[UserRef, ...]
    admins: tuple[str, ...]
    """User ids, a subset of the members'."""
    announce_only: bool = False
    me: str = ""
    """The bot's own user id there; empty where the transport cannot tell."""

    def member(self, user: UserRef) -> UserRef | None:
        """Who that is in the group's own list, under any id that both know."""
        wanted = set(user.ids)
        return next((member for member in self.members if not wanted.isdisjoint(member.ids)), None)

    def is_admin(self, user: UserRef) -> bool:
        """Under any id of the person, those included that only the group's own list knows."""
        known = self.member(user)
        return not set(self.admins).isdisjoint((*user.ids, *(() if known is None else known.ids)))
