"""Who may do what where: roles from the live group, kept for at most a minute and dropped by membership events."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection

from whinchat.core.ports import Clock
from whinchat.core.types import ChatKind, ChatRef, Group, Role, UserRef

FRESH = 60_000  # milliseconds a group's member list is believed
KEPT = 512  # groups remembered at once

Lookup = Callable[[str, ChatRef], Awaitable[Group | None]]


class Roster:
    """`owners` are user ids or phone numbers in E.164 from the settings; `lookup` asks the account's transport."""

    def __init__(self, lookup: Lookup, clock: Clock, owners: Collection[str] = ()) -> None:
        self._lookup = lookup
        self._clock = clock
        self._owners = frozenset(owners)
        self._groups: OrderedDict[tuple[str, str], tuple[int, Group | None]] = OrderedDict()
        self._changes = 0

    def is_owner(self, user: UserRef) -> bool:
        return user.id in self._owners or (user.phone is not None and user.phone in self._owners)

    async def role(self, account: str, chat: ChatRef, user: UserRef) -> Role:
        """Raises TransportError when the group cannot be asked: a right that cannot be checked is not granted."""
        if self.is_owner(user):
            return Role.OWNER
        if chat.kind is ChatKind.DIRECT:
            return Role.ADMIN
        group = await self.group(account, chat)
        if group is None:
            return Role.MEMBER
        return Role.ADMIN if group.is_admin(user) else Role.MEMBER

    async def group(self, account: str, chat: ChatRef) -> Group | None:
        key = (account, chat.id)
        found = self._groups.get(key)
        if found is not None and self._clock.now() - found[0] < FRESH:
            return found[1]
        changes = self._changes
        group = await self._lookup(account, chat)
        if changes != self._changes:
            return group  # something changed meanwhile: the next one asks again
        self._groups[key] = (self._clock.now(), group)
        self._groups.move_to_end(key)
        while len(self._groups) > KEPT:
            self._groups.popitem(last=False)
        return group

    def forget(self, account: str, chat: ChatRef) -> None:
        """Something about the group changed: what was known of it is old."""
        self._changes += 1
        self._groups.pop((account, chat.id), None)
