from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.transports.linked.frames import (
    HEAD,
    LONGEST,
    FrameError,
    Kind,
    Value,
    bytes_at,
    head,
    number_at,
    pack,
    text_at,
    unpack,
)

VALUES = st.lists(
    st.one_of(
        st.binary(max_size=200),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=50),
        st.integers(-(2**63), 2**63 - 1),
    ),
    max_size=6,
)


@given(st.sampled_from(Kind), st.integers(0, 2**32 - 1), VALUES)
def test_what_is_packed_is_unpacked(kind: Kind, number: int, values: list[Value]) -> None:
    first, *rest = pack(kind, number, *values)
    assert head(first) == (sum(map(len, rest)), kind, number)
    assert unpack(b"".join(rest)) == tuple(values)


def test_a_large_value_is_not_copied() -> None:
    large = bytes(1_000_000)
    assert any(piece is large for piece in pack(Kind.ANSWER, 1, large))


@given(st.binary(max_size=200))
def test_garbage_is_nothing_but_an_error(garbage: bytes) -> None:
    try:
        unpack(garbage)
    except FrameError:
        return
    assert garbage[:1] in {b"", b"b", b"s", b"i"}


@given(VALUES.filter(bool), st.data())
def test_a_body_that_is_cut_short_never_passes_for_the_whole(values: list[Value], data: st.DataObject) -> None:
    body = b"".join(pack(Kind.EVENT, 1, *values)[1:])
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    try:
        assert unpack(cut) == tuple(values)[: len(unpack(cut))]
    except FrameError:
        return
    assert len(unpack(cut)) < len(values)


def test_lengths_and_kinds_have_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FrameError):
        head(HEAD.pack(LONGEST + 1, Kind.CALL, 0))
    with pytest.raises(FrameError):
        head(HEAD.pack(0, 99, 0))
    monkeypatch.setattr("whinchat.transports.linked.frames.LONGEST", 100)
    with pytest.raises(FrameError):
        pack(Kind.CALL, 0, bytes(101))


def test_fields_are_asked_for_by_their_type() -> None:
    values = ("text", b"data", 7)
    assert (text_at(values, 0), bytes_at(values, 1), number_at(values, 2)) == values
    for ask in (text_at, bytes_at, number_at):
        with pytest.raises(FrameError):
            ask(values, 3)
    for ask, index in ((text_at, 1), (bytes_at, 2), (number_at, 0)):
        with pytest.raises(FrameError):
            ask(values, index)
