"""Token buckets in memory."""

from __future__ import annotations

from itertools import islice

from whinchat.core.ports import Clock, Limit

CANDIDATES = 8  # of the buckets that were used longest ago, when one has to go


class TokenBuckets:
    """`ports.RateLimiter` for at most `most` keys at once; `Limit.rate` is above 0 and `Limit.burst` at least 1.

    A bucket is one number: the time at which it will be full again. A full one says as much as none at all, so it is
    the first to go; if there is none among the candidates, the one that will be full soonest goes.
    """

    def __init__(self, clock: Clock, *, most: int = 10_000) -> None:
        self._now = clock.monotonic
        self._most = most
        self._full_at: dict[str, float] = {}
        """Least recently used first."""

    def take(self, key: str, limit: Limit) -> float:
        now = self._now()
        token = 1 / limit.rate  # seconds that one token takes
        full_at = self._full_at.get(key, now)
        after = (max(now, full_at)) + token
        wait = after - now - limit.burst * token
        if wait > 1e-9:  # less is rounding, not waiting
            return wait
        if self._full_at.pop(key, None) is None and len(self._full_at) >= self._most:
            self._drop_one()
        self._full_at[key] = after
        return 0.0

    def _drop_one(self) -> None:
        del self._full_at[min(islice(self._full_at, CANDIDATES), key=self._full_at.__getitem__)]
