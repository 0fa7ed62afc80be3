"""What the end of the host tells, learned from how many scam and ordinary sites stand under it."""

from __future__ import annotations

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.links.link import Link

UNSURE = 0.1  # log-odds below which a suffix says nothing


def risky_suffix(link: Link, known: Known) -> Evidence | None:
    """More scam sites than its share."""
    odds = known.tables.suffixes.get(link.site.suffix, 0.0)
    return Evidence("risky_suffix", {"suffix": "." + link.site.suffix}, odds) if odds > UNSURE else None


def trusted_suffix(link: Link, known: Known) -> Evidence | None:
    """Fewer scam sites than its share: governments, schools, old national registries."""
    odds = known.tables.suffixes.get(link.site.suffix, 0.0)
    return Evidence("trusted_suffix", {"suffix": "." + link.site.suffix}, -odds) if odds < -UNSURE else None
