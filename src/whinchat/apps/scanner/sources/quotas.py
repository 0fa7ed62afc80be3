"""What was spent of the quotas of sources, over restarts, and who may spend the rest.

Half of each quota is for everybody. The other half is kept for uncertain links: the more of it is spent, the more
uncertain a link must be to be asked about. A link of uncertainty u may spend until this much of the quota is gone:

    share(u) = (1 + min(1, u / 0.9)) / 2        u = 0: a half; u = 0.45: three quarters; u ≥ 0.9: all of it

A window slides: at no time were there more requests in the last so many seconds than the quota has. It is counted in 24
slices, and a slice counts until all of it is over, so what was spent comes back slice by slice. A request counts when
it is about to be made, whatever becomes of it.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

import msgspec

from whinchat.apps.scanner.sources.about import About, Quota
from whinchat.apps.scanner.sources.asked import QuotaLeft
from whinchat.core.dispatch.retention import PAGE
from whinchat.core.errors import Conflict, WhinchatError
from whinchat.core.ports import Batch, Clock, Database, Statement

log = logging.getLogger(__name__)

SLICES = 24
"""Of one window."""
CERTAIN_ENOUGH = 0.9
"""Uncertainty from which a link may spend all there is."""


def may_spend(quota: Quota, uncertainty: float) -> int:
    """How much of the quota may be gone after a link of this uncertainty has spent one."""
    share = (1 + min(1.0, max(0.0, uncertainty) / CERTAIN_ENOUGH)) / 2
    return min(quota.requests, math.ceil(quota.requests * share))


class Quotas:
    """One for all sources. What cannot be counted is not spent."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def spend(self, about: About, uncertainty: float) -> bool:
        """Take one of every quota of the source, or of none; whether it was taken."""
        if not about.quotas:
            return True
        try:
            statements = tuple(self._spend(about.name, quota, uncertainty) for quota in about.quotas)
            await self._database.commit(Batch(statements))
        except Conflict:
            return False
        except WhinchatError as error:
            log.warning("a quota could not be counted", extra={"source": about.name, "error": error.code})
            return False
        return True

    async def left(self, about: About) -> tuple[QuotaLeft, ...]:
        return tuple(
            [QuotaLeft(quota, quota.requests - await self._spent(about.name, quota)) for quota in about.quotas]
        )

    def retention(self) -> Statement:
        """Slices that count for nothing any more, so many rows at a time."""
        return Statement(
            """DELETE FROM scanner_quotas WHERE (source, seconds, slice) IN (
                   SELECT source, seconds, slice FROM scanner_quotas
                    WHERE (slice + 2 * :slices) * seconds * 1000 < :now * :slices LIMIT :most)
             RETURNING spent""",
            {"now": self._clock.now(), "slices": SLICES, "most": PAGE},
        )

    async def _spent(self, source: str, quota: Quota) -> int:
        row = await self._database.fetch_one(_SPENT, self._window(source, quota))
        return 0 if row is None else msgspec.convert(row[0], int)

    def _spend(self, source: str, quota: Quota, uncertainty: float) -> Statement:
        most = may_spend(quota, uncertainty)
        return Statement(_SPEND, {**self._window(source, quota), "slice": self._slice(quota), "most": most}, rows=1)

    def _slice(self, quota: Quota) -> int:
        """The number of the one that it is now."""
        return self._clock.now() * SLICES // (quota.seconds * 1000)

    def _window(self, source: str, quota: Quota) -> Mapping[str, str | int]:
        """Slices ahead of now are of a clock that was set back: they count, unless it was altogether wrong."""
        now = self._slice(quota)
        return {"source": source, "seconds": quota.seconds, "first": now - SLICES, "last": now + SLICES}


_SPENT = """
SELECT coalesce(sum(spent), 0) FROM scanner_quotas
 WHERE source = :source AND seconds = :seconds AND slice BETWEEN :first AND :last"""
_SPEND = """
INSERT INTO scanner_quotas (source, seconds, slice, spent)
     SELECT :source, :seconds, :slice, 1
      WHERE (SELECT coalesce(sum(spent), 0) FROM scanner_quotas
              WHERE source = :source AND seconds = :seconds AND slice BETWEEN :first AND :last) < :most
ON CONFLICT (source, seconds, slice) DO UPDATE SET spent = scanner_quotas.spent + 1"""
