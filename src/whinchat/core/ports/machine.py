"""Clocks, chance, rate limits, metrics and workers."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec

T = TypeVar("T")


class Clock(Protocol):
    def now(self) -> int:
        """Milliseconds since 1970 in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Random(Protocol):
    """`random.Random` and `random.SystemRandom` fit; tests pass a seeded one."""

    def random(self) -> float: ...
    def randbytes(self, n: int, /) -> bytes: ...


class Limit(msgspec.Struct, frozen=True):
    """A token bucket: `rate` tokens a second, at most `burst` saved up."""

    rate: float
    burst: int


class RateLimiter(Protocol):
    def take(self, key: str, limit: Limit) -> float:
        """0.0 and a token is spent, or the seconds until one is there (nothing spent)."""
        ...


class MetricKind(enum.StrEnum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """Declared once, where it is used; label values come from small fixed sets, never from people."""

    kind: MetricKind
    name: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


class Metrics(Protocol):
    def add(self, metric: Metric, value: float = 1, **labels: str) -> None: ...
    def set(self, metric: Metric, value: float, **labels: str) -> None: ...
    def observe(self, metric: Metric, value: float, **labels: str) -> None: ...


class Workers(Protocol):
    """A bounded pool for CPU-heavy work."""

    async def run(self, function: Callable[[], T]) -> T: ...
