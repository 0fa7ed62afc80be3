"""Names that read like a brand's and are not spelled like it."""

from __future__ import annotations

from whinchat.apps.scanner.evidence.brands import How, Place
from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.links.link import Link


def brand_lookalike(link: Link, known: Known) -> Evidence | None:
    """Digits or foreign letters in place of a brand's, as in paypa1-login."""
    return _first(link, known, How.LOOKALIKE, "brand_lookalike")


def brand_misspelt(link: Link, known: Known) -> Evidence | None:
    """One letter away from a brand's name, as in paypall."""
    return _first(link, known, How.MISSPELT, "brand_misspelt")


def _first(link: Link, known: Known, how: How, name: str) -> Evidence | None:
    for mention in known.mentions:
        if mention.how is how and mention.place is not Place.PATH:
            return Evidence(name, {"word": mention.word, "brand": mention.brand, "site": link.site.name})
    return None
