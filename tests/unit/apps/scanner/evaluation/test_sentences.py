from __future__ import annotations

import msgspec
import pytest
from tests.support.evaluations import BAD, GOOD, ONCE, bad, good, reported

from whinchat.apps.scanner.evaluation.evaluate import Options
from whinchat.apps.scanner.evaluation.judging import FeedUse
from whinchat.apps.scanner.evaluation.report import Budget, Estimate, Report
from whinchat.apps.scanner.evaluation.rows import Label, Row
from whinchat.apps.scanner.evaluation.sentences import caveats, coverage, headline, percent, spread, with_spread


@pytest.mark.parametrize(
    ("share", "said"),
    [(None, "–"), (0.0, "0 %"), (1.0, "100.0 %"), (0.455, "45.5 %"), (0.0055, "0.55 %"), (0.00055, "0.055 %")],
)
def test_small_shares_have_more_digits(share: float | None, said: str) -> None:
    assert percent(share) == said


def test_an_interval_has_the_digits_of_its_end() -> None:
    assert with_spread(Estimate(0.455, 0.431, 0.48, 1, 2)) == "45.5 % (43.1–48.0 %)"
    assert spread(Estimate(0.0005, 0.0003, 0.0011, 1, 2)) == "0.03–0.11 %"
    assert with_spread(Estimate(0.5, None, None, 1, 2)) == "50.0 %"


def with_budget(report: Report, budget: Budget, **change: object) -> Report:
    whole = msgspec.structs.replace(report.groups[0], budget=budget, **change)
    return msgspec.structs.replace(report, groups=(whole, *report.groups[1:]))


def test_the_verdict_comes_first_and_plainly() -> None:
    report = reported([bad(), bad(GOOD), good(BAD), good()])
    said = list(headline(report))
    assert said[0].startswith("It warned of 50.0 % (")
    assert said[0].endswith("of 2 dangerous links.")
    assert said[1].startswith("It warned wrongly of 1 of 2 harmless links, 50.0 %.")
    assert len(said) == 2


def test_what_another_threshold_would_find_is_said_only_where_there_are_enough_harmless_rows_to_set_it() -> None:
    report = reported([bad(), good()])
    assert "threshold where" not in " ".join(headline(report))
    (whole, *others) = report.rankings
    enough = msgspec.structs.replace(whole, at=tuple(msgspec.structs.replace(at, enough=True) for at in whole.at))
    many = msgspec.structs.replace(report, rankings=(enough, *others))
    assert "With the threshold where 1 in 1,000 harmless links would be warned of" in " ".join(headline(many))


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (Budget.MET, "That is within the budget of 1 in 1,000: with 95 %"),
        (Budget.NOT_REFUTED, "cannot be told from so few"),
        (Budget.REFUTED, "That is more than the budget"),
    ],
)
def test_the_budget_is_judged_in_words(budget: Budget, said: str) -> None:
    report = with_budget(reported([bad(), good()]), budget)
    assert said in " ".join(headline(report))


def test_places_where_it_is_too_loud_are_named() -> None:
    report = reported([bad(), good(BAD, source="forum"), good(source="press")])
    loud = tuple(
        msgspec.structs.replace(group, budget=Budget.REFUTED) if group.name == "forum" else group
        for group in report.groups
    )
    assert "surely: forum (100.0 %)." in " ".join(headline(msgspec.structs.replace(report, groups=loud)))


def test_half_of_the_matter_is_said_to_be_half() -> None:
    assert "no harmless links" in " ".join(headline(reported([bad()])))
    assert "no dangerous links" in " ".join(headline(reported([good()])))
    assert list(headline(reported([]))) == ["There is nothing to measure: no row is a dangerous or a harmless link."]
    assert "messages" in " ".join(headline(reported([Row(Label.BENIGN, text=GOOD)])))


def test_of_no_rows_there_is_no_coverage() -> None:
    assert list(coverage(reported([]))) == ["0 rows: 0 dangerous, 0 harmless. 0 sites."]


def test_coverage_leaves_nothing_out() -> None:
    rows = [bad("no link"), Row(Label.PHISHING, text="hello"), Row(Label.SPAM, text=BAD), good(), good()]
    said = " ".join(coverage(reported(rows, Options(per_site=1, bootstrap=ONCE))))
    for expected in ("1 spam, counted apart", "1 dangerous messages", "66.67 %", "1 could not be read", "Left out as"):
        assert expected in said


def test_what_the_numbers_cannot_say_depends_on_them() -> None:
    few = " ".join(caveats(reported([bad(), good()])))
    for expected in ("--unseen FILE", "none were used", "at least 3,000 harmless rows, none", "one source"):
        assert expected in few
    options = Options(bootstrap=ONCE, unseen="train.tsv", feeds=FeedUse.ALL)
    rows = [bad(), *(good(source=name) for name in ("a", "b", "b", "b", "b", "b"))]
    many = " ".join(caveats(reported(rows, options)))
    for expected in ("on the day", "unlike these sources", "few sites repeat"):
        assert expected in many
    assert "--unseen" not in many


def test_small_sources_beside_large_ones_are_a_caveat() -> None:
    report = reported([bad(), good(source="a"), good(source="b")])
    large = msgspec.structs.replace(report.groups[0], wrong=Estimate(0.0, None, None, 0, 9_000))
    said = " ".join(caveats(msgspec.structs.replace(report, groups=(large, *report.groups[1:]))))
    assert "small sources" in said
