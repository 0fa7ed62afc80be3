"""What the model makes of links, and what each piece of evidence is worth to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from tests.support.evidence import FakeLists, tables

from whinchat.apps.scanner.evidence.index import gather
from whinchat.apps.scanner.evidence.known import Evidence, Known, know
from whinchat.apps.scanner.features import COUNTS, LEARNED, NUMBERS, SAFETY, TELLS, learned, names, numbers, weighed
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.knowledge import Lists
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.model.file import shipped
from whinchat.apps.scanner.scoring import AddressClass, Weights
from whinchat.apps.scanner.weighing import Weighing
from whinchat.core.errors import SettingsError
from whinchat.testing.clock import FakeClock

SAMPLES = Path(__file__).parents[3] / "data" / "model_samples.tsv"
"""Links and the raw scores that the training program's own trees gave them."""

WEIGHTS = Weights.load()
WEIGHING = Weighing(shipped(), WEIGHTS)
LISTS = FakeLists()

SHADY = [
    "https://paypal-secure-login.top/verify/account.php",
    "https://dhl-paket-zustellung.xyz/track",
    "https://wallet-restore.pages.dev/seed",
    "https://amaz0n-prime-update.icu/login",
    "https://secure.netflix.com.billing-update.click/index.html",
    "http://198.51.100.7/wp-includes/chase/login.php",
]


def read(url: str, lists: Lists = LISTS) -> tuple[Link, Known, list[Evidence], AddressClass]:
    link = parse_link(url)
    assert link is not None
    known = know(link, tables(), lists)
    return link, known, gather(link, known), AddressClass.of(link, known.tags)


def samples() -> list[tuple[str, float]]:
    lines = SAMPLES.read_text("utf-8").splitlines()
    return [(url, float(raw)) for url, raw in (line.split("\t") for line in lines if not line.startswith("#"))]


def test_links_score_as_where_the_model_was_trained() -> None:
    cases = samples()
    assert len(cases) >= 100
    lists = SnapshotLists(None, FakeClock())
    for url, raw in cases:
        assert WEIGHING.weigh(*read(url, lists)).raw == pytest.approx(raw, abs=1e-3), url


def test_the_features_have_one_name_each_and_the_vector_their_length() -> None:
    link, known, evidence, address = read(SHADY[0])
    assert len(set(names(WEIGHTS))) == len(names(WEIGHTS)) == len(WEIGHING.weigh(link, known, evidence, address).vector)
    assert len(numbers(link, known, address)) == len(NUMBERS)
    assert len(learned(known)) == len(LEARNED)
    assert shipped().features == names(WEIGHTS)


def test_a_model_of_other_features_is_refused_with_the_way_out() -> None:
    other = msgspec.structs.replace(shipped(), features=shipped().features[1:])
    with pytest.raises(SettingsError) as caught:
        Weighing(other, WEIGHTS)
    assert caught.value.hint == "Train it again: make train"


@pytest.mark.parametrize("url", SHADY)
def test_without_the_evidence_that_is_named_the_score_is_lower(url: str) -> None:
    link, known, evidence, address = read(url)
    whole = WEIGHING.weigh(link, known, evidence, address)
    shares = [share for share in WEIGHING.shares(whole, evidence) if share.weight > 0]
    assert shares
    for share in shares:
        raw = _without(share.evidence, link, known, evidence, address)
        assert raw < whole.raw, share.evidence.name
        assert whole.raw - raw == pytest.approx(share.weight, abs=1e-6)


@pytest.mark.parametrize("url", SHADY)
def test_evidence_of_danger_never_makes_a_link_safer(url: str) -> None:
    link, known, evidence, address = read(url)
    whole = WEIGHING.weigh(link, known, evidence, address)
    for name in weighed(WEIGHTS):
        more = [*(each for each in evidence if each.name != name), Evidence(name, amount=3.0)]
        other = WEIGHING.weigh(link, known, more, address).raw
        assert other <= whole.raw + 1e-9 if name in SAFETY else other >= whole.raw - 1e-9, name


def _without(gone: Evidence, link: Link, known: Known, evidence: Sequence[Evidence], address: AddressClass) -> float:
    """The raw score of the link had that evidence not been there."""
    told = {name.removesuffix("_odds"): 0.0 for name in TELLS.get(gone.name, ())}
    left = known.learned._replace(**told)
    mentions = () if gone.name in COUNTS else known.mentions
    rest = [each for each in evidence if each is not gone]
    return WEIGHING.weigh(link, replace(known, learned=left, mentions=mentions), rest, address).raw
