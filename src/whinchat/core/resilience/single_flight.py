"""Many who want the same at the same time share one piece of work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True, eq=False)
class _Flight(Generic[V]):
    task: asyncio.Task[V]
    waiters: int = 0


class SingleFlight(Generic[K, V]):
    """Nothing is kept: who comes after the end starts anew.

    The work belongs to its waiters: it is cancelled with the last of them and never outlives them.
    """

    def __init__(self) -> None:
        self._flights: dict[K, _Flight[V]] = {}

    async def run(self, key: K, work: Callable[[], Awaitable[V]]) -> V:
        """What the work under way for `key` gives or raises; `work` is called only when there is none."""
        flight = self._flights.get(key)
        if flight is None:
            task = asyncio.get_running_loop().create_task(_perform(work))
            flight = self._flights[key] = _Flight(task)
            task.add_done_callback(lambda _: self._end(key, flight))
        flight.waiters += 1
        try:
            await asyncio.wait({flight.task})  # unlike awaiting the task, this can be cancelled without cancelling it
        except asyncio.CancelledError:
            if flight.waiters == 1:
                self._forget(key, flight)
                flight.task.cancel()
                await asyncio.wait({flight.task})
            raise
        finally:
            flight.waiters -= 1
        return flight.task.result()

    def _end(self, key: K, flight: _Flight[V]) -> None:
        self._forget(key, flight)
        if not flight.task.cancelled():
            flight.task.exception()  # looked at, also when the last waiter was cancelled in this very moment

    def _forget(self, key: K, flight: _Flight[V]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]


async def _perform(work: Callable[[], Awaitable[V]]) -> V:
    return await work()
