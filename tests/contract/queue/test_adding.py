"""How jobs get in, and in which order they come out."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.queue import LEASE, WORK, World, job

from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Claim, Job


async def test_a_job_comes_out_as_it_went_in(world: World) -> None:
    await world.put(Job(kind=WORK, key="one", payload=b"what to do", max_attempts=3, cause=42))
    claim = await world.claim()
    assert (claim.kind, claim.key, claim.payload, claim.cause) == (WORK, "one", b"what to do", 42)
    assert (claim.attempt, claim.max_attempts) == (1, 3)
    assert claim.expires == world.clock.now() + LEASE * 1000


async def test_an_empty_queue_gives_nothing(world: World) -> None:
    assert await world.queue.claim([WORK]) is None
    assert await world.queue.claim([]) is None
    assert await world.queue.claim_many({WORK: 5}, 0) == []


async def test_only_the_kinds_that_were_asked_for_come(world: World) -> None:
    await world.put(job("one", "test.this"), job("two", "test.that"))
    assert await world.keys("test.that") == ["two"]
    assert await world.keys("test.other") == []


async def test_a_job_that_was_rolled_back_never_was(world: World) -> None:
    impossible = world.queue.finish(Claim(1, WORK, "none", b"", 1, 1, token=1, expires=0))
    with pytest.raises(Conflict):
        await world.database.commit(Batch((*world.queue.add(job()), impossible)))
    assert await world.keys() == []


async def test_a_job_that_waits_is_not_added_twice(world: World) -> None:
    await world.put(job(payload=b"first"))
    await world.put(job(payload=b"second"))
    assert (await world.claim()).payload == b"first"
    assert await world.keys() == []


async def test_the_same_key_of_another_kind_is_another_job(world: World) -> None:
    await world.put(job("one", "test.this"), job("one", "test.that"))
    assert await world.keys("test.this", "test.that") == ["one", "one"]


async def test_adding_again_can_only_make_it_earlier(world: World) -> None:
    await world.put(job(delay=60))
    await world.put(job(delay=10))
    await world.put(job(delay=300))
    world.clock.move(9)
    assert await world.keys() == []
    world.clock.move(1)
    assert await world.keys() == ["one"]


async def test_adding_again_at_once_ends_the_delay(world: World) -> None:
    await world.put(job(delay=60))
    await world.put(job())
    assert await world.keys() == ["one"]


async def test_adding_again_later_does_not_delay(world: World) -> None:
    await world.put(job())
    await world.put(job(delay=60))
    assert await world.keys() == ["one"]


async def test_adding_again_can_only_make_it_more_urgent(world: World) -> None:
    await world.put(job("plain", priority=5), job("raised", priority=9), job("kept", priority=1))
    await world.put(job("raised", priority=2), job("kept", priority=8))
    assert await world.keys() == ["kept", "raised", "plain"]


async def test_lower_priority_numbers_run_first_and_the_oldest_among_equals(world: World) -> None:
    await world.put(job("c", priority=1), job("a", priority=-1), job("d", priority=1), job("b"))
    assert await world.keys() == ["a", "b", "c", "d"]


async def test_priority_counts_across_kinds(world: World) -> None:
    await world.put(job("late", "test.this", priority=2), job("soon", "test.that", priority=1))
    assert (await world.claim("test.this", "test.that")).key == "soon"


async def test_a_delayed_job_waits_for_its_time(world: World) -> None:
    await world.put(job("later", delay=5, priority=-1), job("now"))
    assert await world.keys() == ["now"]
    world.clock.move(4.999)
    assert await world.keys() == []
    world.clock.move(0.001)
    assert await world.keys() == ["later"]


async def test_claims_keep_to_the_room_of_each_kind_and_to_the_whole(world: World) -> None:
    await world.put(*(job(f"{kind}{n}", f"test.{kind}") for kind in "ab" for n in range(5)))
    claims = await world.queue.claim_many({"test.a": 2, "test.b": 4, "test.c": 1}, 5)
    assert [claim.key for claim in claims] == ["a0", "a1", "b0", "b1", "b2"]


async def test_no_room_for_a_kind_gives_none_of_it(world: World) -> None:
    await world.put(job("a", "test.a"), job("b", "test.b"))
    assert [claim.key for claim in await world.queue.claim_many({"test.a": 0, "test.b": 1}, 5)] == ["b"]


async def test_waiting_ends_when_something_is_announced(world: World) -> None:
    waiting = asyncio.ensure_future(world.queue.wait(60))
    await world.clock.advance(59)
    assert not waiting.done()
    world.queue.announce()
    await waiting


async def test_what_was_announced_before_waiting_is_not_missed(world: World) -> None:
    assert await world.keys() == []
    world.queue.announce()
    await world.queue.wait(60)


async def test_waiting_ends_in_time(world: World) -> None:
    waiting = asyncio.ensure_future(world.queue.wait(60))
    await world.clock.advance(60)
    await waiting


async def test_waiting_ends_when_a_job_comes_due(world: World) -> None:
    await world.put(job(delay=7))
    assert await world.keys() == []
    waiting = asyncio.ensure_future(world.queue.wait(60))
    await world.clock.advance(7)
    await waiting
    assert await world.keys() == ["one"]


async def test_what_comes_due_before_waiting_is_not_missed(world: World) -> None:
    await world.put(job(delay=7))
    assert await world.keys() == []
    world.clock.move(8)
    await world.queue.wait(60)
    assert await world.keys() == ["one"]


async def test_waiting_ends_when_a_lease_runs_out(world: World) -> None:
    await world.put(job())
    await world.claim()
    waiting = asyncio.ensure_future(world.queue.wait(600))
    await world.clock.advance(LEASE)
    await waiting
    assert await world.keys() == ["one"]
