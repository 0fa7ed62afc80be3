"""What the numbers have to reach: the budget for wrong actions, and the recall this project sets itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from whinchat.apps.scanner.evaluation.judging import State
from whinchat.apps.scanner.evaluation.measures import ALL, WRONG_MALICIOUS, WRONG_WARNINGS, judged
from whinchat.apps.scanner.evaluation.report import Budget, Estimate, Goal, Group, Ranking
from whinchat.apps.scanner.evaluation.sentences import rate

RECALLS = {0.001: 0.60, 0.01: 0.80}
"""Of links: share of wrong warnings to the share of phishing found."""
RECALLS_OF_MESSAGES = {0.001: 0.70}
_WORST_FIRST = (Budget.REFUTED, Budget.NOT_REFUTED, Budget.MET)
_KINDS = {"source": "source", "class": "class of link", "chat": "chat"}
_NO_CLASS = {State.UNREADABLE.name.lower(), State.FAILED.name.lower()}


def goals(groups: Sequence[Group], rankings: Sequence[Ranking], *, messages: bool) -> Iterator[Goal]:
    """Those that the rows can say anything about."""
    whole = groups[0]
    if whole.wrong.of:
        yield _budget("at most 1 wrong warning in 1,000", whole.wrong, whole.wrong_upper, WRONG_WARNINGS)
        for by, kind in _KINDS.items():
            found = [group for group in groups if group.by == by and group.wrong.of and group.name not in _NO_CLASS]
            if len(found) > 1:
                yield _everywhere(kind, found)
        yield _budget(
            "at most 1 wrong “malicious” in 10,000", whole.wrong_malicious, whole.wrong_malicious_upper, WRONG_MALICIOUS
        )
    yield from _recalls(rankings, RECALLS_OF_MESSAGES if messages else RECALLS)


def _budget(goal: str, estimate: Estimate, bound: float | None, most: float) -> Goal:
    return Goal(goal, most, estimate, bound, judged(estimate, bound, most))


def _everywhere(kind: str, groups: Iterable[Group]) -> Goal:
    """As good as the worst of them."""
    worst, budget = min(
        ((group, group.budget) for group in groups if group.budget is not None),
        key=lambda each: (_WORST_FIRST.index(each[1]), -(each[0].wrong_upper or 0.0)),
    )
    return Goal(
        f"the same in every {kind}", WRONG_WARNINGS, worst.wrong, worst.wrong_upper, budget, f"worst: {worst.name}"
    )


def _recalls(rankings: Iterable[Ranking], wanted: dict[float, float]) -> Iterator[Goal]:
    whole = next((each for each in rankings if each.phishing == each.benign == ALL), None)
    for at in whole.at if whole else ():
        target = wanted.get(at.rate)
        if target is None or at.recall.low is None or at.recall.high is None:
            continue
        result = Budget.MET if at.recall.low >= target else Budget.REFUTED
        if at.recall.low < target <= at.recall.high or not at.enough:
            result = Budget.NOT_REFUTED
        note = "" if at.enough else "too few benign rows to say"
        bound = at.recall.high if result is Budget.REFUTED else at.recall.low
        yield Goal(f"recall at {rate(at.rate)} false positives", target, at.recall, bound, result, note)
