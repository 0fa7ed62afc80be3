"""Workers for tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class InlineWorkers:
    """`ports.Workers` that do the work at once, in the caller's thread."""

    async def run(self, function: Callable[[], T]) -> T:
        return function()
