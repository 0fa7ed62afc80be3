"""The reference pages are what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from scripts.build_reference import declared_metrics, pages

ROOT = Path(__file__).parents[2]
PAGES = pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_follows_from_the_code_is_current(name: str) -> None:
    renew = "renew it: python -m scripts.build_reference"
    assert (ROOT / name).read_text(encoding="utf-8") == PAGES[name], renew


def test_every_metric_that_is_written_down_anywhere_is_in_the_reference() -> None:
    """Also one that no module holds under a name, and that the page would not find."""
    declared = {metric.name for metric in declared_metrics()}
    for file in (ROOT / "src").rglob("*.py"):
        assert set(re.findall(r'"(whinchat_[a-z_]+)"', file.read_text(encoding="utf-8"))) <= declared, file


def test_every_metric_says_what_it_is() -> None:
    for metric in declared_metrics():
        assert metric.help.endswith("."), metric.name
        assert re.fullmatch(
            r"whinchat_[a-z_]+(_total|_seconds|_bytes|_waiting|_online|_jobs|_entries|_left|_state|_misconfigured|_connections|_minor|_rate|_quality)",
            metric.name,
        )


def test_links_between_documents_lead_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.relative_to(ROOT)} links to {target}"


def test_every_variable_and_verb_that_a_document_names_exists() -> None:
    settings = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"^## \[(.+)\]$", settings, re.MULTILINE))
    known = {
        f"WHINCHAT_{section}__{name}".replace(".", "__").upper()
        for section in sections
        for name in re.findall(r"^\| `(\w+)` \|", settings, re.MULTILINE)
    }
    verbs = set(re.findall(r"^## (whinchat \w+)", PAGES["docs/reference/command-line.md"], re.MULTILINE))
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        text = document.read_text(encoding="utf-8")
        assert set(re.findall(r"\bWHINCHAT_[A-Z_]*[A-Z]\b", text)) <= known | {"WHINCHAT_"}, document
        assert set(re.findall(r"`(whinchat [a-z]+)(?= |`)", text)) <= verbs, document
