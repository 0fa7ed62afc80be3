"""The scanner's tables."""

from __future__ import annotations

import msgspec
import pytest

from whinchat.apps.scanner.evidence.known import Evidence
from whinchat.apps.scanner.migrations import MIGRATIONS
from whinchat.apps.scanner.repository import KEPT, ChatState, Repository, Seen, Sighting, Warned
from whinchat.apps.scanner.rules import Effect, Pattern, RuleKind
from whinchat.apps.scanner.verdict import DecidedBy, Level, Verdict
from whinchat.core.errors import Conflict, StorageError
from whinchat.core.ports import Batch, Statement
from whinchat.core.types import ChatKind, ChatRef, MessageRef
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer

CHAT, ANA = b"c" * 16, b"a" * 16
GROUP = ChatRef("g", ChatKind.GROUP)
REF = MessageRef(GROUP, "m", "eve")


class Shelf:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.database = MemoryDatabase(MIGRATIONS)
        self.repository = Repository(self.database, PlainSealer(), self.clock)

    async def do(self, *statements: Statement) -> None:
        await self.database.commit(Batch(statements))

    async def allow(self, host: str, number: int, *, expires: int | None = None, reason: str = "") -> None:
        pattern = Pattern(RuleKind.DOMAIN, host)
        await self.do(
            self.repository.add_rule(CHAT, number, Effect.ALLOW, pattern, reason=reason, author=ANA, expires_at=expires)
        )

    async def see(
        self,
        url: str,
        *,
        message: bytes = b"m",
        shown: Level = Level.UNKNOWN,
        warned: bool = False,
        quoted: bytes | None = None,
        around: tuple[Evidence, ...] = (),
    ) -> None:
        keep = self.repository.keep_sighting(
            chat=CHAT,
            message=message,
            url=self.repository.url_key(url),
            sender=ANA,
            part="body",
            quoted=quoted,
            shown=shown,
            warned=warned,
            seen=Seen("a", REF, url, around),
        )
        await self.do(keep)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def verdict(url: str, *, checked: int, expires: int, level: Level = Level.BENIGN) -> Verdict:
    return Verdict(
        url=url,
        host="h",
        site="h",
        level=level,
        probability=0.0,
        score=0.0,
        log_odds=0.0,
        decided_by=DecidedBy.EVIDENCE,
        checked_at=checked,
        expires_at=expires,
    )


async def test_a_chat_of_which_nothing_is_known_consented_to_nothing(shelf: Shelf) -> None:
    assert await shelf.repository.chat(CHAT) == ChatState(None, 0)
    assert not await shelf.repository.may_read(GROUP, CHAT)
    assert await shelf.repository.may_read(ChatRef("d", ChatKind.DIRECT), CHAT)


async def test_consent_and_mute_do_not_disturb_each_other(shelf: Shelf) -> None:
    await shelf.do(shelf.repository.mute(CHAT, 99))
    await shelf.do(shelf.repository.grant(CHAT, ANA))
    assert await shelf.repository.chat(CHAT) == ChatState(shelf.clock.now(), 99)
    assert await shelf.repository.may_read(GROUP, CHAT)
    await shelf.do(shelf.repository.withdraw(CHAT))
    await shelf.do(shelf.repository.mute(CHAT, 0))
    assert await shelf.repository.chat(CHAT) == ChatState(None, 0)


async def test_rules_are_read_back_as_they_were_given_until_they_end(shelf: Shelf) -> None:
    await shelf.allow("b.com", 2, reason="because")
    await shelf.allow("a.com", 1, expires=shelf.clock.now() + 1000)
    one, two = await shelf.repository.rules(CHAT)
    assert (one.number, one.pattern.value, one.expires_at) == (1, "a.com", shelf.clock.now() + 1000)
    assert (two.number, two.reason, two.created_at) == (2, "because", shelf.clock.now())
    assert await shelf.repository.rules(b"other") == []
    shelf.clock.move(1)
    assert [rule.number for rule in await shelf.repository.rules(CHAT)] == [2]
    assert await shelf.repository.free_number(CHAT) == 3
    assert await shelf.repository.free_number(b"other") == 1


async def test_a_number_has_one_winner(shelf: Shelf) -> None:
    await shelf.allow("a.com", 1)
    with pytest.raises(Conflict):
        await shelf.allow("b.com", 1)
    await shelf.allow("a.com", 5)  # the same rule under another number: it moves
    assert [rule.number for rule in await shelf.repository.rules(CHAT)] == [5]
    await shelf.do(shelf.repository.remove_rule(CHAT, 5))
    with pytest.raises(Conflict):
        await shelf.do(shelf.repository.remove_rule(CHAT, 5))


async def test_a_verdict_is_kept_for_its_time_and_an_older_one_does_not_replace_it(shelf: Shelf) -> None:
    now = shelf.clock.now()
    key = shelf.repository.url_key("u")
    newer, older = verdict("u", checked=now, expires=now + 1000), verdict("u", checked=now - 1, expires=now + 9000)
    await shelf.do(shelf.repository.keep_verdict(key, newer))
    await shelf.do(shelf.repository.keep_verdict(key, older))
    assert await shelf.repository.verdict(key) == newer
    assert await shelf.repository.verdict(shelf.repository.url_key("other")) is None
    shelf.clock.move(1)
    assert await shelf.repository.verdict(key) is None


async def test_a_verdict_opens_under_its_own_link_only(shelf: Shelf) -> None:
    now = shelf.clock.now()
    await shelf.do(shelf.repository.keep_verdict(b"one", verdict("u", checked=now, expires=now + 1000)))
    await shelf.do(Statement("UPDATE scanner_verdicts SET url = :other", {"other": b"two"}))
    with pytest.raises(StorageError):
        await shelf.repository.verdict(b"two")


async def test_what_was_seen_in_a_message_or_quoted_from_it(shelf: Shelf) -> None:
    url = shelf.repository.url_key
    await shelf.see("https://a.com/", message=b"one", shown=Level.BENIGN)
    await shelf.see("https://b.com/", message=b"two", quoted=b"one")
    await shelf.see("https://c.com/", message=b"three")
    assert await shelf.repository.links_of(b"one") == {url("https://a.com/"): Level.BENIGN}
    assert await shelf.repository.links_quoted(b"one") == {url("https://a.com/"), url("https://b.com/")}
    (sighting,) = await shelf.repository.sightings_of(b"one")
    seen, now = Seen("a", REF, "https://a.com/"), shelf.clock.now()
    assert sighting == Sighting(
        1, CHAT, b"one", url("https://a.com/"), ANA, "body", None, now, Level.BENIGN, None, seen
    )


async def test_an_edited_message_is_remembered_as_it_reads_now(shelf: Shelf) -> None:
    urgent = (Evidence("urgent", {"word": "now"}, 0.5),)
    await shelf.see("u", around=urgent)
    assert (await shelf.repository.sightings_of(b"m"))[0].seen.around == urgent
    await shelf.see("u")
    assert (await shelf.repository.sightings_of(b"m"))[0].seen == Seen("a", REF, "u")


async def test_sightings_from_before_anything_around_them_was_noticed_can_be_read(shelf: Shelf) -> None:
    class Before(msgspec.Struct):
        account: str
        message: MessageRef
        url: str

    await shelf.see("u")
    row = b"m" + shelf.repository.url_key("u")
    body = PlainSealer().seal("scanner_sightings", row, msgspec.msgpack.encode(Before("a", REF, "u")))
    await shelf.do(Statement("UPDATE scanner_sightings SET body = :body", {"body": body}))
    assert (await shelf.repository.sightings_of(b"m"))[0].seen == Seen("a", REF, "u")


async def test_all_that_is_kept_of_a_message_is_found_again(shelf: Shelf) -> None:
    for number in range(KEPT):
        await shelf.see(f"https://n{number}.com/")
    assert len(await shelf.repository.links_of(b"m")) == KEPT
    assert len(await shelf.repository.sightings_of(b"m")) == KEPT


async def test_a_warning_is_remembered_when_the_message_is_seen_again(shelf: Shelf) -> None:
    url = shelf.repository.url_key("u")
    await shelf.see("u", shown=Level.SUSPICIOUS, warned=True)
    first = shelf.clock.now()
    shelf.clock.move(10)
    await shelf.see("u", shown=Level.SUSPICIOUS)
    assert await shelf.repository.last_warned(CHAT, url) == Warned(first, Level.SUSPICIOUS)
    await shelf.see("u", message=b"later", shown=Level.MALICIOUS, warned=True)
    assert await shelf.repository.last_warned(CHAT, url) == Warned(shelf.clock.now(), Level.MALICIOUS)
    assert await shelf.repository.last_warned(b"other", url) is None
    assert await shelf.repository.warned_since(CHAT, first) == 2
    assert await shelf.repository.warned_since(CHAT, first + 1) == 1


async def test_one_check_wins_when_two_notice_the_same(shelf: Shelf) -> None:
    await shelf.see("u")
    (sighting,) = await shelf.repository.sightings_since(0, 0)
    await shelf.do(shelf.repository.told(sighting, Level.MALICIOUS, warned=True))
    with pytest.raises(Conflict):
        await shelf.do(shelf.repository.told(sighting, Level.MALICIOUS, warned=True))
    (now,) = await shelf.repository.sightings_since(0, 0)
    assert (now.shown, now.warned_at) == (Level.MALICIOUS, shelf.clock.now())


async def test_what_is_noticed_but_not_said_is_no_warning(shelf: Shelf) -> None:
    await shelf.see("u")
    (sighting,) = await shelf.repository.sightings_since(0, 0)
    await shelf.do(shelf.repository.told(sighting, Level.SUSPICIOUS, warned=False))
    assert await shelf.repository.last_warned(CHAT, sighting.url_key) is None


async def test_sightings_are_paged_by_time_and_number(shelf: Shelf) -> None:
    await shelf.see("old")
    shelf.clock.move(10)
    await shelf.see("new")
    await shelf.see("newest")
    page = await shelf.repository.sightings_since(shelf.clock.now(), 0)
    assert [sighting.seen.url for sighting in page] == ["new", "newest"]
    assert [sighting.seen.url for sighting in await shelf.repository.sightings_since(0, page[0].id)] == ["newest"]


async def test_the_lists_that_were_checked_are_noted(shelf: Shelf) -> None:
    assert await shelf.repository.checked_lists() is None
    for version in ("1", "2"):
        await shelf.do(shelf.repository.note_lists(version))
        assert await shelf.repository.checked_lists() == version


async def test_nothing_readable_stands_in_the_tables(shelf: Shelf) -> None:
    now = shelf.clock.now()
    await shelf.see("https://secret.com/token")
    await shelf.allow("secret.com", 1, reason="secret")
    await shelf.do(shelf.repository.keep_verdict(b"u", verdict("https://secret.com/token", checked=now, expires=now)))
    for table in ("sightings", "rules", "verdicts"):
        columns = [str(row[1]) for row in await shelf.database.fetch(f"PRAGMA table_info(scanner_{table})")]
        clear = ", ".join(column for column in columns if column != "body")
        assert "secret" not in str(await shelf.database.fetch(f"SELECT {clear} FROM scanner_{table}"))
