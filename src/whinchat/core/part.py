"""What runs as long as the service does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """`run` goes on until `stop` was called; a `run` that returns by itself is over."""

    name: str
    run: Callable[[], Awaitable[None]]
    stop: Callable[[], None] | None = None
    """None: `run` is cancelled to stop it."""
