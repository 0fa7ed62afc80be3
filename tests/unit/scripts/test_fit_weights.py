"""The parts of the fitting script that decide what ships; the whole needs data that is not in the tree."""

from __future__ import annotations

import gzip
import math
from dataclasses import replace
from pathlib import Path

import pytest
from scripts import fit_weights
from scripts.fit_weights import Example
from scripts.link_report import Judged, at, calibration, recalls, threshold, upper_bound
from tests.support.evidence import FakeLists, link, tables

from whinchat.apps.scanner.evidence.names import NameShapes
from whinchat.apps.scanner.evidence.tables import read
from whinchat.apps.scanner.scoring import AddressClass, Calibration, Weights

GOOD = ("smithtown", "riverside", "greenfield", "northgate", "lakewood")
BAD = ("xqzvwk", "qzxwvk", "zqxkvw", "kxqzwv", "vwqzxk")


def sample(size: int = 40) -> list[Example]:
    found = []
    for number in range(size):
        bad = number % 2 == 0
        name = (BAD if bad else GOOD)[number % 5] + "abcdefgh"[number % 8]
        found.append(Example(link(f"https://{name}.{'top' if bad else 'de'}/"), bad, "test", number % 5, 1.0))
    return found


def test_counts_are_shrunk_and_cut_off() -> None:
    odds = fit_weights.odds_of({"top": 90.0, "rare": 1.0}, {"de": 90.0, "rare": 0.0}, shrink=5, least=2, most=2.5)
    assert odds == {"de": -2.5, "top": 2.5}


def test_what_is_learned_is_learned_from_sites() -> None:
    learned, files = fit_weights.learned(tables(), sample())
    assert learned.grounds["top"] > 0 > learned.grounds["de"]
    assert files.keys() == {"suffixes.toml", "names.toml"}


def test_the_files_can_be_read_back(tmp_path: Path) -> None:
    levels = fit_weights.levels({"abc": 1.2, "xyz": -0.3, "^a0": 1.2, 'a"b': 2.0})
    path = tmp_path / "names.toml"
    path.write_text(fit_weights.shape_file(levels, {}), "utf-8")
    assert read(path)["names"] == {"-3": "xyz", "12": "^a0 abc"}
    assert NameShapes(read(path)["names"]).odds("a7") > 0
    path.write_text(fit_weights.suffix_file({"co.uk": -1.5}), "utf-8")
    assert read(path)["suffixes"] == {"co.uk": -1.5}


def test_weights_learn_what_parts_the_samples_and_keep_their_signs() -> None:
    weights, examples = Weights.load(), sample()
    for each in examples:
        facts = (
            (("risky_suffix", 1.0), ("script_page", 1.0)) if each.bad else (("familiar_name", 1.0), ("long_name", 1.0))
        )
        each.facts = facts
    fitted = fit_weights.regress(examples, weights)
    assert fitted["risky_suffix"] > 0
    assert fitted["familiar_name"] < 0
    assert fitted["long_name"] == 0  # seen on good links alone, it must not count as safety
    assert fitted == fit_weights.regress(examples, weights)
    assert "mixed_script" not in fitted  # declared by hand


def test_calibration_means_what_it_says_and_keeps_the_budget() -> None:
    examples = [
        replace(each, total=3.0 if each.bad or number % 20 == 1 else -3.0) for number, each in enumerate(sample(400))
    ]
    fitted = fit_weights.calibrate(examples, prior=0.5)
    own = fitted[AddressClass.OWN]
    share = sum(each.bad for each in examples if each.total > 0) / sum(each.total > 0 for each in examples)
    assert 1 / (1 + math.exp(-(own.base + own.slope * 3.0))) == pytest.approx(share, abs=0.01)
    held = fit_weights.within_budget(examples, fitted)
    limit = math.log(fit_weights.WARN / (1 - fit_weights.WARN))
    assert all(fit_weights.logit(held, each) < limit for each in examples if not each.bad)


def test_only_fitted_numbers_are_rewritten() -> None:
    text = (
        'version = "old"\nown = { base = 0, slope = 1 }\n'
        'a = { group = "x", weight = 1.0, fitted = true }\nb = { group = "x", weight = 2.0 }\n'
    )
    new = fit_weights.weight_file(text, {"a": 1.25, "b": 9.0}, {AddressClass.OWN: Calibration(-3.5, 1.1)})
    assert 'a = { group = "x", weight = 1.25, fitted = true }' in new
    assert 'b = { group = "x", weight = 2.0 }' in new
    assert "own = { base = -3.5, slope = 1.1 }" in new
    assert 'version = "old"' not in new
    assert new == fit_weights.weight_file(new, {"a": 1.25}, {})


def test_sums_are_capped_as_the_scanner_does() -> None:
    (example,) = sample(1)
    example.facts = (("brand_in_name", 9.0), ("popular_site", 1.0))
    weights = Weights.load()
    fit_weights.add_up([example], weights)
    expected = weights.groups["brand"].cap + weights.evidence["popular_site"].weight
    assert example.total == pytest.approx(expected)


def test_links_are_read_a_few_per_site(tmp_path: Path) -> None:
    rows = ["split\tlabel\turl\tsource\tdate\tsite\tx"]
    rows += [f"train\t1\tevil.top/{number}\ttweetfeed\t2024-01-01\tevil.top\t0" for number in range(9)]
    rows += ["train\t0\tgood.de/a\tnews\t2026-01-01\tgood.de\t0", "train\t0\tknown.de\tnews\t2026-01-01\tknown.de\t0"]
    path = tmp_path / "train.tsv.gz"
    path.write_bytes(gzip.compress("\n".join(rows).encode()))
    found = fit_weights.examples(path, lambda bad, source: True, 3, frozenset({"known.de"}))
    assert [each.link.site.name for each in found] == ["evil.top"] * 3 + ["good.de"]
    assert found[0].importance < found[-1].importance


def test_lists_for_fitting_know_no_feed() -> None:
    lists = fit_weights.LinkOnly(FakeLists(well_known=frozenset({"good.de"})))
    about = link("https://good.de/")
    assert lists.listings(about) == ()
    assert lists.popular(about.site)
    assert lists.tags(about) == frozenset()


def test_without_the_data_it_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fit_weights, "LINKS", tmp_path / "missing")
    monkeypatch.setattr("sys.argv", ["fit_weights"])
    assert fit_weights.main() == 2
    assert "missing" in capsys.readouterr().err


# --- the tables ---------------------------------------------------------------------------------------------------

JUDGED = [Judged(False, "news", "own", score / 100) for score in range(100)] + [
    Judged(True, "feed", "own", score / 100) for score in range(50, 150)
]


def test_a_threshold_lets_no_more_than_its_share_pass() -> None:
    good = [each.score for each in JUDGED if not each.bad]
    for rate in (0.0, 0.01, 0.1):
        assert sum(score >= threshold(good, rate) for score in good) <= rate * len(good)
    assert threshold(good, 1.0) == -math.inf


def test_recall_is_counted_over_the_positives_asked_for() -> None:
    assert recalls(JUDGED, lambda each: each.source == "feed").startswith("0.500  0.500  0.510")


def test_bounds_are_honest_about_small_numbers() -> None:
    assert upper_bound(0, 0) == 1
    assert upper_bound(0, 10) > 0.2
    assert upper_bound(0, 10_000) < 0.001


def test_tables_name_benign_and_recall_per_key() -> None:
    news, feed = sorted(at(JUDGED, 0.9, lambda each: each.source), reverse=True)
    assert "10 of    100" in news
    assert "recall 0.600 of 100" in feed


def test_calibration_compares_what_is_said_with_what_is() -> None:
    lines = calibration([Judged(True, "f", "own", 3.0), Judged(False, "n", "own", -9.0)], 0.5)
    assert any("is 1.000" in line for line in lines)
