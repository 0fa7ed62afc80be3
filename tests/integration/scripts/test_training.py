"""The training program, on small made-up samples: what it writes is what the service reads."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

pytest.importorskip("lightgbm", reason="training needs libgomp1", exc_type=ImportError)

import numpy as np
from scripts.training import boost, calibrate, fit, grams, measure, tables
from scripts.training.sample import Mask, Sample, Taken, few_per_site, ships, take

from whinchat.apps.scanner.features import LEARNED, NUMBERS, SAFETY, names
from whinchat.apps.scanner.model.grams import BUCKETS, Reader, parts
from whinchat.apps.scanner.model.trees import Walker
from whinchat.apps.scanner.scoring import AddressClass, Weights

pytestmark = pytest.mark.unmeasured

LINKS = [
    ("paypal-login{}.top/verify/account.php", True),
    ("secure{}.wallet-restore.pages.dev/seed", True),
    ("dhl{}-paket.xyz/track?id=77777", True),
    ("garden{}.de/roses", False),
    ("news{}.example.org/2024/05/a-long-title-of-words", False),
    ("rust{}.github.io/book/", False),
]


def rows(many: int) -> list[Taken]:
    found = []
    for number in range(many):
        for source, (url, bad) in zip("abcdef", LINKS, strict=True):
            taken = take(
                (bad, url.format(number * 37 % 1000), "tweetfeed" if bad else source, f"2026-0{1 + number % 3}-01")
            )
            assert taken is not None
            found.append(taken)
    return found


@pytest.fixture(scope="module", autouse=True)
def _few_steps() -> Iterator[None]:
    """The samples are small: their folds need not be learned as thoroughly as a hundred thousand links."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "FOLD_STEPS", 10)
        yield


@pytest.fixture(scope="module")
def sample() -> Sample:
    return Sample.of(rows(120))


@pytest.fixture(scope="module")
def fitted(sample: Sample) -> fit.Fitted:
    return fit.fit(fit.prepare(sample), ships(sample))


def test_runs_are_counted_as_the_service_reads_them(sample: Sample) -> None:
    rng = np.random.default_rng(1)
    table = grams.quantise(rng.normal(size=BUCKETS).astype(np.float32))
    reader = Reader(table)
    found = grams.odds(grams.count(sample.parts), table)
    for index in range(0, len(sample), 7):
        assert found[index] == pytest.approx(reader.odds(sample.parts[index]), abs=1e-4)


def test_the_walker_says_what_lightgbm_says(sample: Sample, fitted: fit.Fitted) -> None:
    prepared = fit.prepare(sample)
    vectors = fit.vectors(sample, grams.odds(prepared.counts, fitted.grams), fit.look_up(sample, fitted.grounds))
    walker = Walker(boost.written(fitted.booster))
    assert vectors.shape[1] == len(names(Weights.load()))
    for vector, raw in zip(vectors[::11], fitted.raw(prepared)[::11], strict=True):
        assert walker.walk([float(each) for each in vector]).score == pytest.approx(raw, abs=1e-5)


def test_the_same_input_gives_the_same_model(sample: Sample, fitted: fit.Fitted) -> None:
    again = fit.fit(fit.prepare(sample), ships(sample), with_unseen=False)
    assert again.grams == fitted.grams
    assert again.grounds == fitted.grounds
    assert boost.written(again.booster) == boost.written(fitted.booster)


def test_scam_links_score_above_ordinary_ones(sample: Sample, fitted: fit.Fitted) -> None:
    other = Sample.of([each for each in rows(150) if each.site not in set(sample.site)])
    raw = fitted.raw(fit.prepare(other))
    assert raw[other.bad].min() > raw[~other.bad].max()


def test_grounds_are_shrunk_and_signed(sample: Sample) -> None:
    everything = np.ones(len(sample), bool)
    grounds = fit.count_grounds(sample, everything, fit.importance(sample, everything))
    assert grounds["top"] > 0.5
    assert grounds["de"] < 0


def test_both_labels_count_as_much_and_large_sources_less_than_their_size(sample: Sample) -> None:
    everything = np.ones(len(sample), bool)
    weight = fit.importance(sample, everything)
    assert weight[sample.bad].sum() == pytest.approx(weight[~sample.bad].sum(), rel=1e-4)


def test_openphish_hosts_are_not_learned_from() -> None:
    taken = [
        take((True, "one.top/a", "openphish", "2026-01-01")),
        take((True, "one.top/b", "phishdb_active", "2026-01-01")),
        take((True, "two.top/b", "phishdb_active", "2026-01-01")),
        take((False, "one.top/c", "hackernews", "2026-01-01")),
    ]
    assert list(ships(Sample.of([each for each in taken if each is not None]))) == [False, False, True, True]


def test_a_site_counts_a_few_times_at_most() -> None:
    taken = [take((True, f"one.top/{number}", "tweetfeed", "2026-01-01")) for number in range(20)]
    assert len(few_per_site([each for each in taken if each is not None], 1)) == 4


@pytest.mark.parametrize("feature", ["evidence.brand_in_name", "text_odds", "ground_odds"])
def test_evidence_of_danger_may_only_add(feature: str) -> None:
    assert boost.direction(feature) == 1
    assert boost.direction(f"evidence.{next(iter(SAFETY))}") == -1
    assert boost.direction(NUMBERS[1]) == 0
    assert all(boost.direction(name) == 1 for name in LEARNED)


def test_calibration_says_what_it_saw() -> None:
    rng = np.random.default_rng(3)
    raw = rng.normal(size=40_000).astype(np.float32)
    bad = rng.random(40_000) < 1 / (1 + np.exp(-4 * raw))
    address = np.array(["own"] * len(raw))
    curves, limits = calibrate.calibrate(raw, bad, address, raw[:0], address[:0])
    line = math.log(calibrate.WARN / (1 - calibrate.WARN))
    own, limit = curves["own"], limits["own"]
    assert limit.bound <= calibrate.BUDGETS[AddressClass.OWN] < calibrate.upper_bound(limit.wrong + 1, limit.benign)
    assert own.at(limit.raw) >= line > own.at(limit.raw - 0.01)
    assert all(own.at(low) < own.at(low + 0.1) for low in np.arange(-3, 3, 0.1))
    # Where nothing bounds the wrong warnings, no score is one.
    assert limits["number"].raw == math.inf
    assert curves["number"].at(float(raw.max())) < line


def test_recall_at_a_share_of_wrong_warnings_counts_ties_as_wrong() -> None:
    score = np.array([3, 2, 2, 2, 1, 0], np.float32)
    bad = np.array([1, 1, 0, 1, 0, 0], bool)
    assert measure.threshold(score[~bad], 0.01) == 2
    assert measure.recalls(score, bad, bad) == [pytest.approx(1 / 3)] * 3


def test_wrong_warnings_are_told_by_source_and_bounded(sample: Sample) -> None:
    warned: Mask = sample.bad.copy()
    warned[np.flatnonzero(~sample.bad)[0]] = True
    told = tables.told(sample, warned, sample.source)
    assert told["tweetfeed"]["found"] == 1
    assert sum(each["wrong"] for each in told.values()) == 1
    assert all(each["wrong at most (95 %)"] > 0 for each in told.values() if each["benign"])


def test_many_wrong_links_of_one_site_are_less_than_as_many_facts() -> None:
    sites = np.array([f"{number // 10}.example" for number in range(1_000)], dtype=object)
    one_site, apart, none = (np.zeros(1_000, bool) for _ in range(3))
    one_site[:10] = True
    apart[::100] = True
    alone = calibrate.upper_bound(10, 1_000)
    assert measure.bound_by_sites(apart, sites) == pytest.approx(alone, rel=0.01)
    # One of a hundred sites, or ten of a thousand links: what is known is the former.
    assert measure.bound_by_sites(one_site, sites) == pytest.approx(calibrate.upper_bound(1, 100), rel=0.01)
    assert measure.bound_by_sites(none, sites) == calibrate.upper_bound(0, 100)
    assert measure.bound_by_sites(~none, sites) == 1
    assert measure.bound_by_sites(apart[::50], np.full(20, "one.example", dtype=object)) > 0.9


def test_each_limit_says_what_it_rests_on(sample: Sample) -> None:
    raw = np.arange(len(sample), dtype=np.float32)
    limits = {"own": calibrate.limit(raw, "own"), "number": calibrate.limit(raw[:0], "number")}
    classes = np.array(["own"] * len(sample))
    found = tables.limits_by_class(limits, raw, classes, sample.site)
    assert found["number"]["raw score"] is None
    assert found["own"]["benign links"] == len(sample)
    assert found["number"]["at most, by sites"] == 1.0


def test_intervals_hold_the_value(sample: Sample, fitted: fit.Fitted) -> None:
    raw = fitted.raw(fit.prepare(sample))
    for each in measure.intervals(raw, sample, sample.bad, seed=1):
        assert each.low <= each.value <= each.high


def test_names_on_hosting_are_apart() -> None:
    own = parts(label="login", subdomains=(), suffix="top", path="/", shared=False)
    shared = parts(label="login", subdomains=(), suffix="top", path="/", shared=True)
    assert own[0].text == shared[0].text
    assert own[0].offset != shared[0].offset
