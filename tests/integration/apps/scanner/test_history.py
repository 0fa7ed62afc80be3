"""What is remembered of sites, in a real database: every look-up is a short search, however much there is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from tests.support.evidence import NOTHING_KNOWN, link

from whinchat.apps.scanner.evidence.situation import History
from whinchat.apps.scanner.history import ELSEWHERE, FAMILIAR_AFTER, HERE, MOST, SiteKey, SiteRepository
from whinchat.apps.scanner.migrations import MIGRATIONS
from whinchat.core.ports import Batch, Statement, Value
from whinchat.infra.clock import SystemClock
from whinchat.infra.storage.migrate import migrate
from whinchat.infra.storage.sqlite import SqliteDatabase
from whinchat.testing.clock import FakeClock
from whinchat.testing.sealer import PlainSealer

CHATS = 2_000
EACH = 10  # sites a chat
ARGS: dict[str, Value] = {"site": b"s", "chat": b"c", "settled": 0, "most": MOST}


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    path = tmp_path / "whinchat.db"
    migrate(path, MIGRATIONS, None, SystemClock())
    async with SqliteDatabase(path) as opened:
        yield opened


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def sites(database: SqliteDatabase, clock: FakeClock) -> SiteRepository:
    return SiteRepository(database, PlainSealer(), NOTHING_KNOWN, clock)


def key(sites: SiteRepository, number: int | str) -> SiteKey:
    found = sites.key(link(f"https://site-{number}.de/"))
    assert found is not None
    return found


def chat(number: int) -> bytes:
    return f"chat {number}".encode()


async def plan(database: SqliteDatabase, statement: str, args: dict[str, Value]) -> list[str]:
    return [str(row[3]) for row in await database.fetch(f"EXPLAIN QUERY PLAN {statement}", args)]


async def fill(database: SqliteDatabase, sites: SiteRepository) -> None:
    """Every chat has sites of its own, and all have one that two people posted; some were warned of it."""
    batches: list[list[Statement]] = [[]]
    for number in range(CHATS):
        for site in (*range(number * EACH, (number + 1) * EACH), "everywhere"):
            batches[-1] += (sites.posted(key(sites, site), chat(number), b"%d" % (number + n)) for n in (0, 1))
        if len(batches[-1]) > 1000:
            batches.append([])
    for batch in batches:
        await database.commit(Batch(tuple(batch)))


async def test_every_part_of_the_question_is_a_search_in_an_index(database: SqliteDatabase) -> None:
    here = await plan(database, HERE, ARGS)
    assert sorted(step for step in here if "scanner_sites" in step) == [
        "SEARCH scanner_sites USING COVERING INDEX scanner_sites_chat (chat=? AND second_at<?)",
        "SEARCH scanner_sites USING COVERING INDEX scanner_sites_recent (site=?)",
        "SEARCH scanner_sites USING COVERING INDEX scanner_sites_warned (site=? AND warned_at>?)",
        "SEARCH scanner_sites USING PRIMARY KEY (site=? AND chat=?)",
    ]
    elsewhere = await plan(database, ELSEWHERE, ARGS)
    assert elsewhere == ["SEARCH scanner_sites USING INDEX scanner_sites_recent (site=?)"]


@pytest.mark.parametrize("kind", ["posted", "warned", "forget", "retention"])
async def test_no_change_walks_through_the_table(database: SqliteDatabase, sites: SiteRepository, kind: str) -> None:
    statement = {
        "posted": sites.posted(key(sites, 1), chat(1), b"ana"),
        "warned": sites.warned(key(sites, 1), chat(1)),
        "forget": sites.forget(chat(1)),
        "retention": sites.retention(1),
    }[kind]
    steps = await plan(database, statement.sql, dict(statement.args))
    assert not any(step.startswith("SCAN scanner_sites") and "INDEX" not in step for step in steps), steps
    if kind == "retention":
        assert any("scanner_sites_last (last_at<?)" in step for step in steps), steps


async def test_a_question_takes_microseconds_however_much_is_remembered(
    database: SqliteDatabase, sites: SiteRepository, clock: FakeClock
) -> None:
    """A site that all chats know, one that one chat knows, and one that nobody knows."""
    await fill(database, sites)
    clock.move(FAMILIAR_AFTER / 1000)
    await database.commit(Batch((sites.warned(key(sites, 5), chat(0)),)))
    for site in ("everywhere", 3, 5, "nowhere"):
        took = []
        for number in range(0, CHATS, 4):
            began = time.thread_time()
            await sites.history(key(sites, site), chat(number))
            took.append(time.thread_time() - began)
        # Tens of microseconds; a walk through the table or over all chats of a site would take many milliseconds.
        assert sorted(took)[len(took) // 2] < 0.001
    found = await sites.history(key(sites, "everywhere"), chat(0))
    assert (found.senders_here, found.chats_elsewhere) == (2, MOST)


async def test_many_chats_that_post_a_site_at_the_same_time_are_all_counted(
    database: SqliteDatabase, sites: SiteRepository, clock: FakeClock
) -> None:
    async def post(number: int) -> History:
        before = await sites.history(key(sites, "new"), chat(number))
        for person in (b"ana", b"bob", b"ana"):
            await database.commit(Batch((sites.posted(key(sites, "new"), chat(number), b"%d" % number + person),)))
        return before

    histories = await asyncio.gather(*(post(number) for number in range(12)))
    assert all(found.chats_with_site <= MOST for found in histories)
    after = await sites.history(key(sites, "new"), b"another chat")
    assert (after.chats_with_site, after.chats_elsewhere) == (MOST, 0)
    clock.move(FAMILIAR_AFTER / 1000)
    later = await sites.history(key(sites, "new"), b"another chat")
    assert (later.chats_with_site, later.chats_elsewhere) == (0, MOST)


async def test_a_warning_counts_as_soon_as_it_is_committed(
    database: SqliteDatabase, sites: SiteRepository, clock: FakeClock
) -> None:
    site = key(sites, "hacked")
    await database.commit(Batch(tuple(_known(sites, site, range(4)))))
    clock.move(FAMILIAR_AFTER / 1000)
    assert (await sites.history(site, chat(0))).senders_here == 2
    await database.commit(Batch((sites.warned(site, chat(0)),)))
    assert (await sites.history(site, chat(0))).senders_here == 0
    beside = await sites.history(site, chat(1))
    assert (beside.senders_here, beside.chats_elsewhere) == (2, 0)


def _known(sites: SiteRepository, site: SiteKey, chats: Iterable[int]) -> Iterable[Statement]:
    return (sites.posted(site, chat(number), person) for number in chats for person in (b"ana", b"bob"))


async def test_a_database_from_before_gets_an_empty_table_and_keeps_its_sightings(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    migrate(path, MIGRATIONS[:1], None, SystemClock())
    async with SqliteDatabase(path) as old:
        insert = """INSERT INTO scanner_sightings (chat, message, url, sender, part, seen_at, shown, body)
                         VALUES (:b, :b, :b, :b, 'body', 0, 'unknown', :b)"""
        await old.commit(Batch((Statement(insert, {"b": b"x"}),)))
    migrate(path, MIGRATIONS, tmp_path / "backups", SystemClock())
    async with SqliteDatabase(path) as new:
        assert await new.fetch("SELECT count(*) FROM scanner_sightings") == [(1,)]
        sites = SiteRepository(new, PlainSealer(), NOTHING_KNOWN, FakeClock())
        assert await sites.history(key(sites, 1), b"x") == History(own_ground=True)
