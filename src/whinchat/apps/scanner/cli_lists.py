"""What the verbs of `whinchat feeds` share: what they are given, the store, progress and tables."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar, cast

import click
from msgspec import Struct

from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.feeds.migrations import MIGRATIONS
from whinchat.apps.scanner.feeds.sources import Source, in_use
from whinchat.apps.scanner.feeds.store import DATABASE, FeedStore, open_store
from whinchat.apps.scanner.feeds.updater import Updater
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.core.ports import Clock, Database, HttpClient, Migration

T = TypeVar("T")


class Storage(Protocol):
    @property
    def data(self) -> Path: ...


class Service(Protocol):
    @property
    def offline(self) -> bool: ...


class Settings(Protocol):
    @property
    def storage(self) -> Storage: ...

    @property
    def service(self) -> Service: ...

    @property
    def apps(self) -> Mapping[str, Struct]: ...


class Given(Protocol):
    """What `ctx.obj` must have for these verbs."""

    @property
    def settings(self) -> Settings: ...

    @property
    def clock(self) -> Clock: ...

    def open_database(self, path: Path, migrations: Sequence[Migration]) -> AbstractAsyncContextManager[Database]:
        """Open a SQLite file, make it or bring it up to date first; beside other processes that have it open."""
        ...

    def open_http(self) -> AbstractAsyncContextManager[HttpClient | None]:
        """For the addresses in the settings; None when no request may leave the machine."""
        ...


class Here:
    """`ports.Workers` for a process that has nothing else to do meanwhile."""

    async def run(self, function: Callable[[], T]) -> T:
        return function()


def scanner_folder(given: Given) -> Path:
    """The scanner's own, as `AppContext.data` in the service."""
    return given.settings.storage.data / "scanner"


def open_entries(given: Given) -> AbstractAsyncContextManager[Database]:
    return given.open_database(scanner_folder(given) / DATABASE, MIGRATIONS)


def open_lists(given: Given) -> AbstractAsyncContextManager[tuple[FeedStore, Database]]:
    return open_store(
        scanner_folder(given),
        given.open_database,
        clock=given.clock,
        random=random.SystemRandom(),
        workers=Here(),
        popular=SnapshotLists(None, given.clock).popular_name,
    )


def scanner_settings(given: Given) -> ScannerSettings:
    return cast("ScannerSettings", given.settings.apps["scanner"])


def all_sources(given: Given) -> Sequence[Source]:
    return scanner_settings(given).feed_sources()


def followed_sources(given: Given) -> Sequence[Source]:
    return in_use(all_sources(given), offline=given.settings.service.offline)


def make_updater(given: Given, http: HttpClient | None) -> Updater:
    return Updater(
        followed_sources(given),
        http,
        partial(open_lists, given),
        scanner_folder(given),
        auth_key=scanner_settings(given).abusech_auth_key,
        clock=given.clock,
        random=random.SystemRandom(),
        workers=Here(),
    )


def file_size(file: str) -> int | None:
    """Of a regular file; None for a pipe or standard input."""
    path = Path(file)
    return path.stat().st_size if path.is_file() else None


Bar = Callable[[int, int | None, int | None], None]
"""Called with the bytes so far, how many there will be if that is known, and the entries so far."""


@contextlib.contextmanager
def progress_of(name: str, total: int | None) -> Iterator[Bar]:
    """A bar on stderr, for people at a terminal."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(
        length=total or 0, label=name, file=sys.stderr, hidden=hidden, item_show_func=_entries
    ) as bar:

        def advance(done: int, known: int | None, entries: int | None) -> None:
            bar.length = known or bar.length
            bar.update(max(0, done - bar.pos), entries)

        yield advance


def _entries(count: int | None) -> str | None:
    return None if count is None else f"{count:,} entries"


def echo_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
