"""How the host is built: addresses, ports, users, and other people's domains inside it."""

from __future__ import annotations

import re
from itertools import pairwise

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.evidence.reading import parts
from whinchat.apps.scanner.links.link import Link

USUAL_PORTS = frozenset({80, 443, 8080, 8443})
TOPS = frozenset({"com", "net", "org", "gov", "edu", "info", "biz", "co", "gob", "gouv"})
"""Endings that people know domains by."""

_ADDRESS = re.compile(r"(?:^|\D)\d{1,3}(?:-\d{1,3}){3}(?:\D|$)")
_HEX = re.compile(r"[0-9a-f]{16,}")


def address_host(link: Link, known: Known) -> Evidence | None:
    """Numbers in place of a name: people's sites have names."""
    return Evidence("address_host", {"host": link.host}) if link.is_address else None


def odd_port(link: Link, known: Known) -> Evidence | None:
    """Not the door that websites use."""
    if link.port is None or link.port in USUAL_PORTS:
        return None
    return Evidence("odd_port", {"port": str(link.port)})


def user_in_link(link: Link, known: Known) -> Evidence | None:
    """A name before an @, which looks like the site and is not, as in https://paypal.com@evil.example."""
    return Evidence("user_in_link", {"site": link.site.name}) if link.user else None


def many_subdomains(link: Link, known: Known) -> Evidence | None:
    """So many labels before the site that its name is out of sight."""
    count = len(known.reading.subdomains)
    return Evidence("many_subdomains", {"site": link.site.name}, min(count - 2, 2)) if count >= 3 else None


def domain_in_subdomain(link: Link, known: Known) -> Evidence | None:
    """Another domain written before the real one, as in paypal.com.evil.top."""
    labels = known.reading.subdomains
    for before, label in pairwise(labels):
        if label in TOPS and len(before) > 1:
            return Evidence("domain_in_subdomain", {"domain": f"{before}.{label}", "site": link.site.name})
    return None


def ending_in_name(link: Link, known: Known) -> Evidence | None:
    """A domain's ending used as a word, as in amazon.com-orders.top or irs-gov.help."""
    if known.popular:
        return None
    pieces = known.reading.parts
    for piece in pieces if len(pieces) > 1 else ():
        if piece in TOPS and piece != "co":
            return Evidence("ending_in_name", {"word": piece, "site": link.site.name})
    return None


def address_in_name(link: Link, known: Known) -> Evidence | None:
    """A server's number written into its name, as in 20-251-144-161.example."""
    if _ADDRESS.search(link.host) and not link.is_address:
        return Evidence("address_in_name", {"host": link.host})
    return None


def coded_name(link: Link, known: Known) -> Evidence | None:
    """A label that is a code of hexadecimal digits, or a subdomain no person would type."""
    for label in (known.reading.name, *known.reading.subdomains):
        if len(label) >= 16 and (_HEX.search(label) or any(len(part) >= 28 for part in parts(label))):
            return Evidence("coded_name", {"name": label})
    return None
