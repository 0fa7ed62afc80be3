"""How far a share that was counted may be from the true one: exact binomial bounds (Clopper and Pearson, 1934)."""

from __future__ import annotations

import math

CONFIDENCE = 0.95
_HALVINGS = 60  # more than a float can tell apart
_TERMS = 1_000  # of the continued fraction; it takes about as many as the root of the larger argument
_TINY = 1e-300


def upper(hits: int, of: int, confidence: float = CONFIDENCE) -> float:
    """One-sided: with this confidence the true share is not larger. 1 where nothing was counted."""
    if hits >= of:
        return 1.0
    low, high = hits / of, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if beta(middle, hits + 1, of - hits) < confidence:
            low = middle
        else:
            high = middle
    return high


def lower(hits: int, of: int, confidence: float = CONFIDENCE) -> float:
    """One-sided: with this confidence the true share is not smaller. 0 where nothing was counted."""
    return 0.0 if hits <= 0 else 1 - upper(of - hits, of, confidence)


def beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b): the probability of `a` or more hits in a + b - 1 tries."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # from this side the fraction converges fast
        return 1 - beta(1 - x, b, a)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) / (a * _fraction(x, a, b))


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of I_x(a, b) (DLMF 8.17.22), evaluated from the front (Lentz' method)."""
    value = c = 1.0
    d = 0.0
    for step in range(1, _TERMS):
        half = step // 2
        if step % 2:
            term = -(a + half) * (a + b + half) * x / ((a + step - 1) * (a + step))
        else:
            term = half * (b - half) * x / ((a + step - 1) * (a + step))
        d = 1 / (1 + term * d or _TINY)
        c = 1 + term / c or _TINY
        value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value
