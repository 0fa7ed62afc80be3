"""The start page: whether all is well, what waits, how much memory it takes, and what the applications have to say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from whinchat.core.app import Finding
from whinchat.core.pages import Nav, PageRequest, Panel, View

FRESH = 15_000  # milliseconds


@dataclass(frozen=True, slots=True)
class Numbers:
    """How much there is of what. `memory`: bytes, with children; `started_at`: milliseconds UTC."""

    started_at: int
    memory: int
    events_waiting: int
    replies_waiting: int
    jobs_waiting: int
    jobs_running: int
    given_up: int
    """Jobs and messages."""


class Overview:
    path = "/"
    title = "admin.overview.title"
    nav = Nav(0, "overview")

    def __init__(
        self,
        report: Callable[[], Awaitable[Mapping[str, Finding]]],
        numbers: Callable[[], Awaitable[Numbers]],
        panels: Sequence[Panel],
        version: str,
    ) -> None:
        self._report = report
        self._numbers = numbers
        self._panels = sorted(panels, key=lambda panel: panel.order)
        self._version = version

    async def show(self, request: PageRequest) -> View:
        findings = await self._report()
        failing = any(not finding.ok and finding.critical for finding in findings.values())
        degraded = any(not finding.ok for finding in findings.values())
        numbers = await self._numbers()
        data = {
            "state": "failing" if failing else "degraded" if degraded else "ready",
            "findings": sorted(findings.items(), key=lambda item: (item[1].ok, item[0])),
            "numbers": numbers,
            "megabytes": round(numbers.memory / (1024 * 1024)),
            "panels": [await panel.show(request) for panel in self._panels],
            "version": self._version,
        }
        return View("admin/overview.html", data, live="admin/overview_live.html")

    async def mark(self, request: PageRequest) -> object:
        """Health is looked at as often as everybody else does."""
        return request.now // FRESH
