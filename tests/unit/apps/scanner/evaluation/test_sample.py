from __future__ import annotations

import math

from tests.support.evaluations import BAD, GOOD, ODD, bad, evaluated, good

from whinchat.apps.scanner.evaluation.judging import Case, State
from whinchat.apps.scanner.evaluation.rows import Label, Row
from whinchat.apps.scanner.evaluation.sample import SHOWN, Top


def test_a_row_without_a_score_is_missed_or_warned_of() -> None:
    sample = evaluated([bad(ODD), good(ODD), bad(), good()]).sample
    assert list(sample.scores.score[:2]) == [-math.inf, math.inf]
    assert list(sample.scores.warned) == [0, 1, 1, 0]
    assert list(sample.malicious[:2]) == [0, 1]
    assert math.isnan(sample.probability[0])


def test_links_of_one_site_are_one_and_unreadable_ones_are_strangers() -> None:
    sample = evaluated([bad(), bad(f"{BAD}/other"), bad(ODD), bad(ODD)]).sample
    assert sample.site[0] == sample.site[1]
    assert len(set(sample.site)) == 3
    assert list(sample.classes) == ["hosting", "unreadable"]


def test_verdicts_are_counted_for_each_label() -> None:
    told = evaluated([bad(), good(), bad(ODD), Row(Label.SPAM, text="buy"), good()]).sample.verdicts
    assert told[Label.BENIGN, "benign"] == 2
    assert told[Label.PHISHING, "unreadable"] == 1
    assert told[Label.SPAM, "no_link"] == 1


def test_mistakes_are_kept_apart_and_messages_without_links_are_none() -> None:
    rows = [good(BAD), bad(GOOD), bad(ODD), Row(Label.PHISHING, text="hello"), Row(Label.BENIGN, text="hello")]
    sample = evaluated(rows).sample
    assert [case.row.address for case in sample.wrong.cases()] == [BAD]
    assert [case.row.address for case in sample.missed.cases()] == [ODD, GOOD]


def test_only_the_worst_are_kept_one_of_a_site() -> None:
    top = Top(lambda case: case.seconds)
    for number in range(300):
        top.add(Case(bad(f"site {number % 100}"), State.UNREADABLE, seconds=number))
    kept = [case.seconds for case in top.cases()]
    assert kept == [float(seconds) for seconds in range(299, 299 - SHOWN, -1)]
