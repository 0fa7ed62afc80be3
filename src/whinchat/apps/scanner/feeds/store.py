"""The operator's feeds: their entries in SQLite, which is the truth, and the snapshot that is made of them.

An import writes a generation of entries that nothing reads yet, builds the snapshot with it, then swaps both in: one
commit for the database, one rename for the file. Killed before the commit, it has changed nothing; killed between the
two, `ensure_snapshot` makes the file again.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from whinchat.apps.scanner.feeds import repository
from whinchat.apps.scanner.feeds.build import SnapshotBuilder, publish
from whinchat.apps.scanner.feeds.claim import Claim, claim_imports
from whinchat.apps.scanner.feeds.formats import FeedReader
from whinchat.apps.scanner.feeds.names import Entry, Reject
from whinchat.apps.scanner.feeds.repository import Feed
from whinchat.apps.scanner.feeds.snapshot import FeedInfo, Section, Snapshot, Trust
from whinchat.apps.scanner.knowledge import Scope, Threat
from whinchat.core.errors import Refused, StorageError, WhinchatError
from whinchat.core.ports import Clock, Database, Random, Statement, Workers

CHUNK = 1_000  # entries read and written at once
GARBAGE = 5_000  # entries deleted at once
SMALL = 100  # entries up to which a feed may change its size as it likes
MOST_SHRUNK = 0.5
MOST_GROWN = 5.0
SPARED_COLLISIONS = 2
DECISIVE_COLLISIONS = 0.0002  # share of entries that are popular sites; with more of them a feed is evidence
MOST_COLLISIONS = 0.05  # with more it is no list of dangerous sites

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


@dataclass(frozen=True, slots=True)
class Imported:
    feed: Feed
    before: int
    """Entries of the version that it replaced."""
    rejects: Mapping[Reject, int]
    demoted: bool
    """Asked for as decisive, but it lists too many popular sites for that."""


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

    async def remove(self, name: str) -> None:
        """Forget a feed. Raises Refused when there is none of that name, or an import is running."""
        async with self._claimed() as claim:
            feeds = await self.feeds()
            if name not in {feed.name for feed in feeds}:
                known = ", ".join(feed.name for feed in feeds) or "none"
                raise Refused(f"there is no feed called {name!r}", hint=f"Imported feeds: {known}.")
            rest = [feed for feed in feeds if feed.name != name]
            await self._swap(repository.forget(name), rest, claim)

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
        feeds = await self.feeds()
        old = next((feed for feed in feeds if feed.name == order.name), None)
        collisions = await self._stage(reader, claim, old.generation if old else 0, progress)
        entries = await repository.count(self._database, claim.generation)
        before = old.entries if old else 0
        if not order.force:
            _check_size(before, entries)
            _check_content(collisions, entries)
        demoted = order.trust is Trust.DECISIVE and not order.force and _many(collisions, entries, DECISIVE_COLLISIONS)
        new = Feed(
            name=order.name,
            source=order.source,
            threat=order.threat,
            trust=Trust.EVIDENCE if demoted else order.trust,
            licence=order.licence,
            version=order.version or reader.sha256[:12],
            sha256=reader.sha256,
            imported_at=self._clock.now(),
            entries=entries,
            rejected=reader.rejects.total(),
            collisions=collisions,
            error=None,
            failed_at=None,
            generation=claim.generation,
        )
        after = [new if feed is old else feed for feed in feeds] if old else [*feeds, new]
        await self._swap(repository.put(new), after, claim)
        return Imported(new, before, dict(reader.rejects), demoted)

    async def _stage(self, reader: FeedReader, claim: Claim, old: int, progress: Progress | None) -> int:
        """Write the entries of a new generation; the number of them that are popular sites."""
        collisions = 0
        entries = iter(reader)
        while chunk := await self._workers.run(lambda: list(itertools.islice(entries, CHUNK))):
            collisions += sum(self._collides(entry) for entry in chunk)
            await claim.commit(repository.add(chunk, claim.generation, old=old, now=self._clock.now()))
            if progress:
                progress(reader.bytes_read, reader.entries)
        return collisions

    def _collides(self, entry: Entry) -> bool:
        return entry.scope is Scope.HOST and self._popular(entry.value.removeprefix("www."))

    async def _swap(self, change: Statement, feeds: Sequence[Feed], claim: Claim) -> None:
        """From this commit on the change counts; all that can fail has been done before."""
        temporary = await self._build(feeds, claim, claim.generation)
        await claim.commit(change, claim.new_state(), durable=True)
        publish(temporary, self._snapshot)

    async def _build(self, feeds: Sequence[Feed], claim: Claim, state: int) -> Path:
        """Write a snapshot of these feeds beside the published one."""
        builder = SnapshotBuilder([_info(feed) for feed in feeds])
        for number, feed in enumerate(feeds):
            await claim.renew()
            async for entry in repository.entries(self._database, feed.generation):
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


def _check_size(before: int, entries: int) -> None:
    if max(before, entries) <= SMALL or not before or MOST_SHRUNK * before <= entries <= MOST_GROWN * before:
        return
    raise Refused(
        f"the list has {entries:,} entries, the version in use has {before:,}",
        hint="Check that it is complete and the right one; --force imports it all the same.",
        code="suspicious_list",
    )


def _check_content(collisions: int, entries: int) -> None:
    if _many(collisions, entries, MOST_COLLISIONS):
        raise Refused(
            f"{collisions:,} of its {entries:,} entries are popular sites: this is no list of dangerous ones",
            hint="Check which file it is; --force imports it all the same.",
            code="suspicious_list",
        )


def _many(collisions: int, entries: int, share: float) -> bool:
    return collisions > SPARED_COLLISIONS and collisions > share * entries


def _info(feed: Feed) -> FeedInfo:
    return FeedInfo(
        name=feed.name,
        threat=feed.threat,
        trust=feed.trust,
        licence=feed.licence,
        version=feed.version,
        date=datetime.fromtimestamp(feed.imported_at / 1000, UTC).date().isoformat(),
        entries=feed.entries,
    )


def _state_of(path: Path) -> int:
    """What the published snapshot was built from; 0, as of a store without feeds, when it is missing; -1 if damaged."""
    try:
        return Snapshot(path).description.state
    except StorageError as error:
        return 0 if error.code == "snapshot_missing" else -1
