"""What the feed store keeps in SQLite: one row for each feed, and its entries by generation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import msgspec

from whinchat.apps.scanner.feeds.names import Entry
from whinchat.apps.scanner.feeds.snapshot import Trust
from whinchat.apps.scanner.knowledge import Scope, Threat
from whinchat.core.ports import Database, Row, Statement, Value

_COLUMNS = (
    "name", "source", "threat", "trust", "licence", "version", "sha256", "imported_at", "confirmed_at", "listed",
    "entries", "rejected", "collisions", "lifetime", "recipe", "etag", "modified", "generation",
)  # fmt: skip
_FEEDS = f"SELECT {', '.join(_COLUMNS)}, error, failed_at FROM feeds ORDER BY id"  # noqa: S608 - names of our own
_PUT = f"""INSERT INTO feeds ({", ".join(_COLUMNS)}) VALUES ({", ".join(f":{name}" for name in _COLUMNS)})
 ON CONFLICT (name) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])},
  error = NULL, failed_at = NULL"""  # noqa: S608 - names of our own

_FAIL = "UPDATE feeds SET error = :error, failed_at = :now WHERE name = :name"
_FORGET = "DELETE FROM feeds WHERE name = :name"

_ADD = """INSERT INTO entries (generation, scope, value, first_seen, last_seen)
 SELECT :generation, new.column1, new.column2, COALESCE(old.first_seen, :now), :now
 FROM (VALUES {rows}) AS new
 LEFT JOIN entries AS old ON old.generation = :old AND old.scope = new.column1 AND old.value = new.column2
 WHERE true
 ON CONFLICT (generation, scope, value) DO NOTHING"""

_KEEP = """INSERT INTO entries (generation, scope, value, first_seen, last_seen) VALUES {rows}
 ON CONFLICT (generation, scope, value) DO NOTHING"""

_ENTRIES = "SELECT scope, value FROM entries WHERE generation = :generation"
_SEEN = "SELECT scope, value, first_seen, last_seen FROM entries WHERE generation = :generation"
_OLD = "SELECT 1 FROM entries WHERE generation = :generation AND last_seen < :before LIMIT 1"
_COUNT = "SELECT COUNT(*) FROM entries WHERE generation = :generation"
_NEXT_GENERATION = "SELECT MIN(generation) FROM entries WHERE generation > :after"
_DELETE = """DELETE FROM entries WHERE (generation, scope, value) IN
 (SELECT generation, scope, value FROM entries WHERE generation = :generation LIMIT :most)"""
_DELETE_OLD = """DELETE FROM entries WHERE (generation, scope, value) IN
 (SELECT generation, scope, value FROM entries WHERE generation = :generation AND last_seen < :before LIMIT :most)"""
_STATE = "SELECT state FROM importing WHERE id = 1"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it stands; times in milliseconds UTC."""

    name: str
    source: str
    """Where it came from, for people: a file name or an address."""
    threat: Threat
    trust: Trust
    licence: str
    version: str
    sha256: str
    imported_at: int
    confirmed_at: int
    """When it was last known that the list is still like this."""
    listed: int
    """Entries of the list as it was imported."""
    entries: int
    """These, and those of earlier versions that still count."""
    rejected: int
    """Lines that gave no entry."""
    collisions: int
    """Entries that are popular sites; they are never decisive."""
    lifetime: int | None
    """Milliseconds that an entry counts after it was last seen; None for ever."""
    recipe: str
    """How the list is read, as a hash: an unchanged list that is read otherwise is another one."""
    etag: str
    modified: str
    """What the server called this version (RFC 9110, ETag and Last-Modified); empty when it called it nothing."""
    generation: int
    """Which entries are its own."""
    error: str | None = None
    """Why the last import of this feed failed; None when it did not."""
    failed_at: int | None = None

    def seen_after(self, last_seen: int) -> int:
        """When an entry of this time was really last seen: an unchanged list shows its entries again."""
        return self.confirmed_at if last_seen >= self.imported_at else last_seen

    def expired_before(self, now: int) -> int:
        """Entries that were last seen before that count no more."""
        if self.lifetime is None:
            return 0
        ends = now - self.lifetime
        return now + 1 if self.confirmed_at < ends else min(ends, self.imported_at)


async def feeds(database: Database) -> list[Feed]:
    return [_feed(row) for row in await database.fetch(_FEEDS)]


async def state(database: Database) -> int:
    """Counts the changes of what the feeds are."""
    row = await database.fetch_one(_STATE)
    return _integer(row[0]) if row else 0


async def entries(database: Database, generation: int) -> AsyncIterator[Entry]:
    async for scope, value in database.stream(_ENTRIES, {"generation": generation}):
        yield Entry(Scope(str(scope)), str(value))


async def seen(database: Database, generation: int) -> AsyncIterator[tuple[Entry, int, int]]:
    """Entries, and when each was first and last seen."""
    async for scope, value, first, last in database.stream(_SEEN, {"generation": generation}):
        yield Entry(Scope(str(scope)), str(value)), _integer(first), _integer(last)


async def count(database: Database, generation: int) -> int:
    """As a stream, because counting a large feed takes a while and must not hold up the event loop."""
    (row,) = [row async for row in database.stream(_COUNT, {"generation": generation})]
    return _integer(row[0])


async def any_before(database: Database, generation: int, before: int) -> bool:
    """Whether an entry was last seen before that."""
    return bool([row async for row in database.stream(_OLD, {"generation": generation, "before": before})])


async def next_generation(database: Database, after: int) -> int | None:
    """The lowest generation above `after` that has entries."""
    row = await database.fetch_one(_NEXT_GENERATION, {"after": after})
    return _integer(row[0]) if row and row[0] is not None else None


def put(feed: Feed) -> Statement:
    """Put a feed in the place of the one with its name, or beside the others."""
    args: dict[str, Value] = {name: getattr(feed, name) for name in _COLUMNS}
    return Statement(_PUT, args | {"threat": feed.threat.value, "trust": feed.trust.value}, rows=1)


def fail(name: str, error: str, now: int) -> Statement:
    """Remember why an import failed, if the feed is there."""
    return Statement(_FAIL, {"name": name, "error": error, "now": now})


def forget(name: str) -> Statement:
    return Statement(_FORGET, {"name": name}, rows=1)


def add(new: Sequence[Entry], generation: int, *, old: int, now: int) -> Statement:
    """Add entries to a generation; those that the old one has too keep when they were first seen."""
    args: dict[str, Value] = {"generation": generation, "old": old, "now": now}
    for number, entry in enumerate(new):
        args[f"s{number}"] = entry.scope.value
        args[f"v{number}"] = entry.value
    rows = ", ".join(f"(:s{number}, :v{number})" for number in range(len(new)))
    return Statement(_ADD.format(rows=rows), args)


def keep(old: Sequence[tuple[Entry, int, int]], generation: int) -> Statement:
    """Add entries that the list no longer shows, with their times; those that it shows stay as they are."""
    args: dict[str, Value] = {"generation": generation}
    for number, (entry, first, last) in enumerate(old):
        args |= {f"s{number}": entry.scope.value, f"v{number}": entry.value, f"f{number}": first, f"l{number}": last}
    rows = ", ".join(f"(:generation, :s{number}, :v{number}, :f{number}, :l{number})" for number in range(len(old)))
    return Statement(_KEEP.format(rows=rows), args)


def delete_before(generation: int, before: int, most: int) -> Statement:
    return Statement(_DELETE_OLD, {"generation": generation, "before": before, "most": most})


def delete(generation: int, most: int) -> Statement:
    return Statement(_DELETE, {"generation": generation, "most": most})


def _feed(row: Row) -> Feed:
    return msgspec.convert(dict(zip((*_COLUMNS, "error", "failed_at"), row, strict=True)), Feed)


def _integer(value: Value) -> int:
    return int(value or 0)
