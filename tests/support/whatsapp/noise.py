"""The server's side of Noise_XX_25519_AESGCM_SHA256 as the network frames it (whatsmeow: handshake.go, socket/)."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pyaileys.auth.creds import KeyPair
from tests.support.whatsapp.curve import Curve
from tests.support.whatsapp.proto import P

PATTERN = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0"
HEADER = b"WA\x06\x03"
CURVE = Curve()
HOUR = 3600


@dataclass(frozen=True)
class Authority:
    """The key pairs behind the server's certificate chain. A client pins the public key of `root`."""

    root: KeyPair
    intermediate: KeyPair
    static: KeyPair

    @classmethod
    def new(cls) -> Authority:
        return cls(CURVE.generate_keypair(), CURVE.generate_keypair(), CURVE.generate_keypair())

    def chain(self) -> bytes:
        """Serials and issuers as the client expects them: root 0, intermediate 1, leaf 2."""
        intermediate = _certificate(1, 0, self.intermediate.public, self.root)
        leaf = _certificate(2, 1, self.static.public, self.intermediate)
        return bytes(P.CertChain(leaf=leaf, intermediate=intermediate).SerializeToString())


def _certificate(serial: int, issuer: int, key: bytes, signer: KeyPair) -> object:
    now = int(time.time())
    details = P.CertChain.NoiseCertificate.Details(
        serial=serial, issuerSerial=issuer, key=key, notBefore=now - HOUR, notAfter=now + 24 * HOUR
    ).SerializeToString()
    return P.CertChain.NoiseCertificate(details=details, signature=CURVE.sign(signer.private, details))


class Handshake:
    """`hello`, then `finish`, gives the keys of both directions."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._ephemeral = CURVE.generate_keypair()
        self._hash = PATTERN
        self._salt = PATTERN
        self._key = PATTERN
        self._counter = 0
        self.client_static = b""
        self._mix(HEADER)

    def hello(self, frame: bytes) -> bytes:
        """The answer to the client's first frame."""
        client = P.HandshakeMessage.FromString(frame).clientHello.ephemeral
        self._mix(client)
        self._mix(self._ephemeral.public)
        self._agree(self._ephemeral.private, client)
        static = self._encrypt(self._authority.static.public)
        self._agree(self._authority.static.private, client)
        chain = self._encrypt(self._authority.chain())
        hello = {"ephemeral": self._ephemeral.public, "static": static, "payload": chain}
        return bytes(P.HandshakeMessage(serverHello=hello).SerializeToString())

    def finish(self, frame: bytes) -> bytes:
        """The client's payload, from its second frame."""
        finish = P.HandshakeMessage.FromString(frame).clientFinish
        self.client_static = self._decrypt(bytes(finish.static))
        self._agree(self._ephemeral.private, self.client_static)
        return self._decrypt(bytes(finish.payload))

    def ciphers(self) -> tuple[Cipher, Cipher]:
        """What the client sends is read with the first, what it is sent is written with the second."""
        read, write = self._derive(b"")
        return Cipher(read), Cipher(write)

    def _mix(self, data: bytes) -> None:
        self._hash = hashlib.sha256(self._hash + data).digest()

    def _agree(self, private: bytes, public: bytes) -> None:
        shared = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))
        self._salt, self._key = self._derive(shared)
        self._counter = 0

    def _derive(self, material: bytes) -> tuple[bytes, bytes]:
        derived = HKDF(hashes.SHA256(), 64, self._salt, b"").derive(material)
        return derived[:32], derived[32:]

    def _encrypt(self, plain: bytes) -> bytes:
        sealed = AESGCM(self._key).encrypt(_nonce(self._counter), plain, self._hash)
        self._counter += 1
        self._mix(sealed)
        return sealed

    def _decrypt(self, sealed: bytes) -> bytes:
        plain = AESGCM(self._key).decrypt(_nonce(self._counter), sealed, self._hash)
        self._counter += 1
        self._mix(sealed)
        return plain


class Cipher:
    """One direction of an open connection."""

    def __init__(self, key: bytes) -> None:
        self._key = AESGCM(key)
        self._counter = 0

    def encrypt(self, plain: bytes) -> bytes:
        self._counter += 1
        return self._key.encrypt(_nonce(self._counter - 1), plain, None)

    def decrypt(self, sealed: bytes) -> bytes:
        self._counter += 1
        return self._key.decrypt(_nonce(self._counter - 1), sealed, None)


def _nonce(counter: int) -> bytes:
    return counter.to_bytes(12, "big")
