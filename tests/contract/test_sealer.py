"""What every `ports.Sealer` does, the one for tests included."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.core.errors import StorageError
from whinchat.core.ports import Sealer
from whinchat.infra.crypto.keyring import KeyRing
from whinchat.infra.crypto.sealer import AesSealer
from whinchat.testing.sealer import PlainSealer

SEALERS: list[Sealer] = [AesSealer(KeyRing.new(0)), PlainSealer()]
NAMES = ["aes", "plain"]

every_sealer = pytest.mark.parametrize("sealer", SEALERS, ids=NAMES)
texts = st.text(st.characters(), max_size=20)  # with half surrogate pairs too


@every_sealer
@given(data=st.binary(max_size=300), row=texts | st.binary(max_size=20))
def test_what_was_sealed_opens_in_its_place(sealer: Sealer, data: bytes, row: str | bytes) -> None:
    assert sealer.open("notes", row, sealer.seal("notes", row, data)) == data


@every_sealer
@pytest.mark.parametrize(
    ("table", "row"),
    [("notes", "2"), ("tags", "1"), ("note", "s1"), ("notes1", ""), ("", "notes1")],
)
def test_it_opens_nowhere_else(sealer: Sealer, table: str, row: str) -> None:
    sealed = sealer.seal("notes", "1", b"milk")
    with pytest.raises(StorageError) as error:
        sealer.open(table, row, sealed)
    assert error.value.code == "unsealable"
    assert "milk" not in str(error.value)


@every_sealer
@given(hostile=st.binary(max_size=200))
def test_bytes_that_nobody_sealed_do_not_open(sealer: Sealer, hostile: bytes) -> None:
    with pytest.raises(StorageError) as error:
        sealer.open("notes", "1", hostile)
    assert error.value.code == "unsealable"


@every_sealer
@given(data=st.data())
def test_a_changed_cut_or_lengthened_value_does_not_open(sealer: Sealer, data: st.DataObject) -> None:
    sealed = bytearray(sealer.seal("notes", "1", b"a note of some length"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    how = data.draw(st.sampled_from(["flip", "cut", "add"]))
    if how == "flip":
        sealed[at] ^= data.draw(st.integers(1, 255))
    elif how == "cut":
        del sealed[at:]
    else:
        sealed += data.draw(st.binary(min_size=1, max_size=20))
    with pytest.raises(StorageError):
        sealer.open("notes", "1", bytes(sealed))


@every_sealer
def test_digests_are_stable_short_and_take_text_as_its_bytes(sealer: Sealer) -> None:
    digest = sealer.digest("chat", "main", "group-1")
    assert digest == sealer.digest("chat", b"main", "group-1")
    assert len(digest) == 16


@every_sealer
def test_digests_keep_parts_and_purposes_apart(sealer: Sealer) -> None:
    digests = {
        sealer.digest(purpose, *parts)
        for purpose in ("chat", "user")
        for parts in ((), ("",), ("", ""), ("ab", "c"), ("a", "bc"), ("abc",), ("c", "ab"), ("\ud83d",))
    }
    assert len(digests) == 16
