"""The admin pages of a running service, in a browser."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, Locator
from tests.support.browser import Visit, opened
from tests.support.live import Service, World
from tests.support.running import Running

UNLABELLED = """
() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a, summary")]
  .filter((node) => node.checkVisibility())
  .filter((node) => !(node.ariaLabel || node.innerText?.trim() || node.labels?.length || node.title))
  .map((node) => node.outerHTML)
"""


def printed_link(service: Service) -> str:
    """The one that the start printed."""
    found = re.search(r"http://\S+/admin/sign-in\?token=\S+", service.child.output())
    assert found is not None, service.child.output()
    return found[0]


def new_link(town: Running) -> str:
    """By `whinchat admin link`, with the port that the service found."""
    printed = town.service.whinchat("admin", "link")
    assert printed.returncode == 0, printed.stderr
    return printed.stdout.strip().replace(":PORT", f":{town.service.address.rpartition(':')[2]}")


class Office(Visit):
    """A browser window that is signed in."""

    def sign_in(self, link: str) -> None:
        self.page.goto(link)
        self.page.get_by_role("main").get_by_role("button").click()
        self.page.wait_for_url("**/admin/")

    def go(self, path: str) -> None:
        self.page.goto(f"{self.world.address}/admin{path}")

    def wide(self) -> int:
        """Pixels by which the page is wider than its window."""
        size = self.page.viewport_size
        assert size is not None
        return int(self.evaluate("document.documentElement.scrollWidth")) - size["width"]

    def unlabelled(self) -> list[str]:
        """Fields and buttons that have no name."""
        found: list[str] = self.evaluate(UNLABELLED)
        return found

    def heading(self) -> Locator:
        return self.page.locator("h1")


@contextlib.contextmanager
def office(browser: Browser, town: Running, **options: Any) -> Iterator[Office]:
    """An empty window; fails when a page did what it must not do. `options` of the browser context."""
    address = World(town.service.child, town.service.address)
    with opened(browser, lambda context: Office(context, address), **options) as window:
        yield window
