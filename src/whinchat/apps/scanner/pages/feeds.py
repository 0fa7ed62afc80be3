"""Lists of known links: what is in use, how old it is, and what went wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from whinchat.apps.scanner.feeds import overview
from whinchat.apps.scanner.feeds.repository import Feed
from whinchat.apps.scanner.feeds.snapshot import FeedInfo
from whinchat.apps.scanner.feeds.sources import Source
from whinchat.apps.scanner.feeds.updater import Followed
from whinchat.core.pages import Nav, PageRequest, View

Lists = Callable[[], Awaitable[tuple[Sequence[Feed], Sequence[Followed]]]]


class FeedsPage:
    path = "/scanner/feeds"
    title = "scanner.pages.feeds.title"
    nav = Nav(5, "feeds")

    def __init__(self, shipped: Callable[[], Iterable[FeedInfo]], lists: Lists, sources: Sequence[Source]) -> None:
        """`lists`: those imported, and those kept up to date; `sources`: all that are known, in use or not."""
        self._shipped = shipped
        self._lists = lists
        self._sources = sources

    async def show(self, request: PageRequest) -> View:
        feeds, followed = await self._lists()
        rows = list(overview.rows(self._shipped(), feeds, followed))
        data = {
            "rows": [
                {
                    **dict(zip(overview.COLUMNS, overview.cells(row, request.now), strict=True)),
                    "bad": bool(row["error"]),
                }
                for row in rows
            ],
            "entries": sum(entries for row in rows if isinstance(entries := row["entries"], int)),
            "remarks": list(overview.remarks(feeds, followed)),
            "offers": [source for source in self._sources if not source.enabled],
        }
        return View("scanner/feeds.html", data)
