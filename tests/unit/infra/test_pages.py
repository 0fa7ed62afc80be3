from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.core.ports import Step
from whinchat.infra.pages import READ, leads_to, refresh


@pytest.mark.parametrize(
    ("value", "target"),
    [
        ("0; url=https://b.example/", "https://b.example/"),
        ("0;URL='https://b.example/'", "https://b.example/"),
        ('5 ; Url = "https://b.example/" ; x', "https://b.example/"),
        ("0, https://b.example/", "https://b.example/"),
        ("0 /next", "/next"),
        ("0.5;url=/next", "/next"),
        (".5;url=/next", "/next"),
        ("60;url=/next", "/next"),
        ("0;url='https://b.example/", "https://b.example/"),
        ("0;urlencoded", "urlencoded"),
        ("5", ""),
        ("0;", ""),
        ("61;url=/next", None),
        ("url=/next", None),
        ("soon;url=/next", None),
        ("-1;url=/next", None),
        ("99999999999999999999;url=/next", None),
        ("", None),
    ],
)
def test_a_refresh(value: str, target: str | None) -> None:
    assert refresh(value) == target


@pytest.mark.parametrize(
    ("page", "leads"),
    [
        ('<meta http-equiv="refresh" content="0;url=https://b.example/">', (Step.REFRESH, "https://b.example/", "")),
        ("<META CONTENT='0;url=/a&amp;b' HTTP-EQUIV=REFRESH />", (Step.REFRESH, "/a&b", "")),
        ("<meta http-equiv=refresh content=0;/x>", (Step.REFRESH, "/x", "")),
        ('<base href="/b/"><meta http-equiv="refresh" content="0;url=x">', (Step.REFRESH, "x", "/b/")),
        ("<!-- a --><meta http-equiv=refresh content='0;/x'>", (Step.REFRESH, "/x", "")),
        ("<script>location = 'https://b.example/'</script>", (Step.SCRIPT, "https://b.example/", "")),
        ('<script>\nwindow.location.href="/x";\n</script>', (Step.SCRIPT, "/x", "")),
        ('<SCRIPT type="a">top.location.replace("/x")</SCRIPT>', (Step.SCRIPT, "/x", "")),
        ("<script>document.location.assign( '/x' )</script>", (Step.SCRIPT, "/x", "")),
        ("<script>parent.window.location='/x'</script>", (Step.SCRIPT, "/x", "")),
        (
            r'<script>location.replace("https:\/\/b.example\/\u0061\x62")</script>',
            (Step.SCRIPT, "https://b.example/ab", ""),
        ),
        ("<script>setTimeout(\"location.href='/x'\", 0)</script>", (Step.SCRIPT, "/x", "")),
        ("<base href=/b/><script>var a = 1</script><script>location='x'</script>", (Step.SCRIPT, "x", "/b/")),
        (
            "<noscript><meta http-equiv=refresh content='0;/old'></noscript><script>location='/x'</script>",
            (Step.SCRIPT, "/x", ""),
        ),
        ("<script>location = '/x'\nstart()</script>", (Step.SCRIPT, "/x", "")),
        ("<script>location='/x'", (Step.SCRIPT, "/x", "")),
    ],
)
def test_a_page_leads_on(page: str, leads: tuple[Step, str, str]) -> None:
    assert leads_to(page) == leads


@pytest.mark.parametrize(
    "page",
    [
        "",
        "hello",
        '<meta name="refresh" content="0;url=/x">',
        '<meta http-equiv="refresh" content="300">',
        '<meta http-equiv="refresh" content="3600;url=/x">',
        "<!-- <meta http-equiv=refresh content='0;/x'> -->",
        "<!-- <meta http-equiv=refresh content='0;/x'>",
        "<noscript><meta http-equiv=refresh content='0;/x'></noscript>",
        "<script>document.write(\"<meta http-equiv=refresh content='0;/x'>\")</script>",
        "<template><script>location='/x'</script></template>",
        "<textarea><script>location='/x'</script></textarea>",
        "<style>location='/x'</style>",
        "location='/x'",
        "<script>if (location == '/x') stay()</script>",
        "<script>my.location = '/x'; allocation = '/x'; $location = '/x'</script>",
        "<script>location = '/x' + secret</script>",
        "<script>location = '/x'\n  + secret</script>",
        "<script>location = '/x'.concat(secret)</script>",
        "<script>location = target</script>",
        f"<p>{'A page to read. ' * 50}</p><script>function go() {{ location = '/x' }}</script>",
    ],
)
def test_a_page_stays(page: str) -> None:
    assert leads_to(page) is None


def test_only_the_beginning_counts() -> None:
    sends = "<meta http-equiv=refresh content='0;/x'>"
    assert leads_to(" " * (READ - len(sends)) + sends)
    assert leads_to(" " * (READ - len(sends) + 1) + sends) is None


@given(
    st.lists(
        st.sampled_from(["<script>", "</script>", "<meta ", "<!--", "-->", "location='", "'", '"', ">", "\u0130x"])
    )
)
def test_any_page_is_read(pieces: list[str]) -> None:
    leads_to("".join(pieces))


@pytest.mark.parametrize(
    "piece",
    [
        "<meta",
        "<meta ",
        "<base>",
        "<script>",
        "<script></script>",
        "<!--",
        "<noscript>",
        "<textarea><title>",
        "location=",
        'location="',
        "<script>location='x",
        '<meta a="',
        "<meta " + "a " * 900,
        "<",
        " ",
    ],
)
def test_no_page_takes_long(piece: str) -> None:
    page = piece * (64 * 1024 // len(piece))
    started = time.process_time()
    leads_to(page)
    assert time.process_time() - started < 0.2  # quadratic time would be 10 seconds
