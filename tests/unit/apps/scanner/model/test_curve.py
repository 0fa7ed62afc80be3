"""Calibration curves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.model.curve import Curve

CURVE = Curve((-2.0, 0.0, 1.0), (-6.0, -2.0, 2.0))


@pytest.mark.parametrize(
    ("raw", "expected"), [(-2, -6), (-1, -4), (0, -2), (0.5, 0), (1, 2), (2, 6), (-4, -10)], ids=str
)
def test_between_points_and_beyond_them_the_line_goes_on(raw: float, expected: float) -> None:
    assert CURVE.at(raw) == expected


@given(st.floats(-20, 20), st.floats(0.001, 5))
def test_order_is_kept(raw: float, step: float) -> None:
    assert CURVE.at(raw) < CURVE.at(raw + step)


@pytest.mark.parametrize(
    ("raw", "odds"), [((0.0,), (1.0,)), ((0.0, 0.0), (1.0, 2.0)), ((0.0, 1.0), (2.0, 2.0)), ((0.0, 1.0), (1.0,))]
)
def test_a_curve_that_does_not_rise_is_refused(raw: tuple[float, ...], odds: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="curve"):
        Curve(raw, odds)
