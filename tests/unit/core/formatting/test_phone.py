"""Phone numbers as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.core.formatting.phone import NUMBER, phone_number


@pytest.mark.parametrize("typed", ["+15550100", " +1 (555) 01-00 ", "+1.555/0100", "+1 555–0100\n"])
def test_whatever_stands_between_the_digits(typed: str) -> None:
    assert phone_number(typed) == "+15550100"


@pytest.mark.parametrize("typed", ["", "5550100", "0015550100", "+05550100", "+12345", "+1555x0100", "+" + "1" * 16])
def test_without_its_countrys_code_it_is_nobodys(typed: str) -> None:
    assert phone_number(typed) is None


@given(st.text(alphabet="+0123456789 -().٣x", max_size=24))
def test_what_comes_out_is_a_number(typed: str) -> None:
    number = phone_number(typed)
    assert number is None or NUMBER.fullmatch(number)
