"""Who writes, by the transport's own word: one row of ours, however many names the network has for the person.

Of each kind a person has at most one name: a phone number, a LID, an id at each account of ours (more than one of these
only while the LID says that it is the same person). A name that belongs to two rows, or a second name of a kind, means
that somebody else may have come to own it, such as a recycled phone number: then nobody is believed until they have
linked again. Names are kept as keyed hashes only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from whinchat.core.ports import Database, Sealer, Statement
from whinchat.core.types import UserRef

PHONE, LID = "phone", "lid"


@dataclass(frozen=True, slots=True)
class Alias:
    kind: str
    key: bytes


@dataclass(frozen=True, slots=True)
class Identity:
    """`user`: the row that the person is. `new`: names that no row has. `contested`: rows that have names which, by
    what the transport says now, cannot all be one person's; then there is no `user`, and `presented` must leave them.
    """

    user: str | None
    new: tuple[Alias, ...] = ()
    contested: tuple[str, ...] = ()
    presented: tuple[Alias, ...] = ()


def phone_key(sealer: Sealer, phone: str) -> bytes:
    """What the wallet's tables know a phone number by; E.164."""
    return sealer.digest("wallet.phone", phone)


class Identities:
    """The table `wallet_aliases`, of one backend."""

    def __init__(self, database: Database, sealer: Sealer, backend: str) -> None:
        self._database = database
        self._sealer = sealer
        self._backend = backend

    async def of(self, transport: str, person: UserRef) -> Identity:
        presented = self._aliases(transport, person)
        owners = {alias: await self._owner(alias) for alias in presented}
        rows = tuple(dict.fromkeys(owner for owner in owners.values() if owner is not None))
        new = tuple(alias for alias, owner in owners.items() if owner is None)
        if not rows:
            return Identity(None, new)
        if len(rows) > 1 or await self._has_another(rows[0], owners):
            return Identity(None, (), rows, presented)
        return Identity(rows[0], new)

    def learn(self, user: str, aliases: tuple[Alias, ...]) -> tuple[Statement, ...]:
        """Somebody else who learned one of them meanwhile makes the batch fail."""
        return tuple(
            Statement(
                "INSERT INTO wallet_aliases (alias, user_id, kind) VALUES (:alias, :user, :kind)",
                {"alias": alias.key, "user": user, "kind": alias.kind},
                rows=1,
            )
            for alias in aliases
        )

    def release(self, aliases: tuple[Alias, ...]) -> tuple[Statement, ...]:
        return tuple(Statement("DELETE FROM wallet_aliases WHERE alias = :alias", {"alias": a.key}) for a in aliases)

    def _aliases(self, transport: str, person: UserRef) -> tuple[Alias, ...]:
        named = [(PHONE, person.phone), (LID, person.lid)]
        if person.id not in (person.phone, person.lid) and not person.is_number:
            named.append((f"id {transport}", person.id))
        return tuple(
            Alias(kind, self._sealer.digest("wallet.alias", self._backend, kind, name)) for kind, name in named if name
        )

    async def _owner(self, alias: Alias) -> str | None:
        row = await self._database.fetch_one(
            "SELECT user_id FROM wallet_aliases WHERE alias = :alias", {"alias": alias.key}
        )
        return None if row is None else msgspec.convert(row, tuple[str])[0]

    async def _has_another(self, user: str, owners: Mapping[Alias, str | None]) -> bool:
        """Whether the person has another name of a kind of which a new one was presented."""
        same_lid = any(alias.kind == LID for alias, owner in owners.items() if owner is not None)
        new = {alias.kind for alias, owner in owners.items() if owner is None}
        if same_lid:
            new &= {PHONE}
        if not new:
            return False
        rows = await self._database.fetch("SELECT kind FROM wallet_aliases WHERE user_id = :user", {"user": user})
        return not new.isdisjoint(msgspec.convert(row, tuple[str])[0] for row in rows)
