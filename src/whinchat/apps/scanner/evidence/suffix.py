"""What the ground that a site stands on tells: the end of its host, or the platform that hosts it.

Learned from how many scam sites and ordinary sites stand there.
"""

from __future__ import annotations

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.evidence.places import ground
from whinchat.apps.scanner.links.link import Link

UNSURE = 0.1  # log-odds below which the ground says nothing


def is_platform(link: Link) -> bool:
    """The platform's own page, as duckdns.org itself."""
    return link.host in {link.site.suffix, f"www.{link.site.suffix}"}


def risky_suffix(link: Link, known: Known) -> Evidence | None:
    """More scam sites than its share."""
    odds = known.learned.ground
    if link.site.shared or odds <= UNSURE:
        return None
    return Evidence("risky_suffix", {"suffix": "." + link.site.suffix}, odds)


def trusted_suffix(link: Link, known: Known) -> Evidence | None:
    """Fewer scam sites than its share: governments, schools, old national registries. No hosting is to be trusted."""
    odds = known.learned.ground
    if link.site.shared or odds >= -UNSURE:
        return None
    return Evidence("trusted_suffix", {"suffix": "." + link.site.suffix}, -odds)


def risky_hosting(link: Link, known: Known) -> Evidence | None:
    """A free page on a platform that scammers like."""
    odds = known.learned.ground
    if not link.site.shared or is_platform(link) or known.official is not None or odds <= UNSURE:
        return None
    return Evidence("risky_hosting", {"suffix": ground(link.site)}, odds)
