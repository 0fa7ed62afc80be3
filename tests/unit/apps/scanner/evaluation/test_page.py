from __future__ import annotations

from functools import cache
from html.parser import HTMLParser

import msgspec
from tests.support.evaluations import BAD, GOOD, ONCE, bad, estimate, good, reported

from whinchat.apps.scanner.evaluation.evaluate import Options
from whinchat.apps.scanner.evaluation.page import page
from whinchat.apps.scanner.evaluation.report import Mine
from whinchat.apps.scanner.evaluation.rows import Label, Row

HOSTILE = 'https://paypa1-login.pages.dev/"><script>alert(1)</script><img src=x onerror=alert(1)>'
VOID = {"meta", "link", "br", "img", "input"}


class Reader(HTMLParser):
    """Which elements a page has, and whether each one opened is closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


@cache
def full() -> str:
    rows = [
        bad(source="<b>feed</b>"),
        bad(GOOD),
        good(HOSTILE, source="<script>x</script>", chat="<i>club</i>"),
        good(source="press", chat="club"),
        Row(Label.SPAM, text=f"buy at {BAD}"),
        Row(Label.PHISHING, text="hello <script>"),
    ]
    report = reported(rows, Options(ablations=True, bootstrap=ONCE, group_by="<u>"))
    mine = (Mine("chat-1a2b", 40, estimate(1, 40), estimate(0, 40)),)
    setup = msgspec.structs.replace(report.setup, files=("<rows>.tsv",))
    return page(msgspec.structs.replace(report, mine=mine, groups_left_out=3, setup=setup))


def test_what_strangers_wrote_is_only_text() -> None:
    html = full()
    reader = read(html)
    assert not {"script", "img", "b", "i", "u", "iframe"} & set(reader.seen)
    assert not [name for name, _ in reader.attributes if name.startswith("on")]
    assert "&lt;script&gt;" in html


def test_nothing_is_loaded_and_no_link_leads_out() -> None:
    html = full()
    reader = read(html)
    assert "default-src 'none'" in html
    targets = [value for name, value in reader.attributes if name in {"href", "src", "srcset", "action"}]
    assert targets
    assert all(value and value.startswith("#") for value in targets)
    assert "https://" not in html
    assert "http://" not in html.replace("http://www.w3.org/2000/svg", "")


def test_every_section_is_there_and_linked() -> None:
    html = full()
    for name in ("goals", "measured", "thresholds", "mine", "ranking", "calibration", "ablations", "mistakes", "time"):
        assert f'<section id="{name}">' in html
        assert f'href="#{name}"' in html
    assert html.count("<svg") == 3
    assert "paypa1-login[.]pages[.]dev" in html
    assert "It warned of" in html


def test_of_nothing_there_is_still_a_page() -> None:
    html = page(reported([]))
    read(html)
    assert "<svg" not in html
    assert 'id="goals"' not in html
    assert "cannot say" in html
