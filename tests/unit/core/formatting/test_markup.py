from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.core.formatting.markup import Markup, bold, clean, code, escape, has_right_to_left, isolate, italic

FORMATS = re.compile(r"[*~`]|(?<![^\W_])_|_(?![^\W_])")
STARTS = re.compile(r"> ?|- |\* |\d+\.\s")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*bold* _it_ ~no~ `code`", "∗bold∗ ▁it▁ ∼no∼ ‵code‵"),
        ("snake_case_name", "snake_case_name"),
        ("> quote", "› quote"),
        ("- item", "– item"),
        ("12. item", "12․ item"),
        ("12 monkeys", "12 monkeys"),
        ("one\ntwo\r\n\n> three\u2028four", "one two > three four"),
        ("hi @15550100 and a@b", "hi ＠15550100 and a@b"),
        ("go to https://evil.com/x", "go to hxxps://evil[.]com/x"),
        ("ev\u200bil.\u202ecom\u2069", "evil[.]com"),
        ("nul\x00 bell\x07 half\ud83d", "nul bell half\ufffd"),
        ("👨\u200d👩\u200d👧 क्\u200dष a\u200db", "👨\u200d👩\u200d👧 क्\u200dष ab"),
    ],
)
def test_what_others_wrote_is_inert(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_a_text_is_clipped_without_cutting_a_character() -> None:
    assert escape("a family 👨\u200d👩\u200d👧!", at_most=12) == "a family…"


def test_markup_is_not_escaped_again() -> None:
    assert escape(Markup("*ours*")) == "*ours*"
    assert Markup("\n").join(["*theirs*", Markup("*ours*")]) == "∗theirs∗\n*ours*"


def test_our_own_formatting() -> None:
    assert bold("a*b") == "*a∗b*"
    assert italic(Markup("ours")) == "_ours_"
    assert code("rm -rf *`evil.com`\nx") == "`rm -rf *‵evil[.]com‵ x`"
    assert code(Markup("!scan allow *.example.com")) == "`!scan allow *.example.com`"
    assert bold(" \u200b ") == ""


def test_direction_is_known_and_isolated() -> None:
    assert has_right_to_left("see مثال")
    assert not has_right_to_left("пример, 例え")
    assert isolate("مثال") == "\u2068مثال\u2069"


HOSTILE = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            [
                "*",
                "_",
                "~",
                "`",
                ">",
                "- ",
                "1. ",
                "@",
                "9",
                "a",
                " ",
                "\n",
                "\u200b",
                "\u202e",
                "\u200d",
                "\ud800",
                "é",
                "👍",
                ".",
                "com",
            ]
        )
    ).map("".join),
)


@given(HOSTILE, st.one_of(st.none(), st.integers(1, 30)))
def test_no_text_formats_mentions_breaks_lines_or_hides(text: str, at_most: int | None) -> None:
    shown = escape(text, at_most)
    assert not FORMATS.search(shown)
    assert not STARTS.match(shown)
    assert not re.search(r"(?<!\w)@\d", shown)
    assert shown == shown.strip()
    assert at_most is None or len(shown) <= at_most
    assert all(c in "\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in shown)
    shown.encode("utf-8")


@given(HOSTILE)
def test_escaping_twice_is_escaping_once(text: str) -> None:
    once = str(escape(text))
    assert escape(once) == once
    assert clean(clean(text)) == clean(text)


@given(HOSTILE)
def test_code_holds_whatever_is_put_into_it(text: str) -> None:
    shown = code(text)
    assert shown == "" or (shown[0] == shown[-1] == "`" and "`" not in shown[1:-1] and "\n" not in shown)
