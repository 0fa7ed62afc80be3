"""Token buckets in memory."""

from __future__ import annotations

from collections import OrderedDict
from itertools import islice

from whinchat.core.ports import Clock, Limit

CANDIDATES = 8  # of the buckets that were used longest ago, when one has to go


class TokenBuckets:
    """`ports.RateLimiter` for at most `most` keys at once; `Limit.rate` is above 0 and `Limit.burst` at least 1.

    A bucket is one number: the time at which it will be full again. A full one says as much as none at all, so when
    one has to go, it is the one of the candidates that is full, or will be soonest.
    """

    def __init__(self, clock: Clock, *, most: int = 10_000) -> None:
        self._now = clock.monotonic
        self._most = most
        self._full_at: OrderedDict[str, float] = OrderedDict()
        """Least recently used first."""

    def take(self, key: str, limit: Limit) -> float:
        now = self._now()
        token = 1 / limit.rate  # seconds that one token takes
        known = self._full_at.get(key)
        full_at = (now if known is None or known < now else known) + token
        wait = full_at - now - limit.burst * token
        if wait > 1e-9:  # less is rounding, not waiting
            return wait
        if known is None and len(self._full_at) >= self._most:
            self._drop_one()
        self._full_at[key] = full_at
        self._full_at.move_to_end(key)
        return 0.0

    def _drop_one(self) -> None:
        oldest = islice(self._full_at.items(), CANDIDATES)
        del self._full_at[min(oldest, key=lambda bucket: bucket[1])[0]]
