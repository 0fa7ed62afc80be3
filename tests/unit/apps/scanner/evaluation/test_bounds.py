"""Against values worked out by other means: closed forms, and sums of binomial terms."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.evaluation.bounds import beta, lower, upper


def at_least(hits: int, tries: int, chance: float) -> float:
    return math.fsum(math.comb(tries, k) * chance**k * (1 - chance) ** (tries - k) for k in range(hits, tries + 1))


@pytest.mark.parametrize("of", [10, 3_000, 30_000])
def test_nothing_wrong_in_so_many_bounds_the_share_in_closed_form(of: int) -> None:
    assert upper(0, of) == pytest.approx(1 - 0.05 ** (1 / of), rel=1e-9)


def test_three_thousand_without_a_mistake_are_just_enough_for_one_in_a_thousand() -> None:
    assert upper(0, 3_000) < 0.001 < upper(0, 2_900)
    assert upper(0, 30_000) < 0.0001 < upper(0, 29_000)


@pytest.mark.parametrize(("hits", "of", "bound"), [(1, 10, 0.3942), (5, 10, 0.7776), (2, 100, 0.06162)])
def test_known_upper_bounds(hits: int, of: int, bound: float) -> None:
    assert upper(hits, of) == pytest.approx(bound, rel=1e-3)


def test_both_ends() -> None:
    assert upper(0, 0) == upper(7, 7) == 1.0
    assert lower(0, 0) == lower(0, 7) == 0.0
    assert lower(10, 10) == pytest.approx(0.05**0.1)
    assert lower(3, 10) == pytest.approx(1 - upper(7, 10))


@given(st.integers(1, 40), st.integers(0, 40), st.floats(0.001, 0.999))
def test_the_beta_function_is_a_sum_of_binomial_terms(hits: int, more: int, chance: float) -> None:
    tries = hits + more
    assert beta(chance, hits, more + 1) == pytest.approx(at_least(hits, tries, chance), rel=1e-9, abs=1e-12)


def test_outside_of_its_range_it_is_flat() -> None:
    assert (beta(-1, 2, 3), beta(0, 2, 3), beta(1, 2, 3), beta(2, 2, 3)) == (0, 0, 1, 1)


def test_large_counts_are_near_the_normal_approximation() -> None:
    share, of = 0.47, 17_000
    assert upper(round(share * of), of) == pytest.approx(share + 1.645 * math.sqrt(share * (1 - share) / of), abs=1e-4)
