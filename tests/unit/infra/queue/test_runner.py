from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from tests.support.queue import LEASE, WORK, Ledger, Work, job, put

from whinchat.core.dispatch.handler import Outcome
from whinchat.core.errors import Conflict, StorageError, WhinchatError
from whinchat.core.ports import Batch, Claim, Job, JobState, Statement
from whinchat.infra.queue.runner import DEPTH, OLDEST, RUN, RUN_TIME, SAMPLE, JobRunner
from whinchat.infra.queue.sql import SqlQueue
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.sealer import PlainSealer

ANOTHER_HAS_IT = Batch((Statement("UPDATE jobs SET token = 1", {}),))


class Bench:
    """A runner over a queue in memory, and what a test needs to play with it."""

    def __init__(self, database: MemoryDatabase, queue: SqlQueue, clock: FakeClock) -> None:
        self.database = database
        self.queue = queue
        self.clock = clock
        self.metrics = RecordedMetrics()
        self.ledger = Ledger(database)
        self.settled: list[int | None] = []
        self.settle_errors: list[Exception] = []
        self.while_settling: Callable[[], Awaitable[None]] | None = None

    async def settle(self, outcome: Outcome, done: Statement, cause: int | None) -> None:
        if self.while_settling:
            await self.while_settling()
        if self.settle_errors:
            raise self.settle_errors.pop(0)
        await self.database.commit(Batch((*outcome.changes.statements, done)))
        self.settled.append(cause)

    @asynccontextmanager
    async def running(self, *handlers: Work, at_once: int = 8, deadline: float = 300.0) -> AsyncIterator[JobRunner]:
        runner = JobRunner(
            self.queue,
            handlers,
            self.settle,
            self.clock,
            self.metrics,
            backlog=self.queue,
            at_once=at_once,
            deadline=deadline,
        )
        running = asyncio.get_running_loop().create_task(runner.run())
        await self.clock.advance(0)
        try:
            yield runner
        finally:
            runner.stop(0)
            await running

    async def put(self, *jobs: Job) -> None:
        await put(self.database, self.queue, *jobs)
        await self.clock.advance(0)

    def results(self, kind: str = WORK) -> dict[str, int]:
        names = ("done", "failed", "dead", "lost", "released", "unwritten")
        counts = {name: int(self.metrics.value(RUN, kind=kind, result=name)) for name in names}
        return {name: count for name, count in counts.items() if count}


@pytest.fixture
def bench(database: MemoryDatabase, queue: SqlQueue, clock: FakeClock) -> Bench:
    return Bench(database, queue, clock)


# --- the whole way -----------------------------------------------------------------------------------------------


async def test_a_job_is_run_and_its_effects_are_committed_with_its_end(bench: Bench) -> None:
    work = Work()
    work.outcome = Outcome(changes=Batch((bench.ledger.effect("paid"),)))
    async with bench.running(work):
        await bench.put(Job(kind=WORK, key="one", payload=b"what to do", cause=42))
    assert [claim.payload for claim in work.claims] == [b"what to do"]
    assert await bench.ledger.effects() == {"paid": 1}
    assert await bench.queue.depths() == {}
    assert bench.settled == [42]
    assert bench.results() == {"done": 1}
    assert len(bench.metrics.observed(RUN_TIME, kind=WORK)) == 1


async def test_what_was_there_before_the_start_is_run(bench: Bench) -> None:
    work = Work()
    await bench.put(job("a"), job("b"))
    async with bench.running(work):
        pass
    assert work.keys == ["a", "b"]


async def test_a_delayed_job_runs_when_it_comes_due(bench: Bench) -> None:
    work = Work()
    async with bench.running(work):
        await bench.put(job(delay=7))
        await bench.clock.advance(6.9)
        assert work.keys == []
        await bench.clock.advance(0.1)
        assert work.keys == ["one"]


async def test_a_job_that_was_added_while_its_like_ran_runs_directly_afterwards(bench: Bench) -> None:
    work = Work()
    async with bench.running(work):
        work.may_end.clear()
        await bench.put(job(payload=b"first"))
        await bench.put(job(payload=b"second"))
        assert len(work.claims) == 1
        work.may_end.set()
        await bench.clock.advance(0)
    assert [claim.payload for claim in work.claims] == [b"first", b"second"]
    assert work.most_at_once == 1


async def test_jobs_that_nobody_announced_are_found_after_a_while(bench: Bench) -> None:
    work = Work()
    async with bench.running(work):
        await bench.database.commit(Batch(bench.queue.add(job())))
        await bench.clock.advance(5)
        assert work.keys == ["one"]


async def test_nothing_is_asked_of_the_database_while_there_is_nothing_to_do(bench: Bench) -> None:
    async with bench.running(Work()):
        commits: list[str] = []
        bench.database.hook = commits.append
        await bench.clock.advance(60)
        assert len(commits) <= 2 * 13  # one look every five seconds
        bench.database.hook = None


def test_two_handlers_of_a_kind_are_a_mistake(bench: Bench) -> None:
    with pytest.raises(ValueError, match="same kind"):
        JobRunner(bench.queue, [Work(), Work()], bench.settle, bench.clock, bench.metrics)


# --- how many at once --------------------------------------------------------------------------------------------


async def test_a_kind_never_runs_more_often_at_once_than_its_handler_allows(bench: Bench) -> None:
    work, other = Work(concurrency=2), Work("test.other", concurrency=9)
    async with bench.running(work, other):
        for handler in (work, other):
            handler.may_end.clear()
        await bench.put(job("0"), job("x", "test.other"))
        await bench.put(*(job(str(n)) for n in range(1, 5)))
        assert (work.at_once, other.at_once) == (2, 1)
        work.may_end.set()
        other.may_end.set()
        await bench.clock.advance(0)
        await bench.clock.advance(0)
        await bench.clock.advance(0)
    assert work.most_at_once == 2
    assert len(work.keys) == 5


async def test_all_kinds_together_keep_to_the_bound_and_urgent_ones_go_first(bench: Bench) -> None:
    plain, urgent = Work(concurrency=9), Work("test.urgent", concurrency=9)
    async with bench.running(plain, urgent, at_once=3):
        plain.may_end.clear()
        urgent.may_end.clear()
        await bench.put(job("first", priority=1))
        await bench.put(*(job(str(n), priority=1) for n in range(4)), job("urgent", "test.urgent"))
        await bench.put(job("too many", "test.urgent"))
        assert (urgent.at_once, plain.at_once) == (1, 2)
        plain.may_end.set()
        urgent.may_end.set()


# --- failures ----------------------------------------------------------------------------------------------------


async def test_a_job_that_fails_is_tried_again_until_it_is_dead(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    work = Work()
    work.errors = [ValueError("text of a message"), WhinchatError("down", code="outage", retry_after=30), KeyError(1)]
    async with bench.running(work):
        await bench.put(Job(kind=WORK, key="one", max_attempts=3))
        await bench.clock.advance(120)
    assert [claim.attempt for claim in work.claims] == [1, 2, 3]
    assert [dead.error for dead in await bench.queue.dead(9)] == ["KeyError"]
    assert bench.results() == {"failed": 2, "dead": 1}
    assert [record.error for record in caplog.records if hasattr(record, "error")][:2] == ["ValueError", "outage"]


async def test_one_that_fails_does_not_disturb_the_others(bench: Bench) -> None:
    bad, good = Work("test.bad"), Work()
    bad.errors = [RuntimeError()]
    async with bench.running(bad, good):
        await bench.put(job("bad", "test.bad", priority=-1), job("good"))
    assert bench.results() == {"done": 1}
    assert bench.results("test.bad") == {"failed": 1}


@pytest.mark.parametrize(("error", "code"), [(TimeoutError(), "timeout"), (asyncio.CancelledError(), "cancelled")])
async def test_what_the_handler_waited_for_in_vain_is_a_failure_like_any_other(
    bench: Bench, error: BaseException, code: str
) -> None:
    work = Work()
    work.errors = [error]
    async with bench.running(work):
        await bench.put(Job(kind=WORK, key="one", max_attempts=1))
    assert [dead.error for dead in await bench.queue.dead(9)] == [code]


async def test_when_the_state_moved_on_the_handler_runs_on_the_new_one(bench: Bench) -> None:
    work = Work()
    bench.settle_errors = [Conflict(0, 1, 0), Conflict(0, 1, 0)]
    async with bench.running(work):
        await bench.put(job())
    assert [claim.attempt for claim in work.claims] == [1, 1, 1]
    assert bench.results() == {"done": 1}


async def test_a_state_that_moves_on_every_time_is_a_failure(bench: Bench) -> None:
    work = Work()
    bench.settle_errors = [Conflict(0, 1, 0)] * 5
    async with bench.running(work):
        await bench.put(Job(kind=WORK, key="one", max_attempts=1))
    assert [dead.error for dead in await bench.queue.dead(9)] == ["conflict"]


async def test_an_end_that_cannot_be_written_is_run_again_after_its_lease(bench: Bench) -> None:
    work = Work()
    async with bench.running(work):
        bench.settle_errors = [StorageError("full", code="disk_full")]
        work.may_end.clear()
        await bench.put(job())
        bench.database.fail_next("disk_full")
        work.may_end.set()
        await bench.clock.advance(0)
        assert bench.results() == {"unwritten": 1}
        await bench.clock.advance(LEASE)
    assert [claim.attempt for claim in work.claims] == [1, 2]
    assert bench.results() == {"unwritten": 1, "done": 1}


async def test_a_queue_that_cannot_be_read_is_asked_again(bench: Bench) -> None:
    work = Work()
    async with bench.running(work):
        bench.database.fail_next("database_busy", times=2)
        with suppress(WhinchatError):
            await bench.put(job())
        bench.queue.announce()
        await bench.clock.advance(1)
        await bench.put(job())
        await bench.clock.advance(5)
        assert work.keys == ["one"]


# --- leases and deadlines ----------------------------------------------------------------------------------------


async def test_a_long_job_keeps_its_lease(bench: Bench) -> None:
    work = Work()
    async with bench.running(work):
        work.may_end.clear()
        await bench.put(job())
        await bench.clock.advance(5 * LEASE)
        rival = SqlQueue(bench.database, PlainSealer(), bench.clock, random.Random(8))
        assert await rival.claim([WORK]) is None
        work.may_end.set()
        await bench.clock.advance(0)
    assert bench.results() == {"done": 1}
    assert work.most_at_once == 1


async def test_a_heartbeat_that_fails_once_loses_nothing(bench: Bench) -> None:
    work = Work()
    async with bench.running(work):
        work.may_end.clear()
        await bench.put(job())
        await bench.clock.advance(9.5)
        bench.database.fail_next("database_busy", times=2)
        await bench.clock.advance(LEASE)
        work.may_end.set()
        await bench.clock.advance(0)
    assert bench.results() == {"done": 1}


async def test_who_lost_the_lease_stops_and_changes_nothing(bench: Bench) -> None:
    work = Work()
    work.outcome = Outcome(changes=Batch((bench.ledger.effect("paid"),)))
    rival = SqlQueue(bench.database, PlainSealer(), bench.clock, random.Random(8))
    async with bench.running(work):
        work.may_end.clear()
        await bench.put(job())
        bench.clock.move(LEASE)  # at once, as when the machine was suspended: no heartbeat came in between
        assert await rival.claim([WORK]) is not None
        await bench.clock.advance(1)
        assert work.at_once == 0
    assert bench.results() == {"lost": 1}
    assert await bench.ledger.effects() == {}


@pytest.mark.parametrize("error", [None, RuntimeError()])
async def test_a_lease_that_is_found_lost_at_the_end_changes_nothing(bench: Bench, error: Exception | None) -> None:
    work = Work()
    work.outcome = Outcome(changes=Batch((bench.ledger.effect("paid"),)))
    work.errors = [error] if error else []
    async with bench.running(work):
        work.may_end.clear()
        await bench.put(job())
        await bench.database.commit(ANOTHER_HAS_IT)
        work.may_end.set()
        await bench.clock.advance(0)
    assert len(work.claims) == 1
    assert bench.results() == {"lost": 1}
    assert await bench.ledger.effects() == {}


async def test_a_handler_that_takes_too_long_is_cancelled_and_has_failed(bench: Bench) -> None:
    work = Work()
    async with bench.running(work, deadline=10):
        work.may_end.clear()
        await bench.put(Job(kind=WORK, key="one", max_attempts=1))
        await bench.clock.advance(9)
        assert work.at_once == 1
        await bench.clock.advance(2)
        assert work.at_once == 0
    assert [dead.error for dead in await bench.queue.dead(9)] == ["deadline"]
    assert bench.results() == {"dead": 1}


# --- stopping ----------------------------------------------------------------------------------------------------


async def test_stopping_lets_what_runs_end_and_begins_nothing_new(bench: Bench) -> None:
    work = Work(concurrency=1)
    async with bench.running(work) as runner:
        work.may_end.clear()
        await bench.put(job("a"), job("b"))
        runner.stop(10)
        await bench.clock.advance(9)
        assert work.at_once == 1
        work.may_end.set()
        await bench.clock.advance(0)
    assert work.keys == ["a"]
    assert bench.results() == {"done": 1}
    assert await bench.queue.depths() == {(WORK, JobState.WAITING): 1}


async def test_what_does_not_end_in_time_is_cancelled_and_there_for_the_next_at_once(bench: Bench) -> None:
    work = Work()
    async with bench.running(work) as runner:
        work.may_end.clear()
        await bench.put(job())
        runner.stop(10)
        await bench.clock.advance(10)
        assert work.at_once == 0
    assert bench.results() == {"released": 1}
    claim = await bench.queue.claim([WORK])
    assert claim is not None
    assert claim.attempt == 1


async def test_a_job_lost_before_it_could_be_handed_back_is_lost(bench: Bench) -> None:
    work = Work()
    async with bench.running(work) as runner:
        work.may_end.clear()
        await bench.put(job())
        await bench.database.commit(ANOTHER_HAS_IT)
        runner.stop(0)
        await bench.clock.advance(0)
    assert bench.results() == {"lost": 1}


async def test_a_stop_between_two_runs_of_a_handler_hands_the_job_back(bench: Bench) -> None:
    """The state has moved on while the stop comes: the handler is not begun once more."""
    work = Work()
    bench.settle_errors = [Conflict(0, 1, 0)]
    async with bench.running(work) as runner:

        async def stop() -> None:
            runner.stop(0)
            await bench.clock.advance(0)

        bench.while_settling = stop
        await bench.put(job())
    assert len(work.claims) == 1
    assert bench.results() == {"released": 1}


async def test_cancelling_the_runner_leaves_the_job_to_its_lease(bench: Bench) -> None:
    work = Work()
    work.may_end.clear()
    runner = JobRunner(bench.queue, [work], bench.settle, bench.clock, bench.metrics)
    running = asyncio.get_running_loop().create_task(runner.run())
    await bench.put(job())
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await bench.queue.claim([WORK]) is None
    bench.clock.move(LEASE)
    claim = await bench.queue.claim([WORK])
    assert isinstance(claim, Claim)
    assert claim.attempt == 2


# --- gauges ------------------------------------------------------------------------------------------------------


async def test_the_backlog_is_measured_and_what_is_gone_stands_at_nothing(bench: Bench) -> None:
    work = Work()
    async with bench.running(work):
        work.may_end.clear()
        await bench.put(job(), job("other", "test.unknown"))
        await bench.clock.advance(SAMPLE)
        assert bench.metrics.value(DEPTH, kind=WORK, state="running") == 1
        assert bench.metrics.value(DEPTH, kind="test.unknown", state="waiting") == 1
        assert bench.metrics.value(OLDEST) == SAMPLE
        work.may_end.set()
        await bench.clock.advance(SAMPLE)
        assert bench.metrics.value(DEPTH, kind=WORK, state="running") == 0


async def test_a_backlog_that_cannot_be_measured_is_measured_later(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure, faults = bench.queue.depths, [StorageError("damaged", code="damaged")]

    async def depths() -> dict[tuple[str, JobState], int]:
        if faults:
            raise faults.pop()
        return await measure()

    monkeypatch.setattr(bench.queue, "depths", depths)
    async with bench.running(Work()):
        await bench.put(job(kind="test.unknown"))
        await bench.clock.advance(SAMPLE)
        assert bench.metrics.value(DEPTH, kind="test.unknown", state="waiting") == 1
