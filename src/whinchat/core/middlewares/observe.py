"""Counts and times every command, whatever becomes of it."""

from __future__ import annotations

from whinchat.core.dispatch.handler import Outcome
from whinchat.core.middlewares.chain import Invocation, Next
from whinchat.core.ports import Clock, Metric, MetricKind, Metrics

COMMANDS = Metric(
    MetricKind.COUNTER, "whinchat_commands_total", "Commands, by what became of them.", ("command", "result")
)
COMMAND_TIME = Metric(
    MetricKind.HISTOGRAM,
    "whinchat_command_seconds",
    "Time to handle a command.",
    ("command",),
    (0.001, 0.005, 0.02, 0.1, 0.5, 2, 5),
)


class Observe:
    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, invocation: Invocation, proceed: Next) -> Outcome:
        command = invocation.route.name
        started = self._clock.monotonic()
        result = "error"
        try:
            outcome = await proceed(invocation)
            result = "handled"
            return outcome
        finally:
            self._metrics.add(COMMANDS, command=command, result=result)
            self._metrics.observe(COMMAND_TIME, self._clock.monotonic() - started, command=command)
