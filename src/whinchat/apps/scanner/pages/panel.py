"""The scanner on the start page: the last 24 hours in numbers and hour by hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from whinchat.apps.scanner.pages.queries import HOUR, Queries
from whinchat.apps.scanner.verdict import Level
from whinchat.core.pages import PageRequest, View

HOURS = 24
HEIGHT = 120  # of the tallest bar; pixels of the drawing
STEP = 26  # from bar to bar
BAR = 18  # width of one
ORDER = (Level.BENIGN, Level.UNKNOWN, Level.SUSPICIOUS, Level.MALICIOUS)
"""From the bottom of a bar to its top."""


@dataclass(frozen=True, slots=True)
class Piece:
    level: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    at: int
    """When the hour begins; milliseconds UTC."""
    total: int
    counts: Mapping[str, int]
    pieces: tuple[Piece, ...]


class Day:
    order = 0

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    async def show(self, request: PageRequest) -> View:
        # Whole hours, the last one up to now.
        end = (request.now // HOUR + 1) * HOUR
        since = end - HOURS * HOUR
        counts = await self._queries.per_hour(since)
        totals = {level.value: sum(count for (_, each), count in counts.items() if each is level) for level in Level}
        most = max((sum(counts.get((hour, level), 0) for level in Level) for hour in range(HOURS)), default=0)
        top = round_up(most)
        data = {
            "totals": totals,
            "links": sum(totals.values()),
            "warned": await self._queries.warned_since(since),
            "bars": [_bar(hour, since, counts, top) for hour in range(HOURS)],
            "levels": [level.value for level in reversed(ORDER)],
            "top": top,
            "height": HEIGHT,
            "width": HOURS * STEP,
            "bar": BAR,
        }
        return View("scanner/day.html", data)


def _bar(hour: int, since: int, counts: Mapping[tuple[int, Level], int], top: int) -> Bar:
    y, pieces, own = float(HEIGHT), [], {}
    for level in ORDER:
        count = own[level.value] = counts.get((hour, level), 0)
        height = HEIGHT * count / top
        y -= height
        if count:
            pieces.append(Piece(level.value, round(y, 2), round(height, 2)))
    return Bar(hour * STEP + (STEP - BAR) // 2, since + hour * HOUR, sum(own.values()), own, tuple(pieces))


def round_up(most: int) -> int:
    """The next number with a good half: 2, 4, 10, 20, 40, 100, …"""
    top = 1
    while True:
        for step in (2, 4, 10):
            if most <= top * step:
                return top * step
        top *= 10
