"""The page of an evaluation in a real Chromium, with hostile names in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page
from tests.support.browser import DESKTOP, PHONE, chromium
from tests.support.evaluations import BAD, GOOD, ONCE, bad, good, reported

from whinchat.apps.scanner.evaluation.evaluate import Options
from whinchat.apps.scanner.evaluation.page import page

HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
SIZES = {"desktop": DESKTOP, "phone": PHONE}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [
        *(bad(f"https://paypal-login-{number}.top/{HOSTILE}", source="feed") for number in range(30)),
        *(good(f"https://club{number}.example/", source=f"a source with a long name {number}") for number in range(30)),
        good(BAD, source=HOSTILE, chat=HOSTILE),
        bad(GOOD + "/" + "long" * 60),
    ]
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page(reported(rows, Options(ablations=True, bootstrap=ONCE))), encoding="utf-8")
    return path


def brightness(shown: Page, name: str) -> float:
    """Of one of the body's colours, between 0 and 255."""
    colour = shown.evaluate(f"getComputedStyle(document.body)['{name}']")
    channels = list(map(int, re.findall(r"\d+", colour)[:3]))
    return sum(channels) / 3


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_is_readable_and_does_nothing_but_show(
    browser: Browser, file: Path, size: str, scheme: Literal["light", "dark"]
) -> None:
    width, height = SIZES[size]["width"], SIZES[size]["height"]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    shown = context.new_page()
    complaints: list[str] = []
    requests: list[str] = []
    shown.on("console", lambda line: complaints.append(line.text))
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    shown.on("dialog", lambda dialog: complaints.append(dialog.message))
    shown.on("request", lambda request: requests.append(request.url))
    shown.goto(file.as_uri())

    assert shown.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert shown.locator("svg").count() == 3
    for number in range(3):
        box = shown.locator("svg").nth(number).bounding_box()
        assert box is not None
        assert box["width"] > 250
    assert shown.locator("script, img").count() == 0
    assert shown.locator("bdi", has_text="<script>").count() > 0
    difference = brightness(shown, "color") - brightness(shown, "backgroundColor")
    assert difference < -150 if scheme == "light" else difference > 150

    shown.locator("nav a", has_text="Worst mistakes").click()
    assert shown.locator("#mistakes").is_visible()
    shown.locator("summary").click()
    assert shown.locator("details table").first.is_visible()
    assert complaints == []
    assert requests == [file.as_uri()]
    context.close()
