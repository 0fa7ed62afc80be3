"""Sealing with real keys: the format, rotation, and the published test vectors of what it is built from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from whinchat.core.errors import StorageError
from whinchat.infra.crypto.keyring import KeyRing, RootKey
from whinchat.infra.crypto.sealer import AesSealer, _derive

RING = KeyRing(bytes(range(32)), (RootKey("0a0b0c0d", 0, bytes(32)),))
SEALED_BY_VERSION_1 = "010a0b0c0d015553690ed7260fa99aae319dd5a651fda08bfd1db66d19802340c8b2a89a12"
DIGEST_BY_VERSION_1 = "7af8f20dfb522291276a5273e5380982"


def test_a_sealed_value_begins_with_format_and_key_and_never_repeats() -> None:
    sealer = AesSealer(RING)
    sealed = sealer.seal("notes", "1", b"milk")
    assert sealed[:5].hex() == "010a0b0c0d"
    assert len(sealed) == 5 + 12 + 4 + 16
    assert sealed != sealer.seal("notes", "1", b"milk")
    assert b"milk" not in sealed


def test_the_newest_key_seals_and_all_open() -> None:
    old, both = AesSealer(RING), AesSealer(RING.with_new_key(1))
    sealed = old.seal("notes", "1", b"milk")
    assert both.open("notes", "1", sealed) == b"milk"
    renewed = both.seal("notes", "1", b"milk")
    assert both.is_newest(renewed)
    assert not both.is_newest(sealed)
    with pytest.raises(StorageError):
        old.open("notes", "1", renewed)


def test_look_ups_survive_rotation_and_differ_between_installations() -> None:
    digest = AesSealer(RING).digest("chat", "group-1")
    assert AesSealer(RING.with_new_key(1)).digest("chat", "group-1") == digest
    assert AesSealer(KeyRing.new(0)).digest("chat", "group-1") != digest


def test_the_format_does_not_change() -> None:
    """Data that was sealed years ago must open: this value was sealed by the first version."""
    assert AesSealer(RING).open("notes", "1", bytes.fromhex(SEALED_BY_VERSION_1)) == b"milk"
    assert AesSealer(RING).digest("chat", "main", "group-1").hex() == DIGEST_BY_VERSION_1


def test_purposes_have_keys_of_their_own() -> None:
    derived = {_derive(bytes(32), use, name) for use in ("seal", "look-up") for name in ("notes", "tags")}
    assert len(derived) == 4
    assert all(len(key) == 32 for key in derived)


def test_keys_do_not_show_themselves() -> None:
    assert "00" * 8 not in repr(RING)
    assert "secret" not in repr(RING)


def test_a_sealer_takes_up_new_keys_and_opens_what_it_opened_before() -> None:
    ring = KeyRing.new(0)
    sealer = AesSealer(ring)
    before = sealer.seal("t", "r", b"x")
    renewed = ring.with_new_key(1)
    sealer.renew(replace(renewed, keys=renewed.keys[-1:]))
    after = sealer.seal("t", "r", b"x")
    assert (sealer.is_newest(before), sealer.is_newest(after)) == (False, True)
    assert sealer.open("t", "r", before) == sealer.open("t", "r", after) == b"x"
    assert AesSealer(renewed).open("t", "r", after) == b"x"
    with pytest.raises(StorageError) as error:
        sealer.renew(KeyRing.new(2))
    assert error.value.code == "key_wrong"
    assert sealer.is_newest(after)
