"""The cleaned text, and the way back to where everything stood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.links.link import Trick
from whinchat.apps.scanner.links.normalise import Clean


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("good morning (all). See you", "good morning (all). See you"),
        ("a\u200bb\u202ec", "abc"),
        ("\uff41\uff0e\uff42", "a.b"),
        ("\u4f60\u597d\u3002\u518d\u89c1\uff1a\u597d", "\u4f60\u597d\u3002\u518d\u89c1\uff1a\u597d"),
        ("\u0645\u06cc\u200c\u0634\u0648\u062f", "\u0645\u06cc\u200c\u0634\u0648\u062f"),
        ("a\u200cb", "ab"),
        ("a\ud800b", "a b"),
        ("hxxp[:]//a[.]b[/]c", "http://a.b/c"),
        ("the dot com boom", "the dot com boom"),
        ("fish &amp; chips &copy; &#9731;", "fish &amp; chips &copy; &#9731;"),
        ('<a href="x?a&amp;b">', '<a href="x?a&b">'),
        ("a&nbsp;b", "a\u00a0b"),
        ("e.g. net/http", "e.g. net/http"),
    ],
)
def test_what_a_careful_reader_sees(text: str, cleaned: str) -> None:
    assert Clean(text).text == cleaned


def test_places_lead_back_to_the_original() -> None:
    text = "go \u200bhxxp[:]//ev\u200bil[.]com[/]\u200b now"
    clean = Clean(text)
    start = clean.text.index("http")
    end = clean.text.index(" now")
    first, last = clean.span(start, end)
    assert text[first:last] == "hxxp[:]//ev\u200bil[.]com[/]"
    assert clean.tricks(start, end, text[first:last]) == {Trick.DEFANGED, Trick.ZERO_WIDTH}
    assert clean.tricks(end, end + 4, " now") == set()


@given(
    st.lists(
        st.sampled_from(["a", "\u200b", "[.]", "\uff0e", "hxxp:", " dot com ", "&#46;", "\u202e", "."]), max_size=30
    )
)
def test_spans_stay_in_order_and_inside(parts: list[str]) -> None:
    text = "".join(parts)
    clean = Clean(text)
    last = 0
    for position in range(len(clean.text)):
        start, end = clean.span(position, position + 1)
        assert last <= start <= end <= len(text)
        last = start
