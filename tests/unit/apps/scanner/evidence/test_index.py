from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.support.evidence import found_in, known, link

from whinchat.apps.scanner.evidence.index import CONTEXT, EVIDENCE, HISTORY, SENDER, gather
from whinchat.apps.scanner.evidence.sources import SAID
from whinchat.apps.scanner.evidence.visit import VISIT
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.scoring import Weights
from whinchat.core.formatting.i18n import Words

CATALOGUES = Path(__file__).parents[5] / "src/whinchat/apps/scanner/catalogues"
BY_RULE = {"allowed_here", "denied_here", "allowed_everywhere", "denied_everywhere"}

# Functions are named after the evidence they give.
NAMES = [*(kind.__name__ for kind in (*EVIDENCE, *CONTEXT, *HISTORY, *SENDER, *VISIT)), *SAID]


def test_every_kind_is_named_once() -> None:
    assert len(NAMES) == len(set(NAMES))


def test_every_kind_has_a_weight_and_every_weight_a_kind() -> None:
    assert set(NAMES) == Weights.load().evidence.keys()


def test_every_kind_has_a_sentence() -> None:
    Words((CATALOGUES,)).require(f"evidence.{name}" for name in (*NAMES, *BY_RULE))


def test_kinds_give_evidence_of_their_own_name() -> None:
    about = link("https://paypal.com.a1b2c3d4.top:4433/wp-content/paypal.com/login.php?to=https://ana@example.com")
    for kind in EVIDENCE:
        evidence = kind(about, known(about))
        assert evidence is None or evidence.name == kind.__name__


def test_declared_safety_is_negative_and_declared_danger_positive() -> None:
    declared = {name: (each.weight, each.group) for name, each in Weights.load().evidence.items()}
    for name, (weight, group) in declared.items():
        assert weight is None or (weight < 0) == (group == "safety"), name


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_link_can_be_looked_at(host: str, path: str) -> None:
    about = parse_link(f"http://{host}.com/{path}")
    if about is None:
        return
    for evidence in gather(about, known(about)):
        assert evidence.amount >= 0
        assert all(isinstance(value, str) for value in evidence.values.values())


def test_a_hostile_link_is_looked_at_in_time() -> None:
    found = found_in("https://" + "a1-" * 20 + "x.com/" + "%25" * 5000 + "/" + "a@" * 5000)
    assert len(found) < 30
