"""From texts to verdicts."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.opinions import EVIL, NICE, ODD, SHADY, Opinions, link

from whinchat.apps.scanner.links.collect import Text
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.migrations import MIGRATIONS
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.rules import Effect, Pattern, RuleKind
from whinchat.apps.scanner.service import NEVER, TURN, VERDICTS, Found, Scanner, links_in
from whinchat.apps.scanner.verdict import DecidedBy, Level
from whinchat.core.ports import Batch
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.sealer import PlainSealer

CHAT = b"chat"


class Office:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.opinions = Opinions()
        self.metrics = RecordedMetrics()
        self.database = MemoryDatabase(MIGRATIONS)
        self.repository = Repository(self.database, PlainSealer(), self.clock)
        self.scanner = Scanner(
            self.repository,
            self.opinions,  # type: ignore[arg-type]  # has the one method of a judge that is used
            self.opinions,
            self.clock,
            self.metrics,
        )

    async def scan(self, *texts: str) -> list[Found]:
        return await self.scanner.scan([Text("body", text) for text in texts], CHAT)

    async def keep(self, found: list[Found]) -> None:
        await self.database.commit(Batch(tuple(each.keep for each in found if each.keep is not None)))

    async def rule(self, effect: Effect, host: str, expires: int | None = None) -> None:
        pattern = Pattern(RuleKind.DOMAIN, host)
        add = self.repository.add_rule(CHAT, 1, effect, pattern, reason="", author=b"a", expires_at=expires)
        await self.database.commit(Batch((add,)))


@pytest.fixture
def office() -> Office:
    return Office()


def web(host: str) -> Link:
    parsed = parse_link(link(host))
    assert parsed is not None
    return parsed


def test_each_link_counts_once_in_the_part_where_it_stands_first() -> None:
    texts = [Text("body", f"{link(NICE)} and {link(NICE)}#part"), Text("poll", f"{link(NICE)} {link(EVIL)}")]
    assert [(found.host, part) for found, part in links_in(texts)] == [(NICE, "body"), (EVIL, "poll")]


def test_what_opens_no_page_is_no_link() -> None:
    assert links_in([Text("body", "tg://resolve?domain=x mailto:ana@example.com hello")]) == []


async def test_verdicts_come_worst_first(office: Office) -> None:
    found = await office.scan(" ".join(link(host) for host in (NICE, SHADY, ODD, EVIL)))
    assert [each.link.host for each in found] == [EVIL, SHADY, ODD, NICE]
    assert office.metrics.value(VERDICTS, level="malicious", decided_by="evidence") == 1


async def test_a_text_without_links_costs_nothing(office: Office) -> None:
    assert await office.scan("hello") == []


async def test_a_stored_verdict_is_used_for_its_time_and_as_long_as_the_lists_stay(office: Office) -> None:
    await office.keep(await office.scan(link(ODD)))
    (again,) = await office.scan(link(ODD))
    assert again.keep is None
    assert len(office.opinions.judged) == 1
    office.opinions.change(EVIL, Level.MALICIOUS)
    await office.keep(await office.scan(link(ODD)))
    assert len(office.opinions.judged) == 2
    office.clock.move(office.opinions.lifetime / 1000)
    await office.scan(link(ODD))
    assert len(office.opinions.judged) == 3


async def test_a_new_look_passes_over_what_is_stored(office: Office) -> None:
    await office.keep(await office.scan(link(ODD)))
    found = await office.scanner.look(web(ODD), CHAT, anew=True)
    assert found.keep is not None
    assert len(office.opinions.judged) == 2


async def test_the_same_link_in_many_chats_at_the_same_time_is_judged_once(office: Office) -> None:
    found = await asyncio.gather(*(office.scanner.look(web(EVIL), f"chat {n}".encode()) for n in range(10)))
    assert [each.verdict.level for each in found] == [Level.MALICIOUS] * 10
    assert len(office.opinions.judged) == 1


async def test_a_rule_comes_before_what_is_stored_and_is_the_chats_own(office: Office) -> None:
    await office.keep(await office.scan(link(EVIL)))
    expires = office.clock.now() + 1000
    await office.rule(Effect.ALLOW, EVIL, expires)
    (found,) = await office.scan(link(EVIL))
    assert (found.verdict.level, found.verdict.decided_by) == (Level.BENIGN, DecidedBy.OVERRIDE)
    assert (found.verdict.expires_at, found.keep) == (expires, None)
    elsewhere = await office.scanner.look(web(EVIL), b"another chat")
    assert elsewhere.verdict.level is Level.MALICIOUS
    office.clock.move(1)
    (found,) = await office.scan(link(EVIL))
    assert found.verdict.level is Level.MALICIOUS


async def test_a_denied_link_is_the_worst_of_all_and_stays_denied(office: Office) -> None:
    await office.rule(Effect.DENY, NICE)
    found = await office.scan(f"{link(EVIL)} {link(NICE)}")
    assert [each.link.host for each in found] == [NICE, EVIL]
    assert found[0].verdict.expires_at == NEVER


async def test_a_message_of_many_links_lets_others_go_on(office: Office) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    await office.scan(" ".join(link(f"n{number}.{NICE}") for number in range(2 * TURN)))
    task.cancel()
    assert turns > 2 * TURN
