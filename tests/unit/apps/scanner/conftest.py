"""A whole bot with the scanner, whose opinions the test decides."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.looks import Oracle
from tests.support.opinions import Opinions, scanner

from whinchat.apps.basics.app import APP as BASICS
from whinchat.core.types import ChatRef
from whinchat.testing.harness import BotHarness, running


@pytest.fixture
def opinions() -> Opinions:
    return Opinions()


@pytest.fixture
def oracle() -> Oracle:
    """For bots that have an external source."""
    return Oracle()


@pytest.fixture
async def bot(opinions: Opinions) -> AsyncIterator[BotHarness]:
    async with running(BASICS, scanner(opinions)) as bot:
        yield bot


@pytest.fixture
async def family(bot: BotHarness) -> ChatRef:
    """A group that agreed; Ana is its admin."""
    return await bot.group("family", admin="ana", members=["bob", "eve"])
