"""The authority that the client is told to trust, and the certificate that it signs for the network's hosts."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CHAT = "web.whatsapp.com"
MEDIA = "mmg.whatsapp.net"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Credentials:
    """PEM texts: of the authority what a client trusts, and of the server its chain with its key."""

    authority: bytes
    server: bytes

    def context(self, folder: Path) -> ssl.SSLContext:
        """For a server. `folder`: where a file with the key lies while it is read."""
        file = folder / "server.pem"
        file.touch(mode=0o600)
        file.write_bytes(self.server)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        file.unlink()
        return context


def issue() -> Credentials:
    key, name, now = ec.generate_private_key(ec.SECP256R1()), _name("Test Authority"), datetime.now(UTC)
    authority = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - DAY, now + 30 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    own = ec.generate_private_key(ec.SECP256R1())
    server = (
        x509.CertificateBuilder(
            name, _name(CHAT), own.public_key(), x509.random_serial_number(), now - DAY, now + 30 * DAY
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(CHAT), x509.DNSName(MEDIA)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    return Credentials(
        authority.public_bytes(pem),
        server.public_bytes(pem) + own.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain),
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
