"""Curve25519 for the fake server's people, with signatures as quick as the library's own.

Signal signs with keys of key agreement (XEdDSA, https://signal.org/docs/specifications/xeddsa/). `pyaileys` does
that in plain Python, 5 ms each, which a benchmark of group messages would mostly measure. OpenSSL's Ed25519 does the
curve's work here: a random seed's public key is the nonce's point, and verifying is what it does anyway.
"""

from __future__ import annotations

import hashlib
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pyaileys.crypto.curve import DefaultCurve25519Provider
from pyaileys.crypto.curve25519_signature import curve25519_sign

FIELD = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
SIGN_BIT = 0x80


class Curve(DefaultCurve25519Provider):
    def sign(self, private_key: bytes, message: bytes) -> bytes:
        """64 bytes; the sign of the key's point is in the last one's highest bit, as libsignal has it."""
        seed = secrets.token_bytes(32)
        nonce = _scalar(hashlib.sha512(seed).digest()[:32])
        point = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        key = _public(private_key)
        challenge = int.from_bytes(hashlib.sha512(point + key + message).digest(), "little")
        answer = (nonce + challenge * _scalar(private_key)) % ORDER
        signature = bytearray(point + answer.to_bytes(32, "little"))
        signature[63] |= key[31] & SIGN_BIT
        return bytes(signature)

    def verify(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        if len(signature) != 64:
            return False
        key = bytearray(_edwards(public_key[-32:]))
        key[31] |= signature[63] & SIGN_BIT
        plain = signature[:63] + bytes([signature[63] & ~SIGN_BIT])
        try:
            Ed25519PublicKey.from_public_bytes(bytes(key)).verify(plain, message)
        except InvalidSignature:
            return False
        return True


def _scalar(key: bytes) -> int:
    """As RFC 7748 has it: bits 0 to 2 and 255 cleared, bit 254 set."""
    return (int.from_bytes(key, "little") & ~7 & (2**255 - 1)) | 2**254


@lru_cache(maxsize=4096)
def _public(private_key: bytes) -> bytes:
    """The point of a key; its sign is read off a signature made the slow way, once for each key."""
    agreement = X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()
    key = bytearray(_edwards(agreement))
    key[31] |= curve25519_sign(private_key, b"")[63] & SIGN_BIT
    return bytes(key)


def _edwards(agreement: bytes) -> bytes:
    """The y of a point from its u: (u - 1) / (u + 1); the sign of x is lost."""
    u = int.from_bytes(agreement, "little") & (2**255 - 1)
    return ((u - 1) * pow(u + 1, -1, FIELD) % FIELD).to_bytes(32, "little")
