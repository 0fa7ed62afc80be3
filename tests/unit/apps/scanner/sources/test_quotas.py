from __future__ import annotations

import asyncio
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.sources.scripted import World, about

from whinchat.apps.scanner.sources.about import Quota
from whinchat.apps.scanner.sources.quotas import may_spend
from whinchat.core.ports import Batch

DAY = 86_400
DAILY = about(quotas=(Quota(8, DAY),))


async def spend(world: World, uncertainty: float = 1.0, times: int = 1, source: object = None) -> int:
    """How many of the tries were allowed."""
    return sum([await world.quotas.spend(DAILY, uncertainty) for _ in range(times)])


async def left(world: World) -> int:
    (quota,) = await world.quotas.left(DAILY)
    return quota.left


async def test_a_source_without_a_quota_may_always_be_asked() -> None:
    assert await World().quotas.spend(about(), 0.0)


async def test_what_is_spent_is_gone_and_a_quota_is_never_exceeded() -> None:
    world = World()
    assert await spend(world, times=20) == 8
    assert await left(world) == 0


async def test_a_restart_does_not_fill_it_up() -> None:
    world = World()
    await spend(world, times=5)
    assert await left(world.again()) == 3
    assert await spend(world.again(), times=9) == 3


async def test_at_the_same_moment_only_as_many_are_asked_as_there_are() -> None:
    world = World()
    allowed = await asyncio.gather(*(world.quotas.spend(DAILY, 1.0) for _ in range(20)))
    assert sum(allowed) == 8


async def test_it_comes_back_when_the_window_is_over_and_not_before() -> None:
    world = World()
    await spend(world, times=8)
    world.clock.move(DAY - 1)
    assert await spend(world) == 0
    world.clock.move(DAY / 24 + 2)
    assert await spend(world, times=20) == 8


async def test_half_of_it_is_kept_for_uncertain_links_and_the_rest_for_ever_less_certain_ones() -> None:
    world = World()
    assert await spend(world, 0.0, times=20) == 4
    assert await spend(world, 0.1, times=20) == 1
    assert await spend(world, 0.45, times=20) == 1
    assert await spend(world, 0.9, times=20) == 2


async def test_every_window_of_a_source_must_have_room() -> None:
    world = World()
    both = about(quotas=(Quota(3, 60), Quota(4, DAY)))
    assert [await world.quotas.spend(both, 1.0) for _ in range(4)] == [True, True, True, False]
    assert [each.left for each in await world.quotas.left(both)] == [0, 1]
    world.clock.move(90)
    assert [await world.quotas.spend(both, 1.0) for _ in range(2)] == [True, False]


async def test_a_clock_that_is_set_back_gives_nothing_away() -> None:
    world = World()
    await spend(world, times=8)
    world.clock.move(-3600)
    assert await spend(world) == 0


async def test_what_cannot_be_counted_is_not_spent(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.database.fail_next("disk_full")
    with caplog.at_level(logging.WARNING):
        assert not await world.quotas.spend(DAILY, 1.0)
    assert [record.getMessage() for record in caplog.records] == ["a quota could not be counted"]
    assert await left(world) == 8


async def test_retention_takes_slices_that_count_for_nothing_any_more() -> None:
    world = World()
    await spend(world, times=2)
    await world.database.commit(Batch((world.quotas.retention(),)))
    assert await left(world) == 6
    world.clock.move(2.1 * DAY)
    await spend(world)
    await world.database.commit(Batch((world.quotas.retention(),)))
    assert await world.database.fetch("SELECT spent FROM scanner_quotas") == [(1,)]


quotas = st.builds(Quota, st.integers(1, 12), st.sampled_from([24, 60, 3600]))
uncertainties = st.floats(0, 1)


@given(quotas, uncertainties, uncertainties)
def test_more_uncertain_links_may_always_spend_at_least_as_much(quota: Quota, one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert 1 <= may_spend(quota, less) <= may_spend(quota, more) <= quota.requests
    assert may_spend(quota, 1.0) == quota.requests


@given(quotas, st.lists(st.tuples(uncertainties, st.floats(0, 2)), min_size=1, max_size=40))
async def test_no_window_ever_holds_more_requests_than_the_quota(
    quota: Quota, links: list[tuple[float, float]]
) -> None:
    """Whatever comes and when; each link waits that share of a window after the one before."""
    world, limited = World(), about(quotas=(quota,))
    spent: list[tuple[float, float]] = []
    for uncertainty, pause in links:
        world.clock.move(pause * quota.seconds)
        now = world.clock.monotonic()
        before = sum(now - at < quota.seconds for at, _ in spent)
        if await world.again().quotas.spend(limited, uncertainty):
            spent.append((now, uncertainty))
            assert before < may_spend(quota, uncertainty)
    for at, _ in spent:
        assert sum(at <= other < at + quota.seconds for other, _ in spent) <= quota.requests


@given(st.permutations([0.0] * 10 + [1.0] * 4))
async def test_uncertain_links_get_theirs_however_many_certain_ones_come_first(order: list[float]) -> None:
    """Eight requests, ten links that are all but certain, four that are not: none of the four goes without."""
    world = World()
    got = [uncertainty for uncertainty in order if await world.quotas.spend(DAILY, uncertainty)]
    assert got.count(1.0) == 4
