"""The operator's feeds: their entries in SQLite, which is the truth, and the snapshot that is made of them.

An import writes a generation of entries that nothing reads yet, builds the snapshot with it, then swaps both in: one
commit for the database, one rename for the file. Killed before the commit, it has changed nothing; killed between the
two, `ensure_snapshot` makes the file again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from whinchat.apps.scanner.feeds import repository
from whinchat.apps.scanner.feeds.build import SnapshotBuilder, publish
from whinchat.apps.scanner.feeds.claim import Claim, claim_imports
from whinchat.apps.scanner.feeds.formats import FeedReader
from whinchat.apps.scanner.feeds.limits import check_change, check_content, check_size, may_decide
from whinchat.apps.scanner.feeds.lists import SNAPSHOT
from whinchat.apps.scanner.feeds.migrations import MIGRATIONS
from whinchat.apps.scanner.feeds.names import Entry, Reject
from whinchat.apps.scanner.feeds.repository import Feed
from whinchat.apps.scanner.feeds.snapshot import FeedInfo, Section, Snapshot, Trust
from whinchat.apps.scanner.knowledge import Scope, Threat
from whinchat.core.errors import Refused, StorageError, WhinchatError
from whinchat.core.ports import Clock, Database, OpenDatabase, Random, Statement, Workers

CHUNK = 1_000  # entries read and written at once
GARBAGE = 5_000  # entries deleted at once
RENEWED = 50_000  # entries of a snapshot after which the claim is renewed
DATABASE = "feeds.db"

Progress = Callable[[int, int], None]
"""Called now and then with the bytes and the entries read so far."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to import, and as what."""

    name: str
    source: str
    threat: Threat = Threat.PHISHING
    trust: Trust = Trust.DECISIVE
    licence: str = ""
    version: str = ""
    """Empty for the first digits of the content's hash."""
    force: bool = False
    """Import it whatever the sanity limits say."""
    least: int = 1
    most: int = 20_000_000
    """Entries that are plausible."""
    lifetime: int | None = None
    """Milliseconds that an entry counts after it was last seen; None for ever."""
    rolling: bool = False
    """The list shows only its newest entries: those that left it count on until their lifetime ends."""
    recipe: str = ""
    etag: str = ""
    modified: str = ""
    """As in `Feed`."""


@dataclass(frozen=True, slots=True)
class Imported:
    feed: Feed
    before: int
    """Entries of the version that it replaced."""
    rejects: Mapping[Reject, int]
    demoted: bool
    """Asked for as decisive, but it lists too many popular sites for that."""
    unchanged: bool = False
    """It was just what is in use."""


class FeedStore:
    """Use it from one event loop; other processes may use the same files."""

    def __init__(
        self,
        database: Database,
        snapshot: Path,
        *,
        clock: Clock,
        random: Random,
        workers: Workers,
        popular: Callable[[str], bool],
    ) -> None:
        """`snapshot`: the file to publish; `popular`: whether a popular site has just this host name."""
        self._database = database
        self._snapshot = snapshot
        self._clock = clock
        self._random = random
        self._workers = workers
        self._popular = popular

    async def feeds(self) -> list[Feed]:
        return await repository.feeds(self._database)

    async def import_feed(self, order: Order, reader: FeedReader, progress: Progress | None = None) -> Imported:
        """Read a list to its end and put it in the place of the feed's old version.

        Raises:
            Refused: another import is running (code `importing`), the list is not usable, or a sanity limit speaks
                against it (code `suspicious_list`). Nothing has changed then, but the feed's status shows the error.
        """
        async with self._claimed() as claim:
            try:
                return await self._import(order, reader, claim, progress)
            except Refused as error:
                await claim.commit(repository.fail(order.name, str(error), self._clock.now()))
                raise

    async def confirm(self, name: str, etag: str = "", modified: str = "") -> None:
        """The list is still as it was imported. Raises Refused: an import is running, or there is no such feed."""
        async with self._claimed() as claim:
            feeds = await self.feeds()
            await self._confirm(_named(name, feeds), feeds, claim, etag, modified)

    async def expire(self) -> bool:
        """Take out what was not seen for its feed's lifetime. Whether there was any.

        Raises Refused: an import is running.
        """
        now = self._clock.now()
        mortal = [feed for feed in await self.feeds() if feed.lifetime is not None]
        if not any([await self._has_expired(feed, now) for feed in mortal]):
            return False
        async with self._claimed() as claim:
            feeds = [await self._without_expired(feed, now, claim) for feed in await self.feeds()]
            await self._swap([repository.put(feed) for feed in feeds], feeds, claim)
        return True

    async def remove(self, name: str) -> None:
        """Forget a feed. Raises Refused when there is none of that name, or an import is running."""
        async with self._claimed() as claim:
            feeds = await self.feeds()
            gone = _named(name, feeds)
            await self._swap([repository.forget(name)], [feed for feed in feeds if feed is not gone], claim)

    async def ensure_snapshot(self) -> None:
        """Make the snapshot again when it is missing, damaged or behind the database; otherwise that is cheap to see.

        Raises Refused while an import is running, which will publish one itself.
        """
        state = await repository.state(self._database)
        if state == _state_of(self._snapshot):
            return
        async with self._claimed() as claim:
            publish(await self._build(await self.feeds(), claim, state), self._snapshot)

    async def _import(self, order: Order, reader: FeedReader, claim: Claim, progress: Progress | None) -> Imported:
        feeds, now = await self.feeds(), self._clock.now()
        old = next((feed for feed in feeds if feed.name == order.name), None)
        collisions = await self._stage(reader, claim, order, old.generation if old else 0, now, progress)
        listed = await repository.count(self._database, claim.generation)
        before = old.listed if old else 0
        if not order.force:
            check_size(listed, order.least, order.most)
            check_change(before, listed)
            check_content(collisions, listed)
        same_list = old is not None and (old.recipe, old.sha256) == (order.recipe, reader.sha256)
        if old and same_list and order.recipe and not order.force:
            same = await self._confirm(old, feeds, claim, order.etag, order.modified)
            return Imported(same, before, dict(reader.rejects), same.trust is not order.trust, unchanged=True)
        if old and order.rolling:
            await self._carry_over(old, claim, now - (order.lifetime or now))
        demoted = order.trust is Trust.DECISIVE and not order.force and not may_decide(collisions, listed)
        new = Feed(
            name=order.name,
            source=order.source,
            threat=order.threat,
            trust=Trust.EVIDENCE if demoted else order.trust,
            licence=order.licence,
            version=order.version or reader.sha256[:12],
            sha256=reader.sha256,
            imported_at=now,
            confirmed_at=now,
            listed=listed,
            entries=await repository.count(self._database, claim.generation),
            rejected=reader.rejects.total(),
            collisions=collisions,
            lifetime=order.lifetime,
            recipe=order.recipe,
            etag=order.etag,
            modified=order.modified,
            generation=claim.generation,
        )
        after = [new if feed is old else feed for feed in feeds] if old else [*feeds, new]
        await self._swap([repository.put(new)], after, claim)
        return Imported(new, before, dict(reader.rejects), demoted)

    async def _stage(
        self, reader: FeedReader, claim: Claim, order: Order, old: int, now: int, progress: Progress | None
    ) -> int:
        """Write the entries of a new generation; the number of them that are popular sites."""
        collisions = 0
        entries = iter(reader)
        while chunk := await self._workers.run(lambda: list(itertools.islice(entries, CHUNK))):
            if not order.force and reader.entries > order.most:
                check_size(reader.entries, order.least, order.most)
            collisions += sum(self._collides(entry) for entry in chunk)
            await claim.commit(repository.add(chunk, claim.generation, old=old, now=now))
            if progress:
                progress(reader.bytes_read, reader.entries)
        return collisions

    async def _carry_over(self, old: Feed, claim: Claim, since: int) -> None:
        """Add the old version's entries that were last seen since then to the new generation."""
        kept: list[tuple[Entry, int, int]] = []
        async for entry, first, last in repository.seen(self._database, old.generation):
            if (last := old.seen_after(last)) >= since:
                kept.append((entry, first, last))
            if len(kept) == CHUNK:
                await claim.commit(repository.keep(kept, claim.generation))
                kept = []
        if kept:
            await claim.commit(repository.keep(kept, claim.generation))

    async def _confirm(self, feed: Feed, feeds: Sequence[Feed], claim: Claim, etag: str, modified: str) -> Feed:
        """The snapshot says when each feed was current, so it is made again, but not more than once a day."""
        same = dataclasses.replace(feed, confirmed_at=self._clock.now(), etag=etag, modified=modified)
        if _day(feed.confirmed_at) == _day(same.confirmed_at):
            await claim.commit(repository.put(same))
        else:
            await self._swap([repository.put(same)], [same if each is feed else each for each in feeds], claim)
        return same

    async def _has_expired(self, feed: Feed, now: int) -> bool:
        return await repository.any_before(self._database, feed.generation, feed.expired_before(now))

    async def _without_expired(self, feed: Feed, now: int, claim: Claim) -> Feed:
        """Each deletion makes the published snapshot one of the past, so a process that is killed leaves no doubt."""
        while await self._has_expired(feed, now):
            old = repository.delete_before(feed.generation, feed.expired_before(now), GARBAGE)
            await claim.commit(old, claim.new_state())
        return dataclasses.replace(feed, entries=await repository.count(self._database, feed.generation))

    def _collides(self, entry: Entry) -> bool:
        return entry.scope is Scope.HOST and self._popular(entry.value.removeprefix("www."))

    async def _swap(self, changes: Sequence[Statement], feeds: Sequence[Feed], claim: Claim) -> None:
        """From this commit on the changes count; all that can fail has been done before."""
        temporary = await self._build(feeds, claim, claim.generation)
        await claim.commit(*changes, claim.new_state(), durable=True)
        publish(temporary, self._snapshot)

    async def _build(self, feeds: Sequence[Feed], claim: Claim, state: int) -> Path:
        """Write a snapshot of these feeds beside the published one."""
        builder = SnapshotBuilder([_info(feed) for feed in feeds])
        added = 0
        for number, feed in enumerate(feeds):
            async for entry in repository.entries(self._database, feed.generation):
                if added % RENEWED == 0:
                    await claim.renew()
                added += 1
                builder.add(Section(entry.scope.value), entry.value, number)
        temporary = self._snapshot.with_name(f"{self._snapshot.name}.{claim.generation}.tmp")
        now = self._clock.now()
        await claim.renew()
        await self._workers.run(lambda: builder.write(temporary, built_at=now, state=state))
        return temporary

    @contextlib.asynccontextmanager
    async def _claimed(self) -> AsyncIterator[Claim]:
        """Alone among all imports; what they leave behind, killed ones too, is cleared away."""
        claim = await claim_imports(self._database, self._clock, self._random)
        try:
            yield claim
        finally:
            with contextlib.suppress(WhinchatError):  # the next import clears what this one could not
                await self._clear(claim)
            await claim.release()

    async def _clear(self, claim: Claim) -> None:
        for leftover in self._snapshot.parent.glob(f"{self._snapshot.name}.*.tmp"):
            leftover.unlink(missing_ok=True)
        used = {feed.generation for feed in await self.feeds()}
        done = 0
        while (generation := await repository.next_generation(self._database, done)) is not None:
            if generation in used:
                done = generation
            else:
                await claim.commit(repository.delete(generation, GARBAGE))


def _named(name: str, feeds: Sequence[Feed]) -> Feed:
    found = next((feed for feed in feeds if feed.name == name), None)
    if found is None:
        known = ", ".join(feed.name for feed in feeds) or "none"
        raise Refused(f"there is no feed called {name!r}", hint=f"Imported feeds: {known}.")
    return found


def _day(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()


def _info(feed: Feed) -> FeedInfo:
    return FeedInfo(
        name=feed.name,
        threat=feed.threat,
        trust=feed.trust,
        licence=feed.licence,
        version=feed.version,
        date=_day(feed.confirmed_at),
        entries=feed.entries,
        current_at=feed.confirmed_at,
    )


def _state_of(path: Path) -> int:
    """What the published snapshot was built from; 0, as of a store without feeds, when it is missing; -1 if damaged."""
    try:
        return Snapshot(path).description.state
    except StorageError as error:
        return 0 if error.code == "snapshot_missing" else -1


@contextlib.asynccontextmanager
async def open_store(
    folder: Path,
    open_database: OpenDatabase,
    *,
    clock: Clock,
    random: Random,
    workers: Workers,
    popular: Callable[[str], bool],
) -> AsyncIterator[tuple[FeedStore, Database]]:
    """The store in the scanner's folder, with its snapshot as it must be; and the database that it stands on."""
    async with open_database(folder / DATABASE, MIGRATIONS) as database:
        store = FeedStore(database, folder / SNAPSHOT, clock=clock, random=random, workers=workers, popular=popular)
        with contextlib.suppress(Refused):  # an import is running: it will make the snapshot
            await store.ensure_snapshot()
        yield store, database
