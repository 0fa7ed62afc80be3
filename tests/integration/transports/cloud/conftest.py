"""Graph, Ana who writes to its number, and a bot of somebody else's that she wrote to."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest
from tests.support.graph.graph import Graph
from tests.support.graph.oracle import PywaBot, pywa_bot
from tests.support.graph.people import Person
from tests.support.graph.server import graphing

from whinchat.testing.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def graph(clock: FakeClock) -> AsyncIterator[Graph]:
    async with graphing(clock) as graph:
        yield graph


@pytest.fixture
def ana(graph: Graph) -> Person:
    return graph.person("Ana", username="ana")


@pytest.fixture
async def bot(graph: Graph, ana: Person, caplog: pytest.LogCaptureFixture) -> AsyncIterator[PywaBot]:
    """Ana has just written to it, and what it was told until then is forgotten. It must understand everything."""
    caplog.set_level(logging.WARNING)
    async with pywa_bot(graph) as bot:
        graph.webhooks.callback = bot.callback
        await ana.say("hi")
        bot.updates.clear()
        yield bot
        assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []
