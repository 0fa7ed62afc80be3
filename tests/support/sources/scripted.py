"""A source that a test writes, and everything around it that the guard wants."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from tests.support.evidence import link

from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.migrations import MIGRATIONS
from whinchat.apps.scanner.sources.about import About, Lifetimes, Sends
from whinchat.apps.scanner.sources.answers import Answer, NotListed
from whinchat.apps.scanner.sources.asked import Asked, Skip
from whinchat.apps.scanner.sources.guarded import Guarded, Surroundings
from whinchat.apps.scanner.sources.panel import Panel, Seat
from whinchat.apps.scanner.sources.quotas import Quotas
from whinchat.apps.scanner.sources.remembered import Remembered
from whinchat.core.ports import Limit
from whinchat.infra.rate_limit import TokenBuckets
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.sealer import PlainSealer

T = TypeVar("T")

LINK = link("https://shop.example.net/a?b=1")
Spoken = Answer | Exception


def about(name: str = "one", **changes: Any) -> About:
    values: dict[str, Any] = {
        "title": name.title(),
        "sends": Sends.URL,
        "limit": Limit(rate=1000, burst=1000),
        "timeout": 2.0,
        "lifetimes": Lifetimes(listed=60, clear=600),
    }
    return About(name, **{**values, **changes})


class ScriptedSource:
    """Gives its answers in turn, then the last one again, each after `delay` seconds."""

    def __init__(self, world: World, about: About, answers: Sequence[Spoken], delay: float = 0.0) -> None:
        self.about = about
        self.asked: list[str] = []
        self.delay = delay
        self.answers = list(answers)
        self._clock = world.clock

    async def ask(self, link: Link) -> Answer:
        self.asked.append(link.key)
        spoken = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if self.delay:
            await self._clock.sleep(self.delay)
        if isinstance(spoken, Exception):
            raise spoken
        return spoken


class World:
    """One process; `again` is the next one over the same database."""

    def __init__(self, clock: FakeClock | None = None, database: MemoryDatabase | None = None) -> None:
        self.clock = clock or FakeClock()
        self.database = database or MemoryDatabase(MIGRATIONS)
        self.metrics = RecordedMetrics()
        self.random = random.Random(1)
        self.remembered = Remembered(self.database, PlainSealer(), self.clock, self.random)
        self.quotas = Quotas(self.database, self.clock)
        self.around = Surroundings(
            self.remembered, self.quotas, TokenBuckets(self.clock), self.clock, self.random, self.metrics
        )

    def again(self) -> World:
        return World(self.clock, self.database)

    def source(self, *answers: Spoken, delay: float = 0.0, **changes: Any) -> ScriptedSource:
        """`changes`: of its `About`."""
        return ScriptedSource(self, about(**changes), answers or (NotListed(),), delay)

    def guarded(self, source: ScriptedSource) -> Guarded:
        return Guarded(source, self.around)

    def panel(self, *sources: ScriptedSource | About, deadline: float = 4.0) -> Panel:
        """Of an `About` alone the source is there, but not configured."""
        seats = [
            Seat(each, None, ("apps.scanner.key",)) if isinstance(each, About) else Seat(each.about, self.guarded(each))
            for each in sources
        ]
        return Panel(seats, self.around, deadline)

    async def ask(self, guarded: Guarded, link: Link = LINK, seconds: float = 10.0, **more: Any) -> Answer | Skip:
        """The answer, with as much time as it takes."""
        return await self._meanwhile(guarded.ask(link, **more), seconds)

    async def ask_all(self, panel: Panel, *args: Any, seconds: float = 10.0, **more: Any) -> Asked:
        return await self._meanwhile(panel.ask(*args, **more), seconds)

    async def _meanwhile(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        task = asyncio.ensure_future(work)
        await self.clock.advance(0)
        while not task.done() and seconds > 0:
            await self.clock.advance(0.05)
            seconds -= 0.05
        return await task
