"""Stops asking what keeps failing, and finds out gently when it works again.

closed ──(too many failures within the window)──▶ open ──(cool-down is over)──▶ half-open
   ▲                                                ▲                               │
   │                                                └────────(the probe fails)──────┤
   └──────────────────────────────(the probe succeeds)──────────────────────────────┘
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

from whinchat.core.errors import WhinchatError
from whinchat.core.ports import Clock, Random

T = TypeVar("T")


class BreakerOpen(WhinchatError):
    """Not asked: it failed too often a moment ago. `retry_after` seconds until it is tried again."""

    code = "breaker_open"
    retryable = True


class BreakerState(enum.StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """Opens after `failures` errors of the kinds in `counts` within `window` seconds.

    It stays open for `cool_down` seconds and up to half as much again at random, so that many processes do not come
    back together. Then one call goes through as a probe; the others are refused until it has ended.
    """

    def __init__(
        self,
        clock: Clock,
        random: Random,
        *,
        failures: int = 5,
        window: float = 60.0,
        cool_down: float = 30.0,
        counts: tuple[type[Exception], ...] = (Exception,),
    ) -> None:
        self._clock = clock
        self._random = random
        self._window = window
        self._cool_down = cool_down
        self._counts = counts
        self._failed_at: deque[float] = deque(maxlen=failures)
        self._probe_at: float | None = None
        """When a probe may go through; None while closed."""
        self._probing = False

    @property
    def state(self) -> BreakerState:
        if self._probe_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self._clock.monotonic() < self._probe_at else BreakerState.HALF_OPEN

    async def call(self, function: Callable[[], Awaitable[T]]) -> T:
        """Raises BreakerOpen without calling `function`, or whatever `function` raises."""
        probe = self._admit()
        try:
            result = await function()
        except self._counts:
            self._failed(probe)
            raise
        finally:
            if probe:
                self._probing = False
        if probe:
            self._close()
        return result

    def _admit(self) -> bool:
        """Whether the call is the probe."""
        if self._probe_at is None:
            return False
        left = self._probe_at - self._clock.monotonic()
        if left > 0 or self._probing:
            raise BreakerOpen("it failed too often and is left alone for now", retry_after=max(left, 0.0))
        self._probing = True
        return True

    def _failed(self, probe: bool) -> None:
        now = self._clock.monotonic()
        self._failed_at.append(now)
        full = len(self._failed_at) == self._failed_at.maxlen
        # A call that was under way when the breaker opened says nothing new by failing.
        if probe or (self._probe_at is None and full and now - self._failed_at[0] <= self._window):
            self._probe_at = now + self._cool_down * (1 + self._random.random() / 2)

    def _close(self) -> None:
        self._probe_at = None
        self._failed_at.clear()
