"""Groups and rankings of a few rows whose numbers can be worked out by hand."""

from __future__ import annotations

import pytest
from tests.support.evaluations import BAD, GOOD, ODD, ONCE, bad, estimate, evaluated, good

from whinchat.apps.scanner.evaluation.bootstrap import Bootstrap
from whinchat.apps.scanner.evaluation.evaluate import Options
from whinchat.apps.scanner.evaluation.measures import MEAN, Measures, judged
from whinchat.apps.scanner.evaluation.measures import ONCE as ONCE_PER_SITE
from whinchat.apps.scanner.evaluation.report import Budget, Estimate, Group, Ranking
from whinchat.apps.scanner.evaluation.rows import Label, Row
from whinchat.apps.scanner.scoring import Part


def measures(rows: list[Row], options: Options | None = None) -> Measures:
    return Measures(evaluated(rows, options).sample, ONCE)


def group(found: Measures, by: str, name: str) -> Group:
    return next(each for each in found.groups() if (each.by, each.name) == (by, name))


def ranking(found: Measures, phishing: str, benign: str) -> Ranking:
    return next(each for each in found.rankings() if (each.phishing, each.benign) == (phishing, benign))


LIKE_NEWS = "https://smithtownnews.com/2026/3"


def news(number: int, source: str = "") -> Row:
    return good(f"https://smithtownnews.com/2026/{number}", source=source)


def test_caught_and_wrong_are_counted_together_in_every_group() -> None:
    found = measures(
        [bad(source="feed"), bad(GOOD, source="feed"), good(BAD, source="forum"), *(news(n, "forum") for n in range(3))]
    )
    whole = group(found, "all", "all")
    assert (whole.caught.hits, whole.caught.of, whole.caught.value) == (1, 2, 0.5)
    assert (whole.wrong.hits, whole.wrong.of, whole.wrong.value) == (1, 4, 0.25)
    assert whole.wrong_upper == 1.0  # of two sites one: it could have been both
    hosting, own = group(found, "class", "hosting"), group(found, "class", "own")
    assert (hosting.caught.of, hosting.wrong.of) == (1, 1)
    assert (own.caught.of, own.wrong.of) == (1, 3)
    feed = group(found, "source", "feed")
    assert (feed.wrong.value, feed.wrong_upper, feed.budget) == (None, None, None)


def test_repeats_count_once_a_site_beside_the_raw_numbers() -> None:
    found = measures([bad(), good(BAD), *(news(n) for n in range(9))])
    whole = group(found, "all", "all")
    assert whole.wrong.value == pytest.approx(0.1)
    assert whole.wrong_once_per_site == pytest.approx(0.5)
    assert ranking(found, ONCE_PER_SITE, ONCE_PER_SITE).benign_rows == 10


def test_the_mean_over_sources_weighs_a_small_one_like_a_large_one() -> None:
    found = measures([bad(), good(BAD, source="small"), *(news(n, "large") for n in range(9))])
    assert group(found, "all", MEAN).wrong.value == pytest.approx(0.5)
    assert [at.enough for at in ranking(found, "all", MEAN).at] == [False, False, False]


def test_every_way_to_take_the_harmless_rows_is_ranked() -> None:
    found = measures(
        [
            bad(source="x", chat="club"),
            bad(GOOD, source="y"),
            news(1, "forum"),
            good(BAD, source="press", chat="club"),
            good("https://other.example/page", chat="family"),
        ]
    )
    pairs = [(each.phishing, each.benign) for each in found.rankings()]
    assert pairs == [
        ("all", "all"),
        (ONCE_PER_SITE, ONCE_PER_SITE),
        ("all", MEAN),
        ("all", "source forum"),
        ("all", "source press"),
        ("source x", "all"),
        ("source y", "all"),
        ("class own", "class own"),
        ("class hosting", "class hosting"),
        ("all", "chat club"),
        ("all", "chat family"),
    ]


def test_recall_at_a_rate_needs_a_threshold_that_keeps_it() -> None:
    found = measures([bad(), bad(LIKE_NEWS), bad(ODD), *(news(n) for n in range(10))])
    for at in ranking(found, "all", "all").at:
        assert (at.recall.hits, at.recall.of) == (1, 3)  # the other scores like the news, the third not at all
        assert at.threshold is not None
        assert not at.enough


def test_an_unreadable_harmless_row_stands_above_every_threshold() -> None:
    at = ranking(measures([bad(), good(), good(ODD)]), "all", "all").at[0]
    assert (at.recall.value, at.threshold) == (0.0, None)


def test_messages_without_a_link_count_in_of_all_only() -> None:
    rows = [
        Row(Label.PHISHING, text=f"pay at {BAD}"),
        Row(Label.PHISHING, text="send me your code"),
        Row(Label.BENIGN, text="hello"),
        Row(Label.SPAM, text=f"buy at {BAD}"),
        Row(Label.SPAM, text="buy"),
    ]
    found = measures(rows)
    assert group(found, "all", "all").caught.of == 1
    assert group(found, "all", "all").wrong.of == 0
    of_all, spam = found.of_all(), found.of_spam()
    assert of_all is not None
    assert spam is not None
    assert (of_all.hits, of_all.of) == (1, 2)
    assert (spam.hits, spam.of) == (1, 1)
    assert not [*found.rankings(), *found.ablations(), *found.curves()]


def test_links_have_no_of_all_and_no_spam() -> None:
    found = measures([bad(), good()])
    assert found.of_all() is None
    assert found.of_spam() is None


def test_an_ablation_is_measured_on_the_same_rows() -> None:
    found = measures([bad(), good()], Options(ablations=True, bootstrap=ONCE))
    assert [each.without for each in found.ablations()] == [Part.MODEL.value, Part.RULES.value]
    assert [each.caught.of for each in found.ablations()] == [1, 1]


def test_only_the_largest_groups_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whinchat.apps.scanner.evaluation.measures.MOST_GROUPS", 2)
    found = measures([news(1, "a"), news(2, "b"), news(3, "b"), news(4, "c"), news(5, "c")])
    assert [each.name for each in found.by_source] == ["b", "c"]
    assert found.left_out == 1


def test_without_resamples_there_are_no_intervals_but_the_binomial_bound() -> None:
    found = Measures(evaluated([bad(), good(BAD), *(news(n) for n in range(3))]).sample, Bootstrap(0))
    whole = group(found, "all", "all")
    assert whole.caught == Estimate(1.0, None, None, 1, 1)
    assert whole.wrong_upper == pytest.approx(0.7514, abs=1e-3)  # one of four


@pytest.mark.parametrize(
    ("hits", "of", "upper", "result"),
    [
        (0, 3_000, 0.00099, Budget.MET),
        (0, 100, 0.03, Budget.NOT_REFUTED),
        (1, 3_000, 0.0016, Budget.NOT_REFUTED),
        (30, 3_000, 0.014, Budget.REFUTED),
    ],
)
def test_a_budget_is_met_or_refuted_only_surely(hits: int, of: int, upper: float, result: Budget) -> None:
    assert judged(estimate(hits, of), upper, 0.001) is result


def test_mistakes_of_one_site_alone_refute_nothing() -> None:
    assert judged(Estimate(0.01, 0.0, 0.03, 30, 3_000), 0.03, 0.001) is Budget.NOT_REFUTED
