"""A window into a small world, for the tests of the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from tests.support.browser import Visit, chromium, inhabit, visit
from tests.support.live import World, world_process


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def one_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_process(tmp_path_factory.mktemp("page")) as world:
        yield world


@pytest.fixture
def world(one_world: World) -> World:
    """A new one for every test: Ana, Bob and Eve, and the bot, in a group of which Ana is the admin."""
    one_world.call("reset")
    inhabit(one_world)
    return one_world


@pytest.fixture
def window(browser: Browser, world: World) -> Iterator[Visit]:
    with visit(browser, world) as window:
        yield window
