"""Being known to many."""

from __future__ import annotations

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.links.link import Link


def popular_site(link: Link, known: Known) -> Evidence | None:
    """Among the world's well-known sites; scam sites do not live long enough to get there."""
    return Evidence("popular_site", {"site": link.site.name}) if known.popular else None
