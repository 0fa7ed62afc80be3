from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.evidence import link

from whinchat.apps.scanner.evidence.known import Evidence
from whinchat.apps.scanner.knowledge import SiteTag
from whinchat.apps.scanner.scoring import (
    AddressClass,
    Calibration,
    Group,
    Rules,
    Weight,
    Weights,
    probability,
    score,
)
from whinchat.core.errors import SettingsError

WEIGHTS = Weights(
    version="test",
    prior=0.02,
    groups={"words": Group(cap=3.0), "host": Group(cap=9.0), "safety": Group(cap=9.0)},
    calibration={each: Calibration(base=-4.0, slope=1.0) for each in AddressClass}
    | {AddressClass.HOSTING: Calibration(base=-2.0, slope=2.0)},
    evidence={
        "login": Weight("words", 2.0),
        "prize": Weight("words", 2.0),
        "number": Weight("host", 1.0),
        "known": Weight("safety", -3.0),
        "nothing": Weight("words", 0.0),
    },
)


def test_evidence_adds_up_from_the_base_of_the_class() -> None:
    found = score([Evidence("login"), Evidence("number", amount=2.0)], AddressClass.OWN, WEIGHTS)
    assert found.log_odds == pytest.approx(-4 + 2 + 2)
    assert found.probability == pytest.approx(0.5)
    assert found.corroborated_by == 2


def test_correlated_evidence_is_capped_and_shares_say_what_was_added() -> None:
    found = score([Evidence("login"), Evidence("prize")], AddressClass.OWN, WEIGHTS)
    assert found.log_odds == pytest.approx(-4 + 3)
    assert [share.weight for share in found.shares] == [pytest.approx(1.5), pytest.approx(1.5)]
    assert found.corroborated_by == 1


def test_safety_is_not_capped_away_by_danger() -> None:
    found = score([Evidence("known"), Evidence("login")], AddressClass.OWN, WEIGHTS)
    assert found.log_odds == pytest.approx(-5)
    assert [share.evidence.name for share in found.shares] == ["known", "login"]


def test_each_class_is_calibrated_for_itself() -> None:
    found = score([Evidence("login")], AddressClass.HOSTING, WEIGHTS)
    assert found.log_odds == pytest.approx(-2 + 2 * 2)
    assert found.shares[0].weight == pytest.approx(4)


def test_evidence_without_weight_says_nothing_and_unknown_evidence_is_a_fault() -> None:
    found = score([Evidence("nothing")], AddressClass.OWN, WEIGHTS)
    assert (found.log_odds, found.corroborated_by) == (-4, 0)
    with pytest.raises(KeyError):
        score([Evidence("invented")], AddressClass.OWN, WEIGHTS)


@given(st.floats(-700, 700))
def test_probability_is_the_logistic_function(log_odds: float) -> None:
    p = probability(log_odds)
    assert 0 <= p <= 1
    assert p + probability(-log_odds) == pytest.approx(1)
    if abs(log_odds) < 20:
        assert math.log(p / (1 - p)) == pytest.approx(log_odds, abs=1e-6)


@given(st.lists(st.sampled_from(["login", "prize", "number", "known"]), max_size=6))
def test_the_shares_explain_the_whole_score(names: list[str]) -> None:
    found = score([Evidence(name) for name in names], AddressClass.OWN, WEIGHTS)
    assert found.log_odds == pytest.approx(-4 + sum(share.weight for share in found.shares))


@pytest.mark.parametrize(
    ("url", "tags", "address"),
    [
        ("https://example.org/", frozenset(), AddressClass.OWN),
        ("https://name.pages.dev/", frozenset(), AddressClass.HOSTING),
        ("https://example.org/", frozenset({SiteTag.HOSTING}), AddressClass.HOSTING),
        ("https://example.org/", frozenset({SiteTag.DYNAMIC_DNS}), AddressClass.HOSTING),
        ("https://bit.ly/x", frozenset({SiteTag.SHORTENER}), AddressClass.SHORTENER),
        ("http://203.0.113.9/", frozenset(), AddressClass.NUMBER),
    ],
)
def test_links_fall_into_classes(url: str, tags: frozenset[SiteTag], address: AddressClass) -> None:
    assert AddressClass.of(link(url), tags) is address


def test_the_shipped_numbers_are_sound() -> None:
    weights, rules = Weights.load(), Rules.load()
    assert 0 < weights.prior < 1
    assert 0 < rules.thresholds.ask < rules.thresholds.warn < rules.thresholds.malicious < 1
    assert rules.thresholds.corroboration >= 2
    lifetimes = rules.lifetimes
    assert (lifetimes.benign, lifetimes.suspicious, lifetimes.malicious, lifetimes.unknown) == (86400, 3600, 900, 60)


def test_a_number_without_its_group_or_class_is_refused() -> None:
    with pytest.raises(ValueError, match="host"):
        replace_groups({"words": Group(1.0), "safety": Group(1.0)})
    with pytest.raises(ValueError, match="number"):
        msgspec.structs.replace(
            WEIGHTS, calibration={each: Calibration(0, 1) for each in AddressClass if each is not AddressClass.NUMBER}
        )


def replace_groups(groups: dict[str, Group]) -> Weights:
    return msgspec.structs.replace(WEIGHTS, groups=groups)


def test_a_damaged_file_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "thresholds.toml").write_text("[thresholds]\nwarn = 'high'\n", "utf-8")
    with pytest.raises(SettingsError, match="thresholds") as refused:
        Rules.load(tmp_path / "thresholds.toml")
    assert refused.value.hint


def test_an_unknown_number_is_refused(tmp_path: Path) -> None:
    text = "[thresholds]\nmalicious=0.99\nwarn=0.8\nask=0.2\ncorroboration=2\nlists_fresh_days=9\nmood=1\n[lifetimes]\n"
    text += "benign=1\nsuspicious=1\nmalicious=1\nunknown=1\n"
    (tmp_path / "thresholds.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match="mood"):
        Rules.load(tmp_path / "thresholds.toml")


def test_an_amount_multiplies_its_weight() -> None:
    one = Evidence("number")
    three = replace(one, amount=3.0)
    assert score([three], AddressClass.OWN, WEIGHTS).log_odds == pytest.approx(-1)


@pytest.mark.parametrize("address", list(AddressClass))
def test_no_ending_platform_or_name_is_warned_about_by_its_statistics_alone(address: AddressClass) -> None:
    weights, warn = Weights.load(), Rules.load().thresholds.warn
    calibration = weights.calibration[address]
    for group in weights.groups.values():
        if group.statistical:
            assert probability(calibration.base + calibration.slope * group.cap) < warn


def test_statistical_groups_corroborate_as_one() -> None:
    groups = {
        name: msgspec.structs.replace(group, statistical=name != "safety") for name, group in WEIGHTS.groups.items()
    }
    found = score([Evidence("login"), Evidence("number")], AddressClass.OWN, replace_groups(groups))
    assert found.corroborated_by == 1
