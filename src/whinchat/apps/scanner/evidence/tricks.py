"""How the link was written so that people misread it."""

from __future__ import annotations

import re

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.links.link import Link, Trick

_HOST = re.compile(r"\s*(?:[a-z]+:)?[\\/]*([^\\/?#]*)", re.IGNORECASE)


def hidden_marks(link: Link, known: Known) -> Evidence | None:
    """Characters without width, or marks that turn the reading direction, inside the link."""
    return Evidence("hidden_marks") if link.tricks & {Trick.ZERO_WIDTH, Trick.BIDI} else None


def full_width(link: Link, known: Known) -> Evidence | None:
    """Wide letters of East Asian typesetting in the host, which browsers read as plain ones."""
    if Trick.FULL_WIDTH not in link.tricks:
        return None
    host = _HOST.match(link.raw)
    return None if host and host[1].isascii() else Evidence("full_width")


def odd_slashes(link: Link, known: Known) -> Evidence | None:
    """Backslashes, or too few or too many slashes after the scheme: browsers forgive them, filters stumble."""
    return Evidence("odd_slashes") if link.tricks & {Trick.BACKSLASH, Trick.ODD_SLASHES} else None


def markup_mismatch(link: Link, known: Known) -> Evidence | None:
    """The visible text names another site than the one it opens."""
    return Evidence("markup_mismatch", {"site": link.site.name}) if Trick.MARKUP_MISMATCH in link.tricks else None
