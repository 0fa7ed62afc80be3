"""Numbers in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.wallet.language import numbers

_UNITS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen
"""
UNITS = _UNITS.split()
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def spelled(number: int) -> list[str]:
    """As one says it; below a billion."""
    for scale, word in ((1_000_000, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= scale:
            whole, rest = divmod(number, scale)
            return [*spelled(whole), word, *(spelled(rest) if rest else ())]
    if number < 20:
        return [UNITS[number]]
    return [TENS[number // 10], *([UNITS[number % 10]] if number % 10 else ())]


@given(st.integers(0, 999_999_999))
def test_every_number_is_read_as_it_is_said(number: int) -> None:
    assert numbers.read(spelled(number)) == number


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("a hundred", 100),
        ("hundred", 100),
        ("a hundred and five", 105),
        ("two thousand and five", 2005),
        ("fifteen hundred", 1500),
        ("a thousand", 1000),
        ("one hundred and five thousand", 105_000),
    ],
)
def test_people_leave_out_the_one_and_put_in_an_and(words: str, number: int) -> None:
    assert numbers.read(words.split()) == number


@pytest.mark.parametrize(
    "words",
    [
        "five fifty",
        "twenty twenty",
        "one two",
        "ten five",
        "twenty hundred",
        "five and",
        "and five",
        "twenty and five",
        "a hundred and and five",
        "a hundred and hundred",
        "thousand thousand",
        "thousand million",
        "five zero",
        "a five",
        "bob",
        "a",
    ],
)
def test_what_could_be_several_numbers_is_none(words: str) -> None:
    assert numbers.read(words.split()) is None


def test_number_words_may_be_joined() -> None:
    assert numbers.is_number_word("twenty-five")
    assert not numbers.is_number_word("twenty-bob")
    assert not numbers.is_number_word("")
    assert numbers.words_of("-twenty--five") == ("twenty", "five")
