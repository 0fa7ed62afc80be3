"""A web that a test wrote: addresses that lead on, show a page or cannot be reached."""

from __future__ import annotations

from collections.abc import Callable

from whinchat.core.ports import Certificate, FetchFault, FetchHop, Step, Visit, VisitLimits


class FakeFetcher:
    """`ports.Fetcher`. What it was not told of cannot be reached. `visited`: what was asked for, in order."""

    def __init__(self) -> None:
        self.visited: list[str] = []
        self._ways: dict[str, tuple[str, int, Step]] = {}
        self._ends: dict[str, Visit] = {}

    def leads(self, url: str, to: str, *, status: int = 301, step: Step = Step.LOCATION) -> None:
        self._ways[url] = (to, status, step)

    def page(
        self,
        url: str,
        body: str = "",
        *,
        status: int = 200,
        certificate: Certificate | None = None,
        fault: FetchFault | None = None,
        **headers: str,
    ) -> None:
        """`headers`: underscores are dashes. With `fault`, the visit ends there with that."""
        told = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        self._ends[url] = Visit(
            (), url, None if fault else status, told, body.encode(), certificate=certificate, fault=fault
        )

    async def visit(self, url: str, limits: VisitLimits, follow: Callable[[str], bool] | None = None) -> Visit:
        return self._go(url, limits, follow, set(Step))

    async def get(self, url: str, limits: VisitLimits, follow: Callable[[str], bool] | None = None) -> Visit:
        return self._go(url, limits, follow, {Step.LOCATION})

    def _go(self, url: str, limits: VisitLimits, follow: Callable[[str], bool] | None, steps: set[Step]) -> Visit:
        self.visited.append(url)
        hops: list[FetchHop] = []
        while url in self._ways and self._ways[url][2] in steps:
            if len(hops) == limits.hops:
                return Visit(tuple(hops), url, fault=FetchFault.HOPS)
            to, status, step = self._ways[url]
            hops.append(FetchHop(url, status, step))
            url = to
            if follow is not None and not follow(url):
                return Visit(tuple(hops), url)
        end = self._ends.get(url, Visit((), url, fault=FetchFault.UNREACHABLE))
        return Visit(tuple(hops), url, end.status, end.headers, end.body, end.certificate, end.fault)
