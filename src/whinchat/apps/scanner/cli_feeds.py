"""`whinchat feeds`: bring lists of dangerous links in, keep them up to date, see how they are, take them out again.

Works beside a running service, which uses what was imported within seconds.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import click

from whinchat.apps.scanner.cli_lists import (
    Given,
    all_sources,
    echo_table,
    file_size,
    followed_sources,
    make_updater,
    open_entries,
    open_lists,
    progress_of,
    scanner_folder,
)
from whinchat.apps.scanner.feeds import overview, repository
from whinchat.apps.scanner.feeds.formats import FeedReader
from whinchat.apps.scanner.feeds.lines import Format
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.feeds.repository import Feed
from whinchat.apps.scanner.feeds.snapshot import Trust
from whinchat.apps.scanner.feeds.sources import NAME, Source
from whinchat.apps.scanner.feeds.store import DATABASE, Imported, Order
from whinchat.apps.scanner.feeds.updater import Followed, Updater, followed
from whinchat.apps.scanner.knowledge import Threat
from whinchat.core.errors import Refused


@click.group()
def feeds() -> None:
    """Lists of dangerous links: update, import, inspect, remove.

    Lists are text files: one host, address or URL a line, CSV with such a column, JSON, hosts files, AdBlock, dnsmasq
    or RPZ lists; gzip is fine. A running service uses what was imported within seconds, and keeps the lists in its
    settings up to date by itself.

    \b
    Examples:
      whinchat feeds status
      whinchat feeds update
      whinchat feeds import mylist list.txt --threat malware
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
@click.option("--column", metavar="NAME|N", help="CSV column to read: its heading, or its number from 1; or JSON key.")
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
    if not NAME.fullmatch(name):
        raise Refused(
            f"{name!r} cannot be a feed's name", hint="Use lower-case letters, digits, dots, dashes; at most 64."
        )
    source = "standard input" if file == "-" else Path(file).name
    order = Order(name, source, Threat(threat), Trust(trust), licence, version, force)

    async def work(stream: IO[bytes]) -> Imported:
        reader = FeedReader(stream, Format(form), column=column)
        async with open_lists(given) as (store, _):
            with progress_of(name, file_size(file)) as bar:
                return await store.import_feed(order, reader, lambda read, entries: bar(read, None, entries))

    with click.open_file(file, "rb") as stream:
        imported = asyncio.run(work(stream))
    _tell(imported)


@feeds.command()
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--force", is_flag=True, help="Take it even when its size or content looks wrong.")
@click.pass_obj
def update(given: Given, names: tuple[str, ...], force: bool) -> int:
    """Bring the lists NAME… up to date now, due or not; without a NAME, all that are kept up to date.

    A list that is as it was is not downloaded again. One that cannot be had, or is not sound, is left as it is in use.
    Ends with 1 when there was such a one.

    \b
    Examples:
      whinchat feeds update
      whinchat feeds update certpl --force
    """

    chosen = names or tuple(source.name for source in followed_sources(given))
    for name in chosen:
        _require_followed(name, given)

    async def work() -> list[bool]:
        async with given.open_http() as http:
            updater = make_updater(given, http)
            return [await _update(updater, name, force=force) for name in chosen]

    return 0 if all(asyncio.run(work())) else 1


async def _update(updater: Updater, name: str, *, force: bool) -> bool:
    """Says what came of it; false when nothing good did."""
    with progress_of(name, None) as bar:
        updated = await updater.update(
            name,
            force=force,
            advance=lambda done, total: bar(done, total, None),
            progress=lambda _, entries: bar(0, None, entries),
        )
    if updated is None or updated.error is None:
        imported = updated and updated.imported
        _tell(imported) if imported else click.echo(f"{name}: as it was")
        return True
    kept = "; the version before it stays in use" if updated.before.feed else ""
    click.echo(f"{name}: not updated{kept}: {updated.error}", err=True)
    if isinstance(updated.error, Refused) and updated.error.hint:
        click.echo(f"  hint: {updated.error.hint}", err=True)
    return False


def _require_followed(name: str, given: Given) -> None:
    """Raises Refused with the way to follow it."""
    if name in {source.name for source in followed_sources(given)}:
        return
    sources = {source.name: source for source in all_sources(given)}
    if name not in sources:
        raise Refused(f"no list called {name!r} is kept up to date", hint=f"Known are {', '.join(sources)}.")
    source = sources[name]
    if source.enabled:
        raise Refused(f"{name} is not downloaded: service.offline is set", hint="Set it to false, or use feeds import.")
    key = " and apps.scanner.abusech_auth_key" if source.needs_auth_key else ""
    raise Refused(
        f"{name} is not switched on. {source.terms}", hint=f"Set apps.scanner.feeds.{name}.enabled = true{key}."
    )


def _tell(imported: Imported) -> None:
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
    """Show every list: entries, age, when it is updated next, trust, licence, and what went wrong last.

    \b
    Example:
      whinchat feeds status --json
    """

    async def work() -> tuple[Sequence[Feed], Sequence[Followed]]:
        sources = followed_sources(given)
        if not (scanner_folder(given) / DATABASE).exists():
            return [], [Followed(source, None, None) for source in sources]
        async with open_lists(given) as (store, database):
            return await store.feeds(), await followed(sources, store, database)

    imported, live = asyncio.run(work())
    rows = list(overview.rows(SnapshotLists(None, given.clock).feeds, imported, live))
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
        return
    now = given.clock.now()
    echo_table([[column.upper() for column in overview.COLUMNS], *(overview.cells(row, now) for row in rows)])
    for remark in overview.remarks(imported, live):
        click.echo(f"\n{remark}")
    if not imported:
        click.echo("\nOnly the lists that ship are in use. Phishing lives for hours: whinchat feeds update")
    _offer(all_sources(given))
    if given.settings.service.offline:
        click.echo("\nNothing is downloaded: service.offline is set.")


def _offer(sources: Sequence[Source]) -> None:
    offers = list(overview.offers(sources))
    if offers:
        click.echo("\nKnown and not in use; apps.scanner.feeds.NAME.enabled = true switches one on:")
        click.echo("\n".join(offers))


@feeds.command("list")
@click.argument("name", required=False)
@click.pass_context
def list_(ctx: click.Context, name: str | None) -> None:
    """Print the entries of an imported list, one a line: kind and name, divided by a tab.

    The names are dangerous: do not open them. Without a NAME, the same as `whinchat feeds status`.

    \b
    Example:
      whinchat feeds list mylist | grep example
    """

    if name is None:
        ctx.invoke(status)
        return
    given: Given = ctx.obj

    async def work() -> None:
        async with open_entries(given) as database:
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
        async with open_lists(given) as (store, _):
            await store.remove(name)

    asyncio.run(work())
    click.echo(f"{name}: removed")
    if name in {source.name for source in followed_sources(given)}:
        click.echo(f"  It comes back with its next update, unless apps.scanner.feeds.{name}.enabled is false.")
