from __future__ import annotations

import pytest
from tests.support.invocations import Handler, invocation

from whinchat.core.dispatch.command import Command
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.middlewares.chain import Invocation
from whinchat.core.middlewares.observe import COMMAND_TIME, COMMANDS, Observe
from whinchat.testing.clock import FakeClock
from whinchat.testing.metrics import RecordedMetrics

SAY = Command("say", "echo")


async def test_a_command_is_counted_and_timed() -> None:
    clock, metrics = FakeClock(), RecordedMetrics()

    async def slow(_: Invocation) -> Outcome:
        clock.move(2)
        return Outcome()

    await Observe(metrics, clock)(invocation(SAY), slow)
    assert metrics.value(COMMANDS, command="echo say", result="handled") == 1
    assert metrics.observed(COMMAND_TIME, command="echo say") == [2.0]


async def test_a_failure_is_counted_and_goes_on() -> None:
    metrics = RecordedMetrics()
    with pytest.raises(ValueError, match="broken"):
        await Observe(metrics, FakeClock())(invocation(SAY), Handler(ValueError("broken")))
    assert metrics.value(COMMANDS, command="echo say", result="error") == 1


async def test_what_no_command_is_called_counts_for_its_application() -> None:
    metrics = RecordedMetrics()
    await Observe(metrics, FakeClock())(invocation(None), Handler())
    assert metrics.value(COMMANDS, command="echo", result="handled") == 1
