"""Lists of known links, as the page shows them."""

from __future__ import annotations

import pytest
from tests.support.pages import Desk, Shown

from whinchat.apps.scanner.feeds.attempts import Attempt
from whinchat.apps.scanner.feeds.repository import Feed
from whinchat.apps.scanner.feeds.snapshot import Trust
from whinchat.apps.scanner.feeds.sources import sources
from whinchat.apps.scanner.feeds.updater import Followed
from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.pages.feeds import FeedsPage
from whinchat.testing.clock import START

HOUR = 3_600_000  # milliseconds
OURS = Feed(
    name="<ours>",
    source="https://lists.example/ours.txt",
    threat=Threat.PHISHING,
    trust=Trust.DECISIVE,
    licence="CC0-1.0",
    version="1",
    sha256="",
    imported_at=START - HOUR,
    confirmed_at=START - HOUR,
    listed=12_345,
    entries=12_345,
    rejected=0,
    collisions=0,
    lifetime=None,
    recipe="",
    etag="",
    modified="",
    generation=1,
)


async def show(desk: Desk, monkeypatch: pytest.MonkeyPatch, feeds: list[Feed], live: list[Followed]) -> Shown:
    async def lists() -> tuple[list[Feed], list[Followed]]:
        return feeds, live

    page = next(page for _, page in desk.site._pages if isinstance(page, FeedsPage))
    monkeypatch.setattr(page, "_lists", lists)
    monkeypatch.setattr(page, "_shipped", list)
    return await desk.get("/scanner/feeds")


async def test_what_was_imported_and_what_could_be_switched_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = await show(desk, monkeypatch, [OURS], [])
    for told in ("<ours>", "lists.example", "12\u202f345", "phishing (decisive)", "CC0-1.0", "1 h"):
        assert told.replace("\u202f", " ") in shown.text.replace("\u202f", " ")
    assert "apps.scanner.feeds.openphish.enabled = true" in shown.text


async def test_a_list_that_cannot_be_updated_is_marked_and_says_why(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = next(iter(sources({}, auth_key=False).values()))
    attempt = Attempt(
        name=source.name,
        begun_at=START - HOUR,
        next_at=START + HOUR,
        failures=3,
        error="no answer <i>",
        code="unreachable",
    )
    shown = await show(desk, monkeypatch, [], [Followed(source, None, attempt)])
    assert "could not be updated (3 times)" in shown.text
    assert "no answer <i>" in shown.text
    assert "Not up to date" in shown.text


async def test_where_no_list_was_ever_imported_only_what_ships_is_listed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = next(page for _, page in desk.site._pages if isinstance(page, FeedsPage))
    monkeypatch.setattr(page, "_shipped", list)
    assert "Entries: 0" in (await desk.get("/scanner/feeds")).text
