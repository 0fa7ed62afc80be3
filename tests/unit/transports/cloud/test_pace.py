from __future__ import annotations

import pytest

from whinchat.testing.clock import FakeClock
from whinchat.transports.cloud.pace import LONGEST_PAIR, REST, STEP, Pace


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def pace(clock: FakeClock) -> Pace:
    return Pace(clock, 80)


def test_it_begins_with_what_meta_allows_by_default(pace: Pace) -> None:
    pacing = pace.pacing
    assert (pacing.account_rate, pacing.account_burst) == (80.0, 80)
    assert (pacing.chat_rate, pacing.chat_burst) == (1 / 6, 45)
    assert pace.pacing is pacing


def test_a_complaint_halves_it_and_quiet_brings_it_back(pace: Pace, clock: FakeClock) -> None:
    assert pace.slower()
    assert (pace.rate, pace.pacing.account_burst) == (40.0, 40)
    clock.move(STEP)
    assert pace.rate == 48.0
    clock.move(4 * STEP)
    assert pace.rate == 80.0
    clock.move(100 * STEP)
    assert pace.rate == 80.0


def test_complaints_about_the_same_rush_count_once(pace: Pace, clock: FakeClock) -> None:
    assert [pace.slower() for _ in range(20)] == [True] + [False] * 19
    assert pace.rate == 40.0
    clock.move(2)
    assert pace.slower()
    assert pace.rate == 20.0


def test_it_never_stands_still(pace: Pace, clock: FakeClock) -> None:
    for _ in range(50):
        pace.slower()
        clock.move(2)
    assert pace.rate == 1.0
    assert pace.pacing.account_burst == 1


@pytest.mark.parametrize(("told", "rate"), [(20, 20.0), (1000, 80.0), (None, 80.0)])
def test_meta_may_allow_less_but_the_operator_has_the_last_word(pace: Pace, told: int | None, rate: float) -> None:
    pace.allow(told)
    assert pace.rate == rate


def test_what_was_allowed_less_may_be_allowed_again(pace: Pace) -> None:
    pace.allow(20)
    pace.allow(80)
    assert pace.rate == 80.0


def test_a_person_waits_longer_each_time(pace: Pace, clock: FakeClock) -> None:
    waits = [pace.pair("ana") for _ in range(7)]
    assert waits == [1.0, 4.0, 16.0, 64.0, 256.0, 256.0, 256.0]
    assert pace.waits("ana") == 4.0**LONGEST_PAIR
    assert pace.waits("bob") == 0.0
    clock.move(255)
    assert pace.waits("ana") == 1.0
    clock.move(1)
    assert pace.waits("ana") == 0.0
    pace.fine("ana")
    assert pace.pair("ana") == 1.0


def test_a_person_is_left_alone_for_a_day(pace: Pace, clock: FakeClock) -> None:
    assert not pace.rests("ana")
    pace.rest("ana")
    assert pace.rests("ana")
    clock.move(REST)
    assert not pace.rests("ana")
