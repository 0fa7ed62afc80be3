"""What one account remembers over restarts: since when it is linked, until when it has to keep still, who wrote to it.

People are kept as keyed digests of their ids: nobody can be read from them, and only who is known can be asked for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

import msgspec

from whinchat.core.ports import Batch, Clock, Database, Sealer, Statement

DAY = 24 * 3600 * 1000  # milliseconds
KEPT_DAYS = 400  # without a word from them; then they have to write first again
REMEMBERED = 4096  # people of whom it is known without asking the database

_SET = """
    INSERT INTO linked_accounts (account, {column}) VALUES (:account, :value)
        ON CONFLICT (account) DO UPDATE SET {column} = :value"""
_LINKED = _SET.format(column="linked_at")
_RESTRICTED = _SET.format(column="restricted_until")
_BANNED = _SET.format(column="banned_until")
_SEEN = """
    INSERT INTO linked_contacts (account, person, seen_on) VALUES (:account, :person, :day)
        ON CONFLICT (account, person) DO UPDATE SET seen_on = :day"""


class Account(msgspec.Struct, frozen=True, array_like=True):
    """Times in milliseconds UTC."""

    linked_at: int | None = None
    restricted_until: int = 0
    """Until then the network lets it answer only."""
    banned_until: int = 0


class Records:
    """Of one account. Everything raises what the database raises."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, account: str) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._account = account
        self._wrote: OrderedDict[str, int] = OrderedDict()
        """Person to the last day that is noted."""

    async def account(self) -> Account:
        row = await self._database.fetch_one(
            "SELECT linked_at, restricted_until, banned_until FROM linked_accounts WHERE account = :account",
            {"account": self._account},
        )
        return Account() if row is None else msgspec.convert(row, Account)

    async def linked(self, at: int | None) -> None:
        """None: no longer."""
        await self._set(_LINKED, at)

    async def restricted(self, until: int) -> None:
        await self._set(_RESTRICTED, until)

    async def banned(self, until: int) -> None:
        await self._set(_BANNED, until)

    async def wrote(self, people: Iterable[str]) -> None:
        """These wrote to the account: it may write to them."""
        day = self._clock.now() // DAY
        new = [person for person in dict.fromkeys(people) if self._wrote.get(person) != day]
        if not new:
            return
        await self._database.commit(
            Batch(tuple(Statement(_SEEN, {**self._key(person), "day": day}, rows=1) for person in new))
        )
        for person in new:
            self._remember(person, day)

    async def has_written(self, people: Iterable[str]) -> bool:
        """Whether any of them, who are the ids of one person, did."""
        for person in people:
            if person in self._wrote:
                return True
            row = await self._database.fetch_one(
                "SELECT seen_on FROM linked_contacts WHERE account = :account AND person = :person", self._key(person)
            )
            if row is not None:
                self._remember(person, msgspec.convert(row[0], int))
                return True
        return False

    async def tidy(self) -> None:
        """Forget who has been silent for more than a year."""
        oldest = self._clock.now() // DAY - KEPT_DAYS
        sql = "DELETE FROM linked_contacts WHERE account = :account AND seen_on < :oldest"
        await self._database.commit(Batch((Statement(sql, {"account": self._account, "oldest": oldest}),)))

    async def _set(self, sql: str, value: int | None) -> None:
        await self._database.commit(Batch((Statement(sql, {"account": self._account, "value": value}, rows=1),)))

    def _key(self, person: str) -> dict[str, str | bytes]:
        return {"account": self._account, "person": self._sealer.digest("linked contact", self._account, person)}

    def _remember(self, person: str, day: int) -> None:
        self._wrote[person] = day
        self._wrote.move_to_end(person)
        while len(self._wrote) > REMEMBERED:
            self._wrote.popitem(last=False)
