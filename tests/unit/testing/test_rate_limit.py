from __future__ import annotations

from whinchat.core.ports import Limit
from whinchat.testing.rate_limit import ManualLimiter, NoLimits

LIMIT = Limit(rate=1, burst=1)


def test_no_limits_never_says_no() -> None:
    assert {NoLimits().take("ana", LIMIT) for _ in range(100)} == {0.0}


def test_a_test_closes_and_opens_keys_by_hand() -> None:
    limiter = ManualLimiter()
    limiter.close("ana", 2.5)
    assert limiter.take("ana", LIMIT) == 2.5
    assert limiter.take("bob", LIMIT) == 0
    limiter.open("ana")
    assert limiter.take("ana", LIMIT) == 0
    assert limiter.taken == ["bob", "ana"]
