from __future__ import annotations

from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.safe_browsing import Held, batch, hash_list, rice

from whinchat.apps.scanner.sources.safe_browsing.errors import Unanswered
from whinchat.apps.scanner.sources.safe_browsing.merge import merged
from whinchat.apps.scanner.sources.safe_browsing.protocol import HashList, read_lists
from whinchat.apps.scanner.sources.safe_browsing.store import CHUNK, PrefixList, write_list

PREFIXES = st.sets(st.integers(0, 300) | st.integers(0, (1 << 32) - 1), max_size=30)


def answer(message: bytes) -> HashList:
    return read_lists(memoryview(batch(message)), ["se-4b"])["se-4b"]


def result(old: PrefixList | None, given_: HashList) -> list[int]:
    return [number for piece in merged(old, given_) for number in piece]


@given(PREFIXES, PREFIXES)
def test_a_change_leads_from_the_old_version_to_the_new_one(old: set[int], new: set[int]) -> None:
    change = answer(hash_list("se-4b", b"v2", new, old=old))
    assert result(Held(old), change) == sorted(new)


@given(PREFIXES, PREFIXES)
def test_a_whole_list_takes_the_place_of_the_old_one(old: set[int], new: set[int]) -> None:
    whole = answer(hash_list("se-4b", b"v2", new))
    assert result(Held(old), whole) == result(None, whole) == sorted(new)


def test_a_long_list_is_made_in_pieces() -> None:
    old = list(range(0, 30 * CHUNK, 3))
    change = answer(hash_list("se-4b", b"v2", {*old, 4, 100_000}, old=old))
    pieces = list(merged(Held(old), change))
    assert max(map(len, pieces)) <= 2 * CHUNK
    assert [number for piece in pieces for number in piece] == sorted({*old, 4, 100_000})


def test_a_change_of_what_is_not_here_is_an_error() -> None:
    with pytest.raises(Unanswered):
        result(None, answer(hash_list("se-4b", b"v2", {1}, old={1, 2})))


@pytest.mark.parametrize("positions", [[2], [0, 7], [5, 5], [1, 1]])
def test_what_is_not_there_cannot_be_removed(positions: list[int]) -> None:
    change = HashList("se-4b", b"v2", True, rice(positions, 3), None, 0, b"")
    with pytest.raises(Unanswered):
        result(Held([10, 20]), change)


def test_the_old_version_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "se-4b.prefixes"
    write_list(path, "se-4b", b"v1", iter([array("I", [3, 90, 800_000])]))
    change = answer(hash_list("se-4b", b"v2", {3, 91}, old={3, 90, 800_000}))
    assert result(PrefixList(path), change) == [3, 91]
