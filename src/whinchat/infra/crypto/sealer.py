"""`ports.Sealer` with AES-256-GCM and HMAC-SHA256.

A sealed value is: one byte 0x01, 4 bytes key id, 12 bytes random nonce, the ciphertext, 16 bytes tag. The associated
data is the table (its length in 2 bytes before it) and the row. Every table has a key of its own under each root key,
by HKDF (RFC 5869), so that the limit for random nonces, 2^32 values under one key (NIST SP 800-38D, 8.3), counts per
table: at 50 values a second it is reached after 2.7 years, and `whinchat keys rotate` starts anew.

Look-ups are HMAC-SHA256 (RFC 2104) cut to 16 bytes, under keys derived by purpose from the ring's look-up key, which
no rotation changes: rotation renews what is sealed, not what is looked up.
"""

from __future__ import annotations

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from whinchat.core.errors import StorageError
from whinchat.infra.crypto.keyring import ID_SIZE, KeyRing

FORMAT = b"\x01"
NONCE = 12
TAG = 16
HEADER = len(FORMAT) + ID_SIZE
SHORTEST = HEADER + NONCE + TAG
DIGEST = 16
DRAWN = 64  # nonces at a time


class AesSealer:
    """Keeps a derived key per table and purpose, which are few and named in the code."""

    def __init__(self, ring: KeyRing) -> None:
        self._use(ring)
        self._tables: dict[tuple[bytes, str], tuple[AESGCM, bytes]] = {}
        self._nonces: list[bytes] = []
        self._hashes: dict[str, hmac.HMAC] = {}

    def _use(self, ring: KeyRing) -> None:
        self.ring = ring
        self._secrets = {bytes.fromhex(key.id): key.secret for key in ring.keys}
        self._newest = bytes.fromhex(ring.newest.id)
        self._head = FORMAT + self._newest

    def renew(self, ring: KeyRing) -> None:
        """Seal with the ring's newest key from now on; what opened before goes on opening.

        Raises:
            StorageError: the ring is another installation's (`key_wrong`); nothing changes.
        """
        self._use(self.ring.merged(ring))

    def seal(self, table: str, row: bytes | str, data: bytes) -> bytes:
        nonce = self._nonce()
        cipher, place = self._table(self._newest, table)
        return self._head + nonce + cipher.encrypt(nonce, data, place + _bytes(row))

    def _nonce(self) -> bytes:
        """Random, drawn many at a time: asking the kernel for each costs more than sealing. Given out once."""
        while not self._nonces:
            drawn = os.urandom(NONCE * DRAWN)
            self._nonces.extend(drawn[start : start + NONCE] for start in range(0, len(drawn), NONCE))
        return self._nonces.pop()

    def open(self, table: str, row: bytes | str, sealed: bytes) -> bytes:
        key_id = sealed[len(FORMAT) : HEADER]
        if len(sealed) < SHORTEST or sealed[:1] != FORMAT or key_id not in self._secrets:
            raise _unsealable(table)
        nonce, body = sealed[HEADER : HEADER + NONCE], sealed[HEADER + NONCE :]
        cipher, place = self._table(key_id, table)
        try:
            return cipher.decrypt(nonce, body, place + _bytes(row))
        except InvalidTag:
            raise _unsealable(table) from None

    def digest(self, purpose: str, *parts: str | bytes) -> bytes:
        prototype = self._hashes.get(purpose)
        if prototype is None:
            secret = _derive(self.ring.lookup, "look-up", purpose)
            prototype = self._hashes[purpose] = hmac.new(secret, digestmod="sha256")
        keyed = prototype.copy()
        for part in parts:
            data = _bytes(part)
            keyed.update(len(data).to_bytes(4, "big") + data)
        return keyed.digest()[:DIGEST]

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the value was sealed with the newest key, by what its first bytes say."""
        return sealed[len(FORMAT) : HEADER] == self._newest

    def _table(self, key_id: bytes, table: str) -> tuple[AESGCM, bytes]:
        """The table's cipher, and its name as the associated data begins with it."""
        found = self._tables.get((key_id, table))
        if found is None:
            name = table.encode()
            cipher = AESGCM(_derive(self._secrets[key_id], "seal", table))
            found = self._tables[key_id, table] = (cipher, len(name).to_bytes(2, "big") + name)
        return found


def _derive(secret: bytes, use: str, name: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"whinchat/{use}/{name}".encode()).derive(secret)


def _bytes(text: str | bytes) -> bytes:
    # Ids come from outside and may hold half a surrogate pair; they must not stop anything.
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


def _unsealable(table: str) -> StorageError:
    return StorageError(
        f"a sealed value in {table} does not open: wrong key, wrong place, or damaged",
        hint="Run `whinchat db check`, which tells how many there are.",
        code="unsealable",
    )
