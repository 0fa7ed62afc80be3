"""`whinchat scan sources`: who is asked about links, what each of them gets to see, and whether they answer."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import click

from whinchat.apps.scanner import cli_lists
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.apps.scanner.sources.about import About
from whinchat.apps.scanner.sources.answers import Answer, Missing, NoAnswer
from whinchat.apps.scanner.sources.asked import QuotaLeft, Skip
from whinchat.apps.scanner.sources.index import SOURCES, Entry, enabled, missing
from whinchat.apps.scanner.sources.quotas import Quotas
from whinchat.core.errors import Refused
from whinchat.core.ports import Clock, Database, HttpClient, OpenDatabase, Random, Resolver, Sealer, Workers
from whinchat.core.resilience.waiting import within

COLUMNS = ("SOURCE", "STATE", "SEES", "QUOTA LEFT", "MISSING")
OFF, ON, UP = "off", "on", "up"


class Given(cli_lists.Given, Protocol):
    """What `ctx.obj` must have for this verb."""

    def open_data(self) -> AbstractAsyncContextManager[tuple[Database, Sealer]]:
        """The service's database and what opens its sealed values. Raises Refused."""
        ...

    def open_resolver(self) -> AbstractAsyncContextManager[Resolver | None]:
        """None when no request may leave the machine."""
        ...


@dataclass(frozen=True, slots=True)
class _Means:
    """`sources.means.Means`."""

    http: HttpClient | None
    resolver: Resolver | None
    clock: Clock
    random: Random
    workers: Workers
    open_database: OpenDatabase
    data: Path


@dataclass(frozen=True, slots=True)
class Row:
    about: About
    state: str
    """`off` and `on`; once it was asked `up`, or why there is no answer."""
    missing: tuple[str, ...]
    quotas: tuple[QuotaLeft, ...]

    @property
    def in_trouble(self) -> bool:
        return self.state not in {OFF, ON, UP}

    def as_json(self) -> dict[str, Any]:
        quotas = [(each.quota.requests, each.quota.seconds, each.left) for each in self.quotas]
        return {
            "source": self.about.name,
            "title": self.about.title,
            "state": self.state,
            "sees": self.about.sends.value,
            "missing": list(self.missing),
            "quotas": [dict(zip(("requests", "seconds", "left"), each, strict=True)) for each in quotas],
            "terms": self.about.terms,
            "notice": self.about.notice,
        }

    def cells(self) -> tuple[str, ...]:
        left = (f"{each.left} of {each.quota.requests} in {each.quota.seconds:,} s" for each in self.quotas)
        return (
            self.about.title,
            self.state,
            self.about.sends.value,
            ", ".join(left) or "-",
            ", ".join(self.missing) or "-",
        )


@click.command()
@click.option("--check", is_flag=True, help="Ask each that is on about a harmless link, and say what came of it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def sources(given: Given, check: bool, as_json: bool) -> int:
    """List the external sources: on or off, what each gets to see of a link, its quota and its terms.

    With --check each source that is on is asked once about a page that it documents for tests, or example.com; that
    counts against its quota. Ends with 1 when one of them refuses its key or gives no answer.

    \b
    Examples:
      whinchat scan sources
      whinchat scan sources --check
    """
    rows = asyncio.run(_rows(given, check=check))
    if as_json:
        for row in rows:
            click.echo(json.dumps(row.as_json(), ensure_ascii=False))
    else:
        cli_lists.echo_table([COLUMNS, *(row.cells() for row in rows)])
        click.echo("\nTerms of use:")
        for row in rows:
            click.echo(f"  {row.about.title}: {row.about.terms}")
    return int(any(row.in_trouble for row in rows))


async def _rows(given: Given, *, check: bool) -> Sequence[Row]:
    settings = cli_lists.scanner_settings(given)
    async with AsyncExitStack() as stack:
        quotas = await _quotas(given, stack)
        means = await _means(given, stack) if check else None
        rows = []
        for entry in SOURCES:
            about, lacks = entry.about, missing(entry.about, settings)
            usable = enabled(about, settings) and not lacks and not given.settings.service.offline
            state = ON if usable else OFF
            if usable and means is not None:
                state = await _check(entry, means, settings, quotas)
            rows.append(Row(about, state, lacks, () if quotas is None else await quotas.left(about)))
        return rows


async def _quotas(given: Given, stack: AsyncExitStack) -> Quotas | None:
    """None: there is no database yet, so nothing was spent."""
    try:
        database, _ = await stack.enter_async_context(given.open_data())
    except Refused:
        return None
    return Quotas(database, given.clock)


async def _means(given: Given, stack: AsyncExitStack) -> _Means:
    return _Means(
        await stack.enter_async_context(given.open_http()),
        await stack.enter_async_context(given.open_resolver()),
        given.clock,
        random.SystemRandom(),
        cli_lists.Here(),
        given.open_database,
        cli_lists.scanner_folder(given),
    )


async def _check(entry: Entry, means: _Means, settings: ScannerSettings, quotas: Quotas | None) -> str:
    """What came of asking it once."""
    source, probe = entry.make(means, settings), parse_link(entry.about.probe)
    if source is None or probe is None:
        return OFF
    if quotas is not None and not await quotas.spend(entry.about, 1.0):
        return Skip.QUOTA.value
    answer: Answer
    try:
        answer = await within(source.ask(probe), entry.about.timeout, means.clock)
    except TimeoutError:
        answer = NoAnswer(Missing.TIMEOUT)
    return answer.reason.value if isinstance(answer, NoAnswer) else UP
