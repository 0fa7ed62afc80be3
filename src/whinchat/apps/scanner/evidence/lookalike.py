"""Names that read like a brand's and are not spelled like it."""

from __future__ import annotations

from whinchat.apps.scanner.evidence.bait import bait_in_path
from whinchat.apps.scanner.evidence.brands import How, Place
from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.links.link import Link


def brand_lookalike(link: Link, known: Known) -> Evidence | None:
    """Digits or foreign letters in place of a brand's, as in paypa1-login."""
    return _first(link, known, How.LOOKALIKE, "brand_lookalike")


def forged_name(link: Link, known: Known) -> Evidence | None:
    """A look-alike beside a word that asks for trust: nobody writes both by accident. Too rare to be learned."""
    forged = (each for each in known.mentions if each.how is How.LOOKALIKE and each.place is not Place.PATH)
    mention = next(forged, None)
    if mention is None:
        return None
    asking = bait_in_path(link, known)
    word = mention.bait or (asking.values["word"] if asking else "")
    return Evidence("forged_name", {"word": word, "brand": mention.brand}) if word else None


def brand_misspelt(link: Link, known: Known) -> Evidence | None:
    """One letter away from a brand's name, as in paypall."""
    return _first(link, known, How.MISSPELT, "brand_misspelt")


def brand_mangled(link: Link, known: Known) -> Evidence | None:
    """The consonants of a brand's name, as in coinnbse or metmsekk-login."""
    return _first(link, known, How.MANGLED, "brand_mangled")


def _first(link: Link, known: Known, how: How, name: str) -> Evidence | None:
    for mention in known.mentions:
        if mention.how is how and mention.place is not Place.PATH:
            return Evidence(name, {"word": mention.word, "brand": mention.brand, "site": link.site.name})
    return None
