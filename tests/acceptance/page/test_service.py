"""The page with the real service behind it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, expect
from tests.support.browser import ANA, BOB, LINK, visit
from tests.support.live import Child, World, until
from tests.support.running import running


def test_everybody_sees_the_warning_at_once(browser: Browser, tmp_path: Path) -> None:
    with running(tmp_path) as town, visit(browser, town.world) as window:
        town.group("Neighbours")
        ana, bob = window.open(ANA, BOB)
        expect(window.page.locator(".service")).to_have_text("Service connected")
        window.page.get_by_role("button", name="Fill it in").click()
        ana.text.press("Enter")
        expect(window.page.get_by_label("Something to try")).to_have_count(0)
        warning = bob.bubble("Dangerous link")
        expect(warning).to_contain_text("paypa1-login[.]pages[.]dev")
        expect(warning.locator(".quote")).to_contain_text(LINK)
        expect(warning.locator(".link")).to_have_count(0)
        dangerous = bob.element.locator(".row", has=window.page.locator(".bubble > .text .link"))
        expect(dangerous.locator(".reactions")).to_have_text("⛔")
        town.service.kill()
        expect(window.page.locator(".service")).to_have_text("Service away")


def test_the_demo_opens_with_the_link_that_it_prints(browser: Browser, tmp_path: Path) -> None:
    demo = Child(["whinchat", "demo", "--port", "0", "--quiet"], tmp_path, "demo", {})
    try:
        until(lambda: "?token=" in demo.output() or not demo.running, "the demo is up")
        link = re.search(r"(http://\S+)/simulator/\?token=\S+", demo.output())
        assert link is not None, demo.output()
        with visit(browser, World(demo, link[1])) as window:
            window.page.goto(link[0])
            expect(window.page.locator(".service")).to_have_text("Service connected")
            window.page.get_by_title("New person").click()
            window.dialog.get_by_label("Name").fill("Ana")
            window.dialog.get_by_role("button", name="Create").click()
            expect(window.page.get_by_label("Act as Ana")).to_be_visible()
            assert demo.stop() == 0
            expect(window.page.locator(".offline")).to_be_visible()
            window.complaints.clear()  # the browser notes every attempt to connect
    finally:
        demo.kill()
