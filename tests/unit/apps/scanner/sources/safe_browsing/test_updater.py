from __future__ import annotations

import random

import pytest

from whinchat.apps.scanner.sources.safe_browsing.updater import back_off

MINUTE = 60_000
DAY = 1440 * MINUTE


class Fixed(random.Random):
    def __init__(self, value: float) -> None:
        super().__init__(0)
        self._value = value

    def random(self) -> float:
        return self._value


@pytest.mark.parametrize(("failures", "minutes"), [(1, 15), (2, 30), (3, 60), (7, 960), (8, 1440), (100, 1440)])
def test_waits_double_up_to_a_day_and_are_spread(failures: int, minutes: int) -> None:
    """developers.google.com/safe-browsing/v4/request-frequency: MIN((2^(N-1) * 15 minutes) * (RAND + 1), 24 hours)."""
    assert back_off(failures, Fixed(0.0)) == minutes * MINUTE
    assert back_off(failures, Fixed(0.5)) == min(DAY, minutes * MINUTE * 3 // 2)
    assert back_off(failures, Fixed(0.999)) <= DAY
