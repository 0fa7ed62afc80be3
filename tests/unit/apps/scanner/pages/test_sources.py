"""External sources, as the page shows them."""

from __future__ import annotations

import pytest
from tests.support.pages import Desk, Shown

from whinchat.apps.scanner.pages.sources import SourcesPage
from whinchat.apps.scanner.sources.about import About, Lifetimes, Quota, Sends
from whinchat.apps.scanner.sources.asked import QuotaLeft, Standing, State
from whinchat.core.ports import Limit
from whinchat.testing.clock import START


def about(title: str, sends: Sends = Sends.URL, notice: str = "") -> About:
    return About(title.lower(), title, sends, Limit(1, 1), 2.0, Lifetimes(60, 60), notice=notice)


async def show(desk: Desk, monkeypatch: pytest.MonkeyPatch, *standings: Standing) -> Shown:
    async def overview() -> tuple[Standing, ...]:
        return standings

    page = next(page for _, page in desk.site._pages if isinstance(page, SourcesPage))
    monkeypatch.setattr(page, "_overview", overview)
    return await desk.get("/scanner/sources")


async def test_every_source_that_ships_is_listed(desk: Desk) -> None:
    shown = await desk.get("/scanner/sources")
    for title in ("Google Safe Browsing", "VirusTotal", "URLhaus", "urlscan.io", "PhishTank"):
        assert title in shown.text


async def test_what_is_wrong_comes_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = await show(
        desk,
        monkeypatch,
        Standing(about("Well"), State.UP, answered_at=START),
        Standing(about("Off"), State.OFF, missing=("apps.scanner.sources.off.key",), trouble="refused"),
        Standing(about("Wrong"), State.MISCONFIGURED, trouble="refused"),
        Standing(about("Away"), State.DOWN, trouble="timeout"),
    )
    told = ["Wrong Key refused", "refused", "Away No answer", "timeout", "Well Works", "Off Off", "Needs"]
    places = [shown.text.index(each) for each in told]
    assert places == sorted(places)
    assert shown.text.count("refused") == 2
    assert "apps.scanner.sources.off.key" in shown.text


async def test_what_is_sent_and_what_is_left(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    quotas = (QuotaLeft(Quota(4, 60), 0), QuotaLeft(Quota(500, 86_400), 91), QuotaLeft(Quota(10, 7), 9))
    shown = await show(
        desk,
        monkeypatch,
        Standing(about("Hash", Sends.HASH_PREFIX, notice="Advisory <b>"), State.UP),
        Standing(about("Whole"), State.UP, quotas=quotas),
    )
    assert "The beginning of a hash In chats with Hash prefixes only" in shown.text
    assert "Advisory <b>" in shown.text
    assert "Left this minute 0 / 4 Left today 91 / 500 Left 9 / 10" in shown.text
    widths = [given["width"] for tag, given in shown.tags if tag == "rect" and given["class"] != "fill-rest"]
    assert [float(width) for width in widths] == [0, 18, 90]
