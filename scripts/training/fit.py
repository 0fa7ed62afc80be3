"""The recipe: tables counted out of fold, trees trained on what those say, the whole written as one model."""

from __future__ import annotations

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import lightgbm
import numpy as np
import numpy.typing as npt
from scripts.training import boost, grams
from scripts.training.sample import FOLDS, Floats, Mask, Sample

from whinchat.apps.scanner.features import names
from whinchat.apps.scanner.model.grams import Grams
from whinchat.apps.scanner.scoring import Weights

OLD, OLD_COUNTS = "2025", 0.4  # phishing of before then against newer: what scammers do changes
BALANCE = 0.3  # a source of n benign links counts n^(1 - BALANCE): the largest is not all there is
SHRINK = 8.0  # sites that a suffix is thought to have beside those seen
FOLD_STEPS = 80
THREADS = 2


@dataclass(slots=True)
class Prepared:
    """A sample with its runs of characters counted."""

    sample: Sample
    counts: grams.Counts


def prepare(sample: Sample) -> Prepared:
    return Prepared(sample, grams.count(sample.parts))


@dataclass(slots=True)
class Fitted:
    grams: Grams
    grounds: dict[str, float]
    booster: lightgbm.Booster
    unseen: Floats
    """Raw scores of the links learned from, by a model that did not see their fold; others are 0."""

    def raw(self, given: Prepared) -> Floats:
        """Raw scores of links of other sites."""
        odds = grams.odds(given.counts, self.grams)
        return boost.raw(self.booster, vectors(given.sample, odds, look_up(given.sample, self.grounds)))


def importance(sample: Sample, chosen: Mask) -> Floats:
    """How much each link counts: the old less, sources evened out, both labels as much in all."""
    weight = np.where(sample.bad & (sample.date < OLD), OLD_COUNTS, 1.0)
    for source, size in Counter(sample.source[chosen & ~sample.bad]).items():
        weight[(sample.source == source) & ~sample.bad] = size**-BALANCE
    weight[~sample.bad] *= weight[chosen & sample.bad].sum() / weight[chosen & ~sample.bad].sum()
    return weight.astype(np.float32)


def count_grounds(sample: Sample, chosen: Mask, weight: Floats) -> dict[str, float]:
    """Log-odds per suffix or platform from its numbers of sites, shrunk towards those of all."""
    found: dict[bool, dict[str, float]] = {True: defaultdict(float), False: defaultdict(float)}
    seen = set()
    for index in np.flatnonzero(chosen):
        key = (sample.site[index], bool(sample.bad[index]))
        if key not in seen and sample.ground[index]:
            seen.add(key)
            found[key[1]][sample.ground[index]] += float(weight[index])
    total = {bad: sum(each.values()) for bad, each in found.items()}
    share = total[True] / (total[True] + total[False])
    return {
        key: round(
            float(
                np.log((found[True][key] + SHRINK * share) / (found[False][key] + SHRINK * (1 - share)))
                - np.log(total[True] / total[False])
            ),
            3,
        )
        for key in sorted(found[True].keys() | found[False].keys())
    }


def look_up(sample: Sample, grounds: dict[str, float]) -> Floats:
    return np.array([grounds.get(each, 0.0) for each in sample.ground], np.float32)


def vectors(sample: Sample, odds: Floats, ground: Floats) -> npt.NDArray[np.float32]:
    """What `Weighing` puts together for one link, for all."""
    return np.hstack([sample.numbers, odds, ground[:, None], odds.sum(axis=1, keepdims=True), sample.amounts])


def fit(given: Prepared, chosen: Mask, *, with_unseen: bool = True) -> Fitted:
    """Learn from the chosen links. `with_unseen`: score them out of fold as well, which takes five trainings more."""
    sample = given.sample
    weight = importance(sample, chosen)
    whole = given.counts.whole
    odds = np.zeros((len(sample), len(given.counts.parts)), np.float32)
    ground = np.zeros(len(sample), np.float32)
    with ThreadPoolExecutor(THREADS) as pool:

        def table_without(fold: int) -> Grams:
            learn = chosen & (sample.fold != fold)
            return grams.quantise(grams.regress(whole[learn], sample.bad[learn], weight[learn], FOLD_STEPS))

        finished = pool.submit(lambda: grams.quantise(grams.regress(whole[chosen], sample.bad[chosen], weight[chosen])))
        for fold, table in enumerate(pool.map(table_without, range(FOLDS))):
            learn, ask = chosen & (sample.fold != fold), sample.fold == fold
            odds[ask] = grams.odds(grams.Counts([part[ask] for part in given.counts.parts]), table)
            ground[ask] = look_up(sample, count_grounds(sample, learn, weight))[ask]
    all_names = names(Weights.load())
    read = vectors(sample, odds, ground)
    booster = boost.train(read[chosen], sample.bad[chosen], weight[chosen], all_names)
    unseen = _unseen(sample, chosen, weight, read, all_names) if with_unseen else np.zeros(0, np.float32)
    return Fitted(finished.result(), count_grounds(sample, chosen, weight), booster, unseen)


def _unseen(sample: Sample, chosen: Mask, weight: Floats, read: Floats, all_names: tuple[str, ...]) -> Floats:
    """Benign links scored by trees of other folds: they bound wrong warnings where validation has too few links."""
    raw = np.zeros(len(sample), np.float32)
    for fold in range(FOLDS):
        learn, ask = chosen & (sample.fold != fold), chosen & (sample.fold == fold)
        raw[ask] = boost.raw(boost.train(read[learn], sample.bad[learn], weight[learn], all_names), read[ask])
    return raw
