from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.safe_browsing import field, varint

from whinchat.apps.scanner.sources.safe_browsing.errors import Unanswered
from whinchat.apps.scanner.sources.safe_browsing.wire import fields, number, numbers, view


def read(message: bytes) -> list[tuple[int, int | bytes]]:
    return [(each, value if isinstance(value, int) else bytes(value)) for each, value in fields(memoryview(message))]


def test_the_documented_examples_are_read() -> None:
    """protobuf.dev/programming-guides/encoding: `int32 a = 1` with 150, and `string b = 2` with "testing"."""
    assert read(bytes.fromhex("089601")) == [(1, 150)]
    assert read(bytes.fromhex("120774657374696e67")) == [(2, b"testing")]


def test_fixed_numbers_are_read() -> None:
    assert read(varint(1 << 3 | 5) + b"\x01\x00\x00\x00") == [(1, 1)]
    assert read(varint(2 << 3 | 1) + b"\xff" * 8) == [(2, (1 << 64) - 1)]


@given(st.lists(st.tuples(st.integers(1, 5000), st.integers(0, (1 << 64) - 1) | st.binary(max_size=40))))
def test_what_is_written_is_read(written: list[tuple[int, int | bytes]]) -> None:
    assert read(b"".join(field(each, value) for each, value in written)) == written


@given(st.binary(max_size=60))
def test_garbage_is_a_message_or_an_error(message: bytes) -> None:
    with contextlib.suppress(Unanswered):
        read(message)


@pytest.mark.parametrize(
    "message",
    [b"\x80", b"\xff" * 11, b"\x0a\x05ab", b"\x0a\xff\xff\xff\xff\x0f", b"\x09\x00", b"\x0b", b"\x0e", b"\x08"],
    ids=["cut", "endless", "short", "huge", "short fixed", "group", "unused type", "no value"],
)
def test_what_is_no_message_is_an_error(message: bytes) -> None:
    with pytest.raises(Unanswered):
        read(message)


def test_the_kind_of_a_value_is_checked() -> None:
    assert (number(3), bytes(view(memoryview(b"x")))) == (3, b"x")
    with pytest.raises(Unanswered):
        number(memoryview(b"x"))
    with pytest.raises(Unanswered):
        view(3)


def test_repeated_numbers_are_read_in_both_forms() -> None:
    assert list(numbers(7)) == [7]
    assert list(numbers(memoryview(varint(1) + varint(300)))) == [1, 300]
