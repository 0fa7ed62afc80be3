from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tests.support.evaluations import BAD, GOOD, NOW, ODD, DatedLists, bad, good
from tests.support.evidence import judge

from whinchat.apps.scanner.evaluation.judging import Bench, Case, FeedUse, State, links_of
from whinchat.apps.scanner.evaluation.replay import Replay
from whinchat.apps.scanner.evaluation.rows import Label, Row
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.knowledge import Listing, Scope, Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.scoring import AddressClass, Part

LISTED = "https://listed.example/"
ALPHA = Listing("alpha", Threat.SCAM, Scope.HOST, decisive=True, version="1")
MAY_9, MAY_11 = 1_778_284_800_000, 1_778_457_600_000
"""A day before and after the newest entry of the feed."""


def bench(**options: Any) -> Bench:
    return Bench(judge(), DatedLists(listed={"listed.example": (ALPHA,)}), NOW, **options)


def case(row: Row, **options: Any) -> Case:
    found = bench(**options).case(row)
    assert found is not None
    return found


def test_a_link_gets_its_verdict_class_and_time() -> None:
    found = case(bad())
    assert found.state is State.JUDGED
    assert found.outcome is not None
    assert found.outcome.warned
    assert found.outcome.score == found.outcome.verdict.score > 0
    assert found.address is AddressClass.HOSTING
    assert found.seconds > 0


def test_a_messages_score_is_the_highest_of_its_links() -> None:
    message = case(Row(Label.PHISHING, text=f"see {GOOD} and pay at {BAD} now"))
    assert message.outcome is not None
    assert message.outcome.link.site.name == "paypa1-login.pages.dev"
    assert message.outcome.score > 0


def test_the_worst_link_is_the_likeliest_as_in_the_service_and_the_score_the_highest_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    numbers = {"likeliest.example": {"log_odds": 5.0, "score": 4.0}, "highest.example": {"log_odds": 2.0, "score": 9.0}}
    real = Judge.judge
    monkeypatch.setattr(Judge, "judge", lambda *by: msgspec.structs.replace(real(*by), **numbers[by[1].host]))
    message = case(Row(Label.PHISHING, text="see https://highest.example/x and https://likeliest.example/x")).outcome
    assert message is not None
    assert message.link.host == message.verdict.host == "likeliest.example"
    assert message.score == 9.0


def test_every_dangerous_link_of_a_message_is_remembered_as_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    remembered: dict[str, bool] = {}

    def saw(_: Replay, link: Link, *_where: object, warned: bool) -> None:
        remembered[link.host] = warned

    monkeypatch.setattr(Replay, "saw", saw)
    text = f"{GOOD} {BAD} {BAD.replace('login', 'secure')}"
    case(Row(Label.PHISHING, text=text, chat="club", when=MAY_9), replay=True)
    assert remembered == {
        "smithtownnews.com": False,
        "paypa1-login.pages.dev": True,
        "paypa1-secure.pages.dev": True,
    }


@pytest.mark.parametrize(
    ("row", "state"),
    [
        (bad(ODD), State.UNREADABLE),
        (bad(""), State.UNREADABLE),
        (Row(Label.BENIGN, text="no link here"), State.NO_LINK),
        (Row(Label.BENIGN, text="hello", address=ODD), State.UNREADABLE),
    ],
)
def test_where_there_is_nothing_to_judge_it_is_said_why(row: Row, state: State) -> None:
    found = case(row)
    assert (found.state, found.outcome) == (state, None)


def test_a_link_in_its_message_is_that_link() -> None:
    assert [link.host for link in links_of(Row(Label.BENIGN, address="a.example/x", text="see b.example"))] == [
        "a.example"
    ]
    wrapped = links_of(bad(f"https://www.google.com/url?q={BAD}"))
    assert [link.host for link in wrapped] == ["paypa1-login.pages.dev"]


@pytest.mark.parametrize(
    ("use", "when", "listed"),
    [
        (FeedUse.NONE, MAY_11, False),
        (FeedUse.ALL, MAY_9, True),
        (FeedUse.ALL, None, True),
        (FeedUse.REPLAY, MAY_11, True),
        (FeedUse.REPLAY, MAY_9, False),
        (FeedUse.REPLAY, None, False),
    ],
)
def test_a_feed_counts_only_as_it_may(use: FeedUse, when: int | None, listed: bool) -> None:
    found = case(replace(bad(LISTED), when=when), feeds=use)
    assert found.outcome is not None
    assert found.outcome.warned is listed


def test_parts_are_left_out_of_everything_or_of_one_variant_each() -> None:
    ablated = case(bad(), ablations=(Part.MODEL, Part.RULES))
    assert ablated.outcome is not None
    without_model, without_rules = ablated.variants
    assert without_model.score < ablated.outcome.score
    assert without_rules.score <= ablated.outcome.score
    alone = case(bad(), without=frozenset({Part.MODEL}))
    assert alone.outcome is not None
    assert alone.outcome.score == without_model.score


def test_a_feed_can_be_the_part_that_is_left_out() -> None:
    found = case(bad(LISTED), feeds=FeedUse.ALL, ablations=(Part.FEEDS,))
    assert found.outcome is not None
    assert (found.outcome.warned, found.variants[0].warned) == (True, False)


def test_somebody_may_not_want_a_row_when_they_see_its_links() -> None:
    assert bench().case(good(), lambda links: links[0].host != "smithtownnews.com") is None


def test_a_broken_scanner_costs_one_row_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Judge, "judge", broken)
    assert case(bad()).state is State.FAILED
