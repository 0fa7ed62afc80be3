from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from functools import partial

import pytest

from whinchat.core.errors import Overloaded
from whinchat.infra.workers import ThreadWorkers


class Gate:
    """Work that begins, tells so, and ends when it may."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.at_once = 0
        self.most_at_once = 0
        self._lock = threading.Lock()
        self._open = threading.Event()

    def work(self, number: int = 0) -> int:
        with self._lock:
            self.begun.append(number)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self._open.wait(10)
        with self._lock:
            self.at_once -= 1
        return number

    def open(self) -> None:
        self._open.set()

    async def until_begun(self, count: int) -> None:
        end = time.monotonic() + 10
        while len(self.begun) < count and time.monotonic() < end:
            await asyncio.sleep(0)


@pytest.fixture
async def workers() -> AsyncIterator[ThreadWorkers]:
    workers = ThreadWorkers(2, waiting=1)
    yield workers
    await workers.close()


async def turn() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def start(workers: ThreadWorkers, gate: Gate, count: int) -> list[asyncio.Task[int]]:
    loop = asyncio.get_running_loop()
    return [loop.create_task(workers.run(partial(gate.work, number))) for number in range(count)]


async def test_work_is_done_in_another_thread(workers: ThreadWorkers) -> None:
    assert await workers.run(threading.get_ident) != threading.get_ident()


async def test_errors_come_back(workers: ThreadWorkers) -> None:
    with pytest.raises(ZeroDivisionError):
        await workers.run(lambda: 1 // 0)


async def test_work_that_runs_out_of_items_does_not_hang(workers: ThreadWorkers) -> None:
    with pytest.raises(RuntimeError):
        await workers.run(lambda: next(iter(())))


async def test_threads_and_line_are_bounded(workers: ThreadWorkers) -> None:
    gate = Gate()
    tasks = start(workers, gate, 10)
    await gate.until_begun(2)
    await turn()
    assert sorted(gate.begun) == [0, 1]
    gate.open()
    assert await asyncio.gather(*tasks) == list(range(10))
    assert gate.most_at_once == 2


async def test_work_in_line_is_taken_out_with_its_caller(workers: ThreadWorkers) -> None:
    gate = Gate()
    tasks = start(workers, gate, 4)  # two run, one is in line, one waits for a place
    await gate.until_begun(2)
    for task in tasks[2:]:
        task.cancel()
    await turn()
    gate.open()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [int, int, asyncio.CancelledError, asyncio.CancelledError]
    assert sorted(gate.begun) == [0, 1]


async def test_work_that_has_begun_keeps_its_thread_though_nobody_waits(workers: ThreadWorkers) -> None:
    gate = Gate()
    abandoned = start(workers, gate, 2)
    await gate.until_begun(2)
    for task in abandoned:
        task.cancel()
    await asyncio.gather(*abandoned, return_exceptions=True)
    later = start(workers, gate, 3)
    await turn()
    assert len(gate.begun) == 2
    gate.open()
    assert await asyncio.gather(*later) == [0, 1, 2]
    assert gate.most_at_once == 2


def test_work_that_outlives_the_event_loop_ends_quietly(caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()

    async def leave_it_behind() -> None:
        start(ThreadWorkers(1), gate, 1)
        await gate.until_begun(1)

    asyncio.run(leave_it_behind())
    gate.open()
    while gate.at_once:
        time.sleep(0.001)
    assert caplog.records == []


async def test_after_closing_there_is_a_clear_no() -> None:
    workers, gate = ThreadWorkers(1, waiting=1), Gate()
    tasks = start(workers, gate, 3)
    await gate.until_begun(1)
    closing = asyncio.ensure_future(workers.close())
    await asyncio.sleep(0)
    gate.open()
    await closing
    running, in_line, without_place = await asyncio.gather(*tasks, return_exceptions=True)
    assert running == 0
    assert isinstance(in_line, Overloaded)
    assert isinstance(without_place, Overloaded)
    with pytest.raises(Overloaded):
        await workers.run(lambda: 1)
