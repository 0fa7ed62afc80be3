"""Keys as a text that may travel: encrypted under a passphrase."""

from __future__ import annotations

import os

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
NOTE = "Whinchat's keys under a passphrase. Read it with `whinchat keys import`. Keep it apart from the data."


class _Exported(msgspec.Struct, forbid_unknown_fields=True):
    note: str
    version: int
    n: int
    r: int
    p: int
    salt: bytes
    nonce: bytes
    keys: bytes


def export_keys(ring: KeyRing, passphrase: str) -> bytes:
    """A JSON text with everything that is in the key file, encrypted."""
    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    sealed = AESGCM(_stretch(passphrase, salt, N, R, P)).encrypt(nonce, encode(ring), None)
    exported = _Exported(NOTE, 1, N, R, P, salt, nonce, sealed)
    return msgspec.json.format(msgspec.json.encode(exported)) + b"\n"


def import_keys(text: bytes, passphrase: str) -> KeyRing:
    """Raises StorageError: not an export (`export_damaged`), or another passphrase (`passphrase_wrong`)."""
    try:
        exported = msgspec.json.decode(text, type=_Exported)
        _require_known(exported)
        key = _stretch(passphrase, exported.salt, exported.n, exported.r, exported.p)
        return decode(AESGCM(key).decrypt(exported.nonce, exported.keys, None))
    except InvalidTag:
        raise StorageError(
            "the passphrase is not the one of this export, or the file was changed", code="passphrase_wrong"
        ) from None
    except ValueError as error:
        raise StorageError(
            f"this is no export of keys: {error}",
            hint="Give a file that `whinchat keys export` has written, whole.",
            code="export_damaged",
        ) from error


def _require_known(exported: _Exported) -> None:
    possible = min(exported.n, exported.r, exported.p) > 0 and exported.n * exported.r * exported.p <= MOST_WORK
    if exported.version != 1 or len(exported.nonce) != NONCE or not possible:
        raise ValueError("not in a form that this version knows")


def _stretch(passphrase: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(passphrase.encode("utf-8", "surrogatepass"))
