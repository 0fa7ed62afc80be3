"""Single questions that come close together are asked as one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Generic, TypeVar

from whinchat.core.ports import Clock
from whinchat.core.resilience.single_flight import SingleFlight
from whinchat.core.resilience.waiting import set_within

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Load = Callable[[Sequence[K]], Awaitable[Mapping[K, V | Exception]]]
"""Answers many keys at once, each with its value or its error; raising fails them all."""


class _Gathering(Generic[K]):
    """The keys of one call that is still to be made; each once, in order of arrival."""

    def __init__(self) -> None:
        self.keys: dict[K, None] = {}
        self.full = asyncio.Event()


class Batcher(Generic[K, V]):
    """Gathers keys for `seconds`, or until there are `most`, and answers them by one call of `load`.

    The call is cancelled when nobody waits for it any more.
    """

    def __init__(self, load: Load[K, V], clock: Clock, *, seconds: float = 0.005, most: int = 100) -> None:
        self._load = load
        self._clock = clock
        self._seconds = seconds
        self._most = most
        self._gathering: _Gathering[K] | None = None
        self._calls: SingleFlight[_Gathering[K], Mapping[K, V | Exception]] = SingleFlight()

    async def get(self, key: K) -> V:
        """Raises the error that `load` gave for the key, LookupError when it gave nothing, or what it raised."""
        gathering = self._gathering
        if gathering is None:
            gathering = self._gathering = _Gathering()
        gathering.keys[key] = None
        if len(gathering.keys) >= self._most:
            self._send(gathering)
        answers = await self._calls.run(gathering, partial(self._answer, gathering))
        if key not in answers:
            raise LookupError("no answer for the key")
        found = answers[key]
        if isinstance(found, Exception):
            raise found
        return found

    async def _answer(self, gathering: _Gathering[K]) -> Mapping[K, V | Exception]:
        try:
            await set_within(gathering.full, self._seconds, self._clock)
        finally:
            self._send(gathering)
        return await self._load(tuple(gathering.keys))

    def _send(self, gathering: _Gathering[K]) -> None:
        """Whoever comes now belongs to the next call."""
        gathering.full.set()
        if self._gathering is gathering:
            self._gathering = None
