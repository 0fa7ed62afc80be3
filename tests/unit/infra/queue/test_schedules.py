from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.queue import WORK

from whinchat.core.app import REBOOT, Schedule
from whinchat.core.errors import Refused
from whinchat.core.ports import Batch, Job
from whinchat.infra.queue.schedules import Cron, Scheduler
from whinchat.infra.queue.sql import SqlQueue
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
NIGHTLY = "30 4 * * *"  # the fake clock begins at midnight


def millis(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def daily(cron: str = NIGHTLY, key: str = "nightly") -> Schedule:
    return Schedule(cron, Job(kind=WORK, key=key))


class Service:
    """What a running service has of schedules: it can be started and stopped, the database stays."""

    def __init__(self, database: MemoryDatabase, queue: SqlQueue, clock: FakeClock) -> None:
        self.database = database
        self.queue = queue
        self.clock = clock

    @asynccontextmanager
    async def running(self, *schedules: Schedule) -> AsyncIterator[None]:
        scheduler = Scheduler(schedules or (daily(),), self.database, self.queue, self.clock)
        running = asyncio.get_running_loop().create_task(scheduler.run())
        await self.clock.advance(0)
        try:
            yield
        finally:
            scheduler.stop()
            await running

    async def later(self, seconds: float) -> None:
        """Time passes in one leap: looking every half minute is not the test's subject."""
        self.clock.move(seconds)
        await self.clock.advance(0)

    async def fired(self) -> list[str]:
        """The keys of the jobs that were added since the last call, which are thereby done."""
        claims = await self.queue.claim_many({WORK: 99}, 99)
        if claims:
            await self.database.commit(Batch(tuple(self.queue.finish(claim) for claim in claims)))
        return [claim.key for claim in claims]


@pytest.fixture
def service(database: MemoryDatabase, queue: SqlQueue, clock: FakeClock) -> Service:
    return Service(database, queue, clock)


# --- firing ------------------------------------------------------------------------------------------------------


async def test_a_job_is_added_when_its_time_comes_and_not_before(service: Service) -> None:
    async with service.running(daily("*/5 * * * *", "often")):
        for _ in range(3):
            await service.clock.advance(5 * MINUTE - 0.001)
            assert await service.fired() == []
            await service.clock.advance(0.001)
            assert await service.fired() == ["often"]


async def test_every_schedule_keeps_its_own_time(service: Service) -> None:
    async with service.running(daily("0 * * * *", "hourly"), daily("*/20 * * * *", "often"), daily()):
        await service.later(20 * MINUTE)
        assert await service.fired() == ["often"]
        await service.later(40 * MINUTE)
        assert sorted(await service.fired()) == ["hourly", "often"]


async def test_what_the_start_calls_for_is_done_once_at_every_start(service: Service) -> None:
    at_start = Schedule(REBOOT, Job(kind=WORK, key="start"))
    for _ in range(2):
        async with service.running(at_start, daily()):
            assert await service.fired() == ["start"]
            await service.later(5 * MINUTE)
            assert await service.fired() == []


async def test_a_start_that_cannot_be_written_is_made_up_for(service: Service) -> None:
    service.database.fail_next("disk_full")
    async with service.running(Schedule(REBOOT, Job(kind=WORK, key="start"))):
        assert await service.fired() == []
        await service.later(MINUTE)
        assert await service.fired() == ["start"]


async def test_without_schedules_it_just_waits_for_the_stop(service: Service) -> None:
    scheduler = Scheduler([], service.database, service.queue, service.clock)
    running = asyncio.get_running_loop().create_task(scheduler.run())
    await service.later(DAY)
    scheduler.stop()
    await running


async def test_workers_are_told_at_once(service: Service) -> None:
    async with service.running():
        assert await service.queue.claim([WORK]) is None
        waiting = asyncio.ensure_future(service.queue.wait(7 * DAY))
        await service.later(4.5 * HOUR)
        assert waiting.done()


# --- restarts ----------------------------------------------------------------------------------------------------


async def test_a_restart_does_not_fire_again(service: Service) -> None:
    for expected in ([], ["nightly"], [], []):
        async with service.running():
            await service.later(3 * HOUR)
        assert await service.fired() == expected


async def test_times_missed_while_away_are_made_up_by_one_firing(service: Service) -> None:
    async with service.running():
        pass
    service.clock.move(10 * DAY)
    async with service.running():
        assert await service.fired() == ["nightly"]
        await service.later(4.5 * HOUR - 1)
        assert await service.fired() == []
        await service.later(1)
        assert await service.fired() == ["nightly"]


async def test_of_two_processes_the_faster_one_fires(service: Service) -> None:
    other = Service(service.database, service.queue, FakeClock())
    async with service.running(), other.running():
        for first, second in ((service, other), (other, service), (other, service)):
            await first.later(DAY)
            assert await service.fired() == ["nightly"]
            await second.later(DAY)
            assert await service.fired() == []


async def test_a_changed_expression_begins_anew(service: Service) -> None:
    async with service.running():
        await service.later(HOUR)
    async with service.running(daily("30 0 * * *")):
        await service.later(23 * HOUR)
        assert await service.fired() == []
        await service.later(30 * MINUTE)
        assert await service.fired() == ["nightly"]


@pytest.mark.parametrize("fault", ["disk_full", "database_busy"])
async def test_a_database_that_refuses_for_a_while_delays_but_loses_nothing(service: Service, fault: str) -> None:
    async with service.running():
        await service.later(4.4 * HOUR)
        service.database.fail_next(fault, times=3)
        await service.later(0.2 * HOUR)
        await service.clock.advance(2 * MINUTE)
        assert await service.fired() == ["nightly"]


async def test_a_kill_between_two_statements_leaves_both_or_none(service: Service) -> None:
    class Killed(BaseException):
        pass

    def die(point: str) -> None:
        if point == stages[0]:
            raise Killed

    stages = ["before_commit", "after_commit"]
    while stages:
        scheduler = Scheduler([daily()], service.database, service.queue, service.clock)
        async with service.running():
            pass
        service.clock.move(DAY)
        service.database.hook = die
        with pytest.raises(Killed):
            await scheduler.run()
        service.database.hook = None
        async with service.running():
            assert await service.fired() == ["nightly"]
        stages.pop(0)


# --- a clock that is set -----------------------------------------------------------------------------------------


async def test_a_clock_that_is_set_back_a_little_does_not_fire_twice(service: Service) -> None:
    async with service.running():
        await service.later(5 * HOUR)
        assert await service.fired() == ["nightly"]
    earlier = Service(service.database, service.queue, FakeClock(service.clock.now() - int(HOUR * 1000)))
    async with earlier.running():
        await earlier.later(12 * HOUR)
    assert await service.fired() == []


async def test_a_clock_that_was_years_ahead_does_not_stop_schedules_for_years(service: Service) -> None:
    wrong = FakeClock(millis("2038-01-01T00:00:00"))
    async with Service(service.database, service.queue, wrong).running():
        pass
    async with service.running():
        await service.later(4.5 * HOUR)
    assert await service.fired() == ["nightly"]


async def test_a_clock_that_jumps_ahead_fires_once(service: Service) -> None:
    async with service.running():
        service.clock.move(3 * DAY)
        await service.later(MINUTE)
        assert await service.fired() == ["nightly"]


# --- expressions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "number of fields"),
        ("every day", "number of fields"),
        ("0 30 4 * * *", "number of fields"),
        ("61 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day-of-month"),
        ("* * * NEVER *", "month"),
        ("* * * * 8", "day-of-week"),
        ("*/0 * * * *", "minute"),
        ("0 0 31 2 *", "day-of-month"),
        ("0 0 */29 2 MON#2", "no such day"),
    ],
)
async def test_what_is_no_schedule_is_refused_with_the_way_out(service: Service, text: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason) as refused:
        Scheduler([daily(text)], service.database, service.queue, service.clock)
    assert refused.value.code == "cron"
    assert repr(text) in str(refused.value)
    assert "Five fields" in refused.value.hint


@pytest.mark.parametrize(
    ("text", "time", "latest", "after"),
    [
        ("30 4 * * *", "2026-03-01T04:30:00", "2026-03-01T04:30:00", "2026-03-02T04:30:00"),
        ("30 4 * * *", "2026-03-01T04:29:59.999", "2026-02-28T04:30:00", "2026-03-01T04:30:00"),
        ("*/15 9-17 * * MON-FRI", "2026-03-07T12:00:00", "2026-03-06T17:45:00", "2026-03-09T09:00:00"),
        ("0 0 29 2 *", "2026-03-01T00:00:00", "2024-02-29T00:00:00", "2028-02-29T00:00:00"),
        ("0 0 L * *", "2026-02-10T00:00:00", "2026-01-31T00:00:00", "2026-02-28T00:00:00"),
    ],
)
def test_times_are_utc_and_five_fields(text: str, time: str, latest: str, after: str) -> None:
    cron = Cron(text)
    assert cron.latest(millis(time)) == millis(latest)
    assert cron.after(millis(time)) == millis(after)


@given(
    st.one_of(
        st.text(max_size=30), st.lists(st.text("0123456789*/,-#LW? MONJANF²", max_size=6), max_size=7).map(" ".join)
    ),
    st.integers(0, 4_000_000_000_000),
)
def test_any_text_is_refused_or_understood(text: str, time: int) -> None:
    try:
        cron = Cron(text)
    except Refused:
        return
    assert cron.latest(time) <= time < cron.after(time)
    assert cron.after(cron.latest(time) - 1000) <= time
