"""In-process bus of typed facts: what has happened, told after its commit. For caches, counters and pages; a fact
that is lost with the process loses nothing that matters, because duties are jobs.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fact:
    """Base of everything that can be published."""


@dataclass(frozen=True, slots=True)
class RestartAsked(Fact):
    """The owner wants the service to end and start anew."""


F = TypeVar("F", bound=Fact)


class EventBus:
    """Subscribers run one after the other; one that fails is logged and does not disturb the others."""

    def __init__(self) -> None:
        self._subscribers: dict[type[Fact], list[Callable[[Any], Awaitable[None]]]] = defaultdict(list)

    def subscribe(self, fact: type[F], react: Callable[[F], Awaitable[None]]) -> None:
        self._subscribers[fact].append(react)

    async def publish(self, fact: Fact) -> None:
        for react in self._subscribers.get(type(fact), ()):
            try:
                await react(fact)
            except Exception:
                log.exception("a subscriber of %s failed", type(fact).__name__)
