from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from whinchat.core.app import Finding, HealthCheck
from whinchat.infra.health import Health, Phase
from whinchat.testing.clock import FakeClock

GOOD = Finding(ok=True, detail="fine", critical=True)
BROKEN = Finding(ok=False, detail="cannot be written", hint="Make room.", critical=True)
OLD = Finding(ok=False, detail="a week old", hint="Wait.")


def answering(finding: Finding) -> Callable[[], Awaitable[Finding]]:
    async def check() -> Finding:
        return finding

    return check


def health(**findings: Finding) -> Health:
    found = Health([HealthCheck(name, answering(finding)) for name, finding in findings.items()], FakeClock())
    found.phase = Phase.RUNNING
    return found


async def test_ready_when_everything_is_well() -> None:
    assert await health(database=GOOD).ready() == (True, {"status": "ready", "failing": {}, "degraded": {}})


async def test_what_is_critical_makes_it_unready_and_is_named() -> None:
    ready, report = await health(database=BROKEN, feeds=OLD).ready()
    assert not ready
    assert report == {
        "status": "failing",
        "failing": {"database": {"detail": "cannot be written", "hint": "Make room."}},
        "degraded": {"feeds": {"detail": "a week old", "hint": "Wait."}},
    }


async def test_the_rest_only_degrades() -> None:
    ready, report = await health(database=GOOD, feeds=OLD).ready()
    assert (ready, report["status"]) == (True, "degraded")


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.STOPPING])
async def test_not_ready_before_and_after_but_alive(phase: Phase) -> None:
    found = health(database=GOOD)
    found.phase = phase
    ready, report = await found.ready()
    assert (ready, report["status"], found.live()) == (False, phase.value, True)


async def test_answers_are_kept_for_a_second_and_shared() -> None:
    asked = 0

    async def check() -> Finding:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return GOOD

    clock = FakeClock()
    found = Health([HealthCheck("database", check)], clock)
    await asyncio.gather(*(found.report() for _ in range(5)))
    clock.move(0.9)
    await found.report()
    assert asked == 1
    clock.move(0.2)
    await found.report()
    assert asked == 2


async def test_a_check_that_fails_or_hangs_disturbs_no_other(caplog: pytest.LogCaptureFixture) -> None:
    async def failing() -> Finding:
        raise RuntimeError("hush")

    async def hanging() -> Finding:
        await asyncio.Event().wait()
        return GOOD

    checks = [HealthCheck("failing", failing), HealthCheck("hanging", hanging), HealthCheck("good", answering(GOOD))]
    report = await Health(checks, FakeClock(), timeout=0.005).report()
    assert report["good"] == GOOD
    assert report["failing"].detail == "the check failed: RuntimeError"
    assert report["hanging"].detail == "no answer within 0.005 s"
    assert report["hanging"].critical
    assert "failing failed" in caplog.text


async def test_a_check_that_stops_answering_is_as_serious_as_it_was() -> None:
    async def check() -> Finding:
        if clock.monotonic() > 0:
            raise RuntimeError
        return Finding(ok=True, detail="fresh")

    clock = FakeClock()
    found = Health([HealthCheck("feeds", check)], clock)
    found.phase = Phase.RUNNING
    assert (await found.ready())[0]
    clock.move(5)
    ready, report = await found.ready()
    assert (ready, report["status"]) == (True, "degraded")
