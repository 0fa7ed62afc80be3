"""External sources that answer what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.sources.about import About, Lifetimes, Sends
from whinchat.apps.scanner.sources.answers import Answer, Listed, NotListed, Source
from whinchat.apps.scanner.sources.guarded import Guarded, Surroundings
from whinchat.apps.scanner.sources.panel import Panel, Seat
from whinchat.apps.scanner.sources.quotas import Quotas
from whinchat.apps.scanner.sources.remembered import Remembered
from whinchat.core.app import AppContext
from whinchat.core.ports import Limit
from whinchat.testing.harness import BotHarness

PHISHING = Listed(Threat.PHISHING)
SHORT = "tiny-links.com"
"""A host that hides where its links lead, for `Opinions.hiding`."""


class Oracle:
    """A source whose listing decides. `says`: by host; of others it knows nothing. `asked`: the hosts, in order."""

    def __init__(self, name: str = "urlhaus", sends: Sends = Sends.HASH_PREFIX) -> None:
        self.about = About(
            name=name,
            title=name.title(),
            sends=sends,
            limit=Limit(1000, 1000),
            timeout=2.0,
            lifetimes=Lifetimes(listed=60, clear=60),
            decisive=True,
        )
        self.says: dict[str, Answer] = {}
        self.asked: list[str] = []

    async def ask(self, link: Link) -> Answer:
        self.asked.append(link.host)
        return self.says.get(link.host, NotListed())


def panel_of(given: AppContext, sources: Sequence[Source]) -> Panel:
    around = Surroundings(
        Remembered(given.database, given.sealer, given.clock, given.random),
        Quotas(given.database, given.clock),
        given.limiter,
        given.clock,
        given.random,
        given.metrics,
    )
    return Panel([Seat(source.about, Guarded(source, around)) for source in sources], around)


async def patiently(bot: BotHarness, doing: Coroutine[None, None, object]) -> None:
    """Time passes while it is done: sources are asked twice before they are given up."""
    task = asyncio.create_task(doing)
    while not task.done():
        await bot.clock.advance(0.5)
    await task
