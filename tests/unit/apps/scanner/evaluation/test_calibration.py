"""Four rows, two of each kind, weighed to any prior."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

import pytest
from tests.support.evaluations import estimate

from whinchat.apps.scanner.evaluation.bootstrap import Bootstrap
from whinchat.apps.scanner.evaluation.calibration import calibration, log_odds
from whinchat.apps.scanner.evaluation.report import Calibration, Group
from whinchat.apps.scanner.evaluation.sample import BENIGN, PHISHING, Sample


def group(caught: float, wrong: float) -> Group:
    half, none = estimate(round(100 * caught), 100), estimate(round(100 * wrong), 100)
    return Group("all", "all", half, half, none, None, none, None, None, None, None)


def found(said: Sequence[tuple[int, float]], prior: float, assumed: float = 0.02) -> list[Calibration]:
    sample = Sample()
    sample.label = array("b", [label for label, _ in said])
    sample.probability = array("d", [each for _, each in said])
    sample.site = array("l", range(len(said)))
    whole = group(0.5, 0.01)
    return list(calibration(sample, range(len(said)), whole, assumed, [prior], Bootstrap(20, seed=1)))


def test_log_odds_have_ends() -> None:
    assert log_odds(0.5) == 0
    assert log_odds(0.0) == pytest.approx(-log_odds(1.0), abs=0.01)


def test_rows_are_weighed_to_the_prior() -> None:
    (table,) = found([(PHISHING, 0.3), (PHISHING, 0.97), (BENIGN, 0.3), (BENIGN, 0.0)], prior=0.02)
    low, middle, high = table.bands
    assert (low.low, low.high, low.rows, low.found.value) == (0.0, 0.001, 1, 0.0)
    # half of the phishing and half of the benign: the prior again
    assert middle.found.value == pytest.approx(0.02)
    assert middle.says == pytest.approx(0.3)
    assert high.found.value == 1.0
    assert table.error == pytest.approx(0.5 * (0.3 - 0.02) + 0.5 * 0.02 * (1 - 0.97))


def test_probabilities_are_moved_from_the_prior_they_were_made_for() -> None:
    (table,) = found([(PHISHING, 0.02), (BENIGN, 0.02)], prior=0.1)
    (band,) = table.bands
    assert band.says == pytest.approx(0.1)
    assert band.found.value == pytest.approx(0.1)
    assert table.error == pytest.approx(0.0)


def test_a_band_without_one_kind_may_have_had_some() -> None:
    (table,) = found([(PHISHING, 0.9), (PHISHING, 0.9), (BENIGN, 0.001), (BENIGN, 0.001)], prior=0.02)
    low, high = table.bands
    assert low.found.low == 0.0
    assert low.found.high is not None
    assert 0 < low.found.high < 0.1
    assert high.found.high == 1.0
    assert high.found.low is not None
    assert 0 < high.found.low < 0.5


def test_how_many_warnings_are_right_is_bayes() -> None:
    (table,) = found([(PHISHING, 0.9), (BENIGN, 0.1)], prior=0.1)
    assert table.right_when_warned == pytest.approx(0.5 * 0.1 / (0.5 * 0.1 + 0.01 * 0.9))
    assert table.right_when_malicious == table.right_when_warned


def test_rows_without_a_probability_are_not_in_it_and_one_kind_alone_has_none() -> None:
    assert found([(PHISHING, math.nan), (BENIGN, 0.1)], prior=0.1) == []
    assert found([], prior=0.1) == []
