from __future__ import annotations

import pytest
from tests.support.queue import WORK, Work, job
from tests.support.runner import RunnerBench

from whinchat.core.dispatch.handler import Outcome
from whinchat.core.errors import StorageError
from whinchat.core.ports import Batch, Job, JobState
from whinchat.infra.queue.runner import DEPTH, OLDEST, RUN_TIME, SAMPLE, JobRunner

# --- the whole way -----------------------------------------------------------------------------------------------


async def test_a_job_is_run_and_its_effects_are_committed_with_its_end(bench: RunnerBench) -> None:
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


async def test_what_was_there_before_the_start_is_run(bench: RunnerBench) -> None:
    work = Work()
    await bench.put(job("a"), job("b"))
    async with bench.running(work):
        pass
    assert work.keys == ["a", "b"]


async def test_a_delayed_job_runs_when_it_comes_due(bench: RunnerBench) -> None:
    work = Work()
    async with bench.running(work):
        await bench.put(job(delay=7))
        await bench.clock.advance(6.9)
        assert work.keys == []
        await bench.clock.advance(0.1)
        assert work.keys == ["one"]


async def test_a_job_that_was_added_while_its_like_ran_runs_directly_afterwards(bench: RunnerBench) -> None:
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


async def test_jobs_that_nobody_announced_are_found_after_a_while(bench: RunnerBench) -> None:
    work = Work()
    async with bench.running(work):
        await bench.database.commit(Batch(bench.queue.add(job())))
        await bench.clock.advance(5)
        assert work.keys == ["one"]


async def test_nothing_is_asked_of_the_database_while_there_is_nothing_to_do(bench: RunnerBench) -> None:
    async with bench.running(Work()):
        commits: list[str] = []
        bench.database.hook = commits.append
        await bench.clock.advance(60)
        assert len(commits) <= 2 * 13  # one look every five seconds
        bench.database.hook = None


def test_two_handlers_of_a_kind_are_a_mistake(bench: RunnerBench) -> None:
    with pytest.raises(ValueError, match="same kind"):
        JobRunner(bench.queue, [Work(), Work()], bench.settle, bench.clock, bench.metrics)


# --- how many at once --------------------------------------------------------------------------------------------


async def test_a_kind_never_runs_more_often_at_once_than_its_handler_allows(bench: RunnerBench) -> None:
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


async def test_all_kinds_together_keep_to_the_bound_and_urgent_ones_go_first(bench: RunnerBench) -> None:
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


# --- gauges ------------------------------------------------------------------------------------------------------


async def test_the_backlog_is_measured_and_what_is_gone_stands_at_nothing(bench: RunnerBench) -> None:
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
    bench: RunnerBench, monkeypatch: pytest.MonkeyPatch
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
