"""A chat's threshold: what moves it, how far, and for how long."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner import learning
from whinchat.apps.scanner.labels import Example, Label, Labels, Source, Truth
from whinchat.apps.scanner.learning import HALF_LIFE, HIGHEST, LOWEST, LabelsChanged, Learning, leniency
from whinchat.apps.scanner.migrations import MIGRATIONS
from whinchat.apps.scanner.verdict import DecidedBy, Level
from whinchat.core.ports import Batch
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer

NOW = 10 * HALF_LIFE
CHAT, ANA = b"c" * 16, b"a" * 16


def label(
    site: int,
    truth: Truth = Truth.SAFE,
    level: Level = Level.SUSPICIOUS,
    *,
    at: int = NOW,
    source: Source = Source.ADMIN,
    by: DecidedBy = DecidedBy.EVIDENCE,
) -> Label:
    return Label(site.to_bytes(16, "big"), site.to_bytes(16, "big"), truth, source, at, level, by)


def wrong(site: int, at: int = NOW) -> Label:
    return label(site, at=at)


def missed(site: int, at: int = NOW) -> Label:
    return label(site, Truth.DANGEROUS, Level.UNKNOWN, at=at)


LABELS = st.lists(
    st.builds(
        label,
        st.integers(0, 8),
        st.sampled_from(Truth),
        st.sampled_from(Level),
        at=st.integers(0, NOW + HALF_LIFE),
        source=st.sampled_from(Source),
        by=st.sampled_from(DecidedBy),
    ),
    max_size=12,
)


def test_without_labels_a_chat_is_like_all_others() -> None:
    assert leniency([], NOW) == 0


def test_each_wrong_warning_counts_less_than_the_one_before() -> None:
    steps = [leniency(map(wrong, range(count)), NOW) for count in range(6)]
    gains = [after - before for before, after in pairwise(steps)]
    assert gains == sorted(gains, reverse=True)
    assert gains[-1] > 0
    assert steps[2] == pytest.approx(HIGHEST / 2)


def test_a_missed_danger_makes_it_warn_sooner() -> None:
    assert leniency([missed(1)], NOW) < 0
    assert leniency([missed(1), missed(2)], NOW) == pytest.approx(LOWEST / 2)
    assert leniency([wrong(1), missed(2)], NOW) < leniency([wrong(1)], NOW)


def test_what_was_said_long_ago_is_forgotten_by_and_by() -> None:
    values = [leniency([wrong(1), wrong(2)], NOW + age * HALF_LIFE) for age in range(12)]
    assert values == sorted(values, reverse=True)
    assert values[1] == pytest.approx(leniency([wrong(1)], NOW))
    assert 0 < values[-1] < 0.001


def test_many_labels_of_one_site_count_once_and_the_newest_is_the_one() -> None:
    many = [replace(wrong(1, at=NOW - number), url_key=bytes([number])) for number in range(50)]
    assert leniency(many, NOW) == leniency([wrong(1)], NOW)
    assert leniency([wrong(1, at=NOW - 1), replace(missed(1), url_key=b"2")], NOW) == leniency([missed(1)], NOW)


@pytest.mark.parametrize(
    "idle",
    [
        label(1, source=Source.REPORT),
        label(1, Truth.DANGEROUS, Level.UNKNOWN, source=Source.REPORT),
        label(1, by=DecidedBy.FEED, level=Level.MALICIOUS),
        label(1, by=DecidedBy.OVERRIDE, level=Level.MALICIOUS),
        label(1, Truth.DANGEROUS, Level.BENIGN, by=DecidedBy.REPUTATION),
        label(1, Truth.DANGEROUS, Level.BENIGN),
        label(1, Truth.DANGEROUS, Level.SUSPICIOUS),
        label(1, Truth.SAFE, Level.BENIGN),
        label(1, Truth.SAFE, Level.UNKNOWN),
    ],
    ids=lambda each: f"{each.source}-{each.truth}-{each.level}-{each.decided_by}",
)
def test_what_a_threshold_cannot_help_does_not_move_it(idle: Label) -> None:
    assert leniency([idle], NOW) == 0


def test_a_rule_of_an_admin_counts_as_their_word() -> None:
    assert leniency([label(1, source=Source.RULE)], NOW) == leniency([wrong(1)], NOW)


def test_a_clock_that_was_set_back_makes_no_label_stronger() -> None:
    assert leniency([wrong(1, at=NOW + HALF_LIFE)], NOW) == leniency([wrong(1)], NOW)


@given(LABELS, st.integers(0, 2 * NOW))
def test_it_stays_within_its_bounds(labels: list[Label], now: int) -> None:
    assert LOWEST <= leniency(labels, now) <= HIGHEST


@given(LABELS, st.randoms(use_true_random=False))
def test_the_order_of_labels_does_not_matter(labels: list[Label], shuffler: random.Random) -> None:
    shuffled = list(labels)
    shuffler.shuffle(shuffled)
    assert leniency(shuffled, NOW) == leniency(labels, NOW)


@given(LABELS, st.integers(0, 9), st.integers(0, NOW))
def test_one_more_wrong_warning_never_lowers_it_and_one_more_missed_danger_never_raises_it(
    labels: list[Label], site: int, at: int
) -> None:
    before = leniency(labels, NOW)
    assert leniency([*labels, wrong(site, at)], NOW) >= before
    assert leniency([*labels, missed(site, at)], NOW) <= before


@given(LABELS)
def test_a_hundred_half_lives_later_nothing_is_left(labels: list[Label]) -> None:
    assert leniency(labels, NOW + 100 * HALF_LIFE) == pytest.approx(0, abs=1e-9)


# --- remembered ------------------------------------------------------------------------------------------------------


class Shelf:
    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.database = MemoryDatabase(MIGRATIONS)
        self.labels = Labels(self.database, PlainSealer(), self.clock)
        self.learning = Learning(self.labels, self.clock)

    async def keep(self, label: Label, chat: bytes = CHAT) -> None:
        example = Example("https://a.example/", 2.0, (), "1", "1")
        await self.database.commit(Batch(self.labels.keep(chat, ANA, label, example)))


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


async def test_a_threshold_is_read_once_and_again_when_a_label_changed(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = 0
    read = shelf.labels.of_admins

    async def counted(chat: bytes) -> list[Label]:
        nonlocal reads
        reads += 1
        return await read(chat)

    monkeypatch.setattr(shelf.labels, "of_admins", counted)
    for _ in range(3):
        assert await shelf.learning.leniency(CHAT) == 0
    assert reads == 1
    await shelf.keep(wrong(1))
    await shelf.learning.forget(LabelsChanged(CHAT))
    assert await shelf.learning.leniency(CHAT) == leniency([wrong(1)], NOW)
    assert await shelf.learning.leniency(b"other") == 0


async def test_another_process_is_noticed_after_a_while(shelf: Shelf) -> None:
    assert await shelf.learning.leniency(CHAT) == 0
    await shelf.keep(wrong(1))
    assert await shelf.learning.leniency(CHAT) == 0
    shelf.clock.move(learning.FRESH / 1000)
    assert await shelf.learning.leniency(CHAT) > 0


async def test_what_is_read_while_a_label_comes_is_not_remembered(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = shelf.labels.of_admins

    async def interrupted(chat: bytes) -> list[Label]:
        found = await read(chat)
        monkeypatch.undo()
        await shelf.keep(wrong(1))
        await shelf.learning.forget(LabelsChanged(CHAT))
        return found

    monkeypatch.setattr(shelf.labels, "of_admins", interrupted)
    assert await shelf.learning.leniency(CHAT) == 0
    assert await shelf.learning.leniency(CHAT) > 0


async def test_only_so_many_chats_are_remembered(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "KEPT", 2)
    for chat in (b"1", b"2", b"3"):
        await shelf.learning.leniency(chat)
    assert list(shelf.learning._known) == [b"2", b"3"]


async def test_how_far_labels_move_it_is_known_before_they_are_kept(shelf: Shelf) -> None:
    await shelf.keep(wrong(1))
    assert await shelf.learning.moved_by(CHAT, [wrong(1)]) == 0
    assert await shelf.learning.moved_by(CHAT, [wrong(2)]) == pytest.approx(
        leniency([wrong(1), wrong(2)], NOW) - leniency([wrong(1)], NOW)
    )
    assert await shelf.learning.moved_by(CHAT, [replace(wrong(1), truth=Truth.DANGEROUS)]) < 0
