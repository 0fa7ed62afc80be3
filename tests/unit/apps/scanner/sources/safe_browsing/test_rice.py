from __future__ import annotations

from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.safe_browsing import prefix_of, rice

from whinchat.apps.scanner.sources.safe_browsing.errors import Unanswered
from whinchat.apps.scanner.sources.safe_browsing.rice import RiceDelta, decode

NUMBERS = st.lists(st.integers(0, 60_000), min_size=1, max_size=60, unique=True).map(sorted)


def coded(first: int, parameter: int, count: int, data: bytes) -> RiceDelta:
    return RiceDelta(first, parameter, count, memoryview(data))


def test_the_documented_example_is_decoded() -> None:
    """developers.google.com/safe-browsing/reference/Local.Database: three prefixes with the parameter 30."""
    example = coded(489866504, 30, 2, b"t\000\322\227\033\355It\000")
    names = ("b.example.com/", "a.example.com/", "y.example.com/")
    assert list(decode(example)) == [prefix_of(name) for name in names] == [0x1D32C508, 0x291BC542, 0xF7A502E5]


def test_a_single_number_needs_no_data() -> None:
    assert list(decode(coded(7, 0, 0, b""))) == [7]
    assert list(decode(coded(0, 0, 0, b""))) == [0]


@given(NUMBERS, st.integers(3, 30))
def test_what_is_encoded_is_decoded(numbers: list[int], parameter: int) -> None:
    assert list(decode(rice(numbers, parameter))) == numbers


@given(st.lists(st.integers(0, (1 << 32) - 1), min_size=1, max_size=60, unique=True).map(sorted))
def test_so_are_prefixes_from_end_to_end(numbers: list[int]) -> None:
    assert list(decode(rice(numbers, 26))) == numbers


@pytest.mark.parametrize("ones", [33, 34, 63, 64, 65, 127, 128, 129, 5000])
def test_a_long_run_of_ones_is_one_number(ones: int) -> None:
    numbers = [5, 5 + 8 * ones + 3, 5 + 8 * ones + 3 + 1, 5 + 16 * ones]
    assert list(decode(rice(numbers, 3))) == numbers


@given(st.integers(0, 1 << 33), st.integers(0, 40), st.integers(0, 200), st.binary(max_size=200))
def test_garbage_gives_ascending_numbers_or_an_error(first: int, parameter: int, count: int, data: bytes) -> None:
    try:
        numbers = list(decode(coded(first, parameter, count, data)))
    except Unanswered:
        return
    assert len(numbers) == count + 1
    assert all(before <= after < 1 << 32 for before, after in pairwise(numbers))


@given(NUMBERS.filter(lambda numbers: len(numbers) > 1), st.integers(3, 12), st.data())
def test_what_is_cut_off_is_an_error(numbers: list[int], parameter: int, data: st.DataObject) -> None:
    whole = rice(numbers, parameter)
    short = bytes(whole.data[: data.draw(st.integers(0, len(whole.data) - 1))])
    with pytest.raises(Unanswered):
        list(decode(coded(whole.first, parameter, whole.count, short)))


@pytest.mark.parametrize(
    ("first", "parameter", "count", "data"),
    [
        (1 << 32, 3, 0, b""),
        (1, 2, 1, b"\x00\x00"),
        (1, 31, 1, b"\x00" * 8),
        (1, 3, 3, b"\x00"),
        (1, 3, 1 << 40, b"\x00" * 100),
        (1, 3, 1, b""),
        (1, 3, 2, b"\xff" * 1000),
        ((1 << 32) - 1, 3, 1, b"\x02"),
    ],
    ids=["first", "parameter", "large parameter", "count", "many", "no data", "ones for ever", "too large"],
)
def test_what_cannot_be_is_an_error(first: int, parameter: int, count: int, data: bytes) -> None:
    with pytest.raises(Unanswered):
        list(decode(coded(first, parameter, count, data)))


def test_numbers_come_one_at_a_time() -> None:
    endless = coded(0, 3, 400_000, b"\x00" * 200_000)
    assert list(islice(decode(endless), 3)) == [0, 0, 0]
