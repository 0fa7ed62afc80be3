"""Places where anybody can have an address in a minute."""

from __future__ import annotations

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.evidence.places import PlaceKind, ground
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


def tunnel(link: Link, known: Known) -> Evidence | None:
    """A door to somebody's own computer, opened for a short while."""
    return _place("tunnel", PlaceKind.TUNNEL, link, known)


def temporary_host(link: Link, known: Known) -> Evidence | None:
    """The name that a hosting company gives until the customer has one: finished sites have left it."""
    return _place("temporary_host", PlaceKind.TEMPORARY, link, known)


def free_app(link: Link, known: Known) -> Evidence | None:
    """Put online from a programmer's command line; usual for trials and code, strange for a service."""
    return _place("free_app", PlaceKind.APP, link, known)


def free_site(link: Link, known: Known) -> Evidence | None:
    """Put together in a site builder, under the builder's name."""
    return _place("free_site", PlaceKind.BUILDER, link, known)


def page_in_storage(link: Link, known: Known) -> Evidence | None:
    """A page in a bucket of files; what lies there usually is pictures and downloads."""
    ending = known.reading.file.rpartition(".")[2]
    if ending not in known.tables.files.pages and "." in known.reading.file:
        return None
    return _place("page_in_storage", PlaceKind.STORAGE, link, known)


def online_form(link: Link, known: Known) -> Evidence | None:
    """A questionnaire that anybody can make."""
    return _place("online_form", PlaceKind.FORM, link, known)


def pretended_country(link: Link, known: Known) -> Evidence | None:
    """A suffix that looks like a country's and is sold to anybody, as sa.com."""
    return _place("pretended_country", PlaceKind.PRETENDED_COUNTRY, link, known)


def bare_page_on_hosting(link: Link, known: Known) -> Evidence | None:
    """A free page's front door: what people link to for its content mostly lies deeper."""
    if not link.site.shared or known.reading.segments or known.official or is_platform(link):
        return None
    return Evidence("bare_page_on_hosting", {"site": link.site.name})


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


def _place(name: str, kind: PlaceKind, link: Link, known: Known) -> Evidence | None:
    if known.place_kind is not kind or known.official is not None or is_platform(link):
        return None
    return Evidence(name, {"suffix": ground(link.site)})
