from __future__ import annotations

from tests.support.evaluations import estimate

from whinchat.apps.scanner.evaluation.mine import own_rates, own_rows
from whinchat.apps.scanner.evaluation.report import Mine
from whinchat.apps.scanner.evaluation.rows import Label, Row
from whinchat.apps.scanner.labels import Example, Labels, Source, Truth, pseudonym
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.migrations import MIGRATIONS
from whinchat.apps.scanner.repository import Repository, Seen
from whinchat.apps.scanner.verdict import DecidedBy, Level, Verdict
from whinchat.core.ports import Batch, Statement
from whinchat.core.types import ChatKind, ChatRef, MessageRef
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer

FAMILY, ANA = b"f" * 16, b"a" * 16
NEWS, TRAP = "https://smithtownnews.com/x", "https://trap.example/"


class Shelf:
    """The service's database with what a family posted and its admin labelled."""

    def __init__(self) -> None:
        clock = FakeClock()
        self.database = MemoryDatabase(MIGRATIONS)
        self.sealer = PlainSealer()
        self._now = clock.now()
        self._labels = Labels(self.database, self.sealer, clock)
        self._repository = Repository(self.database, self.sealer, clock)

    async def do(self, *statements: Statement) -> None:
        await self.database.commit(Batch(statements))

    async def label(self, url: str, truth: Truth, source: Source = Source.ADMIN) -> None:
        link = parse_link(url)
        assert link is not None
        said = Verdict(link.url, link.host, link.site.name, Level.SUSPICIOUS, 0.9, 2.2, 2.2, DecidedBy.EVIDENCE)
        url_key = self._repository.url_key(link.key)
        label = self._labels.label(link, url_key, truth, source, self._now, said)
        await self.do(*self._labels.keep(FAMILY, ANA, label, Example(link.url, 2.2, (), "w", "l")))

    async def see(self, url: str, message: str, shown: Level) -> None:
        link = parse_link(url)
        assert link is not None
        ref = MessageRef(ChatRef("g", ChatKind.GROUP), message, "eve")
        await self.do(
            self._repository.keep_sighting(
                chat=FAMILY,
                message=message.encode(),
                url=self._repository.url_key(link.key),
                sender=ANA,
                part="body",
                quoted=None,
                shown=shown,
                warned=False,
                seen=Seen("a", ref, link.url),
            )
        )


async def test_what_admins_labelled_becomes_rows_under_a_pseudonym() -> None:
    shelf = Shelf()
    await shelf.label(NEWS, Truth.SAFE)
    await shelf.label(TRAP, Truth.DANGEROUS, Source.RULE)
    await shelf.label("https://rumour.example/", Truth.DANGEROUS, Source.REPORT)
    chat = pseudonym(shelf.sealer, FAMILY)
    rows = sorted(await own_rows(shelf.database, shelf.sealer), key=lambda row: row.label)
    assert rows == [
        Row(Label.BENIGN, address=NEWS, source="admin", chat=chat),
        Row(Label.PHISHING, address=TRAP, source="rule", chat=chat),
    ]


async def test_a_chats_own_rates_have_intervals() -> None:
    shelf = Shelf()
    await shelf.see(NEWS, "m1", Level.SUSPICIOUS)
    await shelf.see(TRAP, "m2", Level.BENIGN)
    await shelf.label(NEWS, Truth.SAFE)
    (found,) = await own_rates(shelf.database, shelf.sealer)
    assert isinstance(found, Mine)
    assert (found.chat, found.messages) == (pseudonym(shelf.sealer, FAMILY), 2)
    assert (found.wrong.hits, found.wrong.of, found.wrong.value) == (1, 2, 0.5)
    assert found.wrong.low is not None
    assert found.wrong.high is not None
    assert found.wrong.low < 0.5 < found.wrong.high
    assert (found.missed.hits, found.missed.value) == (0, estimate(0, 2).value)
