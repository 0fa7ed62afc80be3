"""A chat: who is in it, who may do what, and its newest messages."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

import msgspec

from whinchat.core.errors import Refused
from whinchat.core.types import ChatKind, ChatRef
from whinchat.transports.simulator.messages import Key, Message


class ChatView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A chat as the page and the API show it."""

    id: str
    kind: ChatKind
    created: int
    members: tuple[str, ...]
    subject: str = ""
    admins: tuple[str, ...] = ()
    announce_only: bool = False
    read: dict[str, int] = {}
    """Member to the `seq` up to which they have read."""


class Chat:
    """Keeps the newest `kept` messages."""

    def __init__(self, identity: str, kind: ChatKind, created: int, kept: int, subject: str = "") -> None:
        self.id = identity
        self.kind = kind
        self.created = created
        self.subject = subject
        self.announce_only = False
        self.members: dict[str, None] = {}
        self.admins: dict[str, None] = {}
        self.read: dict[str, int] = {}
        self._kept = kept
        self._messages: OrderedDict[Key, Message] = OrderedDict()

    def view(self) -> ChatView:
        return ChatView(
            id=self.id,
            kind=self.kind,
            created=self.created,
            members=tuple(self.members),
            subject=self.subject,
            admins=tuple(self.admins),
            announce_only=self.announce_only,
            read=dict(self.read),
        )

    def seen_by(self, person: str) -> ChatRef:
        """The reference a member has: a direct chat is known by the other's id, as on WhatsApp."""
        if self.kind is ChatKind.GROUP:
            return ChatRef(self.id, self.kind)
        return ChatRef(next(member for member in self.members if member != person), self.kind)

    # --- rights: each raises Refused ---

    def require_group(self) -> None:
        if self.kind is not ChatKind.GROUP:
            raise Refused("that is possible in groups only", code="not_a_group")

    def require_member(self, person: str) -> None:
        if person not in self.members:
            raise Refused("only a member can do that", hint="add the person first", code="not_member")

    def require_admin(self, person: str) -> None:
        self.require_group()
        self.require_member(person)
        if person not in self.admins:
            raise Refused("only an admin can do that", hint="promote the person first", code="not_admin")

    def require_voice(self, person: str) -> None:
        self.require_member(person)
        if self.announce_only and person not in self.admins:
            raise Refused("only admins may write here", hint="use `announce` to open the group", code="announce_only")

    # --- messages ---

    def put(self, message: Message) -> None:
        self._messages[message.key] = message
        if len(self._messages) > self._kept:
            self._messages.popitem(last=False)

    def knows(self, key: Key) -> bool:
        return key in self._messages

    def message(self, sender: str, identity: str) -> Message:
        """Raises Refused (`no_message`)."""
        try:
            return self._messages[sender, identity]
        except KeyError:
            hint = f"give its sender and id; the newest {self._kept} of a chat are kept"
            raise Refused("there is no such message", hint=hint, code="no_message") from None

    def newest_first(self) -> Iterator[Message]:
        return reversed(self._messages.values())

    def history(self, before: int | None, limit: int) -> list[Message]:
        """At most `limit` messages with a smaller `seq`, oldest first."""
        found: list[Message] = []
        for message in self.newest_first():
            if before is None or message.seq < before:
                found.append(message)
                if len(found) == limit:
                    break
        found.reverse()
        return found
