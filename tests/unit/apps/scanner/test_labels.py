"""Labels: one a link and chat, whose word counts, what goes, and what leaves the database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from whinchat.apps.scanner import labels as module
from whinchat.apps.scanner.labels import Example, Label, Labelled, Labels, Rates, Source, Truth, labelled, rates, share
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.migrations import MIGRATIONS
from whinchat.apps.scanner.repository import Repository, Seen
from whinchat.apps.scanner.verdict import DecidedBy, Level, Verdict
from whinchat.core.ports import Batch, Statement
from whinchat.core.types import ChatKind, ChatRef, MessageRef
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer

FAMILY, CLUB = b"f" * 16, b"c" * 16
ANA, BOB = b"a" * 16, b"b" * 16


def verdict(url: str, level: Level = Level.SUSPICIOUS) -> Verdict:
    return Verdict(url, "a.example", "a.example", level, 0.9, 2.2, 2.2, DecidedBy.EVIDENCE)


class Shelf:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.database = MemoryDatabase(MIGRATIONS)
        self.sealer = PlainSealer()
        self.labels = Labels(self.database, self.sealer, self.clock)
        self.repository = Repository(self.database, self.sealer, self.clock)

    async def do(self, *statements: Statement) -> list[int]:
        return [len(rows) for rows in await self.database.commit(Batch(statements))]

    async def say(
        self,
        url: str,
        truth: Truth,
        source: Source = Source.ADMIN,
        *,
        chat: bytes = FAMILY,
        author: bytes = ANA,
        level: Level = Level.SUSPICIOUS,
    ) -> Label:
        link = parse_link(url)
        assert link is not None
        said = verdict(link.url, level)
        label = self.labels.label(link, self.repository.url_key(link.key), truth, source, self.clock.now(), said)
        example = Example(link.url, said.score, ("random_name", "asks_for_money"), "w1", "l1")
        await self.do(*self.labels.keep(chat, author, label, example))
        return label

    async def see(self, url: str, message: str, shown: Level, chat: bytes = FAMILY) -> None:
        link = parse_link(url)
        assert link is not None
        ref = MessageRef(ChatRef("g", ChatKind.GROUP), message, "eve")
        await self.do(
            self.repository.keep_sighting(
                chat=chat,
                message=message.encode(),
                url=self.repository.url_key(link.key),
                sender=BOB,
                part="body",
                quoted=None,
                shown=shown,
                warned=False,
                seen=Seen("a", ref, link.url),
            )
        )

    async def all(self, since: int = 0) -> list[Labelled]:
        return [each async for each in labelled(self.database, self.sealer, since=since)]

    async def authors(self) -> list[object]:
        return [author for (author,) in await self.database.fetch("SELECT author FROM scanner_labels")]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


async def test_what_an_admin_says_can_be_read_again(shelf: Shelf) -> None:
    label = await shelf.say("https://a.example/x", Truth.SAFE)
    assert await shelf.labels.one(FAMILY, label.url_key) == label
    assert await shelf.labels.of_admins(FAMILY) == [label]
    (each,) = await shelf.all()
    assert each == Labelled(
        module.pseudonym(shelf.sealer, FAMILY),
        Truth.SAFE,
        Source.ADMIN,
        shelf.clock.now(),
        Level.SUSPICIOUS,
        DecidedBy.EVIDENCE,
        Example("https://a.example/x", 2.2, ("random_name", "asks_for_money"), "w1", "l1"),
    )


async def test_a_later_word_replaces_the_earlier_one_but_not_what_the_scanner_said(shelf: Shelf) -> None:
    first = await shelf.say("https://a.example/x", Truth.SAFE)
    shelf.clock.move(60)
    second = await shelf.say("https://a.example/x", Truth.DANGEROUS, author=BOB, level=Level.UNKNOWN)
    assert await shelf.labels.of_admins(FAMILY) == [replace(second, level=first.level)]
    assert await shelf.authors() == [BOB]


async def test_a_report_waits_for_an_admin_and_never_overrules_one(shelf: Shelf) -> None:
    report = await shelf.say("https://a.example/x", Truth.SAFE, Source.REPORT, author=BOB)
    assert await shelf.labels.of_admins(FAMILY) == []
    assert await shelf.labels.one(FAMILY, report.url_key) == report
    assert await shelf.all() == []
    confirmed = await shelf.say("https://a.example/x", Truth.SAFE)
    await shelf.say("https://a.example/x", Truth.DANGEROUS, Source.REPORT, author=BOB)
    assert await shelf.labels.of_admins(FAMILY) == [confirmed]
    await shelf.say("https://a.example/x", Truth.DANGEROUS, Source.RULE)
    assert [label.truth for label in await shelf.labels.of_admins(FAMILY)] == [Truth.DANGEROUS]


async def test_the_same_link_is_labelled_in_each_chat_for_itself(shelf: Shelf) -> None:
    await shelf.say("https://a.example/x", Truth.SAFE)
    await shelf.say("https://a.example/x", Truth.DANGEROUS, chat=CLUB)
    found = {each.chat: each.truth for each in await shelf.all()}
    assert found == {
        module.pseudonym(shelf.sealer, FAMILY): Truth.SAFE,
        module.pseudonym(shelf.sealer, CLUB): Truth.DANGEROUS,
    }


async def test_beyond_the_most_reports_go_first_and_then_the_oldest(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    await shelf.say("https://old.example/", Truth.SAFE)
    await shelf.say("https://report.example/", Truth.SAFE, Source.REPORT)
    for number in range(2):
        shelf.clock.move(60)
        await shelf.say(f"https://{number}.example/", Truth.SAFE)
    urls = [each.example.url async for each in labelled(shelf.database, shelf.sealer, sources=tuple(Source))]
    assert urls == ["https://old.example/", "https://0.example/", "https://1.example/"]
    shelf.clock.move(60)
    await shelf.say("https://2.example/", Truth.SAFE)
    assert [each.example.url for each in await shelf.all()] == [f"https://{number}.example/" for number in range(3)]


async def test_old_labels_go_and_so_do_those_of_a_chat_that_is_forgotten(shelf: Shelf) -> None:
    await shelf.say("https://a.example/", Truth.SAFE)
    shelf.clock.move(10)
    await shelf.say("https://b.example/", Truth.SAFE)
    await shelf.say("https://b.example/", Truth.SAFE, chat=CLUB)
    assert await shelf.do(shelf.labels.retention(5_000)) == [1]
    assert [each.example.url for each in await shelf.all()] == ["https://b.example/"] * 2
    await shelf.do(shelf.labels.forget(FAMILY))
    assert [each.chat for each in await shelf.all()] == [module.pseudonym(shelf.sealer, CLUB)]


async def test_labels_since_a_time_are_given_oldest_first(shelf: Shelf) -> None:
    for host in ("a", "b", "c"):
        await shelf.say(f"https://{host}.example/", Truth.SAFE)
        shelf.clock.move(1)
    found = await shelf.all(since=shelf.clock.now() - 2_000)
    assert [each.example.url for each in found] == ["https://b.example/", "https://c.example/"]


# --- rates -----------------------------------------------------------------------------------------------------------


async def test_rates_count_messages_by_what_admins_said_of_their_links(shelf: Shelf) -> None:
    await shelf.see("https://a.example/", "m1", Level.SUSPICIOUS)  # warned of wrongly, twice
    await shelf.see("https://a.example/", "m2", Level.MALICIOUS)
    await shelf.see("https://b.example/", "m3", Level.SUSPICIOUS)  # warned of rightly
    await shelf.see("https://c.example/", "m4", Level.UNKNOWN)  # missed
    await shelf.see("https://d.example/", "m5", Level.BENIGN)
    await shelf.see("https://e.example/", "m5", Level.BENIGN)
    await shelf.see("https://a.example/", "m6", Level.UNKNOWN)  # after the threshold had moved
    await shelf.see("https://a.example/", "m7", Level.SUSPICIOUS, chat=CLUB)
    await shelf.say("https://a.example/", Truth.SAFE)
    await shelf.say("https://b.example/", Truth.DANGEROUS)
    await shelf.say("https://c.example/", Truth.DANGEROUS, level=Level.UNKNOWN)
    await shelf.say("https://d.example/", Truth.DANGEROUS, Source.REPORT)
    family, club = await rates(shelf.database, shelf.sealer)
    assert family == Rates(module.pseudonym(shelf.sealer, FAMILY), messages=6, warned=3, wrong=2, missed=1)
    assert club == Rates(module.pseudonym(shelf.sealer, CLUB), messages=1, warned=1, wrong=0, missed=0)
    assert family.wrong_share == share(2, 6)
    assert family.missed_share == share(1, 6)


async def test_without_messages_there_are_no_rates(shelf: Shelf) -> None:
    await shelf.say("https://a.example/", Truth.SAFE)
    assert await rates(shelf.database, shelf.sealer) == []


@pytest.mark.parametrize(
    ("found", "total", "low", "high"),
    # Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table I
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_wilsons(found: int, total: int, low: float, high: float) -> None:
    rate, lower, upper = share(found, total)
    assert rate == found / total
    assert lower == pytest.approx(low, abs=1e-4)
    assert upper == pytest.approx(high, abs=1e-4)


def test_of_nothing_nothing_is_known() -> None:
    assert share(0, 0) == (0.0, 0.0, 1.0)
    assert share(5, 5)[2] == 1.0
