"""From raw scores to log-odds that mean what they say, for each class of address, within the budget for warnings."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression
from scipy.stats import beta
from scripts.training.sample import Floats, Mask

from whinchat.apps.scanner.model.curve import Curve
from whinchat.apps.scanner.scoring import AddressClass

PRIOR = 0.02  # share of dangerous links that the probabilities assume
WARN = 0.8
BUDGETS = dict.fromkeys(AddressClass, 0.001) | {AddressClass.FRONT: 0.0003}
"""Wrong warnings per benign link. Of a front page little is known, and some chats post mostly new ones."""
CONFIDENCE = 0.95
FEW = 100  # links of either label below which a class takes the curve of all
POINTS = 12
FLATTEST = 0.05  # log-odds that a step of the raw score is worth at least, so that no two scores become one
OUTERMOST = 9.0  # log-odds; no sample of this size supports more
SMOOTH = 2.0  # links of each label that a block is thought to hold beside its own

LINE = float(np.log(WARN / (1 - WARN)))


@dataclass(frozen=True, slots=True)
class Limit:
    """What is known of wrong warnings in a class: raw score from which its links may be warned about."""

    raw: float
    """Infinite where the benign links are too few to bound the share of wrong warnings by the budget."""
    benign: int
    wrong: int
    bound: float
    """Upper end of the 95 % interval of the share."""


def upper_bound(wrong: float, of: float) -> float:
    """Clopper and Pearson's, one-sided at 95 %."""
    return 1.0 if wrong >= of else float(beta.ppf(CONFIDENCE, wrong + 1, of - wrong))


def limit(benign: Floats, address: str) -> Limit:
    """The lowest score at which the upper bound of wrong warnings keeps within the budget of the class."""
    ordered = np.sort(benign)[::-1]
    count = len(ordered)
    allowed = -1
    while allowed + 1 < count and upper_bound(allowed + 1, count) <= BUDGETS[AddressClass(address)]:
        allowed += 1
    if allowed < 0:
        return Limit(float("inf"), count, 0, upper_bound(0, count))
    return Limit(float(np.nextafter(ordered[allowed], np.float32(np.inf))), count, allowed, upper_bound(allowed, count))


def isotone(raw: Floats, bad: Mask) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Raw scores and log-odds at the prior, one for each block of an isotonic regression (pool adjacent violators)."""
    order = np.argsort(raw, kind="stable")
    x, y = raw[order].astype(np.float64), bad[order].astype(np.float64)
    weight = np.where(y > 0, PRIOR / max(y.sum(), 1), (1 - PRIOR) / max((1 - y).sum(), 1))
    blocks = isotonic_regression(y, weights=weight).blocks
    worth = {True: PRIOR / max(y.sum(), 1), False: (1 - PRIOR) / max((1 - y).sum(), 1)}
    centres, odds, mass = [], [], []
    for first, last in itertools.pairwise(blocks):
        positive = y[first:last].sum()
        negative = last - first - positive
        centres.append(float(np.median(x[first:last])))
        odds.append(
            np.log((positive + SMOOTH * PRIOR) * worth[True] / ((negative + SMOOTH * (1 - PRIOR)) * worth[False]))
        )
        mass.append(last - first)
    # Smoothing may have broken the order of small blocks.
    steady = isotonic_regression(np.array(odds), weights=np.array(mass, float)).x
    return np.array(centres), np.clip(steady, -OUTERMOST, OUTERMOST)


def curve(raw: Floats, bad: Mask, at_most: Limit) -> Curve:
    """The calibration of a class. Below its limit no score reaches the line of a warning."""
    centres, odds = isotone(raw, bad)
    low, high = float(raw.min()), float(raw.max())
    chosen = np.linspace(low, high, POINTS)
    values = np.interp(chosen, centres, odds)
    if np.isfinite(at_most.raw) and low < at_most.raw < high:
        chosen = np.sort(np.append(chosen, [at_most.raw - 1e-3, at_most.raw]))
        values = np.interp(chosen, centres, odds)
    below = chosen < at_most.raw
    values = np.where(below, np.minimum(values, LINE - 0.02), np.maximum(values, LINE + 0.02))
    values += FLATTEST * (chosen - at_most.raw if np.isfinite(at_most.raw) else chosen - high)
    values = np.where(below, np.minimum(values, LINE - 0.01), values)
    return _rising(chosen, values)


def _rising(raw: npt.NDArray[np.float64], odds: npt.NDArray[np.float64]) -> Curve:
    """From the top down, each point a little below the next."""
    points: list[tuple[float, float]] = []
    ceiling = float("inf")
    for x, y in zip(raw[::-1], odds[::-1], strict=True):
        value = min(float(y), ceiling - 1e-4)
        points.append((round(float(x), 5), round(value, 5)))
        ceiling = value
    points.reverse()
    return Curve(tuple(x for x, _ in points), tuple(y for _, y in points))


def calibrate(
    raw: Floats, bad: Mask, address: npt.NDArray[np.str_], benign: Floats, benign_address: npt.NDArray[np.str_]
) -> tuple[dict[str, Curve], dict[str, Limit]]:
    """`raw`, `bad`, `address`: validation; `benign`: benign links out of fold, which only bound wrong warnings."""
    curves, limits = {}, {}
    for each in AddressClass:
        part = address == each.value
        unseen = np.concatenate([raw[part & ~bad], benign[benign_address == each.value]])
        limits[each.value] = limit(unseen, each.value)
        enough = min((part & bad).sum(), (part & ~bad).sum()) >= FEW
        sample = part if enough else np.ones(len(raw), bool)
        curves[each.value] = curve(raw[sample], bad[sample], limits[each.value])
    return curves, limits
