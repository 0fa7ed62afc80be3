"""A brand's name, rightly spelled, on a site that is not the brand's; and the brand's own sites."""

from __future__ import annotations

from whinchat.apps.scanner.evidence.brands import How, Mention, Place
from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.links.link import Link


def brand_with_bait(link: Link, known: Known) -> Evidence | None:
    """In the site's name, with a word in the host that asks for trust, as in paypal-secure.top."""
    mention = _exact(known, Place.NAME)
    if mention is None or mention.alone or not mention.bait:
        return None
    return Evidence("brand_with_bait", {"brand": mention.brand, "word": mention.bait, "site": link.site.name})


def brand_in_name(link: Link, known: Known) -> Evidence | None:
    """Beside other words in the site's name, as in paypal-app.top."""
    mention = _exact(known, Place.NAME)
    if mention is None or mention.alone or mention.bait:
        return None
    return _evidence("brand_in_name", mention, link)


def brand_alone(link: Link, known: Known) -> Evidence | None:
    """As the whole name, under a suffix that the brand does not use, as in paypal.top."""
    mention = _exact(known, Place.NAME)
    return _evidence("brand_alone", mention, link) if mention and mention.alone else None


def brand_in_subdomain(link: Link, known: Known) -> Evidence | None:
    """Before somebody else's site, as in paypal.login.example."""
    mention = _exact(known, Place.SUBDOMAIN)
    return _evidence("brand_in_subdomain", mention, link) if mention else None


def brand_in_path(link: Link, known: Known) -> Evidence | None:
    """As a folder or page of somebody else's site, as in /dhl/track."""
    return _in_path("brand_in_path", link, known, strange=0)


def brand_in_title(link: Link, known: Known) -> Evidence | None:
    """In the path beside a word that means nothing here, as in /paypal-refund-xyz: less, for articles are named so."""
    return None if brand_in_path(link, known) else _in_path("brand_in_title", link, known, strange=1)


def official_site(link: Link, known: Known) -> Evidence | None:
    """The brand's own site."""
    if known.official is None:
        return None
    return Evidence("official_site", {"brand": known.official, "site": link.site.name})


def _exact(known: Known, place: Place) -> Mention | None:
    mention = known.mention(place)
    return mention if mention is not None and mention.how is How.EXACT else None


def _in_path(name: str, link: Link, known: Known, *, strange: int) -> Evidence | None:
    for mention in known.mentions:
        if mention.place is Place.PATH and mention.strange == strange and not _is_picture(known):
            return _evidence(name, mention, link)
    return None


def _is_picture(known: Known) -> bool:
    return known.tables.files.kinds.get(known.reading.file.rpartition(".")[2]) == "media"


def _evidence(name: str, mention: Mention, link: Link) -> Evidence:
    return Evidence(name, {"brand": mention.brand, "site": link.site.name})
