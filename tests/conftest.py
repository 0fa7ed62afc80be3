"""How hard property tests try: `make test` is thorough, `make unit` is quick; both are the same every time."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

settings.register_profile("thorough", derandomize=True, max_examples=100, deadline=None, database=None)
settings.register_profile("quick", settings.get_profile("thorough"), max_examples=15)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "thorough"))

# Coverage is measured in the workers of scripts/test.sh. What they start runs without it, at its own speed.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_START", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", metavar="FOLDER", help="where tests in the browser keep pictures for the how-tos")
