"""A list of what happened, which a test can wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Log(list[T], Generic[T]):
    def __init__(self) -> None:
        super().__init__()
        self._more = asyncio.Event()
        self._told: Callable[[T], None] | None = None

    def add(self, item: T) -> None:
        self.append(item)
        if self._told is not None:
            self._told(item)
        self._more.set()

    def tell(self, listener: Callable[[T], None]) -> None:
        """Each item from now on."""
        self._told = listener

    async def first(self, matching: Callable[[T], bool] = lambda _: True, *, within: float = 15) -> T:
        """The first that matches, which may have been there for long. `within`: seconds; then `TimeoutError`."""
        async with asyncio.timeout(within):
            seen = 0
            while True:
                self._more.clear()
                for item in self[seen:]:
                    if matching(item):
                        return item
                seen = len(self)
                await self._more.wait()

    async def amount(self, count: int, *, within: float = 15) -> list[T]:
        """All of them once there are that many."""
        async with asyncio.timeout(within):
            while len(self) < count:
                self._more.clear()
                await self._more.wait()
        return list(self)
