from __future__ import annotations

from functools import cache

import msgspec
from tests.support.evaluations import BAD, GOOD, ONCE, bad, estimate, good, reported

from whinchat.apps.scanner.evaluation.evaluate import Options
from whinchat.apps.scanner.evaluation.report import Mine
from whinchat.apps.scanner.evaluation.rows import Label, Row
from whinchat.apps.scanner.evaluation.text import WIDTH, lines, table


def rows() -> list[Row]:
    return [
        bad(source="feed"),
        bad(GOOD, source="feed"),
        good(BAD, source="for\x1b[31mum", chat="club"),
        good(source="press", chat="club"),
        Row(Label.SPAM, text=f"buy at {BAD}"),
        Row(Label.PHISHING, text="hello"),
    ]


@cache
def text() -> tuple[str, ...]:
    report = reported(rows(), Options(ablations=True, bootstrap=ONCE, group_by="language"))
    mine = (Mine("chat-1a2b", 40, estimate(1, 40), estimate(0, 40)),)
    return tuple(lines(msgspec.structs.replace(report, mine=mine, groups_left_out=3)))


def test_every_section_is_there() -> None:
    whole = "\n".join(text())
    for expected in (
        "It warned of ",
        "Goals\n-----",
        "by source",
        "by class of link",
        "by chat",
        "mean over sources",
        "(3 smaller groups are not shown)",
        "Of all dangerous messages",
        "Of the spam",
        "Your chats",
        "chat-1a2b",
        "* so few harmless rows",
        "Calibration, if 0.1 % of all links are dangerous",
        "without model",
        "Worst wrong warnings",
        "hxxps://paypa1-login[.]pages[.]dev/verify",
        "Worst misses",
        "median ",
        "cannot say",
        "20 resamples of sites",
    ):
        assert expected in whole


def test_nothing_of_strangers_moves_the_cursor_or_can_be_tapped() -> None:
    whole = "\n".join(text())
    assert "\x1b" not in whole
    assert "https://" not in whole
    assert "http://" not in whole


def test_sentences_fit_a_terminal() -> None:
    sentences = [line for line in text()[:12] if line]
    assert max(map(len, sentences)) <= WIDTH


def test_numbers_stand_below_each_other() -> None:
    assert list(table(["", "rows"], [["all", "1,000"], ["a longer name", "7"]])) == [
        "                rows",
        "all            1,000",
        "a longer name      7",
    ]
    assert list(table(["", "rows"], [])) == []


def test_without_anything_to_say_a_section_is_left_out() -> None:
    whole = "\n".join(lines(reported([])))
    assert "Goals" not in whole
    assert "Time" not in whole
    assert "0 rows" in whole
