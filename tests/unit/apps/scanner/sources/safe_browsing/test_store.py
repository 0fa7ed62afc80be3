from __future__ import annotations

import zlib
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.safe_browsing import Held, checksum, contents, put_lists, put_state

from whinchat.apps.scanner.sources.answers import Missing
from whinchat.apps.scanner.sources.safe_browsing.protocol import LISTS
from whinchat.apps.scanner.sources.safe_browsing.store import (
    HEAD,
    LOOK_EVERY,
    MAGIC,
    STATE,
    PrefixList,
    PrefixStore,
    State,
    write_list,
)
from whinchat.core.errors import StorageError
from whinchat.testing.clock import START, FakeClock

NUMBERS = [0, 7, 300, 70_000, (1 << 32) - 1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "se-4b.prefixes"
    write_list(file, "se-4b", b"v\x001", iter([array("I", NUMBERS[:2]), array("I", NUMBERS[2:])]))
    return file


def test_what_is_written_is_found(path: Path) -> None:
    list_ = PrefixList(path)
    assert [number in list_ for number in NUMBERS] == [True] * 5
    assert [number in list_ for number in (1, 8, 299, 69_999, (1 << 32) - 2)] == [False] * 5
    assert (len(list_), list_.sound()) == (5, True)
    described = list_.description
    assert (described.name, described.version, described.checksum) == ("se-4b", b"v\x001", checksum(NUMBERS))
    assert path.stat().st_mode & 0o777 == 0o600


@given(st.sets(st.integers(0, (1 << 32) - 1), max_size=50), st.integers(0, (1 << 32) - 1))
def test_every_prefix_is_found_and_no_other(held: set[int], other: int) -> None:
    list_ = Held(held)
    assert all(number in list_ for number in held)
    assert (other in list_) is (other in held)


def test_a_list_may_be_empty(tmp_path: Path) -> None:
    file = tmp_path / "empty"
    write_list(file, "pha-4b", b"v", iter([]))
    assert (len(PrefixList(file)), 5 in PrefixList(file), PrefixList(file).sound()) == (0, False, True)


def test_a_list_does_not_overwrite_another(path: Path) -> None:
    with pytest.raises(FileExistsError):
        write_list(path, "se-4b", b"v2", iter([]))


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:20],
        lambda data: data[:-1],
        lambda data: data + b" ",
        lambda data: b"WHINSB0" + data[7:],
        lambda data: data[:8] + b"\xff\xff\xff\xff" + data[12:],
        lambda data: data[:-5] + b"x" + data[-4:],
        lambda data: data[: HEAD.size] + data[HEAD.size + 4 :],
    ],
    ids=["empty", "cut in the head", "cut", "longer", "other magic", "length", "description", "a prefix less"],
)
def test_what_is_no_whole_list_is_refused(path: Path, damage: Callable[[bytes], bytes]) -> None:
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StorageError):
        PrefixList(path)


def test_a_changed_prefix_is_noticed_by_the_next_update(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[HEAD.size] ^= 1
    path.write_bytes(bytes(data))
    assert not PrefixList(path).sound()


def test_a_description_of_another_form_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "odd"
    file.write_bytes(HEAD.pack(MAGIC, 2, zlib.crc32(b"[]")) + b"[]")
    with pytest.raises(StorageError):
        PrefixList(file)


# --- all of them ---


def test_without_files_there_is_nothing(tmp_path: Path) -> None:
    store = PrefixStore(tmp_path / "none", FakeClock())
    assert (dict(store.lists), store.state) == ({}, State())


def test_new_files_are_seen_after_a_while(tmp_path: Path) -> None:
    clock = FakeClock()
    store = PrefixStore(tmp_path, clock)
    assert not store.lists
    put_lists(tmp_path, {5}, confirmed_at=START)
    assert not store.lists
    clock.move(LOOK_EVERY)
    assert contents(store) == {"se-4b": [5], **{name: [] for name in LISTS[1:]}}
    assert store.state.confirmed_at == START


def test_an_open_list_outlives_its_file(tmp_path: Path) -> None:
    put_lists(tmp_path, {5}, confirmed_at=START)
    store = PrefixStore(tmp_path, FakeClock())
    held = store.lists["se-4b"]
    store.path("se-4b").unlink()
    assert 5 in held
    assert set(contents(store)) == set(LISTS) - {"se-4b"}


def test_a_damaged_list_is_as_good_as_none(tmp_path: Path) -> None:
    put_lists(tmp_path, {5}, confirmed_at=START)
    store = PrefixStore(tmp_path, FakeClock())
    store.path("se-4b").write_bytes(b"rubbish")
    store.path("pha-4b").write_bytes(store.path("mw-4b").read_bytes())
    assert set(contents(store)) == set(LISTS) - {"se-4b", "pha-4b"}


def test_the_state_is_kept(tmp_path: Path) -> None:
    store = PrefixStore(tmp_path, FakeClock())
    state = State(next_at=5, failures=2, confirmed_at=3, reason=Missing.QUOTA, key="k")
    store.save(state, tmp_path / ".new-1")
    assert store.state == state
    assert [path.name for path in tmp_path.iterdir()] == [STATE]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"next_at": "soon"}'])
def test_a_state_that_cannot_be_read_is_a_new_one(tmp_path: Path, content: bytes) -> None:
    put_state(tmp_path, State(failures=9))
    (tmp_path / STATE).write_bytes(content)
    assert PrefixStore(tmp_path, FakeClock()).state == State()


def test_what_cannot_be_stored_is_said(tmp_path: Path) -> None:
    store = PrefixStore(tmp_path / "none", FakeClock())
    with pytest.raises(StorageError, match="cannot be stored"):
        store.save(State(), tmp_path / "none" / ".new-1")
