"""Tables of how well scores part dangerous links from ordinary ones."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Judged:
    """One link with its calibrated log-odds."""

    bad: bool
    source: str
    address: str
    score: float


def threshold(good: Sequence[float], rate: float) -> float:
    """The score that at most this share of the benign scores reach or pass."""
    ordered = sorted(good, reverse=True)
    place = int(rate * len(ordered))
    return ordered[place] + 1e-9 if place < len(ordered) else -math.inf


def upper_bound(wrong: int, total: int) -> float:
    """95 % upper bound of a share (Wilson); 1 without any observation."""
    if not total:
        return 1.0
    z = 1.96
    share = wrong / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return (middle + spread) / (1 + z * z / total)


def recalls(judged: Sequence[Judged], positives: Callable[[Judged], bool]) -> str:
    """Recall at 0.01, 0.1 and 1 % false positives."""
    good = [each.score for each in judged if not each.bad]
    bad = [each.score for each in judged if each.bad and positives(each)]
    cells = []
    for rate in (0.0001, 0.001, 0.01):
        limit = threshold(good, rate)
        cells.append(f"{sum(score >= limit for score in bad) / max(len(bad), 1):.3f}")
    return f"{'  '.join(cells)}   ({len(bad)} links)"


def at(judged: Iterable[Judged], limit: float, key: Callable[[Judged], str]) -> list[str]:
    """Per key: benign links that reach the limit, their upper bound, and recall."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for each in judged:
        cell = found[key(each)]
        cell[0 if each.bad else 2] += 1
        cell[1 if each.bad else 3] += each.score >= limit
    lines = []
    for name, (bad, caught, good, wrong) in sorted(found.items()):
        share = (
            f"{wrong:5d} of {good:6d} = {100 * wrong / good:6.3f} % (up to {100 * upper_bound(wrong, good):.3f})"
            if good
            else ""
        )
        recall = f"recall {caught / bad:.3f} of {bad}" if bad else ""
        lines.append(f"  {name:24} {share:48} {recall}")
    return lines


def calibration(judged: Sequence[Judged], prior: float) -> list[str]:
    """In each band of probability: its mean, and the share of dangerous links when all are at the prior."""
    share = {
        True: prior / max(sum(each.bad for each in judged), 1),
        False: (1 - prior) / max(sum(not each.bad for each in judged), 1),
    }
    lines = []
    for low, high in ((0, 0.02), (0.02, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 0.95), (0.95, 0.99), (0.99, 1.01)):
        band = [(each, p) for each in judged if low <= (p := 1 / (1 + math.exp(-max(-50.0, each.score)))) < high]
        weight = sum(share[each.bad] for each, _ in band)
        if weight:
            mean = sum(share[each.bad] * p for each, p in band) / weight
            true = sum(share[each.bad] for each, _ in band if each.bad) / weight
            lines.append(f"  p {low:4.2f} to {min(high, 1):4.2f}: says {mean:.3f}, is {true:.3f}   ({len(band)} links)")
    return lines
