"""Quiet hours by the clocks of a place."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from whinchat.apps.scanner.hours import Hours, zones_called

NIGHT, NOON = Hours(22, 7), Hours(12, 14)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("hours", "now", "zone", "quiet"),
    [
        (NIGHT, "2026-01-10T22:00", "UTC", True),
        (NIGHT, "2026-01-10T21:59", "UTC", False),
        (NIGHT, "2026-01-10T03:00", "UTC", True),
        (NIGHT, "2026-01-10T06:59", "UTC", True),
        (NIGHT, "2026-01-10T07:00", "UTC", False),
        (NOON, "2026-01-10T13:59", "UTC", True),
        (NOON, "2026-01-10T14:00", "UTC", False),
        (NIGHT, "2026-01-10T17:00", "Asia/Kolkata", True),  # 22:30 there
        (NIGHT, "2026-01-10T16:29", "Asia/Kolkata", False),
        # The same hour of the clock in winter and in summer.
        (NIGHT, "2026-01-10T21:00", "Europe/Madrid", True),
        (NIGHT, "2026-07-10T20:00", "Europe/Madrid", True),
        (NIGHT, "2026-07-10T19:59", "Europe/Madrid", False),
    ],
)
def test_quiet_goes_by_the_clocks_of_the_place(hours: Hours, now: str, zone: str, quiet: bool) -> None:
    assert hours.include(at(now), zone) is quiet


def test_a_city_that_several_zones_are_called_after_is_not_guessed() -> None:
    assert set(zones_called("louisville")) == {"America/Kentucky/Louisville", "America/Louisville"}
    assert zones_called("nowhere") == []
