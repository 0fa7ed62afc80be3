"""What happens now: the latest links of all chats, as they come."""

from __future__ import annotations

from whinchat.apps.scanner.pages.lines import Lines
from whinchat.apps.scanner.pages.queries import Queries
from whinchat.core.pages import Nav, PageRequest, View

SHOWN = 40
ANEW = 15_000  # milliseconds after which levels that have changed since are seen as well


class LiveVerdicts:
    path = "/scanner"
    title = "scanner.pages.live.title"
    nav = Nav(0, "live")

    def __init__(self, queries: Queries, lines: Lines) -> None:
        self._queries = queries
        self._lines = lines

    async def show(self, request: PageRequest) -> View:
        found = await self._queries.newest(SHOWN)
        data = {"lines": await self._lines.of(found, request.language)}
        return View("scanner/live.html", data, live="scanner/live_list.html")

    async def mark(self, request: PageRequest) -> object:
        return await self._queries.newest_id(), request.now // ANEW
