"""The document of an evaluation is described whole, and as it is."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from whinchat.apps.scanner.evaluation import report
from whinchat.apps.scanner.evaluation.measures import MOST_GROUPS
from whinchat.apps.scanner.evaluation.rows import LABELS
from whinchat.apps.scanner.evaluation.sample import SHOWN

DOCS = Path(__file__).parents[2] / "docs"


def words(name: str) -> set[str]:
    """Everything written as code."""
    return set(re.findall(r"`([\w -]+)`", (DOCS / name).read_text(encoding="utf-8")))


def test_every_field_is_described() -> None:
    records = [each for each in vars(report).values() if isinstance(each, type) and issubclass(each, msgspec.Struct)]
    assert len(records) > 10
    fields = {field.name for record in records for field in msgspec.structs.fields(record)}
    assert fields <= words("reference/evaluation.md")


def test_versions_limits_and_results_are_the_real_ones() -> None:
    page = (DOCS / "reference/evaluation.md").read_text(encoding="utf-8")
    assert report.SCHEMA in page
    assert {each.value for each in report.Budget} <= words("reference/evaluation.md")
    assert f"the {MOST_GROUPS} largest" in page
    assert f"up to {SHOWN} cases" in page


def test_every_label_is_listed() -> None:
    assert set(LABELS) <= words("howto/measure.md")
