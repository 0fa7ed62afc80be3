from __future__ import annotations

import msgspec
import pytest
from tests.support.evaluations import ONCE, bad, estimate, good, reported

from whinchat.apps.scanner.evaluation.bootstrap import Bootstrap
from whinchat.apps.scanner.evaluation.evaluate import Options
from whinchat.apps.scanner.evaluation.goals import goals
from whinchat.apps.scanner.evaluation.report import AtRate, Budget, Estimate, Goal, Group, Ranking


def group(by: str, name: str, wrong: int, of: int, budget: Budget | None) -> Group:
    nothing = estimate(0, 0)
    return Group(by, name, nothing, nothing, estimate(wrong, of), 0.5, estimate(0, of), 0.01, budget, None, None)


def recall(low: float, value: float, high: float, *, enough: bool = True, rate: float = 0.001) -> Ranking:
    at = AtRate(rate, 0.0, Estimate(value, low, high, 1, 2), enough)
    return Ranking("all", "all", 10, 10, (at,))


WHOLE = group("all", "all", 0, 9, Budget.NOT_REFUTED)


def found(*groups: Group, ranking: Ranking | None = None, messages: bool = False) -> dict[str, Goal]:
    rankings = [ranking] if ranking else []
    return {goal.goal: goal for goal in goals([WHOLE, *groups], rankings, messages=messages)}


def test_the_budget_holds_for_every_source_or_not_at_all() -> None:
    goal = found(
        group("source", "a", 0, 9_000, Budget.MET),
        group("source", "b", 9, 90, Budget.REFUTED),
        group("source", "c", 0, 9, Budget.NOT_REFUTED),
        group("source", "d", 0, 0, None),
    )["the same in every source"]
    assert (goal.result, goal.note) == (Budget.REFUTED, "worst: b")


def test_one_source_is_no_every_source_and_what_has_no_class_is_no_class() -> None:
    names = found(
        group("source", "a", 0, 9, Budget.MET),
        group("class", "own", 0, 9, Budget.MET),
        group("class", "unreadable", 9, 9, Budget.REFUTED),
    )
    assert list(names) == ["at most 1 wrong warning in 1,000", "at most 1 wrong “malicious” in 10,000"]


@pytest.mark.parametrize(
    ("ranking", "result"),
    [
        (recall(0.61, 0.65, 0.7), Budget.MET),
        (recall(0.55, 0.65, 0.7), Budget.NOT_REFUTED),
        (recall(0.5, 0.52, 0.55), Budget.REFUTED),
        (recall(0.61, 0.65, 0.7, enough=False), Budget.NOT_REFUTED),
    ],
)
def test_recall_is_reached_when_its_whole_interval_is(ranking: Ranking, result: Budget) -> None:
    goal = found(ranking=ranking)["recall at 0.1 % false positives"]
    assert (goal.result, goal.target) == (result, 0.60)
    assert bool(goal.note) is not ranking.at[0].enough


def test_messages_have_a_goal_of_their_own_and_without_intervals_there_is_none() -> None:
    assert found(ranking=recall(0.5, 0.6, 0.65), messages=True)["recall at 0.1 % false positives"].target == 0.70
    bare = msgspec.structs.replace(recall(0, 0, 0).at[0], recall=estimate(1, 2))
    assert len(found(ranking=Ranking("all", "all", 1, 1, (bare,)))) == 2


def test_a_report_has_those_that_its_rows_can_say_anything_about() -> None:
    assert len(reported([bad(), good()]).goals) == 4
    assert reported([bad()]).goals == ()
    assert len(reported([good()], Options(bootstrap=Bootstrap(0))).goals) == 2
    assert ONCE.times > 0
