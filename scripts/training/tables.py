"""The tables of results: every number with what it was learned from and what it was measured on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scripts.training.calibrate import Limit, limit, upper_bound
from scripts.training.fit import Prepared, fit
from scripts.training.measure import ENOUGH, RATES, Interval, bound_by_sites, intervals, recalls, threshold
from scripts.training.sample import Floats, Mask, Sample, ships

SEED = 20261122
AGED = "2025-04"  # phishing links from then on are left out, to see what a year costs

Table = dict[str, Any]
Say = Callable[[str], None]


@dataclass(slots=True)
class Tables:
    """Collects results and prints them as they come."""

    say: Say
    found: Table = field(default_factory=dict)

    def add(self, name: str, table: Table) -> None:
        self.found[name] = table
        self.say(f"\n{name}")
        for key, value in table.items():
            self.say(f"  {key:34} {value}")


def ranking(raw: Floats, sample: Sample) -> Table:
    """Recall at each rate of wrong warnings, with intervals, for the phishing of each source."""
    wanted: dict[str, Mask] = {"all phishing": sample.bad}
    for source in np.unique(sample.source[sample.bad]):
        wanted[str(source)] = sample.bad & (sample.source == source)
    return {name: shown(intervals(raw, sample, mask, SEED)) for name, mask in wanted.items()}


def shown(found: list[Interval]) -> Table:
    return {
        f"at {rate:.2%}": [round(each.low, 3), round(each.value, 3), round(each.high, 3)]
        for rate, each in zip(RATES, found, strict=True)
    }


def limits_by_class(
    limits: dict[str, Limit], benign: Floats, address: npt.NDArray[np.str_], site: npt.NDArray[np.object_]
) -> Table:
    """What each limit rests on; `benign`: raw scores of the links that set the limits, with their classes and sites."""
    found: Table = {}
    for name, each in limits.items():
        here = address == name
        found[name] = {
            "raw score": round(each.raw, 3) if np.isfinite(each.raw) else None,
            "benign links": each.benign,
            "wrong": each.wrong,
            "wrong at most (95 %)": round(each.bound, 5),
            "at most, by sites": round(bound_by_sites(benign[here] >= each.raw, site[here]), 5),
        }
    return found


def over(raw: Floats, sample: Sample, limits: dict[str, Limit]) -> Mask:
    """The links that would be warned about."""
    found: Mask = raw >= np.array([limits[address].raw for address in sample.address])
    return found


def told(sample: Sample, warned: Mask, key: npt.NDArray[np.str_]) -> Table:
    """For each value of the key: wrong warnings of benign links with their upper bound, and phishing found."""
    found: Table = {}
    for value in np.unique(key):
        here = key == value
        benign, phishing = int((here & ~sample.bad).sum()), int((here & sample.bad).sum())
        wrong, right = int((here & ~sample.bad & warned).sum()), int((here & sample.bad & warned).sum())
        found[str(value)] = {
            "benign": benign,
            "wrong": wrong,
            "wrong at most (95 %)": round(upper_bound(wrong, benign), 5) if benign else None,
            "at most, by sites": round(by_sites(sample, warned, here), 5) if benign else None,
            "phishing": phishing,
            "found": round(right / phishing, 3) if phishing else None,
        }
    return found


def by_sites(sample: Sample, warned: Mask, here: Mask) -> float:
    benign = here & ~sample.bad
    return bound_by_sites(warned[benign], sample.site[benign])


def mean_over_sources(sample: Sample, warned: Mask) -> float:
    """Share of wrong warnings, each source of benign links counting the same."""
    sources = np.unique(sample.source[~sample.bad])
    return float(np.mean([warned[~sample.bad & (sample.source == source)].mean() for source in sources]))


def crossed(raw: Floats, sample: Sample, unseen: Floats, unseen_address: npt.NDArray[np.str_]) -> Table:
    """Limits set on one half of the sites, wrong warnings counted on the other: what a limit is worth elsewhere."""
    half = sample.fold % 2 == 0
    warned = np.zeros(len(sample), bool)
    for ask in (half, ~half):
        learn = ~ask & ~sample.bad
        limits = {}
        for address in np.unique(sample.address):
            there = learn & (sample.address == address)
            limits[str(address)] = limit(np.concatenate([raw[there], unseen[unseen_address == address]]), str(address))
        for address, each in limits.items():
            warned |= ask & (sample.address == address) & (raw >= each.raw)
    wrong, benign = int((warned & ~sample.bad).sum()), int((~sample.bad).sum())
    return {
        "wrong warnings, all benign": f"{wrong} of {benign} = {wrong / benign:.3%}",
        "wrong at most (95 %)": f"{upper_bound(wrong, benign):.3%}",
        "wrong at most, by sites": f"{by_sites(sample, warned, ~sample.bad):.3%}",
        "mean over sources": f"{mean_over_sources(sample, warned):.2%}",
        "phishing found": round(float(warned[sample.bad].mean()), 3),
        "by source": told(sample, warned, sample.source),
    }


def source_left_out(train: Prepared, later: Prepared, chosen: Mask, source: str) -> Table:
    """Trained without the source; measured on it: its benign links are of a kind never learned from."""
    fitted = fit(train, chosen & (train.sample.source != source), with_unseen=False)
    raw, sample = fitted.raw(later), later.sample
    if not (here := ~sample.bad & (sample.source == source)).any():
        own = sample.source == source
        return {"recall on the source itself": [round(each, 3) for each in recalls(raw, sample.bad, own)]}
    others = ~sample.bad & ~here
    limits = [threshold(raw[others], rate) for rate in RATES]
    found: Table = {
        "its links": int(here.sum()),
        "wrong at thresholds of the others": [round(float((raw[here] > each).mean()), 5) for each in limits],
        "recall at those thresholds": [round(float((raw[sample.bad] > each).mean()), 3) for each in limits],
    }
    if here.sum() >= ENOUGH:
        found["recall at thresholds of its own"] = [
            round(float((raw[sample.bad] > threshold(raw[here], rate)).mean()), 3) for rate in RATES
        ]
    return found


def all_sources(train: Prepared, later: Prepared) -> Table:
    """What could be had if every source's licence let a model learn from it: for research, never shipped."""
    fitted = fit(train, np.ones(len(train.sample), bool), with_unseen=False)
    return ranking(fitted.raw(later), later.sample)


def aged(train: Prepared, later: Prepared) -> Table:
    """The same recipe with phishing links a year older."""
    sample = train.sample
    chosen = ships(sample) & (~sample.bad | (sample.date < AGED))
    raw = fit(train, chosen, with_unseen=False).raw(later)
    bad = later.sample.bad
    recall = [round(each, 3) for each in recalls(raw, bad, bad)]
    return {"links learned from": int((chosen & sample.bad).sum()), "recall": recall}
