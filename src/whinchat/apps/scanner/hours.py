"""Hours of the day in a place: when a chat wants its quiet. Zones come from the system or `tzdata`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import msgspec


class Hours(msgspec.Struct, frozen=True):
    """From one full hour to another one, perhaps over midnight; 0 to 23, never the same."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.start:02}-{self.end:02}"

    def include(self, now: int, zone: str) -> bool:
        """Whether `now`, in milliseconds UTC, is within these hours of the clocks in `zone`."""
        hour = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(zone)).hour
        if self.start < self.end:
            return self.start <= hour < self.end
        return hour >= self.start or hour < self.end


@cache
def zones() -> tuple[str, ...]:
    """The names of all time zones (IANA), such as `Europe/Madrid`."""
    return tuple(resources.files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


def zones_called(name: str) -> Sequence[str]:
    """The zones of that name, or whose city is called that; without regard to case, spaces as underscores."""
    wanted = name.strip().replace(" ", "_").casefold()
    exact = [zone for zone in zones() if zone.casefold() == wanted]
    return exact or [zone for zone in zones() if zone.casefold().rpartition("/")[2] == wanted]
