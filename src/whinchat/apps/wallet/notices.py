"""What people were told of: the transactions, and how far back their wallet's list was looked at.

    wallet_watermarks   since when transactions are told of: the newest one at the first look of the session
    wallet_notices      the transactions of since then that were told of, or are not to be

Both change in the batch that holds the message, so that it is sent once however often the same thing is seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.backend import Transaction
from whinchat.core.ports import Clock, Database, Sealer, Statement, Value

DAY = 24 * 3600 * 1000  # milliseconds
OLDEST = 30 * DAY
"""What is older is told no more."""
KEPT = OLDEST + 10 * DAY
"""Longer than it could be told again, whatever the clocks."""

_MARK = """
    INSERT INTO wallet_watermarks (user_id, session, since, newest, looked_at)
         VALUES (:user, :session, :since, :newest, :now)
    ON CONFLICT (user_id) DO UPDATE
            SET session = excluded.session, since = excluded.since, newest = excluded.newest,
                looked_at = excluded.looked_at"""

_ASKED = """
    INSERT INTO wallet_watermarks (user_id, session, looked_at) VALUES (:user, '', :now)
    ON CONFLICT (user_id) DO UPDATE SET looked_at = excluded.looked_at"""

_DUE = """
    SELECT u.id FROM wallet_users u LEFT JOIN wallet_watermarks w ON w.user_id = u.id
     WHERE u.session IS NOT NULL AND u.closing_at IS NULL AND coalesce(w.looked_at, 0) <= :before
     ORDER BY coalesce(w.looked_at, 0), u.id LIMIT :limit"""


class Watermark(msgspec.Struct, frozen=True):
    """`since`: milliseconds by the backend's clock; `newest`: digest of the newest transaction at the last look."""

    since: int
    newest: bytes | None


class Notices:
    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    def digest(self, member: Member, transaction: Transaction) -> bytes:
        return self._sealer.digest("wallet.notice", member.backend, member.id, transaction.id)

    async def watermark(self, member: Member) -> Watermark | None:
        """None before the first look of this session."""
        row = await self._database.fetch_one(
            "SELECT since, newest FROM wallet_watermarks WHERE user_id = :user AND session = :session",
            {"user": member.id, "session": member.session},
        )
        if row is None:
            return None
        since, newest = msgspec.convert(row, tuple[int, bytes | None])
        return Watermark(max(since, self._clock.now() - OLDEST), newest)

    async def noted(self, member: Member, transactions: Sequence[Transaction]) -> set[str]:
        """Ids of those that need not be told."""
        if not transactions:
            return set()
        digests = {self.digest(member, each): each.id for each in transactions}
        args: dict[str, Value] = {f"d{number}": digest for number, digest in enumerate(digests)}
        names = ", ".join(f":{name}" for name in args)
        rows = await self._database.fetch(
            f"""SELECT transaction_id FROM wallet_notices
                 WHERE user_id = :user AND transaction_id IN ({names})""",  # noqa: S608 - names of ours
            {**args, "user": member.id},
        )
        return {digests[each] for (each,) in msgspec.convert(rows, list[tuple[bytes]])}

    async def any(self, member: Member) -> bool:
        """Whether the person was told of anything before."""
        sql = "SELECT 1 FROM wallet_notices WHERE user_id = :user LIMIT 1"
        return await self._database.fetch_one(sql, {"user": member.id}) is not None

    # --- changes ---

    def note(self, member: Member, transaction: Transaction) -> Statement:
        """By one message only: Conflict when it is noted already."""
        return Statement(
            """INSERT INTO wallet_notices (user_id, transaction_id, at) VALUES (:user, :transaction, :now)
               ON CONFLICT (user_id, transaction_id) DO NOTHING""",
            {"user": member.id, "transaction": self.digest(member, transaction), "now": self._clock.now()},
            rows=1,
        )

    def mark(self, member: Member, watermark: Watermark) -> Statement:
        return Statement(
            _MARK,
            {
                "user": member.id,
                "session": member.session,
                "since": watermark.since,
                "newest": watermark.newest,
                "now": self._clock.now(),
            },
        )

    async def due(self, after: int, limit: int) -> list[str]:
        """Ids of linked people that were not looked after for `after` milliseconds, longest ago first."""
        rows = await self._database.fetch(_DUE, {"before": self._clock.now() - after, "limit": limit})
        return [user_id for (user_id,) in msgspec.convert(rows, list[tuple[str]])]

    def asked(self, user_id: str) -> Statement:
        """It is the person's turn, even if the look fails: those after them are not to wait for it."""
        return Statement(_ASKED, {"user": user_id, "now": self._clock.now()})

    def retention(self, limit: int) -> tuple[Statement, ...]:
        """What could not be told again anyway, a bounded number at a time."""
        return (
            Statement(
                """DELETE FROM wallet_notices WHERE (user_id, transaction_id) IN (
                       SELECT user_id, transaction_id FROM wallet_notices WHERE at < :before LIMIT :limit)
                 RETURNING user_id""",
                {"before": self._clock.now() - KEPT, "limit": limit},
            ),
            Statement(
                """DELETE FROM wallet_watermarks WHERE user_id IN (
                       SELECT w.user_id FROM wallet_watermarks w LEFT JOIN wallet_users u ON u.id = w.user_id
                        WHERE u.session IS NULL LIMIT :limit)
                 RETURNING user_id""",
                {"limit": limit},
            ),
        )
