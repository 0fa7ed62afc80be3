"""Imports into real files, by processes that are killed and beside one that reads."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.snapshots import link_to

from whinchat.apps.scanner.feeds import repository
from whinchat.apps.scanner.feeds.formats import FeedReader
from whinchat.apps.scanner.feeds.lists import LOOK_EVERY, SNAPSHOT, SnapshotLists
from whinchat.apps.scanner.feeds.migrations import MIGRATIONS
from whinchat.apps.scanner.feeds.store import FeedStore, Order
from whinchat.infra.clock import SystemClock
from whinchat.infra.storage.migrate import migrate
from whinchat.infra.storage.sqlite import SqliteDatabase
from whinchat.testing.clock import FakeClock
from whinchat.testing.workers import InlineWorkers

LINES = 2_500  # three chunks
POINTS = ("claim", "staging", "building", "written", "swapping", "swapped", "published")

CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.integration.apps.scanner.feeds import test_import as test
from whinchat.apps.scanner.feeds import claim, store

folder, point = Path(sys.argv[1]), sys.argv[2]
commits = 0

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

commit = claim.Claim.commit
async def counted(self, *statements, durable=False):
    global commits
    commits += 1
    if (point, commits) in {("claim", 1), ("staging", 3), ("building", 4)} or (point == "swapping" and durable):
        die()
    await commit(self, *statements, durable=durable)
    if point == "swapped" and durable:
        die()
claim.Claim.commit = counted

publish, write = store.publish, store.SnapshotBuilder.write
def published(*paths):
    publish(*paths)
    if point == "published":
        die()
def written(self, *arguments, **options):
    write(self, *arguments, **options)
    if point == "written":
        die()
store.publish, store.SnapshotBuilder.write = published, written

asyncio.run(test.take(folder, "new"))
"""


async def take(folder: Path, prefix: str, *, later: float = 0) -> None:
    """Import a feed of that many hosts, as the command line does."""
    clock = FakeClock(SystemClock().now() + int(later * 1000))
    database = folder / "feeds.db"
    migrate(database, MIGRATIONS, None, clock)
    (folder / "list.txt").write_text("".join(f"{prefix}{number}.example\n" for number in range(LINES)))
    async with SqliteDatabase(database) as opened:
        store = FeedStore(
            opened,
            folder / SNAPSHOT,
            clock=clock,
            random=random.SystemRandom(),
            workers=InlineWorkers(),
            popular=lambda _: False,
        )
        with (folder / "list.txt").open("rb") as stream:
            await store.import_feed(Order("mine", "a test"), FeedReader(stream))


async def in_database(folder: Path) -> set[str]:
    async with SqliteDatabase(folder / "feeds.db") as database:
        (feed,) = await repository.feeds(database)
        return {entry.value async for entry in repository.entries(database, feed.generation)}


async def put_right(folder: Path) -> None:
    async with SqliteDatabase(folder / "feeds.db") as database:
        clock = FakeClock(SystemClock().now() + 60_000)
        store = FeedStore(
            database,
            folder / SNAPSHOT,
            clock=clock,
            random=random.SystemRandom(),
            workers=InlineWorkers(),
            popular=lambda _: False,
        )
        await store.ensure_snapshot()


@pytest.mark.parametrize("point", POINTS)
async def test_an_import_killed_anywhere_happens_whole_or_not_at_all(tmp_path: Path, point: str) -> None:
    await take(tmp_path, "old")
    killed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", CHILD, str(tmp_path), point], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    done = point in {"swapped", "published"}
    await put_right(tmp_path)
    names = await in_database(tmp_path)
    assert names == {f"{'new' if done else 'old'}{number}.example" for number in range(LINES)}
    lists = SnapshotLists(tmp_path / SNAPSHOT, FakeClock())
    assert bool(lists.listings(link_to("http://new7.example/"))) is done
    assert bool(lists.listings(link_to("http://old7.example/"))) is not done

    await take(tmp_path, "last", later=60)
    assert await in_database(tmp_path) == {f"last{number}.example" for number in range(LINES)}
    async with SqliteDatabase(tmp_path / "feeds.db") as database:
        assert await database.fetch("SELECT COUNT(*) FROM entries") == [(LINES,)]
    assert [path for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []


async def test_a_running_reader_uses_what_another_process_imports(tmp_path: Path) -> None:
    clock = FakeClock()
    lists = SnapshotLists(tmp_path / SNAPSHOT, clock)
    link = link_to("http://sub.new7.example/")
    assert lists.listings(link) == ()

    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", CHILD, str(tmp_path), "never"], check=True)
    clock.move(LOOK_EVERY)
    assert [listing.feed for listing in lists.listings(link)] == ["mine"]
