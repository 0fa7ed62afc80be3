"""How often codes are asked for and tried: bounds of our own, on disk, phones as keyed hashes.

All users share one address at the backend, whose own bounds are wider: codes 4 an hour by phone and 16 by address, then
a day's block; failed logins 8 in 20 minutes by phone and 20 in 6 hours by address.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from whinchat.core.app import Finding
from whinchat.core.ports import Clock, Database, Statement, Value

HOUR = 3600 * 1000  # milliseconds
DELETED = 1000  # rows in one transaction
KEPT = 24 * HOUR
"""The longest that any attempt counts: a wrong claim code (`escrow`)."""


class Bound(NamedTuple):
    """At most `each` by one phone and `all` in all, in `span` milliseconds."""

    kind: str
    each: int
    all: int
    span: int


CODES = Bound("code", 2, 12, HOUR)
FAILURES = Bound("failure", 3, 15, 6 * HOUR)
REFUSALS = Bound("refused", 1, 1, HOUR // 6)
"""The backend's own bounds were met: they are not where we take them to be, or others share our address. Everybody
waits a little, since asking on could make it worse."""


class Attempts:
    """The table `wallet_attempts`. `phone`: its keyed hash; `now`: milliseconds UTC."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def wait(self, bound: Bound, phone: bytes | None = None) -> int:
        """Milliseconds until there is room for the phone, or (without one) for anybody; 0 when there is."""
        now = self._clock.now()
        most = bound.all if phone is None else bound.each
        row = await self._database.fetch_one(
            """SELECT at FROM wallet_attempts
                WHERE kind = :kind AND (:phone IS NULL OR subject = :phone) AND at > :since
                ORDER BY at DESC LIMIT 1 OFFSET :most""",
            {"kind": bound.kind, "phone": phone, "since": now - bound.span, "most": most - 1},
        )
        return 0 if row is None else max(0, msgspec.convert(row, tuple[int])[0] + bound.span - now)

    async def room(self) -> int:
        """Milliseconds until another code can be asked for, and answered."""
        return max([await self.wait(bound) for bound in (CODES, FAILURES, REFUSALS)])

    def note(self, bound: Bound, phone: bytes) -> Statement:
        """One more, its id returned; fails where there is no room."""
        now = self._clock.now()
        args: dict[str, Value] = {
            "kind": bound.kind,
            "phone": phone,
            "now": now,
            "since": now - bound.span,
            "each": bound.each,
            "all": bound.all,
        }
        return Statement(_NOTE, args, rows=1)

    def withdraw(self, attempt: int) -> Statement:
        """It does not count."""
        return Statement("DELETE FROM wallet_attempts WHERE id = :id", {"id": attempt})

    def refused(self) -> Statement:
        return Statement(
            "INSERT INTO wallet_attempts (kind, subject, at) VALUES (:kind, :none, :now)",
            {"kind": REFUSALS.kind, "none": b"", "now": self._clock.now()},
        )

    def retention(self) -> Statement:
        """What no bound counts any more, so many rows at a time."""
        return Statement(
            """DELETE FROM wallet_attempts WHERE id IN (
                   SELECT id FROM wallet_attempts WHERE at <= :before ORDER BY id LIMIT :most)
             RETURNING id""",
            {"before": self._clock.now() - KEPT, "most": DELETED},
        )

    async def check(self) -> Finding:
        """For the service's health."""
        refused = await self._database.fetch_one(
            "SELECT 1 FROM wallet_attempts WHERE kind = :kind AND at > :since LIMIT 1",
            {"kind": REFUSALS.kind, "since": self._clock.now() - HOUR},
        )
        if refused is not None:
            hint = "Look at what else uses this address or token; people can link again later."
            return Finding(ok=False, detail="the backend refused to send or to take codes", hint=hint)
        if await self.room():
            hint = "People wait in line for their code. Somebody may be asking for codes in bulk."
            return Finding(ok=False, detail="codes are at their limit", hint=hint)
        return Finding(ok=True, detail="codes can be asked for")


_NOTE = """
    INSERT INTO wallet_attempts (kind, subject, at)
         SELECT :kind, :phone, :now
          WHERE :each > (SELECT count(*) FROM wallet_attempts WHERE kind = :kind AND subject = :phone AND at > :since)
            AND :all > (SELECT count(*) FROM wallet_attempts WHERE kind = :kind AND at > :since)
      RETURNING id"""
