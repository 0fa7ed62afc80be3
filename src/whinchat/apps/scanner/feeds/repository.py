"""What the feed store keeps in SQLite: one row for each feed, and its entries by generation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from whinchat.apps.scanner.feeds.names import Entry
from whinchat.apps.scanner.feeds.snapshot import Trust
from whinchat.apps.scanner.knowledge import Scope, Threat
from whinchat.core.ports import Database, Row, Statement, Value

_FEEDS = """SELECT name, source, threat, trust, licence, version, sha256, imported_at, entries, rejected, collisions,
 error, failed_at, generation FROM feeds ORDER BY id"""

_PUT = """INSERT INTO feeds (name, source, threat, trust, licence, version, sha256, imported_at, entries, rejected,
  collisions, generation)
 VALUES (:name, :source, :threat, :trust, :licence, :version, :sha256, :imported_at, :entries, :rejected,
  :collisions, :generation)
 ON CONFLICT (name) DO UPDATE SET source = excluded.source, threat = excluded.threat, trust = excluded.trust,
  licence = excluded.licence, version = excluded.version, sha256 = excluded.sha256,
  imported_at = excluded.imported_at, entries = excluded.entries, rejected = excluded.rejected,
  collisions = excluded.collisions, generation = excluded.generation, error = NULL, failed_at = NULL"""

_FAIL = "UPDATE feeds SET error = :error, failed_at = :now WHERE name = :name"
_FORGET = "DELETE FROM feeds WHERE name = :name"

_ADD = """INSERT INTO entries (generation, scope, value, first_seen, last_seen)
 SELECT :generation, new.column1, new.column2, COALESCE(old.first_seen, :now), :now
 FROM (VALUES {rows}) AS new
 LEFT JOIN entries AS old ON old.generation = :old AND old.scope = new.column1 AND old.value = new.column2
 WHERE true
 ON CONFLICT (generation, scope, value) DO NOTHING"""

_ENTRIES = "SELECT scope, value FROM entries WHERE generation = :generation"
_COUNT = "SELECT COUNT(*) FROM entries WHERE generation = :generation"
_NEXT_GENERATION = "SELECT MIN(generation) FROM entries WHERE generation > :after"
_DELETE = """DELETE FROM entries WHERE (generation, scope, value) IN
 (SELECT generation, scope, value FROM entries WHERE generation = :generation LIMIT :most)"""
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
    entries: int
    rejected: int
    """Lines that gave no entry."""
    collisions: int
    """Entries that are popular sites; they are never decisive."""
    error: str | None
    """Why the last import of this feed failed; None when it did not."""
    failed_at: int | None
    generation: int
    """Which entries are its own."""


async def feeds(database: Database) -> list[Feed]:
    return [_feed(row) for row in await database.fetch(_FEEDS)]


async def state(database: Database) -> int:
    """Counts the changes of what the feeds are."""
    row = await database.fetch_one(_STATE)
    return _integer(row[0]) if row else 0


async def entries(database: Database, generation: int) -> AsyncIterator[Entry]:
    async for scope, value in database.stream(_ENTRIES, {"generation": generation}):
        yield Entry(Scope(str(scope)), str(value))


async def count(database: Database, generation: int) -> int:
    row = await database.fetch_one(_COUNT, {"generation": generation})
    return _integer(row[0]) if row else 0


async def next_generation(database: Database, after: int) -> int | None:
    """The lowest generation above `after` that has entries."""
    row = await database.fetch_one(_NEXT_GENERATION, {"after": after})
    return _integer(row[0]) if row and row[0] is not None else None


def put(feed: Feed) -> Statement:
    """Put a feed in the place of the one with its name, or beside the others."""
    args: dict[str, Value] = {
        name: getattr(feed, name) for name in Feed.__dataclass_fields__ if name not in {"error", "failed_at"}
    }
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


def delete(generation: int, most: int) -> Statement:
    return Statement(_DELETE, {"generation": generation, "most": most})


def _feed(row: Row) -> Feed:
    name, source, threat, trust, licence, version, sha256, imported_at, listed, rejected, collisions, *rest = row
    error, failed_at, generation = rest
    return Feed(
        name=str(name),
        source=str(source),
        threat=Threat(str(threat)),
        trust=Trust(str(trust)),
        licence=str(licence),
        version=str(version),
        sha256=str(sha256),
        imported_at=_integer(imported_at),
        entries=_integer(listed),
        rejected=_integer(rejected),
        collisions=_integer(collisions),
        error=None if error is None else str(error),
        failed_at=None if failed_at is None else _integer(failed_at),
        generation=_integer(generation),
    )


def _integer(value: Value) -> int:
    return int(value or 0)
