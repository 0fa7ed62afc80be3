"""A stage for each transport, and a service that is connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.stages import STAGES, RecordingSink, Stage, until

from whinchat.core.types import ConnectionState, Content


@pytest.fixture(params=list(STAGES))
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with STAGES[request.param]() as stage:
        yield stage
        await stage.transport.stop(1)


@pytest.fixture
async def sink(stage: Stage) -> RecordingSink:
    """The service, connected, with what there was before the story forgotten."""
    sink = RecordingSink()
    await stage.transport.start(sink)
    await until(lambda: stage.transport.state is ConnectionState.ONLINE)
    before = await stage.post(stage.bob, Content(text="before"))
    await until(lambda: any(event.id == before.id for event in sink.events))
    sink.events.clear()
    return sink
