"""Cases small enough to count on the fingers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.evaluation.ranking import Scored, Tail, curve, share_above


def scored(*scores: float) -> list[Scored]:
    return [Scored(number, score) for number, score in enumerate(scores)]


def limit(benign: list[Scored], rate: float) -> float:
    (found,) = Tail.of(benign).limits((rate,))
    return found


TEN = scored(9, 8, 7, 6, 5, 4, 3, 2, 1, 0)


@pytest.mark.parametrize(("rate", "threshold"), [(0.05, 9), (0.1, 8), (0.19, 8), (0.2, 7), (0.9, 0), (1.0, -math.inf)])
def test_just_so_many_harmless_rows_lie_above_the_limit_as_the_rate_allows(rate: float, threshold: float) -> None:
    assert limit(TEN, rate) == threshold
    flagged = share_above(TEN, threshold)
    assert flagged is not None
    assert flagged <= rate


def test_rows_of_one_score_are_flagged_together_or_not_at_all() -> None:
    tied = scored(9, 7, 7, 7, 1, 1, 1, 1, 1, 1)
    assert limit(tied, 0.1) == 7
    assert limit(tied, 0.3) == 7  # two of the three would fit, and cannot be told from the third
    assert limit(tied, 0.4) == 1


def test_a_dangerous_row_shares_the_fate_of_the_harmless_one_with_its_score() -> None:
    assert share_above(scored(9, 8, 7), limit(TEN, 0.1)) == pytest.approx(1 / 3)


def test_a_missing_score_is_the_worst_there_is() -> None:
    assert limit(scored(math.inf, *range(9)), 0.1) == 8
    assert limit(scored(math.inf, *range(8)), 0.1) == math.inf
    assert share_above(scored(-math.inf, 1), -math.inf) == 0.5


def test_weights_count_in_place_of_rows() -> None:
    heavy = [Scored(1, 5, 0.5), *(Scored(2, score, 0.125) for score in (4, 3, 2, 1))]
    assert limit(heavy, 0.49) == 5
    assert limit(heavy, 0.5) == 4
    assert share_above(heavy, 3) == pytest.approx(0.625)


def test_thirds_add_up() -> None:
    assert limit([Scored(1, score, 1 / 3) for score in (3, 2, 1)], 2 / 3) == 1


def test_of_nothing_nothing_can_be_said() -> None:
    assert share_above([], 0) is None
    assert limit([], 0.1) == -math.inf


def test_a_tail_ends_where_it_no_longer_matters() -> None:
    long = Tail.of(scored(*range(1_000)), 0.01)
    assert len(long.edges) == 50
    assert long.total == 1_000
    assert not long.whole
    assert Tail.of(scored(*range(10)), 0.01).whole


@given(st.lists(st.integers(0, 20), min_size=1, max_size=40), st.sampled_from([0.01, 0.1, 0.25, 0.5]))
def test_the_rate_is_never_exceeded_and_one_more_score_would_exceed_it(scores: list[int], rate: float) -> None:
    benign = scored(*scores)
    found = limit(benign, rate)
    assert sum(score > found for score in scores) <= rate * len(scores) * (1 + 1e-9)
    assert found == -math.inf or sum(score >= found for score in scores) > rate * len(scores)


def test_the_curve_goes_from_none_to_all() -> None:
    points = curve(scored(10, 8.5, 0.5), TEN)
    assert points[0] == pytest.approx((0.0, 1 / 3))
    assert points[-1] == (1.0, 1.0)
    assert dict(points)[0.1] == pytest.approx(2 / 3)
    assert points == sorted(points)


def test_many_points_are_thinned_out() -> None:
    assert len(curve(scored(*range(5_000)), scored(*range(5_000)))) < 250
