"""How jobs end in the runner: failures, deadlines, lost leases, a stop."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

import pytest
from tests.support.queue import LEASE, WORK, Work, job
from tests.support.runner import ANOTHER_HAS_IT, RunnerBench

from whinchat.core.dispatch.handler import Outcome
from whinchat.core.errors import Conflict, StorageError, WhinchatError
from whinchat.core.ports import Batch, Claim, Job, JobState
from whinchat.infra.queue.runner import JobRunner
from whinchat.infra.queue.sql import SqlQueue
from whinchat.testing.clock import FakeClock
from whinchat.testing.sealer import PlainSealer

# --- failures ----------------------------------------------------------------------------------------------------


async def test_a_job_that_fails_is_tried_again_until_it_is_dead(
    bench: RunnerBench, caplog: pytest.LogCaptureFixture
) -> None:
    work = Work()
    work.errors = [ValueError("text of a message"), WhinchatError("down", code="outage", retry_after=30), KeyError(1)]
    async with bench.running(work):
        await bench.put(Job(kind=WORK, key="one", max_attempts=3))
        await bench.clock.advance(120)
    assert [claim.attempt for claim in work.claims] == [1, 2, 3]
    assert [dead.error for dead in await bench.queue.dead(9)] == ["KeyError"]
    assert bench.results() == {"failed": 2, "dead": 1}
    assert [record.error for record in caplog.records if hasattr(record, "error")][:2] == ["ValueError", "outage"]


async def test_one_that_fails_does_not_disturb_the_others(bench: RunnerBench) -> None:
    bad, good = Work("test.bad"), Work()
    bad.errors = [RuntimeError()]
    async with bench.running(bad, good):
        await bench.put(job("bad", "test.bad", priority=-1), job("good"))
    assert bench.results() == {"done": 1}
    assert bench.results("test.bad") == {"failed": 1}


@pytest.mark.parametrize(("error", "code"), [(TimeoutError(), "timeout"), (asyncio.CancelledError(), "cancelled")])
async def test_what_the_handler_waited_for_in_vain_is_a_failure_like_any_other(
    bench: RunnerBench, error: BaseException, code: str
) -> None:
    work = Work()
    work.errors = [error]
    async with bench.running(work):
        await bench.put(Job(kind=WORK, key="one", max_attempts=1))
    assert [dead.error for dead in await bench.queue.dead(9)] == [code]


async def test_when_the_state_moved_on_the_handler_runs_on_the_new_one(bench: RunnerBench) -> None:
    work = Work()
    bench.settle_errors = [Conflict(0, 1, 0), Conflict(0, 1, 0)]
    async with bench.running(work):
        await bench.put(job())
    assert [claim.attempt for claim in work.claims] == [1, 1, 1]
    assert bench.results() == {"done": 1}


async def test_a_state_that_moves_on_every_time_is_a_failure(bench: RunnerBench) -> None:
    work = Work()
    bench.settle_errors = [Conflict(0, 1, 0)] * 5
    async with bench.running(work):
        await bench.put(Job(kind=WORK, key="one", max_attempts=1))
    assert [dead.error for dead in await bench.queue.dead(9)] == ["conflict"]


async def test_an_end_that_cannot_be_written_is_run_again_after_its_lease(bench: RunnerBench) -> None:
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


async def test_a_queue_that_cannot_be_read_is_asked_again(bench: RunnerBench) -> None:
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


async def test_a_long_job_keeps_its_lease(bench: RunnerBench) -> None:
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


async def test_a_heartbeat_that_fails_once_loses_nothing(bench: RunnerBench) -> None:
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


async def test_who_lost_the_lease_stops_and_changes_nothing(bench: RunnerBench) -> None:
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
async def test_a_lease_that_is_found_lost_at_the_end_changes_nothing(
    bench: RunnerBench, error: Exception | None
) -> None:
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


async def test_a_handler_that_takes_too_long_is_cancelled_and_has_failed(bench: RunnerBench) -> None:
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


class SlowToLeave(Work):
    """Cleans up for three seconds when it is cancelled."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock

    async def run(self, claim: Claim) -> Outcome:
        try:
            return await super().run(claim)
        finally:
            await self.clock.sleep(3)


async def test_a_handler_that_takes_too_long_may_clean_up(bench: RunnerBench) -> None:
    work = SlowToLeave(bench.clock)
    async with bench.running(work, deadline=10):
        work.may_end.clear()
        await bench.put(Job(kind=WORK, key="one", max_attempts=1))
        await bench.clock.advance(12)
        assert bench.results() == {}
        await bench.clock.advance(2)
    assert bench.results() == {"dead": 1}


# --- stopping ----------------------------------------------------------------------------------------------------


async def test_stopping_lets_what_runs_end_and_begins_nothing_new(bench: RunnerBench) -> None:
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


async def test_what_does_not_end_in_time_is_cancelled_and_there_for_the_next_at_once(bench: RunnerBench) -> None:
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


async def test_a_job_lost_before_it_could_be_handed_back_is_lost(bench: RunnerBench) -> None:
    work = Work()
    async with bench.running(work) as runner:
        work.may_end.clear()
        await bench.put(job())
        await bench.database.commit(ANOTHER_HAS_IT)
        runner.stop(0)
        await bench.clock.advance(0)
    assert bench.results() == {"lost": 1}


async def test_a_stop_between_two_runs_of_a_handler_hands_the_job_back(bench: RunnerBench) -> None:
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


async def test_cancelling_the_runner_leaves_the_job_to_its_lease(bench: RunnerBench) -> None:
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
