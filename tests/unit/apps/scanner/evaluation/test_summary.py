from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from tests.support.evaluations import BAD, GOOD, NOW, ODD, ONCE, DatedLists, bad, good, reported

from whinchat.apps.scanner.evaluation.evaluate import Options
from whinchat.apps.scanner.evaluation.judging import FeedUse
from whinchat.apps.scanner.evaluation.report import SCHEMA, Report
from whinchat.apps.scanner.evaluation.rows import Label, Row
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.scoring import Part


def notes(rows: list[Row], **options: Any) -> str:
    return " ".join(reported(rows, Options(bootstrap=ONCE, **options)).setup.notes)


def test_a_report_is_one_json_document_that_can_be_read_back() -> None:
    report = reported([bad(source="feed"), good(source="forum"), good(ODD), Row(Label.PHISHING, text="hello")])
    encoded = msgspec.json.encode(report)
    assert msgspec.json.decode(encoded, type=Report) == report
    assert json.loads(encoded)["schema"] == SCHEMA
    assert report.made_at == "2026-05-28T20:26:40+00:00"


def test_everything_that_was_asked_for_is_in_it() -> None:
    options = Options(bootstrap=ONCE, without=frozenset({Part.CONTEXT}), per_site=3, sample=9, unseen="train.tsv")
    setup = reported([bad(), good()], options).setup
    assert (setup.without, setup.per_site, setup.sample, setup.unseen) == (("context",), 3, 9, "train.tsv")
    assert [(feed.name, feed.newest) for feed in setup.loaded_feeds] == [("alpha", "2026-05-10")]
    assert (setup.warn, setup.seed) == (0.8, 1)


def test_rows_are_accounted_for() -> None:
    counts = reported(
        [
            bad(),
            good(),
            bad(ODD),
            Row(Label.PHISHING, text="hello"),
            Row(Label.BENIGN, text="hello"),
            Row(Label.SPAM, text=f"buy at {BAD}"),
        ]
    ).counts
    assert (counts.rows, counts.phishing, counts.benign, counts.spam, counts.messages) == (6, 3, 2, 1, 3)
    assert (counts.phishing_without_link, counts.benign_without_link, counts.unreadable) == (1, 1, 1)
    assert counts.coverage == pytest.approx(3 / 4)
    assert sum(sum(found.values()) for found in counts.verdicts.values()) == 6


def test_of_no_rows_nothing_is_said() -> None:
    report = reported([])
    assert report.counts.coverage is None
    assert report.times.median is None
    assert [*report.goals, *report.rankings, *report.calibration] == []


def test_what_was_used_is_told() -> None:
    assert "Feeds were not used. No message was read" in notes([bad()])
    assert "replayed" in notes([bad()], feeds=FeedUse.REPLAY)
    assert "1 rows have no date" in notes([bad()], feeds=FeedUse.REPLAY)
    assert "no forecast" in notes([bad()], feeds=FeedUse.ALL)
    assert "The message around a link was read" in notes([Row(Label.PHISHING, text=BAD)])
    assert "No message was read" in notes([Row(Label.PHISHING, text=BAD)], without=frozenset({Part.CONTEXT}))
    assert "replayed by date" in notes([bad(chat="club", when=NOW)])
    assert "may be among these" in notes([bad()])
    assert "Links of sites in train.tsv were left out" in notes([bad()], unseen="train.tsv")
    assert "Left out of the scanner: model, rules." in notes([bad()], without=frozenset({Part.RULES, Part.MODEL}))
    assert "labelled by admins" in notes([bad()], mine=True)


def test_mistakes_are_shown_defanged_with_their_reasons() -> None:
    report = reported([good(BAD), bad(GOOD), bad(ODD)])
    (wrong,) = report.wrong
    unreadable, missed = report.missed
    assert wrong.link == "hxxps://paypa1-login[.]pages[.]dev/verify"
    assert any("PayPal" in reason for reason in wrong.reasons)
    assert (missed.verdict, missed.link) == ("benign", "hxxps://smithtownnews[.]com/2026/council")
    assert (unreadable.score, unreadable.reasons) == (None, ("it cannot be read as a link",))
    assert {each.link for each in report.slowest} == {wrong.link, missed.link}


def test_a_row_that_the_scanner_broke_on_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Judge, "judge", broken)
    report = reported([good()], lists=DatedLists())
    assert report.counts.failed == 1
    assert report.wrong[0].reasons == ("the scanner failed",)
