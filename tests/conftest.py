"""How hard property tests try, and what coverage is measured of.

`make test` is thorough, `make unit` is quick; both are the same every time.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Generator

import coverage
import pytest
from hypothesis import settings

settings.register_profile("thorough", derandomize=True, max_examples=100, deadline=None, database=None)
settings.register_profile("quick", settings.get_profile("thorough"), max_examples=10)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "thorough"))

# scripts/test.sh starts its workers with this. What they start in their turn runs unmeasured, at its own speed.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_START", None)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "unmeasured: runs the same lines so often that measuring their coverage would double its time"
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays until the end: nothing is gained by looking through it again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Before the controller hears that it is done: a worker that takes long to end is killed, with what it measured."""
    measured = coverage.Coverage.current()
    if measured is not None:
        measured.save()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", metavar="FOLDER", help="where tests in the browser keep pictures for the how-tos")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """What is unmeasured is so with its fixtures. How a verb has set up the logging is not left to the next test."""
    measuring, root = sys.gettrace(), logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    unmeasured = item.get_closest_marker("unmeasured") is not None
    if unmeasured:
        sys.settrace(None)
    try:
        return (yield)
    finally:
        if unmeasured:
            sys.settrace(measuring)
        root.setLevel(level)
        root.handlers[:] = handlers
