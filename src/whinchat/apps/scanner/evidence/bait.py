"""Words that ask for trust, hurry or promise, in places where the sender of the link chose them."""

from __future__ import annotations

from collections.abc import Iterable

from whinchat.apps.scanner.evidence.brands import LONGEST_SEGMENT
from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.evidence.reading import parts
from whinchat.apps.scanner.evidence.vocabulary import Sense
from whinchat.apps.scanner.links.link import Link

MOST = 3  # words counted

LURES = frozenset({Sense.PRESSURE, Sense.DELIVERY, Sense.SUPPORT})
PASSWORDS = frozenset({Sense.CREDENTIALS})


def bait_in_name(link: Link, known: Known) -> Evidence | None:
    """Login, secure, verify, account… in the site's own name."""
    return _bait("bait_in_name", known.reading.words, PASSWORDS, known)


def lure_in_name(link: Link, known: Known) -> Evidence | None:
    """Prize, refund, parcel, support… in the site's own name."""
    return _bait("lure_in_name", known.reading.words, LURES, known)


def bait_in_subdomain(link: Link, known: Known) -> Evidence | None:
    """A word of either sort before the site's name, beside others; `login.` alone is usual and says nothing."""
    if len(known.reading.sub_words) < 2:
        return None
    return _bait("bait_in_subdomain", known.reading.sub_words, PASSWORDS | LURES, known)


def bait_in_path(link: Link, known: Known) -> Evidence | None:
    """Pages and folders named after a login, as in /verify or /account/update.php."""
    words = [word for segment in known.reading.segments if len(segment) <= LONGEST_SEGMENT for word in parts(segment)]
    return _bait("bait_in_path", words, PASSWORDS, known)


def _bait(name: str, words: Iterable[str], senses: frozenset[Sense], known: Known) -> Evidence | None:
    if known.popular or known.official is not None:
        return None
    sense = known.tables.vocabulary.sense
    found = [word for word in words if sense(word) in senses]
    if not found:
        return None
    return Evidence(name, {"word": found[0]}, float(min(len(found), MOST)))
