"""Calibration: from a raw score to log-odds that mean what they say, along straight pieces that never fall."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

import msgspec


class Curve(msgspec.Struct, frozen=True):
    """`raw` rises strictly, so does `log_odds`: two scores never become one, and their order stays."""

    raw: tuple[float, ...]
    log_odds: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.raw) < 2 or len(self.raw) != len(self.log_odds):
            raise ValueError("a calibration curve needs two points or more")
        if any(one >= other for column in (self.raw, self.log_odds) for one, other in pairwise(column)):
            raise ValueError("a calibration curve must rise")

    def at(self, raw: float) -> float:
        """Beyond its ends the curve goes on as its outermost piece does."""
        index = min(max(bisect_right(self.raw, raw), 1), len(self.raw) - 1)
        x0, x1 = self.raw[index - 1], self.raw[index]
        y0, y1 = self.log_odds[index - 1], self.log_odds[index]
        return y0 + (y1 - y0) * (raw - x0) / (x1 - x0)
