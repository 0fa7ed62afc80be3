"""`knowledge.Lists` over the snapshot that ships and the one made of the operator's feeds."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from whinchat.apps.scanner.feeds.build import TAGS
from whinchat.apps.scanner.feeds.names import exact_name, hosts_of, parents_of, wider_names
from whinchat.apps.scanner.feeds.snapshot import FeedInfo, Section, Snapshot, Trust, digest
from whinchat.apps.scanner.knowledge import Listing, Scope, SiteTag
from whinchat.apps.scanner.links.link import Link, LinkKind, Site
from whinchat.core.errors import StorageError
from whinchat.core.ports import Clock

SHIPPED = Path(__file__).parent / "data" / "shipped.snap"
SNAPSHOT = "feeds.snap"
"""The snapshot of the operator's feeds, in the scanner's folder."""
DAY = 86_400_000  # milliseconds
LOOK_EVERY = 2.0  # seconds between looks for a new file

_SECTIONS = {Scope.URL: Section.URL, Scope.HOST: Section.HOST, Scope.SITE: Section.SITE}
_Signature = tuple[int, int, int]

log = logging.getLogger(__name__)


class SnapshotLists:
    """Look-ups in both snapshots. Popular sites and tags are known from the shipped one alone.

    The operator's snapshot may be replaced while this runs, by any process: the first look-up after `LOOK_EVERY`
    seconds opens the new one, which takes about 1 ms for each of its megabytes, once.
    """

    def __init__(self, operators: Path | None, clock: Clock, *, shipped: Path = SHIPPED) -> None:
        """`operators`: where the snapshot of imported feeds is or will be; None for the shipped one alone.

        Raises StorageError when the shipped snapshot is not as it was shipped. An operator's that is damaged is left
        out until it is made again.
        """
        self._path = operators
        self._clock = clock
        self._shipped = Snapshot(shipped)
        self._snapshots: tuple[Snapshot, ...] = (self._shipped,)
        self._looked = clock.monotonic()
        self._open()

    @classmethod
    def open(cls, folder: Path, clock: Clock) -> SnapshotLists:
        """With what was imported into the scanner's folder."""
        return cls(folder / SNAPSHOT, clock)

    @property
    def version(self) -> str:
        return "+".join(snapshot.version for snapshot in self._current())

    @property
    def age_days(self) -> float | None:
        times = [_current_at(feed) for feed in self.feeds]
        return max(0.0, (self._clock.now() - max(times)) / DAY) if times else None

    @property
    def feeds(self) -> tuple[FeedInfo, ...]:
        """Every feed that look-ups use, the shipped ones first."""
        return tuple(feed for snapshot in self._current() for feed in snapshot.description.feeds)

    # --- look-ups ---

    def listings(self, link: Link) -> tuple[Listing, ...]:
        """Narrowest entry of each feed, narrow ones first."""
        if link.kind is not LinkKind.WEB or not link.host:
            return ()
        found: dict[tuple[str, str], Listing] = {}
        snapshots = self._current()
        exact = exact_name(link)
        for scope, name in _names(link, exact):
            hashed, section = digest(name), _SECTIONS[scope]
            for snapshot in snapshots:
                if bits := snapshot.find(section, hashed):
                    sound = name == exact or self._on_own_ground(link.site, scope, name)
                    for feed in snapshot.feeds_in(bits):
                        decisive = sound and feed.trust is Trust.DECISIVE
                        listing = Listing(feed.name, feed.threat, scope, decisive, snapshot.version)
                        found.setdefault((snapshot.version, feed.name), listing)
        return tuple(found.values())

    def popular(self, site: Site) -> bool:
        return not site.shared and self.popular_name(site.registrable)

    def popular_name(self, registrable: str) -> bool:
        """Whether a popular site has just this name."""
        return self._shipped.find(Section.POPULAR, digest(registrable)) is not None

    def tags(self, link: Link) -> frozenset[SiteTag]:
        bits = 0
        for name in (link.host, *parents_of(link.host)):
            bits |= self._shipped.find(Section.TAGS, digest(name)) or 0
        tags = {tag for number, tag in enumerate(TAGS) if bits >> number & 1}
        return frozenset(tags | {SiteTag.HOSTING} if link.site.shared else tags)

    def _on_own_ground(self, site: Site, scope: Scope, name: str) -> bool:
        """Whether what is listed belongs to one owner, and none that many people use."""
        if scope is Scope.SITE:
            return True
        if self.popular(site):
            return False
        if "/" in site.name:
            return name.startswith(site.name)
        mapped = site.shared and not site.suffix.endswith(site.registrable)  # shared, and not by a private suffix
        return not mapped and self._shipped.find(Section.TAGS, digest(name.partition("/")[0])) is None

    # --- a new file ---

    def _current(self) -> tuple[Snapshot, ...]:
        """The snapshots, after a look for a new file if the last one was a while ago."""
        now = self._clock.monotonic()
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            if self._signature() != self._seen:
                self._open()
        return self._snapshots

    def _open(self) -> None:
        """Use the operator's snapshot as it is now; one that is damaged leaves the last good one in use."""
        self._seen = self._signature()
        if self._path is None or self._seen is None:
            self._snapshots = (self._shipped,)
            return
        try:
            self._snapshots = (self._shipped, Snapshot(self._path))
        except StorageError as error:
            log.warning("the snapshot of the imported feeds is not used", extra={"reason": str(error)})

    def _signature(self) -> _Signature | None:
        """Tells one file from the next; None when there is none."""
        try:
            found = self._path.stat() if self._path else None
        except FileNotFoundError:
            return None
        return (found.st_ino, found.st_mtime_ns, found.st_size) if found else None


def _current_at(feed: FeedInfo) -> float:
    """Milliseconds UTC; the beginning of the day where only that is known."""
    if feed.current_at is not None:
        return feed.current_at
    return datetime.combine(date.fromisoformat(feed.date), datetime.min.time(), UTC).timestamp() * 1000


def _names(link: Link, exact: str) -> Iterator[tuple[Scope, str]]:
    """Everything whose listing would include the link, narrowest first."""
    yield Scope.URL, exact
    for name in wider_names(exact):
        yield Scope.URL, name
    if "/" in link.site.name:
        yield Scope.SITE, link.site.name
    for name in hosts_of(link):
        yield Scope.HOST, name
