"""How much a number would differ with other sites: resampling whole sites, because links of one site are one fact.

Each resample gives every site a weight drawn from Poisson's distribution with mean 1, which is what drawing as many
sites with replacement comes to when there are many (Hanley and MacGibbon 2006; Chamandy et al. 2012). Most sites look
alike to a number: one link, caught. Those are drawn together, as the sum of m such weights is Poisson with mean m. So
a resample of 80,000 rows takes a millisecond.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from whinchat.apps.scanner.evaluation.ranking import RATES, Scored, Tail, cuts

DEFAULT_TIMES = 200
_NORMAL_FROM = 40  # mean from which a normal distribution stands for Poisson's
_DEEPER = 5  # times the largest rate: so far down a threshold may wander in a resample


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Draws the same resamples for the same input and seed."""

    times: int = DEFAULT_TIMES
    seed: int = 0

    def share(self, counted: Iterable[tuple[int, float, float]]) -> list[float]:
        """The share in each resample that has any rows. A row: (site, how much of it counts, its weight)."""
        amounts = ((site, key, amount) for site, *both in counted for key, amount in enumerate(both))
        return [hits / total for hits, total in self._sums(amounts, 2) if total]

    def recalls(
        self, phishing: Sequence[Scored], benign: Sequence[Scored], rates: Sequence[float] = RATES
    ) -> list[tuple[float, ...]]:
        """In each resample the share of the phishing rows that is found at each rate, each with its own threshold."""
        tail = Tail.of(benign, _DEEPER * max(rates))
        depth = len(tail.edges)
        places = {edge: depth + 1 + at for at, edge in enumerate(tail.edges)}
        rising = tail.edges[::-1]

        def amounts() -> Iterator[tuple[int, int, float]]:
            for site, score, weight in phishing:  # counted under how many edges are not below it
                yield site, depth - bisect_left(rising, score), weight
            for site, score, weight in benign:
                yield site, places.get(score, 2 * depth + 1), weight

        deepest = depth if tail.whole else depth - 1  # what lies below the end of a tail may not be found
        found = []
        for sums in self._sums(amounts(), 2 * depth + 2):
            all_phishing, all_benign = math.fsum(sums[: depth + 1]), math.fsum(sums[depth + 1 :])
            if all_phishing and all_benign:
                caught = list(accumulate(sums[: depth + 1]))
                at = cuts(sums[depth + 1 : -1], all_benign, rates)
                found.append(tuple(caught[min(each, deepest)] / all_phishing for each in at))
        return found

    def _sums(self, amounts: Iterable[tuple[int, int, float]], size: int) -> Iterator[list[float]]:
        """Of each resample the sum per key, of (site, key below `size`, amount)."""
        of_site: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for site, key, amount in amounts:
            of_site[site][key] += amount
        alike = Counter(tuple(sorted(kept.items())) for kept in of_site.values())
        rng = random.Random(self.seed)
        for _ in range(self.times):
            sums = [0.0] * size
            for kept, sites in alike.items():
                if drawn := poisson(sites, rng):
                    for key, amount in kept:
                        sums[key] += drawn * amount
            yield sums


def poisson(mean: int, rng: random.Random) -> int:
    """A draw from Poisson's distribution; above a mean of 40 from the normal one, which then differs by little."""
    if mean >= _NORMAL_FROM:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    return bisect_right(_up_to(mean), rng.random())


@cache
def _up_to(mean: int) -> tuple[float, ...]:
    """The probability of 0, of 1 at most, of 2 at most, …"""
    most = 20 + 4 * mean  # beyond lies less than a float can tell
    return tuple(accumulate(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(most)))


def interval(values: Sequence[float], low: float = 0.025, high: float = 0.975) -> tuple[float, float] | None:
    """The quantiles, between neighbours where they fall between; None where there is too little to tell."""
    if len(values) < 2:
        return None
    ranked = sorted(values)
    return _quantile(ranked, low), _quantile(ranked, high)


def _quantile(ranked: Sequence[float], share: float) -> float:
    place = share * (len(ranked) - 1)
    at = int(place)
    upper = ranked[min(at + 1, len(ranked) - 1)]
    return ranked[at] + (place - at) * (upper - ranked[at])
