from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from whinchat.core.resilience.batch import Batcher
from whinchat.testing.clock import FakeClock


class Directory:
    """Answers with the length of each word; `!` words are errors, `?` words are unknown."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.cancelled = 0
        self.error: Exception | None = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def load(self, words: Sequence[str]) -> Mapping[str, int | Exception]:
        self.calls.append(tuple(words))
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error:
            raise self.error
        return {
            word: ValueError(word) if word.startswith("!") else len(word) for word in words if not word.startswith("?")
        }


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def directory() -> Directory:
    return Directory()


def batcher(directory: Directory, clock: FakeClock) -> Batcher[str, int]:
    return Batcher(directory.load, clock, seconds=0.005, most=3)


def ask(batcher: Batcher[str, int], *words: str) -> list[asyncio.Task[int]]:
    return [asyncio.get_running_loop().create_task(batcher.get(word)) for word in words]


async def test_questions_that_come_close_together_are_one_call(directory: Directory, clock: FakeClock) -> None:
    answers = ask(batcher(directory, clock), "one", "three")
    await clock.advance(0.004)
    assert directory.calls == []
    await clock.advance(0.001)
    assert await asyncio.gather(*answers) == [3, 5]
    assert directory.calls == [("one", "three")]


async def test_a_full_call_leaves_at_once(directory: Directory, clock: FakeClock) -> None:
    answers = ask(batcher(directory, clock), "a", "bb", "ccc", "dddd")
    await clock.advance(0)
    assert directory.calls == [("a", "bb", "ccc")]
    await clock.advance(0.005)
    assert await asyncio.gather(*answers) == [1, 2, 3, 4]
    assert directory.calls[1:] == [("dddd",)]


async def test_the_same_question_is_asked_once(directory: Directory, clock: FakeClock) -> None:
    answers = ask(batcher(directory, clock), "a", "a", "a", "a")
    await clock.advance(0.005)
    assert await asyncio.gather(*answers) == [1, 1, 1, 1]
    assert directory.calls == [("a",)]


async def test_who_asks_while_a_call_is_under_way_belongs_to_the_next(directory: Directory, clock: FakeClock) -> None:
    directory.may_answer.clear()
    batch = batcher(directory, clock)
    first = ask(batch, "a")
    await clock.advance(0.005)
    second = ask(batch, "a")
    await clock.advance(0.005)
    directory.may_answer.set()
    assert await asyncio.gather(*first, *second) == [1, 1]
    assert directory.calls == [("a",), ("a",)]


async def test_each_gets_its_own_error(directory: Directory, clock: FakeClock) -> None:
    answers = ask(batcher(directory, clock), "fine", "!bad", "?gone")
    await clock.advance(0)
    fine, bad, gone = await asyncio.gather(*answers, return_exceptions=True)
    assert fine == 4
    assert isinstance(bad, ValueError)
    assert isinstance(gone, LookupError)


async def test_a_call_that_fails_fails_for_all_of_it(directory: Directory, clock: FakeClock) -> None:
    directory.error = OSError("down")
    batch = batcher(directory, clock)
    answers = ask(batch, "a", "b")
    await clock.advance(0.005)
    assert await asyncio.gather(*answers, return_exceptions=True) == [directory.error] * 2
    directory.error = None
    (again,) = ask(batch, "a")
    await clock.advance(0.005)
    assert await again == 1


async def test_a_call_that_nobody_waits_for_is_cancelled(directory: Directory, clock: FakeClock) -> None:
    directory.may_answer.clear()
    answers = ask(batcher(directory, clock), "a", "b")
    await clock.advance(0.005)
    answers[0].cancel()
    await clock.advance(0)
    assert directory.cancelled == 0
    answers[1].cancel()
    await asyncio.gather(*answers, return_exceptions=True)
    assert directory.cancelled == 1


async def test_leaving_before_the_call_does_not_harm_who_comes_next(directory: Directory, clock: FakeClock) -> None:
    batch = batcher(directory, clock)
    (left,) = ask(batch, "a")
    await clock.advance(0.001)
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    (came,) = ask(batch, "bb")
    await clock.advance(0.005)
    assert await came == 2
    assert directory.calls == [("bb",)]
