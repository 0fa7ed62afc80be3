"""Entries of threat feeds that the link falls under."""

from __future__ import annotations

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.knowledge import Listing
from whinchat.apps.scanner.links.link import Link


def listed(link: Link, known: Known) -> Evidence | None:
    """A feed names it, and that entry is good for a verdict by itself."""
    return _first("listed", [listing for listing in known.listings if listing.decisive])


def listed_nearby(link: Link, known: Known) -> Evidence | None:
    """A feed names it or its site, on ground that it shares with others or with less precision."""
    if any(listing.decisive for listing in known.listings):
        return None
    return _first("listed_nearby", known.listings)


def _first(name: str, listings: list[Listing] | tuple[Listing, ...]) -> Evidence | None:
    if not listings:
        return None
    return Evidence(name, {"feed": listings[0].feed, "threat": listings[0].threat.value})
