"""How an account behaves: its pace, its typing, its pauses; and what it remembers of whom."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.library import ANA, ANA_PHONE, BOB, BOB_PHONE, ME, ME_PHONE

from whinchat.core.types import (
    ChatKind,
    ChatRef,
    Content,
    MediaKind,
    MessageReceived,
    MessageRef,
    React,
    RemoveMember,
    SendMedia,
    SendText,
    UserRef,
)
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer
from whinchat.transports.linked import pacing, recent, records
from whinchat.transports.linked.identities import KnownIdentities
from whinchat.transports.linked.migrations import MIGRATIONS
from whinchat.transports.linked.recent import Recent
from whinchat.transports.linked.records import Account, Records
from whinchat.transports.linked.states import LONGEST_PAUSE, Backoff

CHAT = ChatRef(ANA, ChatKind.DIRECT)

# --- pace ---


def test_a_new_link_writes_little_and_more_as_it_ages() -> None:
    days = [0, 2, 5, 10, 20]
    rates = [pacing.pace(60, 0, day * pacing.DAY).account_rate for day in days]
    assert rates == sorted(rates)
    assert rates[0] == pytest.approx(0.2)
    assert rates[-1] == pytest.approx(1.0)
    assert pacing.pace(60, None, 0).account_rate == rates[0]


@given(st.floats(0.1, 6000), st.integers(0, 100 * pacing.DAY))
def test_every_pace_lets_something_through(per_minute: float, age: int) -> None:
    pace = pacing.pace(per_minute, 0, age)
    assert 0 < pace.chat_rate < pace.account_rate <= per_minute / 60
    assert 1 <= pace.chat_burst <= pace.account_burst


@given(st.text(max_size=5000), st.integers())
def test_typing_takes_longer_for_longer_texts_within_bounds(text: str, seed: int) -> None:
    seconds = pacing.typing_seconds(SendText(text), Random(seed))
    assert pacing.SHORTEST * (1 - pacing.JITTER) <= seconds <= pacing.LONGEST * (1 + pacing.JITTER)
    assert seconds <= pacing.typing_seconds(SendText(text * 9), Random(seed)) + 1e-9


def test_nobody_types_reactions_or_what_an_admin_does() -> None:
    for action in (React(MessageRef(CHAT, "M1", ANA), "👍"), RemoveMember(ANA)):
        assert pacing.typing_seconds(action, Random(1)) == 0
    assert pacing.typing_seconds(SendMedia(MediaKind.IMAGE, "image/png", b"", "look"), Random(1)) > 0


@given(st.integers(), st.integers(1, 100))
def test_pauses_stay_under_five_minutes(seed: int, failures: int) -> None:
    backoff = Backoff(Random(seed))
    pauses = [backoff.pause() for _ in range(failures)]
    assert all(0 <= pause <= min(LONGEST_PAUSE, 2.0**n) for n, pause in enumerate(pauses))
    backoff.reset()
    assert backoff.pause() <= 1


# --- what is remembered ---


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def remembering(database: MemoryDatabase, clock: FakeClock, account: str = "bot") -> Records:
    return Records(database, PlainSealer(), clock, account)


async def test_times_of_an_account_outlive_it(clock: FakeClock) -> None:
    database = MemoryDatabase(MIGRATIONS)
    first = remembering(database, clock)
    assert await first.account() == Account()
    await first.linked(5)
    await first.restricted(7)
    await first.banned(9)
    assert await remembering(database, clock).account() == Account(5, 7, 9)
    await first.linked(None)
    assert await first.account() == Account(None, 7, 9)
    assert await remembering(database, clock, "other").account() == Account()


async def test_who_wrote_is_remembered_without_saying_who_it_is(clock: FakeClock) -> None:
    database = MemoryDatabase(MIGRATIONS)
    await remembering(database, clock).wrote([ANA, ANA_PHONE, ANA])
    for known in (ANA, ANA_PHONE):
        assert await remembering(database, clock).has_written([known])
    assert not await remembering(database, clock).has_written([BOB, BOB_PHONE])
    assert not await remembering(database, clock, "other").has_written([ANA])
    dump = repr(await database.fetch("SELECT * FROM linked_contacts"))
    assert "111" not in dump
    assert "4915" not in dump


async def test_a_person_is_noted_once_a_day(clock: FakeClock) -> None:
    database = MemoryDatabase(MIGRATIONS)
    kept = remembering(database, clock)
    commits: list[str] = []
    database.hook = commits.append
    for _ in range(5):
        await kept.wrote([ANA])
    assert commits.count("before_commit") == 1
    clock.move(24 * 3600)
    await kept.wrote([ANA])
    assert commits.count("before_commit") == 2


async def test_who_is_silent_for_more_than_a_year_is_forgotten(clock: FakeClock) -> None:
    database = MemoryDatabase(MIGRATIONS)
    await remembering(database, clock).wrote([ANA, BOB])
    clock.move(300 * 24 * 3600)
    await remembering(database, clock).wrote([BOB])
    clock.move(200 * 24 * 3600)
    kept = remembering(database, clock)
    await kept.tidy()
    assert not await kept.has_written([ANA])
    assert await kept.has_written([BOB])


async def test_of_many_people_the_database_is_asked_again(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "REMEMBERED", 3)
    kept = remembering(MemoryDatabase(MIGRATIONS), clock)
    people = [f"{n}@lid" for n in range(10)]
    await kept.wrote(people)
    assert [await kept.has_written([person]) for person in people] == [True] * 10


# --- who is who ---


def test_both_ids_lead_to_the_same_person() -> None:
    known = KnownIdentities()
    known.learn(ANA, ANA_PHONE)
    assert (known.lid(ANA_PHONE), known.phone(ANA)) == (ANA, ANA_PHONE)
    assert known.all_of(ANA_PHONE) == (ANA_PHONE, ANA)
    assert known.missing() == ()


def test_what_is_not_known_is_noted_once_and_until_it_is() -> None:
    known = KnownIdentities()
    assert known.lid(ANA_PHONE) is None
    assert known.lid(ANA_PHONE) is None
    assert known.missing() == (ANA_PHONE,)
    known.unknown(ANA_PHONE)
    assert known.lid(ANA_PHONE) is None
    assert known.missing() == ()
    assert known.all_of(ANA_PHONE) == (ANA_PHONE,)
    known.learn(ANA, ANA_PHONE)
    assert known.lid(ANA_PHONE) == ANA


def test_a_number_that_got_another_owner_is_theirs_alone() -> None:
    known = KnownIdentities()
    known.learn(ANA, ANA_PHONE)
    known.learn(BOB, ANA_PHONE)
    assert (known.lid(ANA_PHONE), known.phone(BOB), known.phone(ANA)) == (BOB, ANA_PHONE, None)


def test_the_bot_is_itself_under_both_ids() -> None:
    known = KnownIdentities()
    assert known.me == frozenset()
    known.become(UserRef(ME, phone=f"+{ME_PHONE.partition('@')[0]}", lid=ME))
    assert known.me == {ME, ME_PHONE}
    known.become(UserRef(ME_PHONE, phone=f"+{ME_PHONE.partition('@')[0]}"))
    assert known.me == {ME_PHONE}


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=200))
def test_pairs_stay_consistent_and_bounded(pairs: list[tuple[int, int]]) -> None:
    known = KnownIdentities(kept=8)
    for lid, phone in pairs:
        known.learn(f"{lid}@lid", f"{phone}@s.whatsapp.net")
        assert known.lid(f"{phone}@s.whatsapp.net") == f"{lid}@lid"
        assert known.phone(f"{lid}@lid") == f"{phone}@s.whatsapp.net"
        assert len(known._other) <= 16


# --- what was said of late ---


def said(text: str, id_: str, chat: str = ANA) -> MessageReceived:
    ref = ChatRef(chat, ChatKind.DIRECT)
    return MessageReceived(account="bot", chat=ref, id=id_, sender=UserRef(chat), time=0, content=Content(text=text))


def test_the_newest_is_marked_as_read_once() -> None:
    kept = Recent()
    assert kept.unread(CHAT) is None
    kept.heard(said("one", "M1"))
    kept.heard(said("two", "M2"))
    assert kept.unread(CHAT) == MessageRef(CHAT, "M2", ANA)
    assert kept.unread(CHAT) is None


def test_texts_are_kept_for_quotes_but_not_many_and_not_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "MESSAGES", 3)
    monkeypatch.setattr(recent, "CHATS", 3)
    kept = Recent()
    for n in range(5):
        kept.heard(said("x" * 5000, f"M{n}", chat=f"{n}@lid"))
    assert kept.content(None) is None
    gone, known = (MessageRef(ChatRef(f"{n}@lid", ChatKind.DIRECT), f"M{n}", f"{n}@lid") for n in (0, 4))
    assert kept.content(gone) is None
    assert kept.content(known) == Content(text="x" * recent.LONGEST_QUOTE)
    assert kept.unread(gone.chat) is None
    assert kept.unread(known.chat) == known
