"""Random histories with two workers: nothing is lost, nothing runs twice at once, lost claims have no power."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.queue import LEASE, WORK, put

from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Claim, Job, Queue
from whinchat.infra.queue import migrations as sql_queue
from whinchat.infra.queue.sql import SqlQueue
from whinchat.testing import queue as memory_queue
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.queue import MemoryQueue
from whinchat.testing.sealer import PlainSealer

KEYS = st.sampled_from(["a", "b", "c"])
STEPS = st.one_of(
    st.tuples(st.just("add"), KEYS, st.sampled_from([0.0, 5.0])),
    st.tuples(st.just("claim"), st.sampled_from(["", "rival"]), st.integers(1, 3)),
    st.tuples(st.sampled_from(["finish", "fail", "release", "extend"]), st.integers(0, 5), st.none()),
    st.tuples(st.just("pass"), st.sampled_from([1.0, 10.0, LEASE]), st.none()),
)


class History:
    """Plays the steps and keeps the books: who holds what, and which additions have been followed by a run."""

    def __init__(self, make: Callable[[FakeClock], tuple[MemoryDatabase, Queue, Queue]]) -> None:
        self.clock = FakeClock()
        self.database, self.queue, self.rival = make(self.clock)
        self.held: list[Claim] = []
        """Claims whose worker believes in them, lost ones too."""
        self.holder: dict[str, Claim] = {}
        """By key: the claim that was given out last, until it ended."""
        self.owed: set[str] = set()
        """Keys that were added and have not begun to run since."""

    async def add(self, key: str, delay: float) -> None:
        await put(self.database, self.queue, Job(kind=WORK, key=key, delay=delay, max_attempts=3))
        self.owed.add(key)

    async def claim(self, who: str, at_most: int) -> None:
        worker = self.rival if who else self.queue
        for claim in await worker.claim_many({WORK: at_most}, at_most):
            before = self.holder.get(claim.key)
            assert before is None or before.expires <= self.clock.now(), "two hold the same key"
            self.holder[claim.key] = claim
            self.held.append(claim)
            self.owed.discard(claim.key)

    async def end(self, how: str, number: int) -> None:
        if number >= len(self.held):
            return
        claim = self.held.pop(number)
        valid = self.holder.get(claim.key) == claim
        if how == "extend":
            renewed = await self.queue.extend(claim)
            assert (renewed is not None) == valid
            if renewed is not None:
                self.held.append(renewed)
                self.holder[claim.key] = renewed
            return
        with nullcontext() if valid else pytest.raises(Conflict):
            if how == "finish":
                await self.database.commit(Batch((self.queue.finish(claim),)))
            elif how == "fail":
                await self.queue.fail(claim, "no")
            else:
                await self.queue.release(claim)
        if valid:
            del self.holder[claim.key]

    async def play(self, steps: list[tuple[str, object, object]]) -> None:
        for name, first, second in steps:
            if name == "add":
                await self.add(str(first), float(str(second)))
            elif name == "claim":
                await self.claim(str(first), int(str(second)))
            elif name == "pass":
                self.clock.move(float(str(first)))
                self._forget_the_buried()
            else:
                await self.end(name, int(str(first)))

    def _forget_the_buried(self) -> None:
        """A claim that ran out on its last attempt may be buried instead of given out: it has no holder then."""
        for key, claim in list(self.holder.items()):
            if claim.expires <= self.clock.now() and claim.attempt >= claim.max_attempts:
                del self.holder[key]
                self.held = [held for held in self.held if held.token != claim.token or held.id != claim.id]

    async def drain(self) -> None:
        for _ in range(20):
            self.clock.move(LEASE)
            self._forget_the_buried()
            await self.claim("", 9)
            for claim in list(self.holder.values()):
                self.held = [claim]
                await self.end("finish", 0)
        assert not self.owed
        assert await self.queue.claim([WORK]) is None


def sql(clock: FakeClock) -> tuple[MemoryDatabase, Queue, Queue]:
    database, chance = MemoryDatabase(sql_queue.MIGRATIONS), random.Random(7)
    first, second = (SqlQueue(database, PlainSealer(), clock, chance, lease=LEASE) for _ in range(2))
    return database, first, second


def fake(clock: FakeClock) -> tuple[MemoryDatabase, Queue, Queue]:
    database = MemoryDatabase(memory_queue.MIGRATIONS)
    return database, MemoryQueue(database, clock, lease=LEASE), MemoryQueue(database, clock, lease=LEASE)


@pytest.mark.unmeasured
@pytest.mark.parametrize("make", [sql, fake])
def test_every_history_ends_well(make: Callable[[FakeClock], tuple[MemoryDatabase, Queue, Queue]]) -> None:
    @settings(max_examples=300)
    @given(st.lists(STEPS, max_size=50))
    def any_history(steps: list[tuple[str, object, object]]) -> None:
        async def story() -> None:
            history = History(make)
            await history.play(steps)
            await history.drain()

        asyncio.run(story())

    any_history()
