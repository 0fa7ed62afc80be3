"""From texts to verdicts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import pytest
from tests.support.opinions import EVIL, NICE, ODD, SHADY, Opinions, link

from whinchat.apps.scanner.evidence.known import Evidence
from whinchat.apps.scanner.evidence.message import MessageReading
from whinchat.apps.scanner.evidence.tables import Tables
from whinchat.apps.scanner.history import FAMILIAR_AFTER, SiteRepository
from whinchat.apps.scanner.labels import Labels
from whinchat.apps.scanner.learning import Learning
from whinchat.apps.scanner.links.collect import LARGE, QUOTED, Text
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.migrations import MIGRATIONS
from whinchat.apps.scanner.repository import Repository, Seen
from whinchat.apps.scanner.rules import EVERYWHERE, Effect, Pattern, RuleKind
from whinchat.apps.scanner.service import NEVER, TURN, VERDICTS, Found, Scanner, links_in
from whinchat.apps.scanner.verdict import DecidedBy, Level
from whinchat.core.ports import Batch
from whinchat.core.types import ChatKind, ChatRef, MessageRef
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.sealer import PlainSealer

CHAT = b"chat"
REF = MessageRef(ChatRef("g", ChatKind.GROUP), "m", "eve")


class Office:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.opinions = Opinions()
        self.metrics = RecordedMetrics()
        self.database = MemoryDatabase(MIGRATIONS)
        self.repository = Repository(self.database, PlainSealer(), self.clock)
        self.labels = Labels(self.database, PlainSealer(), self.clock)
        self.sites = SiteRepository(self.database, PlainSealer(), self.opinions, self.clock)
        self.scanner = Scanner(
            self.repository,
            self.sites,
            self.opinions,  # type: ignore[arg-type]  # has all of a judge that is used
            Learning(self.labels, self.clock),
            self.opinions,
            self.clock,
            self.metrics,
        )

    async def scan(self, *texts: str) -> list[Found]:
        return await self.scanner.scan([Text("body", text) for text in texts], CHAT)

    async def keep(self, found: list[Found]) -> None:
        await self.database.commit(Batch(tuple(each.keep for each in found if each.keep is not None)))

    async def know(self, host: str) -> None:
        """Two people of the chat have posted the site, more than a week ago."""
        key = self.sites.key(web(host))
        assert key is not None
        for person in (b"ana", b"bob"):
            await self.database.commit(Batch((self.sites.posted(key, CHAT, person),)))
        self.clock.move(FAMILIAR_AFTER / 1000)

    async def rule(self, effect: Effect, host: str, expires: int | None = None) -> None:
        pattern = Pattern(RuleKind.DOMAIN, host)
        add = self.repository.add_rule(CHAT, 1, effect, pattern, reason="", author=b"a", expires_at=expires)
        await self.database.commit(Batch((add,)))


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The texts of each message that was read."""
    messages: list[list[str]] = []
    of = MessageReading.of

    def note(texts: Sequence[str], tables: Tables) -> MessageReading:
        messages.append(list(texts))
        return of(texts, tables)

    monkeypatch.setattr(MessageReading, "of", note)
    return messages


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


async def test_what_another_model_said_is_judged_anew(office: Office) -> None:
    (found,) = await office.scan(link(ODD))
    older = msgspec.structs.replace(found.verdict, judge_version="an older one")
    key = office.repository.url_key(found.link.key)
    await office.database.commit(Batch((office.repository.keep_verdict(key, older),)))
    (again,) = await office.scan(link(ODD))
    assert again.keep is not None
    assert len(office.opinions.judged) == 2


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


async def test_a_rule_of_everywhere_holds_in_all_chats_but_where_one_decided_otherwise(office: Office) -> None:
    async def rule(chat: bytes, effect: Effect) -> None:
        pattern = Pattern(RuleKind.HOST, EVIL)
        change = office.repository.add_rule(chat, 1, effect, pattern, reason="", author=b"a", expires_at=None)
        await office.database.commit(Batch((change,)))

    await rule(EVERYWHERE, Effect.ALLOW)
    (found,) = await office.scan(link(EVIL))
    assert (found.verdict.level, found.verdict.decided_by) == (Level.BENIGN, DecidedBy.OVERRIDE)
    assert found.verdict.reasons[0].name == "allowed_everywhere"
    await rule(CHAT, Effect.DENY)
    (found,) = await office.scan(link(EVIL))
    assert found.verdict.reasons[0].name == "denied_here"
    elsewhere = await office.scanner.scan([Text("body", link(EVIL))], b"other chat")
    assert elsewhere[0].verdict.level is Level.BENIGN


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


# --- what stands around a link ---------------------------------------------------------------------------------------


async def test_a_link_is_judged_with_its_message_and_its_history(office: Office, read: list[list[str]]) -> None:
    await office.know(ODD)
    (found,) = await office.scan(f"look {link(ODD)}", "and listen")
    assert read == [[f"look {link(ODD)}", "and listen"]]
    assert "seen_here" in {evidence.name for evidence in found.around}


async def test_what_is_stored_is_the_verdict_of_the_link_for_itself(office: Office) -> None:
    office.opinions.weighs = True
    await office.keep(await office.scan(link(SHADY)))
    await office.know(SHADY)
    (here,) = await office.scan(link(SHADY))
    elsewhere = await office.scanner.look(web(SHADY), b"elsewhere")
    assert (here.verdict.level, elsewhere.verdict.level) == (Level.UNKNOWN, Level.SUSPICIOUS)
    assert "seen_here" in {evidence.name for evidence in here.around}
    (again,) = await office.scan(f"{link(SHADY)}#new")
    await office.keep([again])
    stored = await office.repository.verdict(office.repository.url_key(web(SHADY).key))
    assert stored is not None
    assert (stored.level, stored.score) == (Level.SUSPICIOUS, elsewhere.verdict.score)


async def test_chats_that_scan_together_share_the_links_verdict_and_nothing_else(office: Office) -> None:
    office.opinions.weighs = True
    await office.know(SHADY)
    here, elsewhere = await asyncio.gather(
        office.scanner.look(web(SHADY), CHAT), office.scanner.look(web(SHADY), b"elsewhere")
    )
    assert (here.verdict.level, elsewhere.verdict.level) == (Level.UNKNOWN, Level.SUSPICIOUS)
    assert len(office.opinions.judged) == 1


async def test_quoted_links_are_judged_by_what_the_quote_says(office: Office, read: list[list[str]]) -> None:
    texts = [Text("body", f"is {link(ODD)} real?"), Text(QUOTED, f"hurry! {link(SHADY)}"), Text(QUOTED, "now")]
    await office.scanner.scan(texts, CHAT)
    assert sorted(read) == [[f"hurry! {link(SHADY)}", "now"], [f"is {link(ODD)} real?"]]


async def test_of_a_large_message_the_beginning_is_read(office: Office, read: list[list[str]]) -> None:
    await office.scan("x " * LARGE, link(ODD))
    ((text,),) = read
    assert len(text) == LARGE


async def test_texts_are_read_once_and_only_for_links_that_need_it(office: Office, read: list[list[str]]) -> None:
    await office.rule(Effect.ALLOW, NICE)
    await office.scan(link(NICE))
    assert read == []
    await office.scan(f"{link(NICE)} {link(ODD)} {link(SHADY)}")
    assert len(read) == 1


async def test_a_link_in_no_message_has_a_history_only(office: Office, read: list[list[str]]) -> None:
    await office.know(SHADY)
    found = await office.scanner.look(web(SHADY), CHAT)
    await office.scanner.judge_all([(web(SHADY), "picture")], CHAT)
    assert read == []
    assert [evidence.name for evidence in found.around] == ["seen_here"]


async def test_a_seen_link_is_judged_with_what_stood_around_it_then(office: Office, read: list[list[str]]) -> None:
    office.opinions.weighs = True
    await office.know(SHADY)
    sent_around, retired = Evidence("site_in_many_chats"), Evidence("of an older version")
    seen = Seen("main", REF, link(SHADY), (sent_around, retired))
    unreadable = Seen("main", REF, "tel:?")
    plain = Seen("main", REF, link(EVIL))
    worst, found = await office.scanner.recall([unreadable, seen, plain], CHAT)
    assert (worst.link.host, worst.around) == (EVIL, ())
    assert found.around == (sent_around,)
    assert found.verdict.score > (await office.scanner.judge(web(SHADY)))[0].score
    assert read == []


async def test_a_chats_own_rule_comes_before_what_stands_around(office: Office) -> None:
    office.opinions.weighs = True
    await office.rule(Effect.DENY, SHADY)
    await office.know(SHADY)
    (found,) = await office.scan(link(SHADY))
    assert (found.verdict.level, found.around, found.site) == (Level.MALICIOUS, (), None)
    (seen,) = await office.scanner.recall([Seen("main", REF, link(SHADY), (Evidence("seen_here"),))], CHAT)
    assert seen.verdict.level is Level.MALICIOUS


async def test_what_everybody_knows_needs_no_history(office: Office) -> None:
    office.opinions.reputed.add(NICE)
    (found,) = await office.scan(link(NICE))
    assert (found.site, found.around) == (None, ())


async def test_a_chat_is_warned_as_surely_as_its_admins_taught(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async def leniency(_self: Learning, chat: bytes) -> float:
        return 2.0 if chat == CHAT else 0.0

    monkeypatch.setattr(Learning, "leniency", leniency)
    office.opinions.weighs = True
    (here,) = await office.scan(link(SHADY))
    elsewhere = await office.scanner.look(web(SHADY), b"elsewhere")
    assert (here.verdict.level, elsewhere.verdict.level) == (Level.UNKNOWN, Level.SUSPICIOUS)
    assert here.verdict.probability == elsewhere.verdict.probability
