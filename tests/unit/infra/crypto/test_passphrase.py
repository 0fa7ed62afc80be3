"""Keys under a passphrase."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.core.errors import StorageError
from whinchat.infra.crypto import passphrase
from whinchat.infra.crypto.keyring import KeyRing
from whinchat.infra.crypto.passphrase import export_keys, import_keys, lock, unlock

RING = KeyRing.new(0).with_new_key(1)


@pytest.fixture(scope="module", autouse=True)
def quick() -> object:
    """Cheap stretching: the work belongs to people who guess, not to tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passphrase, "N", 2)
        yield


def test_an_export_is_a_text_without_the_keys_and_comes_back() -> None:
    text = export_keys(RING, "correct horse battery")
    assert import_keys(text, "correct horse battery") == RING
    assert text.isascii()
    for secret in (RING.lookup, *(key.secret for key in RING.keys)):
        assert secret not in text
        assert msgspec.json.encode(secret).strip(b'"') not in text
    assert text != export_keys(RING, "correct horse battery")


def test_another_passphrase_is_told() -> None:
    with pytest.raises(StorageError, match="passphrase") as error:
        import_keys(export_keys(RING, "correct horse battery"), "correct horse")
    assert error.value.code == "passphrase_wrong"


@pytest.mark.parametrize(
    "change",
    [
        {"n": 2**30},
        {"n": 0},
        {"n": 3},
        {"r": 2**40},
        {"p": -1},
        {"nonce": ""},
        {"version": 2},
        {"keys": ""},
        {"salt": 7},
        {"more": 1},
    ],
)
def test_an_export_that_was_changed_is_refused_before_any_great_work(change: dict[str, object]) -> None:
    text = msgspec.json.encode({**msgspec.json.decode(export_keys(RING, "correct horse battery")), **change})
    with pytest.raises(StorageError) as error:
        import_keys(text, "correct horse battery")
    assert error.value.code in {"export_damaged", "passphrase_wrong"}


@given(st.binary(max_size=200) | st.text().map(lambda text: msgspec.json.encode({"note": text})))
def test_anything_else_is_no_export(text: bytes) -> None:
    with pytest.raises(StorageError) as error:
        import_keys(text, "correct horse battery")
    assert error.value.code == "export_damaged"


@pytest.mark.parametrize("words", ["pässwörter und 🐦", "half \ud83d"])
def test_a_passphrase_may_be_any_text(words: str) -> None:
    assert import_keys(export_keys(RING, words), words) == RING


def test_anything_else_can_be_locked_too() -> None:
    text = lock(b"a session", "correct horse battery", note="A session.")
    assert unlock(text, "correct horse battery", what="a session", verb="v") == b"a session"
    assert b"A session." in text
    with pytest.raises(StorageError) as wrong:
        unlock(text, "another horse battery", what="a session", verb="v")
    assert wrong.value.code == "passphrase_wrong"
    with pytest.raises(StorageError) as changed:
        unlock(text.replace(b"A session.", b"B session."), "correct horse battery", what="a session", verb="v")
    assert changed.value.code == "passphrase_wrong"
    with pytest.raises(StorageError, match="no export of a session") as other:
        unlock(export_keys(RING, "correct horse battery"), "correct horse battery", what="a session", verb="v export")
    assert "`v export`" in other.value.hint
