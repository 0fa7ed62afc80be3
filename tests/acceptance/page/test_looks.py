"""On a phone, by night, by keyboard; hints and columns."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.support.browser import ANA, BOB, LINK, PHONE, Visit, say, visit
from tests.support.live import World, until


def test_a_phone_shows_one_thing_at_a_time(browser: Browser, world: World) -> None:
    say(world, "Bob", f"look at {LINK}")
    with visit(browser, world, viewport=PHONE, is_mobile=True, has_touch=True) as window:
        window.open()
        page = window.page
        assert window.overflow() <= 0
        expect(page.locator(".column").first).to_be_hidden()
        expect(page.locator(".chats .badge")).to_have_text("1")  # what is not in view is not read
        page.locator(".chat").first.tap()
        column = window.column(0)
        expect(column.bubble("look at")).to_be_visible()
        expect(page.locator(".sidebar")).to_be_hidden()
        assert window.overflow() <= 0
        column.say("from my phone")
        expect(column.bubble("from my phone")).to_be_in_viewport()
        column.element.locator(".about").tap()
        expect(column.element.locator(".info")).to_be_visible()
        assert window.overflow() <= 0
        page.keyboard.press("Escape")
        page.go_back()
        expect(page.locator(".chat").first).to_be_visible()
        expect(page.locator(".column").first).to_be_hidden()


def test_a_swipe_answers_and_a_long_press_opens_the_menu(browser: Browser, world: World) -> None:
    say(world, "Bob", "swipe me")
    with visit(browser, world, viewport=PHONE, is_mobile=True, has_touch=True) as window:
        window.open()
        window.page.locator(".chat").first.tap()
        bubble = window.column(0).bubble("swipe me")
        touch = window.context.new_cdp_session(window.page)

        def finger(kind: str, *moved: int) -> None:
            """Where the bubble is, moved by so many pixels to the right."""
            points = [{"x": box["x"] + 20 + pixels, "y": box["y"] + 10} for pixels in moved]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        box: Any = bubble.bounding_box()
        finger("touchStart", 0)
        for pixels in range(20, 121, 20):
            finger("touchMove", pixels)
        finger("touchEnd")
        expect(window.page.locator(".composer-above")).to_contain_text("Reply to Bob")
        box = bubble.bounding_box()
        finger("touchStart", 0)
        expect(window.page.locator(".menu").get_by_text("Copy text")).to_be_visible()
        finger("touchEnd")
        expect(window.page.locator(".menu").get_by_text("Copy text")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_by_day_and_by_night(browser: Browser, world: World, scheme: Any) -> None:
    with visit(browser, world, color_scheme=scheme) as window:
        for name in ("a", "b", "c", "d", "e", "f", "g", "h"):  # a name in every colour
            world.call("person", name=f"Person {name}")
            world.call("join", chat="Neighbours", person=f"Person {name}")
            say(world, f"Person {name}", f"*look* at https://example.org/ and `this` {name}")
        ana, bob = window.open(ANA, BOB)
        ana.act(ana.bubble("and this h"), "Reply")
        ana.say("hm")
        world.call("revoke", chat="Neighbours", sender="Person a", id=world.said()[0]["id"])
        expect(bob.bubble("taken back")).to_be_visible()
        count, bad = window.contrasts("#app")
        assert count > 60
        assert bad == []
        red, *_ = map(int, re.findall(r"\d+", window.evaluate("getComputedStyle(document.body).backgroundColor")))
        assert (red < 64) == (scheme == "dark")


def test_the_keyboard_reaches_everything(window: Visit, world: World) -> None:
    say(world, "Bob", "find the needle here")
    world.call("group", subject="Family", by="Ana")
    page = window.page
    (ana,) = window.open(ANA)
    page.keyboard.press("Control+k")
    expect(page.get_by_label("Search chats and messages")).to_be_focused()
    page.keyboard.type("needle")
    expect(page.locator(".chats li")).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.locator(".chats li")).to_have_count(2)
    page.locator(".chat").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".chat").nth(1)).to_be_focused()
    ana.timeline.focus()
    page.keyboard.press("ArrowUp")
    expect(ana.bubble("needle")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    ana.info.get_by_label("Close").focus()
    page.keyboard.press("Escape")
    expect(ana.element.locator(".info")).to_have_count(0)
    nameless = "all => all.filter(b => !(b.getAttribute('aria-label') || b.innerText.trim())).map(b => b.className)"
    assert page.locator("button:visible").evaluate_all(nameless) == []


def test_a_hint_fills_the_composer_and_is_remembered_when_closed(window: Visit, world: World) -> None:
    window.open()
    hint = window.page.get_by_label("Something to try")
    hint.get_by_role("button", name="Fill it in").click()
    expect(window.column(0).text).to_have_value(LINK)
    assert world.said() == []
    hint.get_by_role("button", name="!scan help").click()
    expect(window.column(0).text).to_have_value("!scan help")
    hint.get_by_label("Close this hint").click()
    window.page.reload()
    expect(window.page.get_by_label("Act as Ana", exact=True)).to_be_visible()
    expect(hint).to_have_count(0)


def test_columns_are_opened_closed_and_remembered(window: Visit) -> None:
    def labels(page: Page) -> Callable[[], list[str]]:
        return lambda: page.locator(".column:visible").evaluate_all("all => all.map(one => one.ariaLabel)")

    window.open(ANA)
    shown = labels(window.page)
    window.column(0).element.get_by_label("Open in another column").click()
    until(lambda: shown() == ["Ana in Neighbours", "Bob in Neighbours"], "two columns")
    entry = window.page.locator(".chats li").first
    entry.hover()
    entry.get_by_label("Open Neighbours in another column").click()
    until(lambda: shown()[2:] == ["Eve in Neighbours"], "three columns")
    window.page.reload()
    until(lambda: len(shown()) == 3, "the same columns as before")
    window.page.set_viewport_size({"width": 1100, "height": 700})
    until(lambda: len(shown()) == 2, "as many as there is room for")
    window.column(0).element.get_by_label("Close this column").click()
    until(lambda: "Ana in Neighbours" not in shown(), "one less")
