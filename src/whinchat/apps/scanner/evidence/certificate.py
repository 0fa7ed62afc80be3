"""Who vouches for the last host, and since when."""

from __future__ import annotations

import ipaddress

from whinchat.apps.scanner.evidence.arrival import Arrival
from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.links.link import Link
from whinchat.core.ports import Certificate

DAY = 24 * 3600 * 1000  # milliseconds
AGES = ((2, 1.0), (7, 0.5))
"""Days since it was issued, and how much it says to be younger. Old sites renew theirs every few weeks: not much."""


def certificate_of_another(link: Link, known: Known, arrival: Arrival) -> Evidence | None:
    """Made for other names."""
    certificate = _untrusted(arrival)
    if certificate is None or _holds(certificate, link.host):
        return None
    return Evidence("certificate_of_another", {"host": next(iter(certificate.names), "?")})


def certificate_expired(link: Link, known: Known, arrival: Arrival) -> Evidence | None:
    """Made for this name, but not of this time."""
    certificate = _untrusted(arrival)
    if certificate is None or not _holds(certificate, link.host) or _is_current(certificate, arrival):
        return None
    return Evidence("certificate_expired")


def certificate_unknown(link: Link, known: Known, arrival: Arrival) -> Evidence | None:
    """Made for this name and of this time, but by nobody who is known to check."""
    certificate = _untrusted(arrival)
    if certificate is None or not _holds(certificate, link.host) or not _is_current(certificate, arrival):
        return None
    return Evidence("certificate_unknown")


def fresh_certificate(link: Link, known: Known, arrival: Arrival) -> Evidence | None:
    """Trusted, and issued just now."""
    page = arrival.page
    if page is None or page.certificate is None or not page.certificate.trusted or known.popular:
        return None
    days = max(0, page.visited_at - page.certificate.not_before) // DAY
    amount = next((amount for most, amount in AGES if days < most), None)
    return None if amount is None else Evidence("fresh_certificate", {"age": str(max(1, days))}, amount)


def _untrusted(arrival: Arrival) -> Certificate | None:
    certificate = arrival.page.certificate if arrival.page else None
    return None if certificate is None or certificate.trusted else certificate


def _is_current(certificate: Certificate, arrival: Arrival) -> bool:
    now = arrival.page.visited_at if arrival.page else 0
    return certificate.not_before <= now <= certificate.not_after


def _holds(certificate: Certificate, host: str) -> bool:
    """Whether it was made for the host: a star stands for one label, the first (RFC 9525, 6.3)."""
    wild = f"*.{host.partition('.')[2]}"
    return any(_plain(name) in {host, wild} for name in certificate.names)


def _plain(name: str) -> str:
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower().rstrip(".")
