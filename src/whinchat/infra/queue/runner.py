"""Works the queue off: claims what is due, runs its handler, commits what the handler wants with the end of the job.

feed ──claims as many as there is room for──▶ one task per job ──outcome + finish in one batch──▶ settle
                                                    ▲
keep ──heartbeats, deadlines, lost leases───────────┘
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from whinchat.core.dispatch.handler import JobHandler, Outcome
from whinchat.core.errors import Conflict, WhinchatError
from whinchat.core.ports import Claim, Clock, JobState, Metric, MetricKind, Metrics, Queue, Statement
from whinchat.core.resilience.waiting import set_within

log = logging.getLogger(__name__)

Settle = Callable[[Outcome, Statement, int | None], Awaitable[None]]
"""Commits the outcome with the statement in one batch, in the name of the cause. Raises Conflict."""

CONFLICTS = 5  # times a handler is run on the new state within one attempt
LOOK_AGAIN = 5.0  # seconds after which the table is looked at though nothing was announced
KEEP = 1.0  # seconds between two looks at the jobs that are running
SAMPLE = 15.0  # seconds between two measurements of the backlog

RUN = Metric(MetricKind.COUNTER, "whinchat_jobs_total", "Jobs that were run, by how that ended.", ("kind", "result"))
RUN_TIME = Metric(
    MetricKind.HISTOGRAM,
    "whinchat_job_seconds",
    "From a job's claim until its outcome is committed.",
    ("kind",),
    (0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300),
)
DEPTH = Metric(MetricKind.GAUGE, "whinchat_queue_jobs", "Jobs in the queue.", ("kind", "state"))
OLDEST = Metric(MetricKind.GAUGE, "whinchat_jobs_oldest_seconds", "How long the oldest job that could run has waited.")


class Backlog(Protocol):
    """What the gauges are read from."""

    async def depths(self) -> Mapping[tuple[str, JobState], int]: ...
    async def oldest_waiting(self) -> float: ...


@dataclass(slots=True, eq=False)
class _Run:
    """A job in progress."""

    claim: Claim
    handler: JobHandler
    ends: float
    """When its deadline is over; monotonic seconds."""
    beat: int
    """When its lease is to be renewed; milliseconds."""
    guard: asyncio.Timeout | None = None
    """Set while the handler runs: what interrupts it."""
    cut: str = ""
    """Why it was interrupted: `deadline`, `lost` or `stopping`."""

    def interrupt(self, cut: str) -> None:
        """Once: a handler may take its time to clean up."""
        if self.cut:
            return
        self.cut = cut
        if self.guard is not None:
            self.guard.reschedule(asyncio.get_running_loop().time())


class JobRunner:
    """At most `at_once` jobs run together, of each kind at most its handler's `concurrency`, each for at most
    `deadline` seconds. A job that fails is the queue's to repeat; one whose lease is lost is another worker's.
    """

    def __init__(
        self,
        queue: Queue,
        handlers: Sequence[JobHandler],
        settle: Settle,
        clock: Clock,
        metrics: Metrics,
        *,
        backlog: Backlog | None = None,
        at_once: int = 32,
        deadline: float = 300.0,
    ) -> None:
        self._queue = queue
        self._handlers = {handler.kind: handler for handler in handlers}
        if len(self._handlers) < len(handlers):
            raise ValueError("two job handlers have the same kind")
        self._settle = settle
        self._clock = clock
        self._metrics = metrics
        self._backlog = backlog
        self._at_once = at_once
        self._deadline = deadline
        self._running: set[_Run] = set()
        self._of_kind: Counter[str] = Counter()
        self._busy = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = asyncio.Event()
        self._patience = 0.0
        self._gauges: set[tuple[str, JobState]] = set()

    async def run(self) -> None:
        """Until `stop`: then what is running may end, and what does not is handed back."""
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(self._keep()), group.create_task(self._sample())]
            await self._feed(group)
            if not await set_within(self._idle, self._patience, self._clock):
                for run in self._running:
                    run.interrupt("stopping")
                await self._idle.wait()
            for helper in helpers:
                helper.cancel()

    def stop(self, deadline: float) -> None:
        """No further job is begun. Those that are still running after `deadline` seconds are cancelled and put back."""
        self._patience = deadline
        self._stopping.set()
        self._queue.announce()

    # --- feed ----------------------------------------------------------------------------------------------------

    async def _feed(self, group: asyncio.TaskGroup) -> None:
        while not self._stopping.is_set():
            room = {kind: handler.concurrency - self._of_kind[kind] for kind, handler in self._handlers.items()}
            try:
                claims = await self._queue.claim_many(room, self._at_once - len(self._running))
                for claim in claims:
                    self._start(claim, group)
                await self._queue.wait(LOOK_AGAIN)
            except WhinchatError as error:
                log.warning("the queue cannot be read", extra={"error": error.code})
                await set_within(self._stopping, LOOK_AGAIN, self._clock)

    def _start(self, claim: Claim, group: asyncio.TaskGroup) -> None:
        run = _Run(claim, self._handlers[claim.kind], self._clock.monotonic() + self._deadline, self._next_beat(claim))
        self._running.add(run)
        self._of_kind[claim.kind] += 1
        self._busy.set()
        self._idle.clear()
        group.create_task(self._work(run))

    def _end(self, run: _Run) -> None:
        self._running.discard(run)
        self._of_kind[run.claim.kind] -= 1
        if not self._running:
            self._busy.clear()
            self._idle.set()
        self._queue.announce()  # there is room, and the job's follow-up may be waiting

    # --- one job -------------------------------------------------------------------------------------------------

    async def _work(self, run: _Run) -> None:
        kind, began = run.claim.kind, self._clock.monotonic()
        try:
            result = await self._attempt(run)
        except Exception:  # the queue could not be written: the lease runs out and the job is run again
            log.exception("the end of a job could not be written", extra=_about(run.claim))
            result = "unwritten"
        finally:
            self._end(run)
        self._metrics.add(RUN, kind=kind, result=result)
        self._metrics.observe(RUN_TIME, self._clock.monotonic() - began, kind=kind)

    async def _attempt(self, run: _Run) -> str:
        """Run the job and write down how it ended; the `result` for the metrics."""
        try:
            return await self._handle(run)
        except TimeoutError as error:
            if not run.cut:  # the handler's own
                return await self._failed(run, "timeout", error)
        except asyncio.CancelledError as error:
            if _cancelled():
                raise
            return await self._failed(run, "cancelled", error)
        except WhinchatError as error:
            return await self._failed(run, error.code, error)
        except Exception as error:  # whatever an application raises, the next job must run
            return await self._failed(run, type(error).__name__, error)
        return await self._cut_short(run)

    async def _handle(self, run: _Run) -> str:
        for _ in range(CONFLICTS):
            outcome = await self._outcome(run)
            try:
                await self._settle(outcome, self._queue.finish(run.claim), run.claim.cause)
            except Conflict:  # the state had moved on, or the job is no longer ours
                if not await self._extend(run):
                    return "lost"
            else:
                return "done"
        raise WhinchatError("the state moved on every time", code="conflict")

    async def _outcome(self, run: _Run) -> Outcome:
        """What the handler wants. Raises TimeoutError when the run was interrupted."""
        if run.cut:
            raise TimeoutError
        async with asyncio.timeout(None) as guard:
            run.guard = guard
            try:
                return await run.handler.run(run.claim)
            finally:
                run.guard = None

    async def _failed(self, run: _Run, code: str, error: BaseException) -> str:
        known = error if isinstance(error, WhinchatError) else None  # its code says it all
        log.warning("a job failed", exc_info=None if known else error, extra={**_about(run.claim), "error": code})
        retry_after = known.retry_after if known else None
        try:
            state = await self._queue.fail(run.claim, code, retry_after=retry_after)
        except Conflict:
            return "lost"
        return "dead" if state is JobState.DEAD else "failed"

    async def _cut_short(self, run: _Run) -> str:
        if run.cut == "deadline":
            return await self._failed(run, "deadline", WhinchatError("it took too long", code="deadline"))
        if run.cut == "stopping":
            try:
                await self._queue.release(run.claim)
            except Conflict:
                return "lost"
            return "released"
        log.warning("the lease of a job was lost", extra=_about(run.claim))
        return "lost"

    # --- keep ----------------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """Renew leases at a third of their time, and interrupt what takes too long."""
        while True:
            await self._busy.wait()
            await self._clock.sleep(KEEP)
            for run in tuple(self._running):
                if self._clock.monotonic() >= run.ends:
                    run.interrupt("deadline")
                elif self._clock.now() >= run.beat and not await self._renewed(run):
                    run.interrupt("lost")

    async def _renewed(self, run: _Run) -> bool:
        try:
            return await self._extend(run) or run not in self._running  # it may have ended meanwhile
        except WhinchatError as error:
            log.warning("a lease could not be renewed", extra={**_about(run.claim), "error": error.code})
            return True  # tried again at the next look; `finish` and `fail` would tell

    async def _extend(self, run: _Run) -> bool:
        renewed = await self._queue.extend(run.claim)
        if renewed is None:
            return False
        run.claim, run.beat = renewed, self._next_beat(renewed)
        return True

    def _next_beat(self, claim: Claim) -> int:
        now = self._clock.now()
        return now + (claim.expires - now) // 3

    # --- sample --------------------------------------------------------------------------------------------------

    async def _sample(self) -> None:
        while self._backlog is not None:
            try:
                depths = await self._backlog.depths()
                self._metrics.set(OLDEST, await self._backlog.oldest_waiting())
            except WhinchatError as error:
                log.warning("the backlog cannot be measured", extra={"error": error.code})
            else:
                for kind, state in self._gauges | set(depths):  # what is gone stands at 0
                    self._metrics.set(DEPTH, depths.get((kind, state), 0), kind=kind, state=state.value)
                self._gauges |= set(depths)
            await self._clock.sleep(SAMPLE)


def _about(claim: Claim) -> dict[str, object]:
    return {"kind": claim.kind, "job": claim.id, "attempt": claim.attempt}


def _cancelled() -> bool:
    """Whether the current task is being cancelled, rather than something that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
