from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.feeds.records import DEEPEST, LONGEST, records
from whinchat.core.errors import Refused


def read(text: str | bytes, piece: int = 7) -> list[object]:
    data = text.encode() if isinstance(text, str) else text

    def pieces() -> Iterator[bytes]:
        for at in range(0, len(data), piece):
            yield data[at : at + piece]

    return list(records(pieces()))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('["a.example", "b.example"]', ["a.example", "b.example"]),
        ('\ufeff [ {"url": "http://a.example/"} ,\n{"url": "ä"}]\n', [{"url": "http://a.example/"}, {"url": "ä"}]),
        ('{"1": [{"url": "a"}], "2": [{"url": "b"}, {"url": "c"}]}', [{"url": "a"}, {"url": "b"}, {"url": "c"}]),
        ('{"names": ["a", "b"], "count": 2}', ["a", "b", 2]),
        ("[]", []),
        ("{}", []),
        ("[12, 345]", [12, 345]),
    ],
)
def test_gives_one_record_after_the_other(text: str, found: list[object]) -> None:
    assert read(text) == found
    assert read(text, piece=1) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "ends too early"),
        ('["a.example", "b.exa', "ends too early"),
        ('{"a"', "ends too early"),
        ('{"a" 1}', "key without a value"),
        ('"a"', r"neither \[ nor {"),
        ('["a"] more', "goes on after its end"),
        (b'["\xff"]', "not UTF-8"),
        ("[" + "x" * (LONGEST + 10), "record that is too long"),
        ("[" * 60_000, "inside each other"),
    ],
)
def test_what_is_no_list_is_refused(text: str | bytes, words: str) -> None:
    with pytest.raises(Refused, match=words) as refused:
        read(text, piece=1 << 16)
    assert refused.value.hint


def test_arrays_inside_each_other_are_opened_so_far_and_no_further() -> None:
    deep: object = "a"
    for _ in range(DEEPEST + 2):
        deep = [deep]
    (found,) = read(json.dumps([deep]))
    assert found == [["a"]]


texts = st.text(max_size=9)


@given(st.lists(texts | st.dictionaries(texts, texts, max_size=2), max_size=5), st.integers(1, 9))
def test_what_was_written_is_read(values: list[object], piece: int) -> None:
    assert read(json.dumps(values), piece) == values
    assert read(json.dumps(values, ensure_ascii=False, indent=1), piece) == values


@given(st.binary(max_size=60))
def test_anything_is_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(Refused):
        read(data)
