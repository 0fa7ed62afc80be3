"""Words that ask for trust, hurry or promise, in places where the sender of the link chose them."""

from __future__ import annotations

from collections.abc import Iterable

from whinchat.apps.scanner.evidence.brands import GOVERNMENT, MOST_STRANGE
from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.evidence.vocabulary import Sense
from whinchat.apps.scanner.links.link import Link

MOST = 3  # words counted

HURRY = frozenset({Sense.PRESSURE, Sense.DELIVERY})
LURES = HURRY | {Sense.SUPPORT}
CRYPTO = frozenset({Sense.CRYPTO})
PASSWORDS = frozenset({Sense.CREDENTIALS})
OFFICIAL = GOVERNMENT | {"edu", "ac"}
"""Parts of suffixes under which names are not free to all."""


def bait_in_name(link: Link, known: Known) -> Evidence | None:
    """Login, secure, verify, account… in the site's own name."""
    return _bait("bait_in_name", known.reading.words, PASSWORDS, known)


def lure_in_name(link: Link, known: Known) -> Evidence | None:
    """Prize, refund, parcel, support… in the site's own name."""
    return _bait("lure_in_name", known.reading.words, LURES, known)


def crypto_in_name(link: Link, known: Known) -> Evidence | None:
    """Tokens, staking, swaps… in the site's own name: payments that nobody can call back."""
    return _bait("crypto_in_name", known.reading.words, CRYPTO, known)


def bait_in_subdomain(link: Link, known: Known) -> Evidence | None:
    """A word of either sort before the site's name, beside others; `login.` alone is usual and says nothing."""
    if len(known.reading.sub_words) < 2:
        return None
    return _bait("bait_in_subdomain", known.reading.sub_words, PASSWORDS | LURES | CRYPTO, known)


def bait_in_path(link: Link, known: Known) -> Evidence | None:
    """Pages and folders named after a login, as in /verify or /account/update.php."""
    return _bait_in_path("bait_in_path", PASSWORDS, link, known, MOST_STRANGE)


def lure_in_path(link: Link, known: Known) -> Evidence | None:
    """Pages and folders that hurry or promise, as in /refund or /tracking/pay.php."""
    return _bait_in_path("lure_in_path", HURRY, link, known, 0)


def authority_in_name(link: Link, known: Known) -> Evidence | None:
    """Taxes, tolls, fines, police or the state itself, among other words of a name that no state gives out."""
    words = known.reading.words
    if known.popular or len(words) < 2 or OFFICIAL & set(link.site.suffix.split(".")):
        return None
    sense = known.tables.vocabulary.sense
    for word in words:
        if sense(word) is Sense.AUTHORITY:
            return Evidence("authority_in_name", {"word": word, "site": link.site.name})
    return None


def _bait_in_path(name: str, senses: frozenset[Sense], link: Link, known: Known, most_strange: int) -> Evidence | None:
    """Less where unknown words stand beside the bait; with more than `most_strange` it is the title of an article."""
    if known.popular or known.official is not None or known.reading.dated or not link.host:
        return None
    vocabulary = known.tables.vocabulary
    found: list[str] = []
    amount = 0.0
    for words in known.reading.titles:
        bait = [word for word in words if vocabulary.sense(word) in senses]
        strange = vocabulary.strange(words) if bait else 0
        if bait and strange <= most_strange:
            found += bait
            amount += len(bait) / (1 + strange)
    return Evidence(name, {"word": found[0]}, min(amount, float(MOST))) if found else None


def _bait(name: str, words: Iterable[str], senses: frozenset[Sense], known: Known) -> Evidence | None:
    if known.popular or known.official is not None:
        return None
    sense = known.tables.vocabulary.sense
    found = [word for word in words if sense(word) in senses]
    if not found:
        return None
    return Evidence(name, {"word": found[0]}, float(min(len(found), MOST)))
