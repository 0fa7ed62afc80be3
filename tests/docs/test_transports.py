"""The page about transports: its promises have tests, its tables are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from tests.docs.test_behaviour import ROOT, SHOWN_BY, named_in
from tests.support.cloud import Bench, number
from tests.support.linked.desk import Desk

from whinchat.core.types import Capabilities, ConnectionState
from whinchat.transports.cloud.errors import RANGES, REMEDIES, Remedy
from whinchat.transports.linked import states, window
from whinchat.transports.linked.transport import Manners
from whinchat.transports.simulator.transport import CAPABILITIES as OF_THE_SIMULATOR

PAGE = (ROOT / "docs/reference/transports.md").read_text(encoding="utf-8")
SECTIONS = {title: text for title, _, text in (part.partition("\n") for part in PAGE.split("\n## ")[1:])}
PROMISES = [title for title, text in SECTIONS.items() if "| shown by |" in text]
LEAST = 100
CODE = re.compile(r"\d+")


def table(title: str) -> dict[str, list[str]]:
    """The first column of a section's table, without its marks, to the others."""
    lines = re.findall(r"^\|.*\|$", SECTIONS[title], re.MULTILINE)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    return {first.strip("`"): others for first, *others in rows[2:]}


@pytest.mark.parametrize("title", PROMISES)
def test_every_promise_is_shown_by_tests_that_there_are(title: str) -> None:
    for what, (shown,) in table(title).items():
        assert SHOWN_BY.search(shown), what
        assert SHOWN_BY.sub("", shown).replace("<br>", "") == "", what
        for path, name in SHOWN_BY.findall(shown):
            assert name in named_in(ROOT / "tests" / path), f"{path}::{name}"


def test_there_are_promises() -> None:
    assert sum(len(table(title)) for title in PROMISES) > LEAST


def test_capabilities_are_those_of_the_code(tmp_path: Path) -> None:
    linked = Desk(tmp_path, manners=Manners()).bot.capabilities
    cloud = Bench(number(tmp_path, template="news")).transport.capabilities
    names = [field.name for field in msgspec.structs.fields(Capabilities) if field.name != "pacing"]
    expected = {name: [said(getattr(each, name)) for each in (OF_THE_SIMULATOR, linked, cloud)] for name in names}
    assert table("What each can do") == expected


def said(value: object) -> str:
    return "yes" if value is True else str(value) if value else "–"


def test_every_state_is_explained() -> None:
    rows = table("The states of an account")
    assert set(rows) == set(ConnectionState)
    assert all(means for means, _, _ in rows.values())
    assert f"1 to {states.LONGEST_PAUSE:.0f} seconds" in rows["connecting"][1]
    assert f"{states.OUTDATED_REST / 60:.0f} to {2 * states.OUTDATED_REST / 60:.0f} minutes" in rows["outdated"][1]
    assert states.AFTER_BAN == 600
    assert "up to ten minutes" in rows["banned"][1]
    assert {code for code in states.SHUT_OUT if code in rows["banned"][0]} == states.SHUT_OUT


def test_metas_errors_are_those_of_the_code() -> None:
    rows = table("Meta's errors")
    assert set(rows) == set(Remedy) - {Remedy.OPEN}  # for which there is no code
    singles = {int(code): kind for kind, (codes, _) in rows.items() for code in CODE.findall(without_ranges(codes))}
    assert singles == {code: str(remedy) for code, remedy in REMEDIES.items()}
    spans = {(codes.start, codes.stop - 1): str(remedy) for codes, remedy in RANGES}
    found = {
        (int(first), int(last)): kind
        for kind, (codes, _) in rows.items()
        for first, last in re.findall(r"(\d+)–(\d+)", codes)
    }
    assert found == spans


def without_ranges(codes: str) -> str:
    return re.sub(r"\d+–\d+", "", codes)


def test_limits_are_those_of_the_code() -> None:
    limits = SECTIONS["What it cannot promise"]
    assert f"{window.EVENTS} events or {window.BYTES >> 20} MB" in limits
