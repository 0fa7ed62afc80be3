"""One worker at a time has a job, until it ends or the lease does."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.queue import LEASE, WORK, Ledger, World, job

from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Claim, Job, JobState


async def test_a_claimed_job_is_nobody_elses(world: World) -> None:
    await world.put(job())
    first, second = await asyncio.gather(world.queue.claim([WORK]), world.rival.claim([WORK]))
    assert (first is None) != (second is None)


async def test_added_while_it_runs_it_runs_again_afterwards(world: World) -> None:
    await world.put(job(payload=b"first"))
    running = await world.claim()
    await world.put(job(payload=b"second"))
    await world.put(job(payload=b"third"))
    assert await world.keys() == []
    await world.finish(running)
    again = await world.claim()
    assert (again.payload, again.attempt) == (b"second", 1)
    await world.finish(again)
    assert await world.keys() == []


async def test_a_job_that_must_wait_for_its_like_holds_up_nobody_else(world: World) -> None:
    await world.put(job("busy"))
    await world.claim()
    await world.put(job("busy", priority=-5), job("free"))
    assert await world.keys() == ["free"]


async def test_a_finished_job_is_gone_and_can_be_added_anew(world: World) -> None:
    await world.put(job())
    await world.finish(await world.claim())
    assert await world.keys() == []
    await world.put(job())
    assert (await world.claim()).attempt == 1


async def test_what_a_job_does_is_committed_with_its_end_or_not_at_all(world: World) -> None:
    ledger = Ledger(world.database)
    await world.put(job())
    claim = await world.claim()
    await world.database.commit(Batch((ledger.effect("paid"), world.queue.finish(claim))))
    with pytest.raises(Conflict):
        await world.database.commit(Batch((ledger.effect("paid"), world.queue.finish(claim))))
    assert await ledger.effects() == {"paid": 1}


async def test_a_failed_job_pauses_and_is_tried_again(world: World) -> None:
    await world.put(job(payload=b"kept"))
    claim = await world.claim()
    assert await world.queue.fail(claim, "no_answer") is JobState.WAITING
    assert await world.keys() == []
    world.clock.move(5)
    again = await world.claim()
    assert (again.attempt, again.payload) == (2, b"kept")


async def test_a_failed_job_does_not_come_back_before_it_was_told(world: World) -> None:
    await world.put(job())
    await world.queue.fail(await world.claim(), "limited", retry_after=120)
    world.clock.move(119.9)
    assert await world.keys() == []
    world.clock.move(0.1)
    assert await world.keys() == ["one"]


async def test_adding_again_does_not_end_the_pause_of_a_failed_job(world: World) -> None:
    await world.put(job())
    await world.queue.fail(await world.claim(), "limited", retry_after=120)
    await world.put(job())
    await world.put(job(priority=-5))
    assert await world.keys() == []
    world.clock.move(120)
    assert (await world.claim()).attempt == 2
    assert await world.keys() == []


async def test_after_the_last_attempt_it_is_dead(world: World) -> None:
    await world.put(Job(kind=WORK, key="one", max_attempts=2))
    assert await world.queue.fail(await world.claim(), "no") is JobState.WAITING
    world.clock.move(60)
    assert await world.queue.fail(await world.claim(), "no") is JobState.DEAD
    world.clock.move(24 * 3600)
    assert await world.keys() == []


async def test_a_dead_job_does_not_stand_in_the_way_of_a_new_one(world: World) -> None:
    for _ in range(2):
        await world.put(Job(kind=WORK, key="one", max_attempts=1))
        claim = await world.claim()
        assert claim.attempt == 1
        assert await world.queue.fail(claim, "no") is JobState.DEAD


async def test_a_job_added_while_its_like_died_still_runs(world: World) -> None:
    await world.put(Job(kind=WORK, key="one", max_attempts=1))
    claim = await world.claim()
    await world.put(job(payload=b"again"))
    await world.queue.fail(claim, "no")
    assert (await world.claim()).payload == b"again"


@pytest.mark.parametrize("end", ["fail", "release"])
async def test_a_job_that_goes_back_becomes_one_with_what_was_added_meanwhile(world: World, end: str) -> None:
    await world.put(job(payload=b"first", priority=5), job("other", priority=3))
    running, *_ = [claim for claim in await world.queue.claim_many({WORK: 9}, 9) if claim.key == "one"]
    await world.put(job(payload=b"second", priority=1))
    if end == "fail":
        await world.queue.fail(running, "no", retry_after=10)
    else:
        await world.queue.release(running)
    world.clock.move(10)
    again = await world.claim()
    assert (again.key, again.payload) == ("one", b"second")
    assert again.attempt == (2 if end == "fail" else 1)
    await world.finish(again)
    assert await world.keys() == []


async def test_a_released_job_is_there_at_once_and_as_good_as_new(world: World) -> None:
    await world.put(job())
    await world.queue.release(await world.claim())
    assert (await world.claim()).attempt == 1


async def test_a_lease_that_ran_out_is_somebody_elses(world: World) -> None:
    await world.put(job(payload=b"kept"))
    lost = await world.claim()
    world.clock.move(LEASE - 0.001)
    assert await world.rival.claim([WORK]) is None
    world.clock.move(0.001)
    taken = await world.rival.claim([WORK])
    assert taken is not None
    assert (taken.attempt, taken.payload) == (2, b"kept")
    await _is_powerless(world, lost)
    await world.finish(taken)


async def _is_powerless(world: World, lost: Claim) -> None:
    assert await world.queue.extend(lost) is None
    with pytest.raises(Conflict):
        await world.finish(lost)
    with pytest.raises(Conflict):
        await world.queue.fail(lost, "late")
    with pytest.raises(Conflict):
        await world.queue.release(lost)


async def test_a_claim_has_no_power_over_a_later_job_in_its_place(world: World) -> None:
    await world.put(job())
    lost = await world.claim()
    await world.finish(lost)
    await world.put(job())
    assert await world.rival.claim([WORK]) is not None
    await _is_powerless(world, lost)


async def test_a_lease_that_is_extended_holds(world: World) -> None:
    await world.put(job())
    claim = await world.claim()
    for _ in range(5):
        world.clock.move(LEASE - 1)
        renewed = await world.queue.extend(claim)
        assert renewed is not None
        assert renewed.expires == world.clock.now() + LEASE * 1000
        assert await world.rival.claim([WORK]) is None
    await world.finish(claim)


async def test_work_that_ends_late_counts_while_nobody_else_has_it(world: World) -> None:
    await world.put(job())
    claim = await world.claim()
    world.clock.move(10 * LEASE)
    await world.finish(claim)
    assert await world.keys() == []


async def test_a_lost_job_counts_towards_the_room_of_its_kind(world: World) -> None:
    await world.put(job("lost"), job("waits"))
    await world.claim()
    world.clock.move(LEASE)
    assert [claim.key for claim in await world.queue.claim_many({WORK: 1}, 9)] == ["lost"]


async def test_a_job_that_never_comes_to_an_end_is_given_up(world: World) -> None:
    await world.put(Job(kind=WORK, key="deadly", max_attempts=3), job("harmless"))
    for _ in range(3):
        assert (await world.claim()).key == "deadly"
        world.clock.move(LEASE)
    assert await world.keys() == ["harmless"]
    world.clock.move(LEASE)
    assert await world.keys() == ["harmless"]


async def test_a_job_added_while_its_like_was_lost_runs_after_it(world: World) -> None:
    await world.put(job(payload=b"first"))
    await world.claim()
    await world.put(job(payload=b"second"))
    world.clock.move(LEASE)
    again = await world.claim()
    assert (again.payload, again.attempt) == (b"first", 2)
    assert await world.keys() == []
    await world.finish(again)
    assert (await world.claim()).payload == b"second"
