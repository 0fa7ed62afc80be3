"""Threads for work that would hold up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from whinchat.core.errors import Overloaded

T = TypeVar("T")


class ThreadWorkers:
    """`ports.Workers` with at most `size` threads, begun when needed, and at most `waiting` pieces of work in line.

    Who comes when the line is full waits for a place. Work whose caller is cancelled is taken out of the line; once
    begun it cannot be stopped and keeps its place until it ends, so the bounds hold.
    """

    def __init__(self, size: int, *, waiting: int = 64) -> None:
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="whinchat-worker")
        self._places = asyncio.Semaphore(size + waiting)
        self._closed = False

    async def run(self, function: Callable[[], T]) -> T:
        """What `function` gives or raises. Raises Overloaded (code `stopping`) when it had not begun before `close`."""
        await self._places.acquire()
        if self._closed:
            self._places.release()
            raise _stopping()
        loop = asyncio.get_running_loop()
        future = self._threads.submit(self._work, function)
        future.add_done_callback(lambda done: self._give_back(loop, done))
        return await asyncio.wrap_future(future)

    async def close(self) -> None:
        """Refuse what is in line and wait for what has begun."""
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)

    def _work(self, function: Callable[[], T]) -> T:
        if self._closed:
            raise _stopping()
        try:
            return function()
        except StopIteration as error:  # cannot be put into an asyncio future: the caller would wait for ever
            raise RuntimeError("the work ended with StopIteration") from error

    def _give_back(self, loop: asyncio.AbstractEventLoop, _: Future[T]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._places.release)


def _stopping() -> Overloaded:
    return Overloaded("the workers have stopped", code="stopping")
