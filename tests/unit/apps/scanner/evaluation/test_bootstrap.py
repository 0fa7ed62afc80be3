from __future__ import annotations

import random
from statistics import fmean, pvariance

import pytest

from whinchat.apps.scanner.evaluation.bootstrap import Bootstrap, interval, poisson
from whinchat.apps.scanner.evaluation.ranking import Scored


def rows(sites: int, each: int, hits: int) -> list[tuple[int, float, float]]:
    """Of each site as many rows, all hits in the first sites."""
    return [(site, float(site * each + number < hits), 1.0) for site in range(sites) for number in range(each)]


def test_the_same_seed_draws_the_same() -> None:
    first = Bootstrap(50, seed=7).share(rows(100, 1, 30))
    assert first == Bootstrap(50, seed=7).share(rows(100, 1, 30))
    assert first != Bootstrap(50, seed=8).share(rows(100, 1, 30))


def test_the_interval_is_as_wide_as_theory_says() -> None:
    found = interval(Bootstrap(400, seed=1).share(rows(400, 1, 100)))
    assert found is not None
    low, high = found  # 0.25 ± 1.96 · sqrt(0.25 · 0.75 / 400), which is 0.042
    assert low == pytest.approx(0.208, abs=0.01)
    assert high == pytest.approx(0.292, abs=0.01)


def test_many_links_of_few_sites_say_less() -> None:
    alone, together = (interval(Bootstrap(200, seed=1).share(rows(sites, 400 // sites, 100))) for sites in (400, 20))
    assert alone is not None
    assert together is not None
    assert together[1] - together[0] > 2 * (alone[1] - alone[0])


def test_a_share_of_nothing_has_no_resamples() -> None:
    assert Bootstrap(20).share([]) == []
    assert Bootstrap(0).share(rows(5, 1, 1)) == []


def test_every_resample_finds_its_own_threshold() -> None:
    phishing = [Scored(site, score) for site, score in enumerate((9.5, 8.5, 7.5, 0.5))]
    benign = [Scored(100 + number, float(number)) for number in range(10)]
    found = Bootstrap(200, seed=3).recalls(phishing, benign, (0.1, 0.5))
    assert all(0 <= low <= high <= 1 for low, high in found)
    assert {low for low, _ in found} > {0.0, 1.0}  # once all sites above the rest are gone, and once none
    assert fmean(high for _, high in found) > fmean(low for low, _ in found)


def test_where_phishing_and_harmless_are_far_apart_resampling_changes_nothing() -> None:
    phishing = [Scored(site, 10.0) for site in range(50)]
    benign = [Scored(100 + site, -10.0) for site in range(50)]
    assert set(Bootstrap(50, seed=1).recalls(phishing, benign)) == {(1.0, 1.0, 1.0)}


def test_what_lies_below_the_end_of_a_tail_is_not_found() -> None:
    benign = [Scored(1, 5.0)] * 500 + [Scored(2 + number, -float(number)) for number in range(500)]
    phishing = [Scored(9_000, -400.0)]
    assert {each[0] for each in Bootstrap(50, seed=1).recalls(phishing, benign, (0.01,))} == {0.0}


def test_without_one_kind_there_is_no_recall() -> None:
    assert Bootstrap(9).recalls([], [Scored(1, 1.0)]) == []
    assert Bootstrap(9).recalls([Scored(1, 1.0)], []) == []


@pytest.mark.parametrize("mean", [1, 3, 39, 40, 400])
def test_weights_have_the_mean_and_variance_of_poissons_distribution(mean: int) -> None:
    rng = random.Random(5)
    drawn = [poisson(mean, rng) for _ in range(3_000)]
    assert min(drawn) >= 0
    assert fmean(drawn) == pytest.approx(mean, rel=0.06)
    assert pvariance(drawn) == pytest.approx(mean, rel=0.12)


def test_quantiles_lie_between_neighbours() -> None:
    assert interval([1.0]) is None
    assert interval([0.0, 1.0], 0.25, 0.75) == (0.25, 0.75)
    assert interval([3.0, 1.0, 2.0], 0.0, 1.0) == (1.0, 3.0)
