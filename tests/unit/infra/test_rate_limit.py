from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.core.ports import Limit
from whinchat.infra.rate_limit import TokenBuckets
from whinchat.testing.clock import FakeClock

FIVE_A_SECOND = Limit(rate=5, burst=3)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_a_burst_passes_and_then_it_is_a_token_at_a_time(clock: FakeClock) -> None:
    buckets = TokenBuckets(clock)
    assert [buckets.take("ana", FIVE_A_SECOND) for _ in range(3)] == [0, 0, 0]
    assert buckets.take("ana", FIVE_A_SECOND) == pytest.approx(0.2)
    clock.move(0.15)
    assert buckets.take("ana", FIVE_A_SECOND) == pytest.approx(0.05)
    clock.move(0.05)
    assert buckets.take("ana", FIVE_A_SECOND) == 0
    assert buckets.take("ana", FIVE_A_SECOND) == pytest.approx(0.2)


def test_nothing_is_saved_up_beyond_the_burst(clock: FakeClock) -> None:
    buckets = TokenBuckets(clock)
    for _ in range(2):
        clock.move(3600)
        assert [buckets.take("ana", FIVE_A_SECOND) for _ in range(3)] == [0, 0, 0]
        assert buckets.take("ana", FIVE_A_SECOND) > 0


def test_asking_in_vain_costs_nothing(clock: FakeClock) -> None:
    buckets = TokenBuckets(clock)
    for _ in range(3):
        buckets.take("ana", FIVE_A_SECOND)
    assert len({buckets.take("ana", FIVE_A_SECOND) for _ in range(100)}) == 1


def test_each_key_has_its_own_bucket(clock: FakeClock) -> None:
    buckets = TokenBuckets(clock)
    assert [buckets.take(key, Limit(1, 1)) for key in ("ana", "bob")] == [0, 0]


def test_a_flood_of_keys_does_not_free_who_is_held_back(clock: FakeClock) -> None:
    buckets = TokenBuckets(clock, most=100)
    slow, fast = Limit(rate=1 / 3600, burst=1), Limit(rate=1000, burst=1)
    assert buckets.take("held", slow) == 0
    for n in range(1000):
        assert buckets.take(f"flood-{n}", fast) == 0
        clock.move(0.002)
    assert buckets.take("held", slow) > 0


def test_who_is_busy_is_not_the_one_to_go(clock: FakeClock) -> None:
    buckets = TokenBuckets(clock, most=20)
    soon_full, slow = Limit(rate=0.1, burst=2), Limit(rate=0.001, burst=1)
    assert buckets.take("busy", soon_full) == 0
    for n in range(19):
        assert buckets.take(f"slow-{n}", slow) == 0
    assert buckets.take("busy", soon_full) == 0
    assert buckets.take("one more", slow) == 0
    assert buckets.take("busy", soon_full) > 0


def test_no_more_keys_are_kept_than_allowed(clock: FakeClock) -> None:
    buckets = TokenBuckets(clock, most=10)
    for n in range(50):
        assert buckets.take(f"key-{n}", Limit(rate=0.001, burst=1)) == 0
    held_back = sum(buckets.take(f"key-{n}", Limit(rate=0.001, burst=1)) > 0 for n in range(49, -1, -1))
    assert held_back == 10


@given(
    rate=st.floats(0.1, 50),
    burst=st.integers(1, 10),
    pauses=st.lists(st.integers(0, 3000), max_size=80),
)
def test_it_behaves_like_a_bucket_that_drips(rate: float, burst: int, pauses: list[int]) -> None:
    clock = FakeClock()
    buckets, limit = TokenBuckets(clock), Limit(rate, burst)
    tokens = float(burst)
    for pause in pauses:
        clock.move(pause / 1000)
        tokens = min(float(burst), tokens + pause / 1000 * rate)
        wait = buckets.take("ana", limit)
        if wait == 0:
            assert tokens >= 1 - 1e-6
            tokens -= 1
        else:
            assert wait == pytest.approx((1 - tokens) / rate, abs=1e-6)
