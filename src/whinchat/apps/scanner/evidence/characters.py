"""What the characters of the site's name say, whatever they spell."""

from __future__ import annotations

from itertools import pairwise

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.links.link import Link

VOWELS = frozenset("aeiouyäöüáéíóúàèâêôãõ0")  # 0 as read for o
STRANGE = 2.0  # log-odds at which a name's shape counts fully; more is cut off
LONG_NAME = 20  # characters
RUN = 5  # consonants in a row that hardly any language has in a name


def strange_name(link: Link, known: Known) -> Evidence | None:
    """Made up the way scammers' names are, by the learned shapes."""
    shapes = known.tables.pages if link.site.shared else known.tables.names
    return _shape("strange_name", max(0.0, shapes.odds(known.reading.name)), known)


def familiar_name(link: Link, known: Known) -> Evidence | None:
    """Made up the way ordinary sites' names are. Hosting gives names to anybody, so it says nothing there."""
    if link.site.shared:
        return None
    return _shape("familiar_name", max(0.0, -known.tables.names.odds(known.reading.name)), known)


def random_name(link: Link, known: Known) -> Evidence | None:
    """A run of consonants, or letters and digits in turns, that nobody could say aloud."""
    name = known.reading.name
    if len(name) < 6 or not name.isascii():
        return None
    if _longest_run(name) >= RUN or _turns(name) >= 3:
        return Evidence("random_name", {"name": name})
    return None


def long_name(link: Link, known: Known) -> Evidence | None:
    """Longer than people choose for themselves."""
    return Evidence("long_name") if len(known.reading.name) >= LONG_NAME else None


def _shape(name: str, odds: float, known: Known) -> Evidence | None:
    if odds < 0.05:
        return None
    return Evidence(name, {"name": known.reading.name}, min(odds, STRANGE) / STRANGE)


def _longest_run(name: str) -> int:
    longest = run = 0
    for char in name:
        run = run + 1 if char.isalpha() and char not in VOWELS else 0
        longest = max(longest, run)
    return longest


def _turns(name: str) -> int:
    """How often digits begin after a letter."""
    return sum(before.isalpha() and after.isdigit() for before, after in pairwise(name))
