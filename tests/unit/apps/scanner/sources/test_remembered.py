from __future__ import annotations

import logging

import msgspec
import pytest
from tests.support.evidence import link
from tests.support.sources.scripted import LINK, World, about

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.sources.about import Subject
from whinchat.apps.scanner.sources.answers import Answer, Facts, Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.remembered import Found, Remembered
from whinchat.core.ports import Batch, Statement
from whinchat.testing.sealer import PlainSealer

ONE = about(subject=Subject.HOST)


class Shelf:
    def __init__(self, world: World) -> None:
        self.world = world

    async def keep(self, answer: Answer, url: str = LINK.url) -> None:
        remembered = self.world.remembered
        await remembered.keep(remembered.subject(ONE, link(url)), ONE, answer)

    async def get(self, url: str = LINK.url) -> Found | None:
        remembered = self.world.remembered
        return await remembered.get(remembered.subject(ONE, link(url)))

    async def rows(self) -> int:
        ((rows,),) = await self.world.database.fetch("SELECT count(*) FROM scanner_answers")
        return msgspec.convert(rows, int)

    def restart(self) -> None:
        self.world = self.world.again()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(World())


async def test_what_was_never_asked_is_not_known(shelf: Shelf) -> None:
    assert await shelf.get() is None


@pytest.mark.parametrize("answer", [Listed(Threat.SCAM, 0.5, since=7), NotListed(), Facts(registered_at=7)])
async def test_an_answer_is_remembered_and_outlives_the_process(shelf: Shelf, answer: Answer) -> None:
    await shelf.keep(answer)
    assert await shelf.get() == answer
    shelf.restart()
    assert await shelf.get() == answer


async def test_an_answer_holds_for_all_links_of_its_subject_and_no_others(shelf: Shelf) -> None:
    await shelf.keep(NotListed())
    assert await shelf.get("https://shop.example.net/other") == NotListed()
    assert await shelf.get("https://www.example.net/") is None


async def test_no_answer_is_never_remembered_as_anything(shelf: Shelf) -> None:
    await shelf.keep(NoAnswer(Missing.TIMEOUT))
    assert await shelf.get() is None
    assert await shelf.rows() == 0


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (Listed(Threat.SCAM), 60),
        (NotListed(), 600),
        (Facts(), 600),
        (Listed(Threat.SCAM, lifetime=30), 30),
        (NotListed(lifetime=5), 5),
    ],
)
async def test_an_answer_is_believed_for_its_lifetime_and_not_longer(
    shelf: Shelf, answer: Answer, seconds: float
) -> None:
    await shelf.keep(answer)
    shelf.world.clock.move(seconds * 0.89)
    assert await shelf.get() == answer
    shelf.world.clock.move(seconds * 0.12)
    assert await shelf.get() is None
    shelf.restart()
    assert await shelf.get() is None


async def test_a_newer_answer_replaces_the_older_one(shelf: Shelf) -> None:
    await shelf.keep(NotListed())
    await shelf.keep(Listed(Threat.SCAM))
    shelf.restart()
    assert await shelf.get() == Listed(Threat.SCAM)


async def test_memory_is_bounded_and_what_fell_out_is_still_in_the_database() -> None:
    world = World()
    world.remembered = Remembered(world.database, PlainSealer(), world.clock, world.random, most=2)
    shelf = Shelf(world)
    for name in "abc":
        await shelf.keep(NotListed(), f"https://{name}.example.net/")
    assert await shelf.get("https://a.example.net/") == NotListed()
    await world.database.commit(Batch((world.remembered.retention(),)))
    assert await shelf.rows() == 3


async def test_the_database_shows_neither_the_link_nor_its_host(shelf: Shelf) -> None:
    await shelf.keep(Listed(Threat.SCAM))
    rows = await shelf.world.database.fetch("SELECT * FROM scanner_answers")
    assert "example" not in repr(rows)


async def test_a_full_disk_loses_only_the_second_asking(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    shelf.world.database.fail_next("disk_full")
    with caplog.at_level(logging.WARNING):
        await shelf.keep(NotListed())
    assert await shelf.get() == NotListed()
    shelf.restart()
    assert await shelf.get() is None
    assert [record.getMessage() for record in caplog.records] == ["an answer of a source could not be stored"]


@pytest.mark.parametrize("body", [b"garbage", b"\xc1"])
async def test_a_stored_answer_that_cannot_be_read_is_asked_for_again(shelf: Shelf, body: bytes) -> None:
    await shelf.keep(NotListed())
    sealed = PlainSealer().seal("scanner_answers", shelf.world.remembered.subject(ONE, LINK), body)
    damage = Statement("UPDATE scanner_answers SET body = :body", {"body": body if body == b"garbage" else sealed})
    await shelf.world.database.commit(Batch((damage,)))
    shelf.restart()
    assert await shelf.get() is None


async def test_retention_takes_what_is_over_and_nothing_else(shelf: Shelf) -> None:
    await shelf.keep(Listed(Threat.SCAM))
    await shelf.keep(NotListed(), "https://b.example.net/")
    shelf.world.clock.move(61)
    await shelf.world.database.commit(Batch((shelf.world.remembered.retention(),)))
    assert await shelf.rows() == 1
    assert await shelf.get("https://b.example.net/") == NotListed()
