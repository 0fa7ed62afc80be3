"""What a soak makes of its counts."""

from __future__ import annotations

from typing import Any

import pytest
from benchmarks.soak_result import faults, slope, summary

SOUND: dict[str, Any] = {
    "posted": 10,
    "events": {"done": 10},
    "sends": {"sent": 5},
    "links": 3,
    "remembered": 3,
    "dangerous": 2,
    "missing": 0,
    "of_nothing": 0,
    "warned_again": 0,
    "doubled": 0,
    "outside": 0,
    "most": 1,
    "unanswered": 0,
    "interrupted": 0,
}
SIZES = ("pss", "anonymous", "used", "database", "files", "threads", "behind", "jobs", "dead")


def sample(number: int, **sizes: float) -> dict[str, Any]:
    return {
        **SOUND,
        **dict.fromkeys(SIZES, 0),
        "interval": number,
        "messages": number * 1000,
        "kills": 1,
        "faults": [],
        **sizes,
    }


def test_what_is_right_is_no_fault() -> None:
    assert faults(SOUND) == []


def test_what_was_being_sent_at_a_kill_may_be_doubled_or_given_up() -> None:
    window = {"interrupted": 2, "doubled": 1, "warned_again": 1, "most": 2}
    assert faults({**SOUND, **window, "unanswered": 1, "sends": {"sent": 4, "unknown": 1}}) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"events": {"done": 9}},
        {"events": {"done": 9, "aside": 1}},
        {"remembered": 2},
        {"missing": 1},
        {"of_nothing": 1},
        {"doubled": 1, "outside": 1},
        {"interrupted": 1, "doubled": 1, "most": 3},
        {"warned_again": 1},
        {"unanswered": 1},
        {"unanswered": -1},
        {"sends": {"sent": 4, "failed": 1}},
        {"sends": {"sent": 4, "unknown": 1}},
    ],
)
def test_anything_else_is_one(wrong: dict[str, Any]) -> None:
    assert len(faults({**SOUND, **wrong})) == 1


def test_the_slope_is_that_of_the_second_half() -> None:
    samples = [sample(number, used=9.0 if number <= 4 else number / 10) for number in range(1, 9)]
    assert slope(samples, "used") == {"slope": 10.0, "within": 0.0}


def test_an_uneven_slope_says_how_uneven() -> None:
    samples = [sample(number, used=number % 2) for number in range(1, 21)]
    found = slope(samples, "used")
    assert found is not None
    assert abs(found["slope"]) < found["within"]


def test_of_a_few_samples_there_is_no_slope() -> None:
    assert slope([sample(number) for number in range(1, 5)], "used") is None


def test_a_run_that_was_cut_off_has_a_result_and_says_so() -> None:
    samples = [sample(1, pss=60.5), {**sample(2), "faults": ["warnings missing: 1"]}]
    result = summary({"plan": {"intervals": 168}}, samples)
    assert result["complete"] is False
    assert (result["intervals"], result["messages"], result["kills"]) == (2, 2000, 2)
    assert result["faults"] == ["2: warnings missing: 1"]
    assert result["pss"] == [60.5, 0]
    assert summary({"plan": {"intervals": 168}}, [])["messages"] == 0
