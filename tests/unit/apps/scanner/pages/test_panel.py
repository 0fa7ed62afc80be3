"""The last 24 hours on the start page."""

from __future__ import annotations

import pytest
from tests.support.opinions import EVIL, NICE, SHADY, link
from tests.support.pages import Desk

from whinchat.apps.scanner.pages.panel import HEIGHT, round_up
from whinchat.core.types import ChatRef
from whinchat.testing.harness import BotHarness


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (1, 2), (2, 2), (3, 4), (5, 10), (10, 10), (11, 20), (21, 40), (41, 100), (2500, 4000)]
)
def test_the_axis_ends_at_a_number_with_a_good_half(most: int, top: int) -> None:
    assert round_up(most) == top


async def test_links_are_counted_by_hour_and_level(desk: Desk, bot: BotHarness, family: ChatRef) -> None:
    await bot.say("eve", family, link(EVIL))
    bot.clock.move(3600)
    for host in (EVIL, SHADY, NICE):
        await bot.say("eve", family, link(host, "2"))
    shown = await desk.get("/")
    assert "Links seen 4 Dangerous 2 Suspicious 1 Warnings 3" in shown.text
    bars = [given for tag, given in shown.tags if tag == "rect" and given["class"] != "fill-rest"]
    assert [each["class"] for each in bars] == ["fill-malicious", "fill-benign", "fill-suspicious", "fill-malicious"]
    assert {float(each["height"]) for each in bars} == {HEIGHT / 4}
    assert min(float(each["y"]) for each in bars) == HEIGHT / 4
    bot.clock.move(25 * 3600)
    await desk.sign_in()
    assert "Links seen 0" in (await desk.get("/")).text
