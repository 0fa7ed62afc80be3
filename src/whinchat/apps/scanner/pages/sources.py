"""External sources: which are asked, what each is sent, how it stands, and what is left of its quotas."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from whinchat.apps.scanner.sources.about import Privacy
from whinchat.apps.scanner.sources.asked import Standing, State
from whinchat.core.pages import Nav, PageRequest, View

ORDER = (State.MISCONFIGURED, State.DOWN, State.UP, State.OFF)
LEVELS = {State.UP: "ready", State.DOWN: "degraded", State.MISCONFIGURED: "failing", State.OFF: "off"}


class SourcesPage:
    path = "/scanner/sources"
    title = "scanner.pages.sources.title"
    nav = Nav(4, "sources")

    def __init__(self, overview: Callable[[], Awaitable[Sequence[Standing]]]) -> None:
        self._overview = overview

    async def show(self, _request: PageRequest) -> View:
        standings = sorted(await self._overview(), key=lambda each: (ORDER.index(each.state), each.about.title))
        return View("scanner/sources.html", {"sources": [_shown(each) for each in standings]})


def _shown(standing: Standing) -> dict[str, object]:
    about = standing.about
    return {
        "name": about.name,
        "title": about.title,
        "state": standing.state.value,
        "level": LEVELS[standing.state],
        "sends": about.sends.value,
        "privacy": next(level.value for level in Privacy if level.allows(about.sends)),
        "missing": standing.missing,
        "trouble": standing.trouble,
        "answered_at": standing.answered_at,
        "quotas": [
            {"left": each.left, "of": each.quota.requests, "seconds": each.quota.seconds} for each in standing.quotas
        ],
        "notice": about.notice,
    }
