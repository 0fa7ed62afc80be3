"""A bot with nothing to show but the service's own pages."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.pages import Desk

from whinchat.apps.basics.app import APP as BASICS
from whinchat.testing.harness import running


@pytest.fixture
async def stranger() -> AsyncIterator[Desk]:
    async with running(BASICS) as bot:
        yield Desk(bot)


@pytest.fixture
async def desk(stranger: Desk) -> Desk:
    """Of an admin who has signed in."""
    await stranger.sign_in()
    return stranger
