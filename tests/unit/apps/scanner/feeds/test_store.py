from __future__ import annotations

import io
import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from whinchat.apps.scanner.feeds import repository, store
from whinchat.apps.scanner.feeds.claim import LEASE
from whinchat.apps.scanner.feeds.formats import FeedReader
from whinchat.apps.scanner.feeds.migrations import MIGRATIONS
from whinchat.apps.scanner.feeds.names import Entry, Reject
from whinchat.apps.scanner.feeds.snapshot import Section, Snapshot, Trust, digest
from whinchat.apps.scanner.feeds.store import FeedStore, Imported, Order
from whinchat.apps.scanner.knowledge import Scope, Threat
from whinchat.core.errors import Refused, StorageError
from whinchat.testing.clock import START, FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.workers import InlineWorkers

DAY = 86_400  # seconds


class Killed(BaseException):
    """The process ends here."""


class Desk:
    """A feed store, what it stands on, and what a reader of its snapshot sees."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "feeds.snap"
        self.clock = FakeClock()
        self.database = MemoryDatabase(MIGRATIONS)
        self.popular = {f"popular{number}.example" for number in range(50)}
        self.store = FeedStore(
            self.database,
            self.path,
            clock=self.clock,
            random=random.Random(1),
            workers=InlineWorkers(),
            popular=self.popular.__contains__,
        )

    async def take(self, name: str, names: Iterable[str], **order: object) -> Imported:
        reader = FeedReader(io.BytesIO("\n".join(names).encode()))
        return await self.store.import_feed(Order(name, "a test", **order), reader)  # type: ignore[arg-type]  # as given

    def listed(self, host: str) -> list[str]:
        """The feeds that list a host, by the published snapshot."""
        snapshot = Snapshot(self.path)
        return [feed.name for feed in snapshot.feeds_in(snapshot.find(Section.HOST, digest(host)) or 0)]

    async def state(self) -> tuple[object, ...]:
        """Everything that an import that fails must leave as it was, the error text apart."""
        rows = [(feed.name, feed.generation, feed.entries, feed.sha256) for feed in await self.store.feeds()]
        entries = await self.database.fetch("SELECT * FROM entries ORDER BY 1, 2, 3")
        return rows, entries, self.path.read_bytes(), sorted(path.name for path in self.path.parent.iterdir())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def hosts(count: int, prefix: str = "h") -> list[str]:
    return [f"{prefix}{number}.example" for number in range(count)]


async def test_an_imported_feed_is_stored_and_published(desk: Desk) -> None:
    imported = await desk.take(
        "mine", ["a.example", "b.example", "a.example", "com"], licence="CC0-1.0", threat=Threat.SCAM
    )

    (feed,) = await desk.store.feeds()
    assert imported.feed == feed
    assert (feed.name, feed.entries, feed.rejected, feed.threat, feed.trust) == (
        "mine",
        2,
        1,
        Threat.SCAM,
        Trust.DECISIVE,
    )
    assert (feed.licence, feed.version, feed.imported_at, feed.error) == ("CC0-1.0", feed.sha256[:12], START, None)
    assert (imported.before, imported.rejects, imported.demoted) == (0, {Reject.TOO_BROAD: 1}, False)
    assert desk.listed("a.example") == ["mine"]
    (info,) = Snapshot(desk.path).description.feeds
    assert (info.entries, info.date, info.version) == (2, "2026-01-01", feed.version)


async def test_a_new_version_replaces_the_old_one_whole(desk: Desk) -> None:
    await desk.take("mine", ["stays.example", "goes.example"], version="1")
    desk.clock.move(DAY)
    imported = await desk.take("mine", ["stays.example", "comes.example", "also.example"], version="2")

    assert (imported.before, imported.feed.entries, imported.feed.version) == (2, 3, "2")
    assert (desk.listed("goes.example"), desk.listed("comes.example")) == ([], ["mine"])
    rows = await desk.database.fetch("SELECT value, first_seen, last_seen FROM entries ORDER BY value")
    assert rows == [
        ("also.example", START + DAY * 1000, START + DAY * 1000),
        ("comes.example", START + DAY * 1000, START + DAY * 1000),
        ("stays.example", START, START + DAY * 1000),
    ]


async def test_feeds_stand_side_by_side_and_go_one_by_one(desk: Desk) -> None:
    await desk.take("one", ["both.example", "first.example"])
    await desk.take("two", ["both.example", "http://page.example/x", "https://sites.google.com/view/evil"])
    assert desk.listed("both.example") == ["one", "two"]
    assert Snapshot(desk.path).find(Section.URL, digest("page.example/x")) == 2
    assert Snapshot(desk.path).find(Section.SITE, digest("sites.google.com/view/evil")) == 2

    await desk.store.remove("one")
    assert desk.listed("both.example") == ["two"]
    assert [feed.name for feed in await desk.store.feeds()] == ["two"]
    assert len(await desk.database.fetch("SELECT * FROM entries")) == 3

    with pytest.raises(Refused, match="no feed called 'one'") as refused:
        await desk.store.remove("one")
    assert "two" in refused.value.hint
    await desk.store.remove("two")
    assert Snapshot(desk.path).description.feeds == ()


async def test_entries_can_be_read_back(desk: Desk) -> None:
    imported = await desk.take("mine", ["b.example", "http://a.example/x"])

    found = [entry async for entry in repository.entries(desk.database, imported.feed.generation)]
    assert found == [Entry(Scope.HOST, "b.example"), Entry(Scope.URL, "a.example/x")]


async def test_progress_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "CHUNK", 10)
    told: list[tuple[int, int]] = []
    reader = FeedReader(io.BytesIO("\n".join(hosts(25)).encode()))
    await desk.store.import_feed(Order("mine", "a test"), reader, lambda read, entries: told.append((read, entries)))

    assert [entries for _, entries in told] == [10, 20, 25]
    assert told[-1][0] == reader.bytes_read


@pytest.mark.parametrize(
    ("content", "words"), [(["<html>"], "web page"), ([], "empty"), ([*hosts(50), *(["not a name"] * 30)], "30 lines")]
)
async def test_a_list_that_is_none_changes_nothing(desk: Desk, content: list[str], words: str) -> None:
    await desk.take("mine", hosts(5))
    before = await desk.state()

    with pytest.raises(Refused, match=words):
        await desk.take("mine", content)
    assert await desk.state() == before
    (feed,) = await desk.store.feeds()
    assert words in str(feed.error)
    assert feed.failed_at == START

    await desk.take("mine", hosts(5))
    (feed,) = await desk.store.feeds()
    assert (feed.error, feed.failed_at) == (None, None)


@pytest.mark.parametrize(("before", "after"), [(201, 100), (150, 751), (600, 2), (1, 101)])
async def test_a_feed_that_collapses_or_bursts_is_refused_unless_forced(desk: Desk, before: int, after: int) -> None:
    await desk.take("mine", hosts(before))
    state = await desk.state()

    with pytest.raises(Refused, match=rf"{after} entries, the version in use has {before}") as refused:
        await desk.take("mine", hosts(after))
    assert refused.value.code == "suspicious_list"
    assert await desk.state() == state
    assert (await desk.take("mine", hosts(after), force=True)).feed.entries == after


@pytest.mark.parametrize(("before", "after"), [(200, 100), (150, 750), (100, 1), (2, 100)])
async def test_other_changes_of_size_are_fine(desk: Desk, before: int, after: int) -> None:
    await desk.take("mine", hosts(before))

    assert (await desk.take("mine", hosts(after))).feed.entries == after


async def test_a_feed_that_lists_popular_sites_is_evidence_only(desk: Desk) -> None:
    few = ["popular1.example", "www.popular2.example", "http://popular3.example/", *hosts(200)]
    imported = await desk.take("mine", few)
    assert (imported.feed.trust, imported.feed.collisions, imported.demoted) == (Trust.EVIDENCE, 3, True)

    assert (await desk.take("mine", few, force=True)).feed.trust is Trust.DECISIVE
    imported = await desk.take("mine", few, trust=Trust.EVIDENCE)
    assert (imported.feed.trust, imported.demoted) == (Trust.EVIDENCE, False)
    imported = await desk.take("mine", [*few[:2], "http://popular3.example/page", "a.popular4.example", *hosts(200)])
    assert (imported.feed.trust, imported.feed.collisions) == (Trust.DECISIVE, 2)


async def test_a_list_of_popular_sites_is_refused(desk: Desk) -> None:
    content = [*sorted(desk.popular), *hosts(100)]
    with pytest.raises(Refused, match=r"50 of its 150 entries are popular sites"):
        await desk.take("mine", content)
    assert await desk.store.feeds() == []

    assert (await desk.take("mine", content, force=True)).feed.collisions == 50


async def test_two_imports_at_once_are_one_and_a_refusal(desk: Desk) -> None:
    class Meanwhile:
        """A source that, while it is read, sees another import begin."""

        def __init__(self) -> None:
            self.reads = [b"a.example\n" * 100, b""]

        def read(self, size: int, /) -> bytes:
            return self.reads.pop(0)

    async def second() -> None:
        with pytest.raises(Refused, match="another import is running") as refused:
            await desk.take("two", hosts(3))
        assert refused.value.code == "importing"

    class Interrupted(InlineWorkers):
        async def run(self, function):  # type: ignore[no-untyped-def]  # as InlineWorkers
            await second()
            return await super().run(function)

    first = FeedStore(
        desk.database,
        desk.path,
        clock=desk.clock,
        random=random.Random(2),
        workers=Interrupted(),
        popular=set().__contains__,
    )
    await first.import_feed(Order("one", "a test"), FeedReader(Meanwhile()))
    assert [feed.name for feed in await desk.store.feeds()] == ["one"]


async def test_an_import_that_stood_still_too_long_loses_to_the_next(desk: Desk) -> None:
    class Asleep(InlineWorkers):
        async def run(self, function):  # type: ignore[no-untyped-def]  # as InlineWorkers
            found = await super().run(function)
            if found:
                desk.clock.move(LEASE / 1000)
                await desk.take("two", hosts(3))
            return found

    first = FeedStore(
        desk.database,
        desk.path,
        clock=desk.clock,
        random=random.Random(2),
        workers=Asleep(),
        popular=set().__contains__,
    )
    with pytest.raises(Refused, match="took too long"):
        await first.import_feed(Order("one", "a test"), FeedReader(io.BytesIO(b"a.example\n")))
    assert [feed.name for feed in await desk.store.feeds()] == ["two"]
    assert desk.listed("h0.example") == ["two"]


def _kill_at(desk: Desk, point: str, number: int) -> None:
    """The process ends when a commit has reached that point so many times."""
    seen = 0

    def hook(reached: str) -> None:
        nonlocal seen
        seen += reached == point
        if seen >= number:
            raise Killed  # and stays dead: what it does afterwards does not happen either

    desk.database.hook = hook


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_an_import_killed_at_any_commit_happens_whole_or_not_at_all(
    desk: Desk, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "CHUNK", 4)
    await desk.take("mine", hosts(9, "old"))
    survived = 0
    for number in range(1, 40):
        _kill_at(desk, point, number)
        try:
            await desk.take("mine", hosts(9, "new"))
        except Killed:
            survived += 1
        else:
            break
        finally:
            desk.database.hook = None
        desk.clock.move(LEASE / 1000)
        await desk.store.ensure_snapshot()
        (feed,) = await desk.store.feeds()
        names = [entry.value async for entry in repository.entries(desk.database, feed.generation)]
        assert names in (hosts(9, "old"), hosts(9, "new"))
        assert [name for name in (*hosts(9, "old"), *hosts(9, "new")) if desk.listed(name)] == names
        await desk.take("mine", hosts(9, "old"))
    assert survived > 8
    assert len(await desk.database.fetch("SELECT * FROM entries")) == 9
    assert [path.name for path in desk.path.parent.iterdir()] == ["feeds.snap"]


async def test_a_full_disk_is_told_and_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.take("mine", hosts(5))
    before = await desk.state()
    desk.database.fail_next("disk_full", times=1)
    with pytest.raises(StorageError, match="disk is full"):
        await desk.take("mine", hosts(6))
    assert await desk.state() == before

    folder = desk.path.parent
    monkeypatch.setattr(desk.store, "_snapshot", folder / "gone" / "feeds.snap")
    with pytest.raises(StorageError, match="cannot be written"):
        await desk.take("mine", hosts(6))
    assert await desk.state() == before


async def test_a_lost_or_damaged_snapshot_is_made_again(desk: Desk) -> None:
    await desk.store.ensure_snapshot()
    assert not desk.path.exists()

    await desk.take("mine", hosts(5))
    sound = desk.path.read_bytes()
    made = desk.path.stat().st_ino
    await desk.store.ensure_snapshot()
    assert desk.path.stat().st_ino == made

    desk.path.unlink()
    await desk.store.ensure_snapshot()
    assert desk.path.read_bytes() == sound
    desk.path.write_bytes(b"garbage")
    await desk.store.ensure_snapshot()
    assert desk.path.read_bytes() == sound
