"""The link stood inside another one."""

from __future__ import annotations

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.links.link import Link


def wrapped(link: Link, known: Known) -> Evidence | None:
    """Sent through a redirector, which hides where it goes. Mail filters and apps do so too."""
    return None if link.wrapper is None else Evidence("wrapped", {"site": link.wrapper.site.name})
