"""Where somebody is in their history: which transactions they were shown, so that `more` goes on and `#3` is one.

It is kept with the reply that shows it: whoever handles a message twice shows the same page twice.
"""

from __future__ import annotations

import msgspec

from whinchat.core.ports import Clock, Database, Sealer, Statement

LASTS = 3600 * 1000  # milliseconds; what was shown longer ago is not what somebody goes on with
MOST = 200  # transactions that are remembered as shown


class Listing(msgspec.Struct, frozen=True, omit_defaults=True):
    session: str
    shown: tuple[str, ...] = ()
    """Ids at the backend; the first one is #1."""
    after: str | None = None
    """Where the backend says that the next page begins."""
    ended: bool = False
    """There is nothing older."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Listing).decode


class Listings:
    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    async def current(self, user_id: str, session: str) -> Listing:
        """An empty one when nothing was shown lately in this session."""
        row = await self._database.fetch_one(
            "SELECT at, body FROM wallet_listings WHERE user_id = :user", {"user": user_id}
        )
        nothing = Listing(session)
        if row is None:
            return nothing
        at, sealed = msgspec.convert(row, tuple[int, bytes])
        if at + LASTS <= self._clock.now():
            return nothing
        listing = _decode(self._sealer.open("wallet_listings", user_id, sealed))
        return listing if listing.session == session else nothing

    def keep(self, user_id: str, listing: Listing) -> Statement:
        return Statement(
            """INSERT INTO wallet_listings (user_id, at, body) VALUES (:user, :now, :body)
               ON CONFLICT (user_id) DO UPDATE SET at = excluded.at, body = excluded.body""",
            {
                "user": user_id,
                "now": self._clock.now(),
                "body": self._sealer.seal("wallet_listings", user_id, _encode(listing)),
            },
        )

    def retention(self, limit: int) -> Statement:
        """What nobody goes on with, a bounded number at a time."""
        return Statement(
            """DELETE FROM wallet_listings WHERE user_id IN (
                   SELECT user_id FROM wallet_listings WHERE at <= :before LIMIT :limit)
             RETURNING user_id""",
            {"before": self._clock.now() - LASTS, "limit": limit},
        )
