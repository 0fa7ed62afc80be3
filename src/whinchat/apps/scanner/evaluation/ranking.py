"""What a score finds when only so many harmless rows may be flagged with it.

A row is (site, score, weight). A missing score is the worst there is for its label: minus infinity for a dangerous row,
which no threshold catches, and plus infinity for a harmless one, which every threshold flags.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

RATES = (0.0001, 0.001, 0.01)
"""Shares of harmless rows that may be flagged."""
_LEAST = 50  # edges that a tail keeps in any case
_SLACK = 1 + 1e-9  # weights of thirds do not add up to one


class Scored(NamedTuple):
    site: int
    score: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Tail:
    """The distinct scores of the harmless rows, highest first, with the weight of each, as far down as can matter."""

    edges: tuple[float, ...]
    weights: tuple[float, ...]
    total: float
    """Weight of all harmless rows."""
    whole: bool
    """Whether it goes down to the lowest score."""

    @classmethod
    def of(cls, benign: Sequence[Scored], most: float = 1.0) -> Tail:
        """`most`: share of the weight after which it may end."""
        total = math.fsum(row.weight for row in benign)
        edges: list[float] = []
        weights: list[float] = []
        passed = 0.0
        ranked = sorted(((row.score, row.weight) for row in benign), reverse=True)
        for score, tied in groupby(ranked, key=lambda pair: pair[0]):
            weight = math.fsum(weight for _, weight in tied)
            edges.append(score)
            weights.append(weight)
            passed += weight
            if passed > most * total and len(edges) >= _LEAST:
                break
        return cls(tuple(edges), tuple(weights), total, whole=not ranked or edges[-1] == ranked[-1][0])

    def limits(self, rates: Sequence[float] = RATES) -> tuple[float, ...]:
        """For each rate, rising, the score that a flagged row must exceed.

        Rows of one score are flagged together or not at all, and rather not: no more than the rate is ever flagged.
        """
        return tuple(
            -math.inf if at == len(self.edges) else self.edges[at] for at in cuts(self.weights, self.total, rates)
        )


def cuts(weights: Sequence[float], total: float, rates: Sequence[float]) -> Iterator[int]:
    """For each rate, rising, how many weights from the front fit into that share of the total."""
    at, passed = 0, 0.0
    for rate in rates:
        while at < len(weights) and passed + weights[at] <= rate * total * _SLACK:
            passed += weights[at]
            at += 1
        yield at


def share_above(rows: Sequence[Scored], limit: float) -> float | None:
    """Share of the weight with a higher score; None where there is nothing."""
    total = math.fsum(row.weight for row in rows)
    return math.fsum(row.weight for row in rows if row.score > limit) / total if total else None


def curve(phishing: Sequence[Scored], benign: Sequence[Scored], points: int = 160) -> list[tuple[float, float]]:
    """(share of harmless rows flagged, share of dangerous rows caught) from the strictest threshold to the widest,
    thinned out evenly on a logarithmic scale of the first.
    """
    tail = Tail.of(benign)
    caught = sorted(((row.score, row.weight) for row in phishing), reverse=True)
    total = math.fsum(weight for _, weight in caught)
    found: list[tuple[float, float]] = []
    at, wrong, right, last = 0, 0.0, 0.0, -math.inf
    for edge, weight in zip((*tail.edges, -math.inf), (*tail.weights, 0.0), strict=True):
        while at < len(caught) and caught[at][0] > edge:
            right += caught[at][1]
            at += 1
        place = math.log10(wrong / tail.total) if wrong else -math.inf
        if not found or place - last >= 6 / points or edge == -math.inf:
            found.append((wrong / tail.total, right / total))
            last = place
        wrong += weight
    return found
