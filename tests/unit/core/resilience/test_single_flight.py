from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.core.resilience.single_flight import SingleFlight


class Work:
    """Counts how often it was begun, and ends when told."""

    def __init__(self) -> None:
        self.begun = 0
        self.cancelled = 0
        self.may_end = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self) -> int:
        self.begun += 1
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error:
            raise self.error
        return self.begun


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def flights() -> SingleFlight[str, int]:
    return SingleFlight()


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def join(flights: SingleFlight[str, int], work: Work, key: str = "a") -> asyncio.Task[int]:
    return asyncio.get_running_loop().create_task(flights.run(key, work))


async def test_fifty_who_want_the_same_get_it_from_one_call(flights: SingleFlight[str, int], work: Work) -> None:
    waiters = [join(flights, work) for _ in range(50)]
    await turn()
    work.may_end.set()
    assert await asyncio.gather(*waiters) == [1] * 50


async def test_who_comes_afterwards_starts_anew(flights: SingleFlight[str, int], work: Work) -> None:
    work.may_end.set()
    assert [await flights.run("a", work), await flights.run("a", work)] == [1, 2]


async def test_other_keys_are_other_work(flights: SingleFlight[str, int], work: Work) -> None:
    waiters = [join(flights, work, key) for key in "ab"]
    await turn()
    assert work.begun == 2
    work.may_end.set()
    await asyncio.gather(*waiters)


async def test_everybody_gets_the_error(flights: SingleFlight[str, int], work: Work) -> None:
    work.error = ValueError("no")
    waiters = [join(flights, work) for _ in range(3)]
    await turn()
    work.may_end.set()
    assert await asyncio.gather(*waiters, return_exceptions=True) == [work.error] * 3
    work.error = None
    assert await flights.run("a", work) == 2


async def test_one_who_leaves_does_not_take_it_from_the_others(flights: SingleFlight[str, int], work: Work) -> None:
    first, second = join(flights, work), join(flights, work)
    await turn()
    first.cancel()
    await turn()
    assert first.cancelled()
    work.may_end.set()
    assert await second == 1
    assert work.cancelled == 0


async def test_the_last_one_who_leaves_ends_the_work(flights: SingleFlight[str, int], work: Work) -> None:
    waiters = [join(flights, work) for _ in range(3)]
    await turn()
    for waiter in waiters:
        waiter.cancel()
    await asyncio.gather(*waiters, return_exceptions=True)
    assert work.cancelled == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_who_comes_while_abandoned_work_ends_starts_anew(flights: SingleFlight[str, int], work: Work) -> None:
    abandoned = join(flights, work)
    await turn()
    abandoned.cancel()
    await asyncio.sleep(0)  # the work is being cancelled now
    later = join(flights, work)
    await turn()
    work.may_end.set()
    assert await later == 2


async def test_leaving_in_the_moment_of_failure_is_quiet(flights: SingleFlight[str, int], work: Work) -> None:
    work.error = ValueError("no")
    waiter = join(flights, work)
    await turn()
    work.may_end.set()
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter


@given(st.lists(st.sampled_from(["join", "leave", "end"]), max_size=40))
def test_there_is_never_more_than_one_piece_of_work(steps: list[str]) -> None:
    async def story() -> None:
        flights: SingleFlight[str, int] = SingleFlight()
        waiters: list[asyncio.Task[int]] = []
        running = 0

        async def work() -> int:
            nonlocal running
            running += 1
            assert running == 1
            try:
                await gate.wait()
            finally:
                running -= 1
            return 1

        gate = asyncio.Event()
        for step in steps:
            if step == "join":
                waiters.append(asyncio.get_running_loop().create_task(flights.run("a", work)))
            elif step == "leave" and waiters:
                waiters.pop().cancel()
            elif step == "end":
                gate.set()
                await turn()
                gate.clear()
            await turn()
            assert running == any(not waiter.done() for waiter in waiters)
        gate.set()
        await asyncio.gather(*waiters)

    asyncio.run(story())
