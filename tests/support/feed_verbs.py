"""What the command line gives the verbs of `whinchat feeds`, in memory."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner, Result

from whinchat.apps.scanner.cli_feeds import feeds
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.core.errors import Refused
from whinchat.core.ports import Database, HttpClient, Migration
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.http import FakeHttp


@dataclass
class Storage:
    data: Path


@dataclass
class Service:
    offline: bool = False


@dataclass
class Settings:
    storage: Storage
    service: Service = field(default_factory=Service)
    apps: dict[str, ScannerSettings] = field(default_factory=lambda: {"scanner": ScannerSettings()})


@dataclass
class Given:
    """What the command line gives, over a database that outlives each verb."""

    settings: Settings
    clock: FakeClock = field(default_factory=FakeClock)
    database: MemoryDatabase | None = None
    http: FakeHttp = field(default_factory=FakeHttp)

    @contextlib.asynccontextmanager
    async def open_database(self, path: Path, migrations: Sequence[Migration]) -> AsyncIterator[Database]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self.database = self.database or MemoryDatabase(migrations)
        yield self.database

    @contextlib.asynccontextmanager
    async def open_http(self) -> AsyncIterator[HttpClient | None]:
        yield None if self.settings.service.offline else self.http


def run(given: Given, *arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(feeds, arguments, obj=given, input=stdin)


def refusal(result: Result) -> Refused:
    assert isinstance(result.exception, Refused), result.output
    return result.exception


def listed(given: Given, url: str) -> list[str]:
    link = parse_link(url)
    assert link is not None
    lists = SnapshotLists.open(given.settings.storage.data / "scanner", given.clock)
    return [listing.feed for listing in lists.listings(link)]
