from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from whinchat.core.ports import Certificate
from whinchat.infra.certificates import MOST_NAMES, read_certificate

KEY = ec.generate_private_key(ec.SECP256R1())
BEGINS = datetime(2026, 1, 1, tzinfo=UTC)


def certificate(issuer: dict[x509.ObjectIdentifier, str], *names: x509.GeneralName) -> bytes:
    by = x509.Name([x509.NameAttribute(kind, value) for kind, value in issuer.items()])
    made = x509.CertificateBuilder(by, by, KEY.public_key(), 1, BEGINS, BEGINS + timedelta(days=90))
    if names:
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return made.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_says_who_made_it_for_whom_and_for_how_long() -> None:
    der = certificate(
        {NameOID.COMMON_NAME: "R3", NameOID.ORGANIZATION_NAME: "An Authority"},
        x509.DNSName("a.example"),
        x509.RFC822Name("ana@a.example"),
        x509.DNSName("*.b.example"),
    )
    assert read_certificate(der, trusted=True) == Certificate(
        issuer="An Authority",
        names=("a.example", "*.b.example"),
        not_before=1_767_225_600_000,
        not_after=1_767_225_600_000 + 90 * 86_400_000,
        trusted=True,
    )


def test_little_may_be_in_it() -> None:
    found = read_certificate(certificate({}), trusted=False)
    assert found is not None
    assert (found.issuer, found.names, found.trusted) == ("", (), False)


def test_much_may_be_in_it() -> None:
    names = [x509.DNSName(f"{'a' * 60}.{number}.example") for number in range(500)]
    found = read_certificate(certificate({NameOID.COMMON_NAME: "x" * 64}, *names), trusted=False)
    assert found is not None
    assert len(found.names) == MOST_NAMES


def test_what_is_none_cannot_be_read() -> None:
    assert read_certificate(b"", trusted=False) is None
    assert read_certificate(b"\x30\x82nonsense", trusted=False) is None
    assert read_certificate(certificate({})[:-20], trusted=False) is None
