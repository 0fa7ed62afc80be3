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

_CONSONANTS = re.compile(r"[b-df-hj-np-tv-xz]{5}")
"""A run that hardly any language has in a name."""
_TURN = re.compile(r"[a-z][0-9]")


def strange_name(link: Link, known: Known) -> Evidence | None:
    """Made up the way scammers' names are, by the learned shapes."""
    return _shape("strange_name", known.shape, known)


def familiar_name(link: Link, known: Known) -> Evidence | None:
    """Made up the way ordinary sites' names are. Hosting gives names to anybody, so it says nothing there."""
    return None if link.site.shared else _shape("familiar_name", -known.shape, known)


def random_name(link: Link, known: Known) -> Evidence | None:
    """A run of consonants, or letters and digits in turns, that nobody could say aloud."""
    name = known.reading.name
    if len(name) < SHORT_NAME or not (_CONSONANTS.search(name) or len(_TURN.findall(name)) >= TURNS):
        return None
    return Evidence("random_name", {"name": name})


def long_name(link: Link, known: Known) -> Evidence | None:
    """Longer than people choose for themselves."""
    return Evidence("long_name") if len(known.reading.name) >= LONG_NAME else None


def _shape(name: str, odds: float, known: Known) -> Evidence | None:
    if odds < SLIGHT:
        return None
    return Evidence(name, {"name": known.reading.name}, min(odds, STRANGE) / STRANGE)
