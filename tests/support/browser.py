"""The world's page in a real Chromium, as people see it; watched for everything that a page must not do."""

from __future__ import annotations

import contextlib
import json
import shutil
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Request, expect, sync_playwright
from tests.support.kinds import PIXEL
from tests.support.live import TOKEN, World

PATIENCE = 10_000  # milliseconds for anything to appear
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 375, "height": 812}
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Skips the test where there is no Chromium."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("no Chromium; `make browser` says how to get one")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(SWITCHES))
        yield browser
        browser.close()


LINK = "https://paypa1-login.pages.dev/verify"
ANA, BOB = ("Ana", "Neighbours"), ("Bob", "Neighbours")


CONTRASTS = """
(root) => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const paint = (colours) => {
    pen.clearRect(0, 0, 1, 1);
    for (const colour of colours) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); }
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const papers = (node) => {
    const colours = [];
    for (; node; node = node.parentElement) {
      colours.unshift(getComputedStyle(node).backgroundColor);
      if (paint([colours[0]])[3] === 255) break;
    }
    return colours;
  };
  const light = (rgb) => rgb.slice(0, 3)
    .map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const words = [...document.querySelectorAll(`${root} *`)].filter((node) =>
    node.checkVisibility() && !node.closest(".avatar") &&
    [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
  const bad = words.map((node) => {
    const behind = papers(node);
    const ends = [behind, [...behind, getComputedStyle(node).color]].map((all) => light(paint(all)) + 0.05);
    return [Math.max(...ends) / Math.min(...ends), node.className, node.textContent.slice(0, 30)];
  }).filter(([contrast]) => contrast < 4.5);
  return [words.length, bad];
}
"""
"""How many words stand below an element, and which are too faint: [contrast, class, words]."""


class Visit:
    """One browser window in the world."""

    def __init__(self, context: BrowserContext, world: World) -> None:
        self.context = context
        self.world = world
        self.page = context.new_page()
        self.complaints: list[str] = []
        """What went wrong in the page: errors, dialogs, and requests to anywhere but the world."""
        self._home = urllib.parse.urlsplit(world.address).netloc
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("console", lambda line: self._hear(line.type, line.text))
        self.page.on("dialog", self._asked)
        self.page.on("request", self._requested)

    def open(self, *views: tuple[str, str]) -> tuple[Column, ...]:
        """By a one-time link, until the world is there; with the chats of `views` side by side: (person, chat)."""
        if views:
            self.context.add_init_script(f"if (!sessionStorage.begun) {{ {self._remember(*views)} }}")
        self.page.goto(self.world.address + self.world.call("page-link")["path"])
        self.page.locator(".sidebar").wait_for()
        return tuple(self.column(number) for number in range(len(views)))

    def _remember(self, *views: tuple[str, str]) -> str:
        """A script: as if those columns had been open before."""
        state = state_of(self.world)
        people = {person["name"]: person["id"] for person in state["people"]}
        chats = {chat.get("subject"): chat["id"] for chat in state["chats"]}
        columns = [[people[person], chats.get(chat, chat)] for person, chat in views]
        stored = json.dumps({"nonce": state["nonce"], "columns": columns})
        return f"sessionStorage.begun = 1; localStorage['whinchat.columns'] = {json.dumps(stored)};"

    # --- what is in the window ---

    def column(self, number: int) -> Column:
        """Counted from the left, beginning with 0."""
        return Column(self.page.locator(".column:visible").nth(number))

    def menu(self, label: str) -> None:
        """Choose from the menu that is open."""
        self.page.locator(".menu:visible").get_by_text(label, exact=True).click()

    @property
    def dialog(self) -> Locator:
        return self.page.locator("dialog[open]").last

    def evaluate(self, script: str) -> Any:
        return self.page.evaluate(script)

    def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        return int(self.evaluate("document.documentElement.scrollWidth - innerWidth"))

    def contrasts(self, root: str) -> tuple[int, list[Any]]:
        """How many words stand below an element, and which of them cannot be read well (WCAG 2.2, 1.4.3)."""
        count, bad = self.page.evaluate(CONTRASTS, root)
        return count, bad

    # --- what it does ---

    def _hear(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(f"{kind}: {text}")

    def _asked(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _requested(self, request: Request) -> None:
        parts = urllib.parse.urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != self._home:
            self.complaints.append(f"request: {request.url}")


class Column:
    """One chat as one person sees it."""

    def __init__(self, element: Locator) -> None:
        self.element = element
        self.text = element.locator("textarea.composer-text")
        self.bubbles = element.locator(".bubble")
        self.timeline = element.locator(".timeline")

    def bubble(self, text: str) -> Locator:
        """The newest one that says so."""
        return self.bubbles.filter(has_text=text).last

    def row(self, text: str) -> Locator:
        return self.element.locator(".row").filter(has_text=text).last

    def say(self, text: str) -> None:
        self.text.fill(text)
        self.text.press("Enter")

    def act(self, bubble: Locator, action: str) -> None:
        """Choose from the menu of a message."""
        self.open_menu(bubble)
        self.element.page.locator(".menu:visible").get_by_text(action, exact=True).click()

    def open_menu(self, bubble: Locator) -> None:
        bubble.hover()
        bubble.locator(".open-menu").click()

    def attach(self, kind: str) -> Locator:
        """The dialog for a kind of message."""
        self.element.get_by_label("Attach").click()
        self.element.page.get_by_role("menuitem", name=kind, exact=True).click()
        return self.element.page.locator("dialog[open]")

    @property
    def info(self) -> Locator:
        """The panel about the chat, opened."""
        if self.element.locator(".info").count() == 0:
            self.element.locator(".about").click()
        return self.element.locator(".info")


def state_of(world: World) -> dict[str, Any]:
    """What the page is told when it opens."""
    request = urllib.request.Request(f"{world.address}/api/state", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=PATIENCE / 1000) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


V = TypeVar("V", bound=Visit)


@contextlib.contextmanager
def opened(browser: Browser, make: Callable[[BrowserContext], V], **options: Any) -> Iterator[V]:
    """A window of its own, empty yet; `options` of the browser context. Fails when the page did what it must not do."""
    options = {"viewport": DESKTOP, "locale": "en-GB", "reduced_motion": "reduce", **options}
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    visitor = make(context)
    try:
        yield visitor
        assert visitor.complaints == []
    finally:
        context.close()


@contextlib.contextmanager
def visit(browser: Browser, world: World, **options: Any) -> Iterator[Visit]:
    """A window into the world."""
    with opened(browser, lambda context: Visit(context, world), **options) as window:
        yield window


# --- a small world -----------------------------------------------------------------------------------------------


def inhabit(world: World) -> None:
    for name in ("Ana", "Bob", "Eve"):
        world.call("person", name=name)
    world.call("group", subject="Neighbours", by="Ana", members=["Bob", "Eve", "Whinchat"])


def say(world: World, sender: str, text: str | None = None, chat: str = "Neighbours", **more: Any) -> dict[str, Any]:
    given = more if text is None else {"text": text, **more}
    said: dict[str, Any] = world.call("post", chat=chat, sender=sender, **given)
    return said


def media(kind: str, mime: str, name: str) -> dict[str, Any]:
    """Arguments of a post: a file of one dot."""
    return {"media": {"kind": kind, "mime": mime, "file_name": name, "data": PIXEL}}


def content(**parts: Any) -> dict[str, Any]:
    return {"content": parts}
