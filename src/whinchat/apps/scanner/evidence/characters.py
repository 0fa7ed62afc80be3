"""What the characters of the site's name say, whatever they spell."""

from __future__ import annotations

import re

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.links.link import Link

STRANGE = 2.0  # log-odds at which a name's shape counts fully; more is cut off
SLIGHT = 0.05  # log-odds below which it does not count
LONG_NAME = 20  # characters
SHORT_NAME = 6  # characters; shorter names are often abbreviations
TURNS = 3  # times that digits follow a letter
CHANGES = 2  # between letters and digits, in a subdomain
HYPHENS = 3

_CONSONANTS = re.compile(r"[b-df-hj-np-tv-xz]{5}")
"""A run that hardly any language has in a name."""
_TURN = re.compile(r"[a-z][0-9]")
_NUMBER = re.compile(r"(?<!\d)(?!(?:19|20)\d\d(?!\d))\d{4,}")
"""Four digits or more that are no year."""
_CHANGE = re.compile(r"[a-z][0-9]|[0-9][a-z]")


def strange_name(link: Link, known: Known) -> Evidence | None:
    """Made up the way scammers' names are, by the learned shapes."""
    return _shape("strange_name", known.learned.name, known)


def familiar_name(link: Link, known: Known) -> Evidence | None:
    """Made up the way ordinary sites' names are. Hosting gives names to anybody, so it says nothing there."""
    return None if link.site.shared else _shape("familiar_name", -known.learned.name, known)


def random_name(link: Link, known: Known) -> Evidence | None:
    """A run of consonants, or letters and digits in turns, that nobody could say aloud."""
    name = known.reading.name
    if len(name) < SHORT_NAME or not (_CONSONANTS.search(name) or len(_TURN.findall(name)) >= TURNS):
        return None
    return Evidence("random_name", {"name": name})


def long_name(link: Link, known: Known) -> Evidence | None:
    """Longer than people choose for themselves."""
    return Evidence("long_name") if len(known.reading.name) >= LONG_NAME else None


def number_in_name(link: Link, known: Known) -> Evidence | None:
    """A number that is no year, as series of scam sites have: dbs73339.vip."""
    found = None if link.is_address else _NUMBER.search(known.reading.name)
    return Evidence("number_in_name", {"number": found[0]}) if found else None


def many_hyphens(link: Link, known: Known) -> Evidence | None:
    """Words strung together, where a site's owner would choose one or two."""
    count = known.reading.name.count("-")
    if count < HYPHENS:
        return None
    return Evidence("many_hyphens", {"name": known.reading.name}, float(min(count - HYPHENS + 1, 3)))


def number_in_subdomain(link: Link, known: Known) -> Evidence | None:
    """The same before the site's name, as in marketplace-64283592.example."""
    for label in known.reading.subdomains:
        if found := _NUMBER.search(label):
            return Evidence("number_in_subdomain", {"number": found[0]})
    return None


def random_subdomain(link: Link, known: Known) -> Evidence | None:
    """A label before the site's name that nobody could say aloud, as made for one victim or one day."""
    for label in known.reading.subdomains:
        if len(label) >= SHORT_NAME and (_CONSONANTS.search(label) or len(_CHANGE.findall(label)) >= CHANGES):
            return Evidence("random_subdomain", {"name": label})
    return None


def long_subdomain(link: Link, known: Known) -> Evidence | None:
    """A label so long that the site's own name is pushed out of sight."""
    for label in known.reading.subdomains:
        if len(label) >= LONG_NAME or label.count("-") >= HYPHENS:
            return Evidence("long_subdomain", {"site": link.site.name})
    return None


def _shape(name: str, odds: float, known: Known) -> Evidence | None:
    if odds < SLIGHT:
        return None
    return Evidence(name, {"name": known.reading.name}, min(odds, STRANGE) / STRANGE)
