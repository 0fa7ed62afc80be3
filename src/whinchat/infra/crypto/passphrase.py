"""Keys and sessions as texts that may travel: encrypted under a passphrase."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from whinchat.core.errors import StorageError
from whinchat.infra.crypto.keyring import KeyRing, decode, encode

# scrypt (RFC 7914): 128 * N * r = 64 MB and about a quarter of a second for each guess.
N, R, P = 2**16, 8, 1
MOST_WORK = 2**21  # N * r * p that a file may ask for: 256 MB
SALT, NONCE = 16, 12
KEYS_NOTE = "Whinchat's keys under a passphrase. Read it with `whinchat keys import`. Keep it apart from the data."


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    note: str
    version: int
    n: int
    r: int
    p: int
    salt: bytes
    nonce: bytes


class _Keys(_Envelope):
    keys: bytes


class _Content(_Envelope):
    content: bytes


E = TypeVar("E", bound=_Envelope)


def export_keys(ring: KeyRing, passphrase: str) -> bytes:
    """A JSON text with everything that is in the key file, encrypted."""
    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    sealed = AESGCM(_stretch(passphrase, salt, N, R, P)).encrypt(nonce, encode(ring), None)
    return _text(_Keys(KEYS_NOTE, 1, N, R, P, salt, nonce, sealed))


def import_keys(text: bytes, passphrase: str) -> KeyRing:
    """Raises StorageError: not an export (`export_damaged`), or another passphrase (`passphrase_wrong`)."""
    with _explained("keys", "whinchat keys export"):
        exported, key = _read(text, passphrase, _Keys)
        return decode(AESGCM(key).decrypt(exported.nonce, exported.keys, None))


def lock(data: bytes, passphrase: str, *, note: str) -> bytes:
    """A JSON text that holds `data`, encrypted; `note` says in the clear what it is, and cannot be changed."""
    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    sealed = AESGCM(_stretch(passphrase, salt, N, R, P)).encrypt(nonce, data, note.encode())
    return _text(_Content(note, 1, N, R, P, salt, nonce, sealed))


def unlock(text: bytes, passphrase: str, *, what: str, verb: str) -> bytes:
    """What `lock` was given. `what` it should be and the `verb` that writes such, for the refusal.

    Raises StorageError: no such text (`export_damaged`), or another passphrase (`passphrase_wrong`).
    """
    with _explained(what, verb):
        exported, key = _read(text, passphrase, _Content)
        return AESGCM(key).decrypt(exported.nonce, exported.content, exported.note.encode())


def _text(exported: _Envelope) -> bytes:
    return msgspec.json.format(msgspec.json.encode(exported)) + b"\n"


def _read(text: bytes, passphrase: str, kind: type[E]) -> tuple[E, bytes]:
    """What is in the text, and the key to it. Raises ValueError."""
    exported = msgspec.json.decode(text, type=kind)
    possible = min(exported.n, exported.r, exported.p) > 0 and exported.n * exported.r * exported.p <= MOST_WORK
    if exported.version != 1 or len(exported.nonce) != NONCE or not possible:
        raise ValueError("not in a form that this version knows")
    return exported, _stretch(passphrase, exported.salt, exported.n, exported.r, exported.p)


@contextmanager
def _explained(what: str, verb: str) -> Iterator[None]:
    try:
        yield
    except InvalidTag:
        raise StorageError(
            "the passphrase is not the one of this export, or the file was changed",
            hint="Give the passphrase that it was written with; capitals and blanks count.",
            code="passphrase_wrong",
        ) from None
    except ValueError as error:
        raise StorageError(
            f"this is no export of {what}: {error}",
            hint=f"Give a file that `{verb}` has written, whole.",
            code="export_damaged",
        ) from error


def _stretch(passphrase: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(passphrase.encode("utf-8", "surrogatepass"))
