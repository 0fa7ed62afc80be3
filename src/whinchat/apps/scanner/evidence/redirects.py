"""What a link passed through on the way: known from the link itself, or from redirects that were followed."""

from __future__ import annotations

from whinchat.apps.scanner.evidence.known import Evidence, Known, wrappers
from whinchat.apps.scanner.knowledge import SiteTag
from whinchat.apps.scanner.links.link import Link

SEVERAL = 2
MOST = 3  # hops counted beyond the first
FORWARDING = frozenset({SiteTag.SHORTENER, SiteTag.REDIRECTOR})


def several_redirects(link: Link, known: Known) -> Evidence | None:
    """Sent on more than once: each step hides the next from filters and people."""
    count = len({hop.link.site.name for hop in known.chain})
    if count < SEVERAL:
        return None
    return Evidence("several_redirects", {"count": str(count)}, float(min(count - 1, MOST)))


def hidden_shortener(link: Link, known: Known) -> Evidence | None:
    """A short link inside another redirector: one of them would do."""
    if not known.chain:
        return None
    for inner, tags in (*((hop.link, hop.tags) for hop in known.chain[1:]), (link, known.tags)):
        if SiteTag.SHORTENER in tags:
            return Evidence("hidden_shortener", {"site": inner.site.name})
    return None


def open_redirect(link: Link, known: Known) -> Evidence | None:
    """A well-known site that is no redirector sent on to somebody else's: its name was borrowed."""
    usual = {each.key for each in wrappers(link)}
    for hop in known.chain:
        elsewhere = hop.link.site.registrable != link.site.registrable
        if hop.popular and elsewhere and not hop.tags & FORWARDING and hop.link.key not in usual:
            return Evidence("open_redirect", {"site": hop.link.site.name})
    return None
