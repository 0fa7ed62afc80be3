from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.core.resilience.breaker import Breaker, BreakerOpen, BreakerState
from whinchat.testing.clock import FakeClock


class Outage(Exception):
    pass


class Mistake(Exception):
    pass


async def works() -> str:
    return "fine"


async def fails() -> str:
    raise Outage


async def is_wrong() -> str:
    raise Mistake


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def breaker(clock: FakeClock, *, failures: int = 3) -> Breaker:
    return Breaker(clock, random.Random(1), failures=failures, window=60, cool_down=30, counts=(Outage,))


def state_of(breaker: Breaker) -> BreakerState:
    return breaker.state


async def fail(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(Outage):
            await breaker.call(fails)


async def test_a_closed_breaker_gives_what_the_call_gives(clock: FakeClock) -> None:
    assert await breaker(clock).call(works) == "fine"


async def test_it_opens_after_enough_failures_and_says_how_long(clock: FakeClock) -> None:
    guarded = breaker(clock)
    await fail(guarded, 3)
    assert state_of(guarded) is BreakerState.OPEN
    with pytest.raises(BreakerOpen) as refused:
        await guarded.call(works)
    assert refused.value.code == "breaker_open"
    assert refused.value.retryable
    assert refused.value.retry_after is not None
    assert 30 <= refused.value.retry_after <= 45


async def test_failures_that_lie_far_apart_do_not_open_it(clock: FakeClock) -> None:
    guarded = breaker(clock)
    for _ in range(10):
        await fail(guarded, 2)
        clock.move(61)
    assert state_of(guarded) is BreakerState.CLOSED


async def test_errors_that_are_no_outage_do_not_count(clock: FakeClock) -> None:
    guarded = breaker(clock, failures=1)
    for _ in range(5):
        with pytest.raises(Mistake):
            await guarded.call(is_wrong)
    assert state_of(guarded) is BreakerState.CLOSED


async def test_a_probe_that_succeeds_closes_it(clock: FakeClock) -> None:
    guarded = breaker(clock)
    await fail(guarded, 3)
    clock.move(45)
    assert state_of(guarded) is BreakerState.HALF_OPEN
    assert await guarded.call(works) == "fine"
    await fail(guarded, 2)  # counted anew
    assert state_of(guarded) is BreakerState.CLOSED


async def test_a_probe_that_fails_opens_it_again(clock: FakeClock) -> None:
    guarded = breaker(clock)
    await fail(guarded, 3)
    clock.move(45)
    await fail(guarded)
    assert state_of(guarded) is BreakerState.OPEN
    with pytest.raises(BreakerOpen):
        await guarded.call(works)


async def test_only_one_probe_goes_through(clock: FakeClock) -> None:
    guarded, answer = breaker(clock), asyncio.Event()
    await fail(guarded, 3)
    clock.move(45)

    async def slow() -> str:
        await answer.wait()
        return "fine"

    probe = asyncio.ensure_future(guarded.call(slow))
    await asyncio.sleep(0)
    with pytest.raises(BreakerOpen):
        await guarded.call(works)
    answer.set()
    assert await probe == "fine"
    assert state_of(guarded) is BreakerState.CLOSED


async def test_a_cancelled_probe_leaves_room_for_the_next(clock: FakeClock) -> None:
    guarded = breaker(clock)
    await fail(guarded, 3)
    clock.move(45)
    probe = asyncio.ensure_future(guarded.call(asyncio.Event().wait))
    await asyncio.sleep(0)
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    assert state_of(guarded) is BreakerState.HALF_OPEN
    assert await guarded.call(works) == "fine"


async def test_late_news_from_before_it_opened_changes_nothing(clock: FakeClock) -> None:
    guarded, answer = breaker(clock), asyncio.Event()

    def late(outcome: Callable[[], str]) -> asyncio.Future[str]:
        async def slow() -> str:
            await answer.wait()
            return outcome()

        return asyncio.ensure_future(guarded.call(slow))

    def broken() -> str:
        raise Outage

    good, bad = late(lambda: "fine"), late(broken)
    await asyncio.sleep(0)
    await fail(guarded, 3)
    clock.move(29)
    answer.set()
    assert await good == "fine"
    with pytest.raises(Outage):
        await bad
    assert state_of(guarded) is BreakerState.OPEN
    clock.move(16)  # a late failure does not put off the probe
    assert state_of(guarded) is BreakerState.HALF_OPEN


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 40)), max_size=60))
def test_it_is_never_asked_while_open_and_always_asked_again(steps: list[tuple[bool, float]]) -> None:
    async def story() -> None:
        clock = FakeClock()
        guarded = breaker(clock)
        for good, pause in steps:
            state, asked = state_of(guarded), False

            async def call(good: bool = good) -> str:
                nonlocal asked
                asked = True
                return await (works() if good else fails())

            with suppress(Outage, BreakerOpen):
                await guarded.call(call)
            assert asked == (state is not BreakerState.OPEN)
            if asked and good and state is BreakerState.HALF_OPEN:
                assert state_of(guarded) is BreakerState.CLOSED
            clock.move(pause)
        clock.move(45)
        assert state_of(guarded) is not BreakerState.OPEN

    asyncio.run(story())
