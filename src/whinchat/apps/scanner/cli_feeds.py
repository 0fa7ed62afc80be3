"""`whinchat feeds`: bring lists of dangerous links in, see how they are, take them out again.

Works beside a running service, which uses what was imported within seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Protocol, TypeVar

import click

from whinchat.apps.scanner.feeds import repository
from whinchat.apps.scanner.feeds.formats import FeedReader
from whinchat.apps.scanner.feeds.lines import Format
from whinchat.apps.scanner.feeds.lists import SNAPSHOT, SnapshotLists
from whinchat.apps.scanner.feeds.migrations import MIGRATIONS
from whinchat.apps.scanner.feeds.repository import Feed
from whinchat.apps.scanner.feeds.snapshot import FeedInfo, Trust
from whinchat.apps.scanner.feeds.store import FeedStore, Imported, Order, Progress
from whinchat.apps.scanner.knowledge import Threat
from whinchat.core.errors import Refused
from whinchat.core.ports import Clock, Database, Migration

DATABASE = "feeds.db"

T = TypeVar("T")
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


class Storage(Protocol):
    @property
    def data(self) -> Path: ...


class Settings(Protocol):
    @property
    def storage(self) -> Storage: ...


class Given(Protocol):
    """What `ctx.obj` must have for these verbs."""

    @property
    def settings(self) -> Settings: ...

    @property
    def clock(self) -> Clock: ...

    def open_database(self, path: Path, migrations: Sequence[Migration]) -> AbstractAsyncContextManager[Database]:
        """Open a SQLite file, make it or bring it up to date first; beside other processes that have it open."""
        ...


@click.group()
def feeds() -> None:
    """Lists of dangerous links: import, inspect, remove.

    Lists are text files: one host, address or URL a line, CSV with such a column, hosts files, AdBlock, dnsmasq or
    RPZ lists; gzip is fine. A running service uses what was imported within seconds.

    \b
    Examples:
      whinchat feeds import openphish feed.txt
      curl -s https://example.org/list.csv | whinchat feeds import mylist - --threat malware
      whinchat feeds status
      whinchat feeds list mylist | grep example
      whinchat feeds remove mylist
    """


@feeds.command("import")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True))
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in Format]),
    default="auto",
    help="How lines are written.",
)
@click.option("--column", metavar="NAME|N", help="CSV column to read: its heading, or its number from 1.")
@click.option(
    "--threat",
    type=click.Choice([threat.value for threat in Threat]),
    default=Threat.PHISHING.value,
    help="What the listed links are.",
)
@click.option(
    "--trust",
    type=click.Choice([trust.value for trust in Trust]),
    default=Trust.DECISIVE.value,
    help="`decisive`: an entry is a verdict. `evidence`: it only counts towards one.",
)
@click.option("--licence", default="", metavar="TEXT", help="Shown in `feeds status`; for you to remember.")
@click.option("--version", default="", metavar="TEXT", help="The list's own version.  [default: from its content]")
@click.option("--force", is_flag=True, help="Import it even when its size or content looks wrong.")
@click.pass_obj
def import_(
    given: Given,
    name: str,
    file: str,
    form: str,
    column: str | None,
    threat: str,
    trust: str,
    licence: str,
    version: str,
    force: bool,
) -> None:
    """Put the list in FILE (- for standard input) in place of the feed NAME, or beside the other feeds.

    The old version stays in use until the new one is read to its end and found sound. It is refused when it is no
    list, when much of it cannot be read, when it has less than half or more than five times the entries it had, or
    when it lists popular sites. Popular sites and shared hosting are never condemned as a whole by a list.

    \b
    Examples:
      whinchat feeds import openphish feed.txt --licence "non-commercial"
      whinchat feeds import urlhaus csv.txt --threat malware
      whinchat feeds import ads list.csv --column domain --trust evidence
    """
    if not _NAME.fullmatch(name):
        raise Refused(
            f"{name!r} cannot be a feed's name", hint="Use lower-case letters, digits, dots, dashes; at most 64."
        )
    source = "standard input" if file == "-" else Path(file).name
    order = Order(name, source, Threat(threat), Trust(trust), licence, version, force)

    async def work(stream: IO[bytes]) -> Imported:
        reader = FeedReader(stream, Format(form), column=column)
        async with _store(given) as store:
            with _progress(name, _size(file)) as advance:
                return await store.import_feed(order, reader, advance)

    with click.open_file(file, "rb") as stream:
        imported = asyncio.run(work(stream))
    feed = imported.feed
    click.echo(f"{feed.name}: {feed.entries:,} entries in use, {imported.before:,} before")
    for reason, count in sorted(imported.rejects.items()):
        click.echo(f"  {count:,} lines left out: {reason.replace('_', ' ')}")
    if imported.demoted:
        click.echo(f"  It lists {feed.collisions:,} popular sites, so its entries count as evidence only.")


@feeds.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def status(given: Given, as_json: bool) -> None:
    """Show every feed: entries, age, trust, licence, version, and what went wrong last.

    \b
    Example:
      whinchat feeds status --json
    """
    lists = SnapshotLists(None, given.clock)

    async def work() -> list[Feed]:
        if not (_folder(given) / DATABASE).exists():
            return []
        async with _store(given) as store:
            return await store.feeds()

    imported = asyncio.run(work())
    rows = [*map(_shipped, lists.feeds), *map(_imported, imported)]
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
        return
    now = given.clock.now()
    columns = ("feed", "from", "entries", "threat", "trust", "version", "licence")
    table = [[*(str(row[column]) for column in columns), _age(str(row["date"]), now)] for row in rows]
    _echo_table([[*(column.upper() for column in columns), "AGE"], *table])
    for feed in imported:
        if feed.error:
            click.echo(f"\n{feed.name}: the last import failed, the version before it is in use: {feed.error}")
    if not imported:
        click.echo("\nOnly the lists that ship are in use. Phishing lives for hours: whinchat feeds import --help")


@feeds.command("list")
@click.argument("name")
@click.pass_obj
def list_(given: Given, name: str) -> None:
    """Print the entries of an imported feed, one a line: kind and name, divided by a tab.

    The names are dangerous: do not open them.

    \b
    Example:
      whinchat feeds list mylist | grep example
    """

    async def work() -> None:
        async with _database(given) as database:
            feed = next((feed for feed in await repository.feeds(database) if feed.name == name), None)
            if feed is None:
                raise Refused(
                    f"there is no feed called {name!r}", hint="`whinchat feeds status` shows which there are."
                )
            async for entry in repository.entries(database, feed.generation):
                click.echo(f"{entry.scope.value}\t{entry.value}")

    asyncio.run(work())


@feeds.command()
@click.argument("name")
@click.pass_obj
def remove(given: Given, name: str) -> None:
    """Forget an imported feed and all its entries.

    \b
    Example:
      whinchat feeds remove mylist
    """

    async def work() -> None:
        async with _store(given) as store:
            await store.remove(name)

    asyncio.run(work())
    click.echo(f"{name}: removed")


class _Here:
    """`ports.Workers` for a process that has nothing else to do meanwhile."""

    async def run(self, function: Callable[[], T]) -> T:
        return function()


def _folder(given: Given) -> Path:
    """The scanner's own, as `AppContext.data` in the service."""
    return given.settings.storage.data / "scanner"


def _database(given: Given) -> AbstractAsyncContextManager[Database]:
    return given.open_database(_folder(given) / DATABASE, MIGRATIONS)


@contextlib.asynccontextmanager
async def _store(given: Given) -> AsyncIterator[FeedStore]:
    snapshot = _folder(given) / SNAPSHOT
    lists = SnapshotLists(None, given.clock)
    async with _database(given) as database:
        store = FeedStore(
            database,
            snapshot,
            clock=given.clock,
            random=random.SystemRandom(),
            workers=_Here(),
            popular=lists.popular_name,
        )
        with contextlib.suppress(Refused):  # an import is running: it will make the snapshot
            await store.ensure_snapshot()
        yield store


def _size(file: str) -> int | None:
    """Of a regular file; None for a pipe or standard input."""
    path = Path(file)
    return path.stat().st_size if path.is_file() else None


@contextlib.contextmanager
def _progress(name: str, total: int | None) -> Iterator[Progress]:
    """A bar on stderr, for people at a terminal who import a file; a pipe has no end to measure by."""
    with click.progressbar(
        length=total or 0,
        label=name,
        file=sys.stderr,
        hidden=total is None or not sys.stderr.isatty(),
        item_show_func=_entries,
    ) as bar:
        yield lambda read, entries: bar.update(read - bar.pos, entries)


def _entries(count: int | None) -> str | None:
    return None if count is None else f"{count:,} entries"


def _shipped(feed: FeedInfo) -> dict[str, str | int | None]:
    return {
        "feed": feed.name,
        "from": "shipped",
        "entries": feed.entries,
        "threat": feed.threat.value,
        "trust": feed.trust.value,
        "date": feed.date,
        "version": feed.version,
        "licence": feed.licence,
        "error": None,
    }


def _imported(feed: Feed) -> dict[str, str | int | None]:
    return {
        "feed": feed.name,
        "from": feed.source,
        "entries": feed.entries,
        "threat": feed.threat.value,
        "trust": feed.trust.value,
        "date": _day(feed.imported_at),
        "version": feed.version,
        "licence": feed.licence,
        "error": feed.error,
        "imported_at": feed.imported_at,
        "failed_at": feed.failed_at,
        "rejected": feed.rejected,
        "popular_sites": feed.collisions,
        "sha256": feed.sha256,
    }


def _day(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()


def _age(day: str, now: int) -> str:
    days = (datetime.fromtimestamp(now / 1000, UTC).date() - date.fromisoformat(day)).days
    return "today" if days <= 0 else f"{days} days" if days > 1 else "1 day"


def _echo_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
