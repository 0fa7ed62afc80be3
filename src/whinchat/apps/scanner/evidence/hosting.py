"""Places where anybody can have an address in a minute."""

from __future__ import annotations

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.evidence.suffix import is_platform
from whinchat.apps.scanner.evidence.vocabulary import Sense
from whinchat.apps.scanner.knowledge import SiteTag
from whinchat.apps.scanner.links.link import Link


def bait_on_hosting(link: Link, known: Known) -> Evidence | None:
    """A free page whose name asks for trust: who has accounts to verify has a site of their own."""
    if not link.site.shared or known.official is not None:
        return None
    for word in known.reading.words:
        if known.tables.vocabulary.sense(word) is Sense.CREDENTIALS:
            return Evidence("bait_on_hosting", {"word": word, "suffix": link.site.suffix})
    return None


def dynamic_dns(link: Link, known: Known) -> Evidence | None:
    """A name for a computer at home or a server that moves often."""
    return None if is_platform(link) else _tagged("dynamic_dns", SiteTag.DYNAMIC_DNS, link, known)


def ipfs_gateway(link: Link, known: Known) -> Evidence | None:
    """A file in a network from which nobody can remove it."""
    return _tagged("ipfs_gateway", SiteTag.IPFS_GATEWAY, link, known)


def link_in_bio(link: Link, known: Known) -> Evidence | None:
    """A page that is a list of other links."""
    return _tagged("link_in_bio", SiteTag.LINK_IN_BIO, link, known)


def shortener(link: Link, known: Known) -> Evidence | None:
    """The real address is not to be seen. Not dangerous by itself."""
    return _tagged("shortener", SiteTag.SHORTENER, link, known)


def _tagged(name: str, tag: SiteTag, link: Link, known: Known) -> Evidence | None:
    return Evidence(name, {"site": link.site.name}) if tag in known.tags else None
