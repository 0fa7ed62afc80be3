"""Rate limiters for tests."""

from __future__ import annotations

from whinchat.core.ports import Limit


class NoLimits:
    """`ports.RateLimiter` that never says no."""

    def take(self, key: str, limit: Limit) -> float:
        return 0.0


class ManualLimiter:
    """`ports.RateLimiter` that lets everything pass but the keys a test has closed, and remembers what was taken."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self._closed: dict[str, float] = {}

    def close(self, key: str, seconds: float) -> None:
        """Answer `seconds` for this key until it is opened."""
        self._closed[key] = seconds

    def open(self, key: str) -> None:
        self._closed.pop(key, None)

    def take(self, key: str, limit: Limit) -> float:
        wait = self._closed.get(key, 0.0)
        if not wait:
            self.taken.append(key)
        return wait
