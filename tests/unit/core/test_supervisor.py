from __future__ import annotations

import asyncio

from whinchat.core.part import Part
from whinchat.core.supervisor import RESTARTS, Supervisor
from whinchat.testing.clock import FakeClock
from whinchat.testing.metrics import RecordedMetrics


async def test_a_part_that_fails_is_restarted_after_a_growing_pause() -> None:
    clock, metrics, starts = FakeClock(), RecordedMetrics(), list[float]()

    async def fail() -> None:
        starts.append(clock.monotonic())
        raise RuntimeError("broken")

    supervisor = Supervisor(clock, metrics, [Part("broken", fail)])
    supervisor.start()
    assert (await supervisor.health()).ok
    await clock.advance(1.5)
    finding = await supervisor.health()
    assert (finding.ok, finding.critical) == (False, True)
    assert "broken" in finding.detail
    assert starts == [0.0, 0.2, 0.6, 1.4]
    assert metrics.value(RESTARTS, part="broken") == 4
    await supervisor.stop(0)


async def test_a_long_good_run_forgives_earlier_failures() -> None:
    clock, starts = FakeClock(), list[float]()

    async def fail_late() -> None:
        starts.append(clock.monotonic())
        await clock.sleep(100)
        raise RuntimeError("broken")

    supervisor = Supervisor(clock, RecordedMetrics(), [Part("late", fail_late)])
    supervisor.start()
    await clock.advance(301)
    assert starts == [0.0, 100.2, 200.4, 300.6]
    await supervisor.stop(0)


async def test_parts_stop_in_their_order_and_finish_what_is_under_way() -> None:
    clock, ended = FakeClock(), list[str]()

    def part(name: str) -> Part:
        told = asyncio.Event()

        async def run() -> None:
            await told.wait()
            ended.append(name)

        return Part(name, run, told.set)

    supervisor = Supervisor(clock, RecordedMetrics(), [part("first"), part("second")])
    supervisor.start()
    await asyncio.sleep(0)
    await supervisor.stop(1.0)
    assert ended == ["first", "second"]


async def test_a_part_without_a_stop_of_its_own_or_that_is_late_is_cancelled() -> None:
    cancelled = list[str]()

    async def stubborn(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(name)

    parts = [Part("endless", lambda: stubborn("endless")), Part("late", lambda: stubborn("late"), lambda: None)]
    supervisor = Supervisor(FakeClock(), RecordedMetrics(), parts)
    supervisor.start()
    await asyncio.sleep(0)
    await supervisor.stop(0.001)
    assert cancelled == ["endless", "late"]


async def test_a_part_that_is_over_stays_over_and_what_never_started_needs_no_stop() -> None:
    runs = 0

    async def once() -> None:
        nonlocal runs
        runs += 1

    supervisor = Supervisor(FakeClock(), RecordedMetrics(), [Part("once", once)])
    supervisor.start()
    await asyncio.sleep(0)
    await supervisor.stop(0)
    assert runs == 1
    await Supervisor(FakeClock(), RecordedMetrics(), [Part("never", once)]).stop(0)
    assert runs == 1


async def test_a_part_that_pauses_before_a_restart_does_not_hold_up_the_stop() -> None:
    clock, starts = FakeClock(), 0

    async def fail() -> None:
        nonlocal starts
        starts += 1
        raise RuntimeError("broken")

    supervisor = Supervisor(clock, RecordedMetrics(), [Part("broken", fail, lambda: None)])
    supervisor.start()
    await clock.advance(0.1)
    await asyncio.wait_for(supervisor.stop(60), timeout=1)
    assert starts == 1
