"""Languages, times, and text of others in pages of ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from whinchat.admin.render import Renderer, breakable, formatted, grouped, time_tag
from whinchat.admin.site import HERE
from whinchat.core.formatting.i18n import Words
from whinchat.core.pages import View

WORDS = [HERE / "catalogues"]


@pytest.fixture
def renderer(tmp_path: Path) -> Renderer:
    (tmp_path / "name.html").write_text("<b>{{ name }}</b>")
    (tmp_path / "frame.html").write_text("<html dir={{ direction }} lang={{ language }}>{{ inner(view) }}</html>")
    (tmp_path / "lacking.html").write_text("{{ nothing_of_that_name }}")
    return Renderer({"own": tmp_path}, WORDS, "/admin")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("pt-BR,pt;q=0.9", "pt"),
        ("sv,de;q=0.8,es;q=0.9", "es"),
        ("sv, xx;q=0.3", "en"),
        ("de;q=high, es", "es"),
        ("*", "en"),
        ("ar-EG", "ar"),
        ("x" * 100_000, "en"),
    ],
)
def test_the_browser_says_in_which_language(renderer: Renderer, accepted: str, language: str) -> None:
    assert renderer.language(accepted) == language


def test_a_name_is_text_whatever_stands_in_it(renderer: Renderer) -> None:
    shown = renderer.draw(View("own/name.html", {"name": "<script>alert(1)</script>&"}), "en", {})
    assert shown == "<b>&lt;script&gt;alert(1)&lt;/script&gt;&amp;</b>"


def test_a_view_in_another_is_not_escaped_twice_and_knows_its_direction(renderer: Renderer) -> None:
    view = View("own/frame.html", {"view": View("own/name.html", {"name": "a<b"})})
    assert renderer.draw(view, "ar", {}) == "<html dir=rtl lang=ar><b>a&lt;b</b></html>"
    assert "dir=ltr" in renderer.draw(view, "pt", {})


def test_what_a_template_lacks_is_an_error_and_no_gap(renderer: Renderer) -> None:
    with pytest.raises(Exception, match="nothing_of_that_name"):
        renderer.draw(View("own/lacking.html"), "en", {})


def test_addresses_leave_out_what_is_not_given(renderer: Renderer) -> None:
    assert renderer.url("/audit", chat="", before=None) == "/admin/audit"
    assert renderer.url("/audit", chat="a&b=c", before=7) == "/admin/audit?chat=a%26b%3Dc&before=7"


def test_times_are_exact_and_in_utc_until_a_script_says_otherwise() -> None:
    assert time_tag(0) == '<time datetime="1970-01-01T00:00:00+00:00">1970-01-01 00:00 UTC</time>'


def test_thousands_stand_apart() -> None:
    assert [grouped(number) for number in (7, 1234, 1_289_972)] == ["7", "1\u202f234", "1\u202f289\u202f972"]


def test_what_is_bold_in_a_chat_is_bold_on_a_page() -> None:
    assert formatted("*Dangerous link:* <evil>") == "<strong>Dangerous link:</strong> &lt;evil&gt;"


def test_long_addresses_break_between_their_parts() -> None:
    assert breakable("hxxps://a[.]b[.]c/d?e=1") == "hxxps://a[.]<wbr>b[.]<wbr>c/<wbr>d?<wbr>e=<wbr>1"


@given(st.text())
def test_no_filter_lets_markup_through(text: str) -> None:
    for marked in (formatted(text), breakable(text)):
        bare = marked.replace("<wbr>", "").replace("<strong>", "").replace("</strong>", "")
        assert "<" not in bare
        assert ">" not in bare
    assert breakable(text).replace("<wbr>", "") == escape(text)


def test_every_sentence_is_there_in_every_language() -> None:
    assert Words(WORDS).problems() == []
