"""Evaluations of a few rows, with lists made by hand and the data that ships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.evidence import FakeLists, judge

from whinchat.apps.scanner.evaluation.bootstrap import Bootstrap
from whinchat.apps.scanner.evaluation.evaluate import Evaluated, Options, evaluate
from whinchat.apps.scanner.evaluation.report import Estimate, Report
from whinchat.apps.scanner.evaluation.rows import Label, Row
from whinchat.apps.scanner.evaluation.summary import summarise
from whinchat.apps.scanner.explain import Explainer
from whinchat.apps.scanner.feeds.snapshot import FeedInfo, Trust
from whinchat.apps.scanner.knowledge import Threat
from whinchat.core.formatting.i18n import Words

CATALOGUES = Path(__file__).parents[2] / "src/whinchat/apps/scanner/catalogues"
NOW = 1_780_000_000_000  # 2026-05-28
ONCE = Bootstrap(20, seed=1)

BAD = "https://paypa1-login.pages.dev/verify"
GOOD = "https://smithtownnews.com/2026/council"
ODD = "what is this"


@dataclass
class DatedLists(FakeLists):
    feeds: tuple[FeedInfo, ...] = (FeedInfo("alpha", Threat.PHISHING, Trust.DECISIVE, "", "1", "2026-05-10", 3),)


@cache
def explainer() -> Explainer:
    return Explainer(words())


@cache
def words() -> Words:
    return Words((CATALOGUES,))


def bad(address: str = BAD, *, source: str = "", chat: str = "", when: int | None = None) -> Row:
    return Row(Label.PHISHING, address=address, source=source, chat=chat, when=when)


def good(address: str = GOOD, *, source: str = "", chat: str = "", sender: str = "", when: int | None = None) -> Row:
    return Row(Label.BENIGN, address=address, source=source, chat=chat, sender=sender, when=when)


def evaluated(rows: Sequence[Row], options: Options | None = None, lists: DatedLists | None = None) -> Evaluated:
    return evaluate(rows, judge(), lists or DatedLists(), options or Options(bootstrap=ONCE), NOW)


def reported(rows: Sequence[Row], options: Options | None = None, lists: DatedLists | None = None) -> Report:
    options = options or Options(bootstrap=ONCE)
    lists = lists or DatedLists()
    return summarise(evaluated(rows, options, lists), options, lists, explainer(), files=["rows.tsv"], now=NOW)


def estimate(hits: int, of: int) -> Estimate:
    return Estimate(hits / of if of else None, None, None, hits, of)
