from __future__ import annotations

import time

from whinchat.infra.clock import SystemClock


async def test_it_tells_the_time_of_the_machine() -> None:
    clock = SystemClock()
    assert abs(clock.now() - time.time() * 1000) < 5_000
    before = clock.monotonic()
    await clock.sleep(0)
    assert clock.monotonic() >= before
