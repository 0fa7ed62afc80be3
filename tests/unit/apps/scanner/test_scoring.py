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
    Group,
    Rules,
    Weight,
    Weights,
    probability,
    score,
)
from whinchat.core.errors import SettingsError

WEIGHTS = Weights(
    groups={"words": Group(cap=3.0), "host": Group(cap=9.0), "safety": Group(cap=9.0)},
    evidence={
        "login": Weight("words", 2.0),
        "prize": Weight("words", 2.0),
        "number": Weight("host", 1.0),
        "known": Weight("safety", -3.0),
        "nothing": Weight("words", 0.0),
        "learned": Weight("host"),
    },
)


def test_evidence_adds_up_from_what_was_there_before() -> None:
    found = score([Evidence("login"), Evidence("number", amount=2.0)], WEIGHTS, -4.0)
    assert found.log_odds == pytest.approx(-4 + 2 + 2)
    assert found.probability == pytest.approx(0.5)
    assert found.speaking == ("host", "words")


def test_correlated_evidence_is_capped_and_shares_say_what_was_added() -> None:
    found = score([Evidence("login"), Evidence("prize")], WEIGHTS, -4.0)
    assert found.log_odds == pytest.approx(-4 + 3)
    assert [share.weight for share in found.shares] == [pytest.approx(1.5), pytest.approx(1.5)]
    assert found.speaking == ("words",)


def test_safety_is_not_capped_away_by_danger() -> None:
    found = score([Evidence("known"), Evidence("login")], WEIGHTS, -4.0)
    assert found.log_odds == pytest.approx(-5)
    assert [share.evidence.name for share in found.shares] == ["known", "login"]


def test_evidence_that_the_model_weighs_adds_nothing_here() -> None:
    found = score([Evidence("learned"), Evidence("login")], WEIGHTS, 1.0)
    assert found.log_odds == pytest.approx(3)
    assert [share.evidence.name for share in found.shares] == ["login"]


def test_evidence_without_weight_says_nothing_and_unknown_evidence_is_a_fault() -> None:
    found = score([Evidence("nothing")], WEIGHTS, -4.0)
    assert (found.log_odds, found.speaking) == (-4, ())
    with pytest.raises(KeyError):
        score([Evidence("invented")], WEIGHTS, -4.0)


@given(st.floats(-700, 700))
def test_probability_is_the_logistic_function(log_odds: float) -> None:
    p = probability(log_odds)
    assert 0 <= p <= 1
    assert p + probability(-log_odds) == pytest.approx(1)
    if abs(log_odds) < 20:
        assert math.log(p / (1 - p)) == pytest.approx(log_odds, abs=1e-6)


@given(st.lists(st.sampled_from(["login", "prize", "number", "known"]), max_size=6))
def test_the_shares_explain_the_whole_score(names: list[str]) -> None:
    found = score([Evidence(name) for name in names], WEIGHTS, -4.0)
    assert found.log_odds == pytest.approx(-4 + sum(share.weight for share in found.shares))


@pytest.mark.parametrize(
    ("url", "tags", "address"),
    [
        ("https://example.org/", frozenset(), AddressClass.FRONT),
        ("https://example.org/page", frozenset(), AddressClass.OWN),
        ("https://example.org/?page", frozenset(), AddressClass.OWN),
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
    assert len(weights.version) == 8
    assert 0 < rules.thresholds.ask < rules.thresholds.warn < rules.thresholds.malicious < 1
    assert rules.thresholds.corroboration >= 2
    lifetimes = rules.lifetimes
    assert (lifetimes.benign, lifetimes.suspicious, lifetimes.malicious, lifetimes.unknown) == (86400, 3600, 900, 60)


def test_evidence_without_its_group_is_refused() -> None:
    with pytest.raises(ValueError, match="host"):
        replace_groups({"words": Group(1.0), "safety": Group(1.0)})


def replace_groups(groups: dict[str, Group]) -> Weights:
    return msgspec.structs.replace(WEIGHTS, groups=groups)


def test_a_damaged_file_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "thresholds.toml").write_text("[thresholds]\nwarn = 'high'\n", "utf-8")
    with pytest.raises(SettingsError, match="thresholds") as refused:
        Rules.load(tmp_path / "thresholds.toml")
    assert refused.value.hint


def test_an_unknown_number_is_refused(tmp_path: Path) -> None:
    text = "[thresholds]\nmalicious=0.99\nwarn=0.8\nask=0.2\ncorroboration=2\nmood=1\n"
    text += "lists_fresh_days=9\nmodel_fresh_days=9\nmodel_last_days=9\n[lifetimes]\n"
    text += "benign=1\nsuspicious=1\nmalicious=1\nunknown=1\n"
    (tmp_path / "thresholds.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match="mood"):
        Rules.load(tmp_path / "thresholds.toml")


def test_an_amount_multiplies_its_weight() -> None:
    one = Evidence("number")
    three = replace(one, amount=3.0)
    assert score([three], WEIGHTS, -4.0).log_odds == pytest.approx(-1)


def test_what_stands_around_a_link_and_every_group_of_declared_evidence_is_capped() -> None:
    weights = Weights.load()
    for name, weight in weights.evidence.items():
        assert weight.weight is None or abs(weight.weight) <= weights.groups[weight.group].cap, name


def test_statistical_groups_corroborate_as_one() -> None:
    groups = {
        name: msgspec.structs.replace(group, statistical=name != "safety") for name, group in WEIGHTS.groups.items()
    }
    found = score([Evidence("login"), Evidence("number")], replace_groups(groups), -4.0)
    assert found.speaking == ("",)
