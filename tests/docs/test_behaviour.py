"""What the pages about the behaviour of scanner and wallet promise is shown by tests that there are."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {name: (ROOT / f"docs/reference/{name}.md").read_text(encoding="utf-8") for name in ("behaviour", "wallet")}
SECTIONS = [(name, title) for name, page in PAGES.items() for title in re.findall(r"^## (.+)$", page, re.MULTILINE)]
ROW = re.compile(r"^\| (.*?) \| (.*?) \|$", re.MULTILINE)
SHOWN_BY = re.compile(r"`([\w/]+\.py)(?:::(\w+(?:::\w+)?))?`")
WEAKNESSES = 22


def rows(of: str) -> list[tuple[str, str]]:
    """What is said, and what shows it; without the headings of the tables."""
    return [(said, shown) for said, shown in ROW.findall(of) if shown not in {"shown by", "---", "measured by"}]


def section(page: str, title: str) -> str:
    return PAGES[page].split(f"\n## {title}\n")[1].split("\n## ")[0]


@cache
def named_in(file: Path) -> set[str]:
    """As pytest takes them: with their class, where they are in one, and hypothesis' machines by their names."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    machines = {
        node.targets[0].id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id[:4] == "Test"
    }
    holders = {"": tree.body} | {f"{node.name}::": node.body for node in tree.body if isinstance(node, ast.ClassDef)}
    return machines.union(
        f"{holder}{node.name}"
        for holder, body in holders.items()
        for node in body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


@pytest.mark.parametrize(("page", "title"), SECTIONS)
def test_every_row_of_a_section_is_shown_by_something_that_there_is(page: str, title: str) -> None:
    said = rows(section(page, title))
    assert said
    for what, shown in said:
        assert len(what) > 3, shown
        assert SHOWN_BY.sub("", shown).replace("<br>", "") == "", what
        for path, name in SHOWN_BY.findall(shown):
            if name:
                assert name in named_in(ROOT / "tests" / path), f"{path}::{name}"
            else:
                assert (ROOT / path).is_file(), path
                assert title == "Targets", what


@pytest.mark.parametrize(("page", "least"), [("behaviour", 150), ("wallet", 90)])
def test_every_row_has_a_test_or_a_measurement(page: str, least: int) -> None:
    every = rows(PAGES[page])
    assert len(every) > least
    for what, shown in every:
        assert SHOWN_BY.search(shown), what


def test_all_known_weaknesses_are_there() -> None:
    said = [what for what, _ in rows(section("behaviour", "Weaknesses that it must not have"))]
    assert [what.partition(". ")[0] for what in said] == [str(number) for number in range(1, WEAKNESSES + 1)]
