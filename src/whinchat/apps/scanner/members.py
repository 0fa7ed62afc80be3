"""Who is who in a group, and since when: people under all their ids, and how long they have been there.

A person may be known by a phone number, by WhatsApp's own id (LID) or by both. Rows are written under one of them, the
number where it is known, and looked for under all.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from whinchat.apps.scanner.repository import DELETED, Repository
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.dispatch.inbox import chat_key, user_key
from whinchat.core.ports import Batch, Clock, Database, Sealer, Statement
from whinchat.core.types import Event, Group, MembershipChange, MembershipChanged, UserRef

CAME = frozenset({MembershipChange.JOIN, MembershipChange.ADD})
WENT = frozenset({MembershipChange.LEAVE, MembershipChange.REMOVE})


def same(user: UserRef, identity: str) -> bool:
    """Whether an id, or the local part of one (as in a mention's text), is this person's."""
    wanted = identity.removeprefix("+")
    return any(wanted in {each, each.removeprefix("+"), each.partition("@")[0]} for each in user.ids)


def member_called(group: Group, identity: str) -> UserRef | None:
    return next((member for member in group.members if same(member, identity)), None)


class Members:
    """Reads are methods that await; changes are statements for a handler's outcome."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    def keys(self, account: str, user: UserRef) -> tuple[bytes, ...]:
        """What tables know the person by, what rows are written under first."""
        return tuple(user_key(self._sealer, account, each) for each in user.ids)

    async def age(self, chat: bytes, account: str, user: UserRef) -> int | None:
        """Milliseconds since the person came into the group; None for who was there before us."""
        joined = [
            row
            for key in self.keys(account, user)
            if (
                row := await self._database.fetch_one(
                    "SELECT joined_at FROM scanner_members WHERE chat = :chat AND member = :member",
                    {"chat": chat, "member": key},
                )
            )
        ]
        if not joined:
            return None
        return self._clock.now() - min(msgspec.convert(row, tuple[int])[0] for row in joined)

    def came(self, chat: bytes, account: str, user: UserRef) -> tuple[Statement, ...]:
        """From now on. Who comes again is new again."""
        key, *others = self.keys(account, user)
        joined = Statement(
            """INSERT INTO scanner_members (chat, member, joined_at) VALUES (:chat, :member, :now)
               ON CONFLICT (chat, member) DO UPDATE SET joined_at = excluded.joined_at""",
            {"chat": chat, "member": key, "now": self._clock.now()},
        )
        return (*self._gone(chat, others), joined)

    def went(self, chat: bytes, account: str, user: UserRef) -> tuple[Statement, ...]:
        return self._gone(chat, self.keys(account, user))

    def _gone(self, chat: bytes, keys: Iterable[bytes]) -> tuple[Statement, ...]:
        return tuple(
            Statement(
                "DELETE FROM scanner_members WHERE chat = :chat AND member = :member", {"chat": chat, "member": key}
            )
            for key in keys
        )

    def retention(self, keep: int) -> Statement:
        """Who came longer than `keep` milliseconds ago is nobody new, so many rows at a time."""
        return Statement(
            """DELETE FROM scanner_members WHERE (chat, member) IN (
                   SELECT chat, member FROM scanner_members WHERE joined_at < :before ORDER BY joined_at LIMIT :most)
             RETURNING joined_at""",
            {"before": self._clock.now() - keep, "most": DELETED},
        )


class WatchMembers:
    """Notes who comes and goes, where it may read."""

    events = (MembershipChanged,)

    def __init__(self, members: Members, repository: Repository, sealer: Sealer) -> None:
        self._members = members
        self._repository = repository
        self._sealer = sealer

    async def admits(self, event: Event) -> bool:
        if not isinstance(event, MembershipChanged) or event.me or event.change not in CAME | WENT:
            return False
        return await self._repository.may_read(event.chat, chat_key(self._sealer, event.account, event.chat))

    async def observe(self, context: Context) -> Outcome:
        event = context.event
        if not isinstance(event, MembershipChanged):
            return NOTHING
        note = self._members.came if event.change in CAME else self._members.went
        changes = [statement for member in event.members for statement in note(context.chat_key, event.account, member)]
        return Outcome(changes=Batch(tuple(changes)))
