"""How good a ranking is: recall at shares of wrong warnings, with intervals over sites."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scripts.training.calibrate import upper_bound
from scripts.training.sample import Floats, Mask, Sample

RATES = (0.0001, 0.001, 0.01)
RESAMPLES = 200
ENOUGH = 3_000  # benign links a source needs for a threshold of its own at one in a thousand


def threshold(benign: Floats, rate: float) -> float:
    """The score that at most `rate` of the benign links exceed; ties count as exceeding."""
    ordered = np.sort(benign)[::-1]
    return float(ordered[min(int(rate * len(ordered)), len(ordered) - 1)])


def recalls(score: Floats, bad: Mask, wanted: Mask) -> list[float]:
    """Of the wanted phishing links, at each of `RATES`."""
    return [float((score[wanted] > threshold(score[~bad], rate)).mean()) for rate in RATES]


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    value: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def intervals(score: Floats, sample: Sample, wanted: Mask, seed: int) -> list[Interval]:
    """95 % intervals of `recalls` by drawing sites with replacement."""
    rng = np.random.default_rng(seed)
    _, site = np.unique(sample.site.astype(str), return_inverse=True)
    sites = int(site.max()) + 1
    drawn = []
    order = np.argsort(-score, kind="stable")
    bad, want, of = sample.bad[order], wanted[order], site[order]
    for _ in range(RESAMPLES):
        times = np.bincount(rng.integers(0, sites, sites), minlength=sites)[of]
        wrong = np.cumsum(times * ~bad)
        found = np.cumsum(times * want)
        places = [max(int(np.searchsorted(wrong, rate * wrong[-1], side="right")) - 1, 0) for rate in RATES]
        drawn.append([found[place] / found[-1] for place in places])
    low, high = np.quantile(np.array(drawn), [0.025, 0.975], axis=0)
    return [
        Interval(float(low[index]), value, float(high[index]))
        for index, value in enumerate(recalls(score, sample.bad, wanted))
    ]


def bound_by_sites(wrong: Mask, site: npt.NDArray[np.object_]) -> float:
    """Upper end of the one-sided 95 % interval of the share of wrong links, where links of a site go together.

    Clopper and Pearson's for as many independent links as vary as much between sites (Korn and Graubard, Survey
    Methodology 24, 1998). Where none is wrong, nothing shows how they vary: then each site counts as one link.
    """
    _, place = np.unique(site.astype(str), return_inverse=True)
    links = np.bincount(place)
    hits = np.bincount(place, weights=wrong)
    count, sites = len(site), len(links)
    share = hits.sum() / max(count, 1)
    if not 0 < share < 1:
        return upper_bound(int(share * sites), sites)
    variance = ((hits - share * links) ** 2).sum() / count**2 * sites / max(sites - 1, 1)
    independent = min(share * (1 - share) / variance, count) if variance else sites
    return upper_bound(share * independent, independent)
