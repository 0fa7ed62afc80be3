"""What a certificate says. Imported with the first one: reading them takes 2 MB."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from whinchat.core.ports import Certificate

MOST_NAMES = 100
LONGEST = 200  # characters of one name


def read_certificate(der: bytes, *, trusted: bool) -> Certificate | None:
    """None: it cannot be read."""
    try:
        found = x509.load_der_x509_certificate(der)
        return Certificate(
            issuer=_issuer(found.issuer),
            names=_names(found),
            not_before=_milliseconds(found.not_valid_before_utc),
            not_after=_milliseconds(found.not_valid_after_utc),
            trusted=trusted,
        )
    except (ValueError, x509.UnsupportedGeneralNameType, x509.DuplicateExtension):
        return None


def _issuer(name: x509.Name) -> str:
    """The organisation, else the common name."""
    for wanted in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        for attribute in name.get_attributes_for_oid(wanted):
            return str(attribute.value)[:LONGEST]
    return ""


def _names(found: x509.Certificate) -> tuple[str, ...]:
    """Hosts and addresses that it holds for; the common name is none of them (RFC 9525, 6.3)."""
    try:
        others = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    names = (*others.get_values_for_type(x509.DNSName), *map(str, others.get_values_for_type(x509.IPAddress)))
    return tuple(name[:LONGEST] for name in names[:MOST_NAMES])


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
