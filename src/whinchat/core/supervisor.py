"""Long-lived tasks under one roof: a part that fails is restarted with a growing pause; nothing runs unwatched."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from whinchat.core.app import Finding
from whinchat.core.part import Part
from whinchat.core.ports import Clock, Metric, MetricKind, Metrics
from whinchat.core.resilience.waiting import set_within

log = logging.getLogger(__name__)

RESTARTS = Metric(
    MetricKind.COUNTER, "whinchat_restarts_total", "Parts of the service that failed and were restarted.", ("part",)
)
LONGEST_PAUSE = 30.0  # seconds before a restart
HEALTHY = 60.0  # seconds after which earlier failures are forgotten


class Supervisor:
    """Runs `parts` until they are stopped, one after the other in their order."""

    def __init__(self, clock: Clock, metrics: Metrics, parts: Sequence[Part] = ()) -> None:
        self.parts = tuple(parts)
        """May be set until `start`."""
        self._clock = clock
        self._metrics = metrics
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._failing: set[str] = set()
        self._stopping = asyncio.Event()

    async def health(self) -> Finding:
        """While a part fails and is restarted nothing is lost, but not everything is done."""
        if self._failing:
            detail = f"failing and being restarted: {', '.join(sorted(self._failing))}"
            return Finding(ok=False, detail=detail, hint="The log says why.", critical=True)
        return Finding(ok=True, detail="all parts run")

    def start(self) -> None:
        for part in self.parts:
            self._tasks[part.name] = asyncio.create_task(self._keep(part), name=part.name)

    async def stop(self, deadline: float) -> None:
        """Stop all parts in their order, together within `deadline` seconds; then cancel what is left."""
        self._stopping.set()
        end = self._clock.monotonic() + deadline
        for part in self.parts:
            task = self._tasks.get(part.name)
            if task is None:
                continue
            if part.stop is None:
                task.cancel()
            else:
                part.stop()
            left = max(0.0, end - self._clock.monotonic())
            _, late = await asyncio.wait([task], timeout=left)
            if late:
                log.warning("a part did not stop in time and is cancelled", extra={"part": part.name})
                task.cancel()
                await asyncio.wait([task], timeout=1.0)

    async def _keep(self, part: Part) -> None:
        failures = 0
        while not self._stopping.is_set():
            started = self._clock.monotonic()
            try:
                await part.run()
            except Exception as error:
                if self._clock.monotonic() - started > HEALTHY:
                    failures = 0
                failures += 1
                pause = min(LONGEST_PAUSE, 0.1 * 2.0**failures)
                self._failing.add(part.name)
                self._metrics.add(RESTARTS, part=part.name)
                log.exception(
                    "a part of the service failed and is restarted",
                    extra={"part": part.name, "pause": pause, "error": type(error).__name__},
                )
                await set_within(self._stopping, pause, self._clock)
                self._failing.discard(part.name)
            else:
                return
