"""Whether detection still does what it did, by the link alone, on a small sample of links whose nature is known.

The bounds are far from what was measured: they are crossed when something breaks, not when numbers move a little. How
good detection is, `whinchat scan eval` says, on far more links.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

from whinchat.apps.scanner.evaluation.judging import FeedsInTime, FeedUse
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.verdict import Level
from whinchat.testing.clock import FakeClock

pytestmark = pytest.mark.unmeasured

SAMPLE = Path(__file__).parents[3] / "data" / "links_sample.tsv.gz"
"""Drawn by `scripts/sample_links.py`; links_sample.md says from where."""

RECALL = 0.18
WRONG, WRONG_OF_A_SOURCE = 0.005, 0.01
RANKED_RIGHT = 0.90


class Judged(NamedTuple):
    phishing: bool
    source: str
    url: str
    score: float
    level: Level


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    judge = Judge(FeedsInTime(SnapshotLists(None, FakeClock()), FeedUse.NONE))
    found = []
    with gzip.open(SAMPLE, "rt", encoding="utf-8", newline="\n") as file:
        next(file)
        for line in file:
            label, url, source, _ = line.split("\t")
            link = parse_link(f"http://{url}")
            assert link is not None, url
            verdict = judge.judge(link, 0)
            found.append(Judged(label == "1", source, url, verdict.score, verdict.level))
    return found


def share_warned(rows: list[Judged]) -> float:
    return sum(row.level in {Level.SUSPICIOUS, Level.MALICIOUS} for row in rows) / len(rows)


def test_the_sample_is_large_enough(judged: list[Judged]) -> None:
    assert sum(row.phishing for row in judged) >= 1_000
    assert sum(not row.phishing for row in judged) >= 3_000


def test_phishing_is_warned_of(judged: list[Judged]) -> None:
    assert share_warned([row for row in judged if row.phishing]) >= RECALL


def test_ordinary_links_are_left_alone(judged: list[Judged]) -> None:
    ordinary = [row for row in judged if not row.phishing]
    assert share_warned(ordinary) <= WRONG
    by_source = defaultdict(list)
    for row in ordinary:
        by_source[row.source].append(row)
    assert {source for source, rows in by_source.items() if share_warned(rows) > WRONG_OF_A_SOURCE} == set()


def test_phishing_stands_above_ordinary_links(judged: list[Judged]) -> None:
    """The chance that a phishing link has a higher score than an ordinary one, whatever the thresholds are."""
    ordered = sorted(judged, key=lambda row: row.score)
    below = above = 0
    for row in ordered:
        if row.phishing:
            above += below
        else:
            below += 1
    assert above / (below * (len(ordered) - below)) >= RANKED_RIGHT


def test_no_ordinary_link_is_called_malicious(judged: list[Judged]) -> None:
    assert [row.url for row in judged if row.level is Level.MALICIOUS and not row.phishing] == []
