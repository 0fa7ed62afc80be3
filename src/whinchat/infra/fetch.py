"""Visits addresses that come from chats. Decision 0017 says what it does and does not do, and why."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import cached_property

from whinchat.core.ports import Visit, VisitLimits
from whinchat.infra.guard import Guard


class GuardedFetcher:
    """`ports.Fetcher`. The public Internet only, checked anew at each hop and connected to as it was checked.

    What may be asked decides `guard.py`, who is connected to `pinned.py`, what is said to them `hop.py`, where it goes
    on `trip.py`; the last three are imported for the first visit.
    """

    def __init__(
        self, guard: Guard, user_agent: str, *, tls: Callable[[], ssl.SSLContext] = ssl.create_default_context
    ) -> None:
        """`tls`: makes what certificates are checked against, when the first is."""
        self._guard = guard
        self._user_agent = user_agent
        self._make_tls = tls

    async def visit(self, url: str, limits: VisitLimits, follow: Callable[[str], bool] | None = None) -> Visit:
        return await self._go(url, limits, follow, document=False)

    async def get(self, url: str, limits: VisitLimits, follow: Callable[[str], bool] | None = None) -> Visit:
        return await self._go(url, limits, follow, document=True)

    async def _go(
        self, url: str, limits: VisitLimits, follow: Callable[[str], bool] | None, *, document: bool
    ) -> Visit:
        from whinchat.infra.trip import Trip  # noqa: PLC0415

        trip = Trip(url, limits, follow, document=document)
        await trip.go(self._guard, self._user_agent, lambda: self._tls)
        return trip.report()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._make_tls()
