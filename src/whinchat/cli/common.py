"""What verbs share: the settings they are started with, tables, progress and JSON."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whinchat.core.errors import Refused

if TYPE_CHECKING:
    from whinchat.config import Loaded, Settings
    from whinchat.config.tree import Apps
    from whinchat.core.app import AppSpec
    from whinchat.core.ports import Clock, Database, HttpClient, Migration, Queue, Resolver, Sealer

    AppSpecs = Callable[[], Sequence[AppSpec[Any]]]

COLOURS = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def registered_apps() -> Sequence[AppSpec[Any]]:
    from whinchat.bootstrap import APPS

    return APPS


@dataclass(slots=True)
class Invocation:
    """What every verb finds as `ctx.obj`: the options given before the verb, and what applications' verbs need."""

    apps: AppSpecs = registered_apps
    config: Path | None = None
    debug: bool = False

    @property
    def clock(self) -> Clock:
        from whinchat.infra.clock import SystemClock

        return SystemClock()

    @property
    def settings(self) -> Settings:
        """Raises SettingsErrors."""
        from whinchat import config

        return config.load(self.config, apps={spec.name: spec.settings for spec in self.apps()})

    @property
    def data(self) -> Path:
        """`storage.data`, without importing the applications where their settings are left at the defaults.

        Raises SettingsErrors.
        """
        from whinchat import config

        try:
            return config.load(self.config).storage.data
        except config.SettingsErrors:
            return self.settings.storage.data

    @contextlib.asynccontextmanager
    async def open_database(self, path: Path, migrations: Sequence[Migration]) -> AsyncIterator[Database]:
        """A SQLite file of an application's own, made or brought up to date first; others may have it open too."""
        from whinchat.infra.storage.opening import opened

        async with opened(path, migrations, self.clock) as database:
            yield database

    @contextlib.asynccontextmanager
    async def open_data(self) -> AsyncIterator[tuple[Database, Sealer]]:
        """The service's own database and what opens its sealed values; the service may be running.

        Raises Refused: there is no database or no key to it, or the database is of another version.
        """
        from whinchat.bootstrap import migrations, opened_database
        from whinchat.infra.crypto import keyring
        from whinchat.infra.crypto.sealer import AesSealer
        from whinchat.infra.storage.migrate import pending_in

        settings = self.settings
        async with opened_database(settings) as database:
            if pending_in(settings.storage.database, migrations()):
                raise Refused(
                    "the database has the schema of an older version", hint="Run `whinchat db migrate` first."
                )
            yield database, AesSealer(keyring.load(settings.keys.path, settings.storage.data))

    @contextlib.asynccontextmanager
    async def open_work(self) -> AsyncIterator[tuple[Database, Sealer, Queue]]:
        """As `open_data`, with the queue that the service works off: a running one sees a new job within seconds."""
        from random import SystemRandom

        from whinchat.infra.queue.sql import SqlQueue

        async with self.open_data() as (database, sealer):
            yield database, sealer, SqlQueue(database, sealer, self.clock, SystemRandom())

    @contextlib.asynccontextmanager
    async def open_http(self) -> AsyncIterator[HttpClient | None]:
        """For the addresses that the operator named; None when no request may leave the machine."""
        if self.settings.service.offline:
            yield None
            return
        from whinchat.bootstrap import web_client

        client = web_client()
        try:
            yield client
        finally:
            await client.close()

    @contextlib.asynccontextmanager
    async def open_resolver(self) -> AsyncIterator[Resolver | None]:
        """Asks the system's name servers; None when no request may leave the machine."""
        if self.settings.service.offline:
            yield None
            return
        from whinchat.infra.resolver import DnsResolver

        yield DnsResolver()


def app_types(ctx: click.Context) -> Apps:
    """Each application's settings type."""
    return {spec.name: spec.settings for spec in ctx.ensure_object(Invocation).apps()}


def read(ctx: click.Context) -> Loaded:
    """The settings, and where each comes from. Raises SettingsErrors."""
    from whinchat import config

    return config.read(ctx.ensure_object(Invocation).config, apps=app_types(ctx))


def load(ctx: click.Context) -> Settings:
    """The settings. Raises SettingsErrors."""
    return read(ctx).settings


def echo_json(value: object) -> None:
    """One line of JSON on stdout; unknown types as text."""
    click.echo(json.dumps(value, default=str, ensure_ascii=False))


def printable(text: str) -> str:
    """`text` without what moves a terminal's cursor or hides letters: values come from strangers."""
    return "".join(mark if mark.isprintable() else mark.encode("unicode_escape").decode() for mark in text)


def echo_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Drawn for people at a terminal; columns divided by two or more blanks for everybody else."""
    cells = [[printable(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _draw(headings, cells)
        return
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    for row in (headings, *cells):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _draw(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*headings, box=SIMPLE, header_style="bold")
    for row in rows:  # as Text: square brackets, as in evil[.]com, are no markup
        table.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in row))
    Console().print(table)


@contextlib.contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Gives a function to call with how much more is done. Shown on stderr, and only to people at a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.advance(task, done)
