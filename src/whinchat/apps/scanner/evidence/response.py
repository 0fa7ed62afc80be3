"""What stands at the end of a link, and what became of the way there."""

from __future__ import annotations

from whinchat.apps.scanner.evidence.arrival import Arrival
from whinchat.apps.scanner.evidence.files import RUNS
from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.core.ports import FetchFault

SHORT_TITLE = 6  # words: longer ones are written about a brand, not by it
UNREACHED = frozenset(
    {
        FetchFault.PORT,
        FetchFault.CREDENTIALS,
        FetchFault.UNRESOLVED,
        FetchFault.UNREACHABLE,
        FetchFault.TIMEOUT,
        FetchFault.PROTOCOL,
    }
)


def password_for_brand(link: Link, known: Known, arrival: Arrival) -> Evidence | None:
    """It asks for a password under the name of a brand that the site does not belong to."""
    brand = _posing_as(known, arrival)
    if brand is None or arrival.page is None or not arrival.page.asks_password:
        return None
    return Evidence("password_for_brand", {"brand": brand, "site": link.site.name})


def brand_on_page(link: Link, known: Known, arrival: Arrival) -> Evidence | None:
    """It calls itself by the name of such a brand, and asks for nothing yet."""
    brand = _posing_as(known, arrival)
    if brand is None or arrival.page is None or arrival.page.asks_password:
        return None
    return Evidence("brand_on_page", {"brand": brand, "site": link.site.name})


def password_sent_elsewhere(link: Link, known: Known, arrival: Arrival) -> Evidence | None:
    """What is typed as a password goes to somebody else's site."""
    target = parse_link(arrival.page.sends_to) if arrival.page and arrival.page.sends_to else None
    if target is None or known.popular or target.site.registrable == link.site.registrable:
        return None
    return Evidence("password_sent_elsewhere", {"site": target.site.name})


def program_offered(link: Link, known: Known, arrival: Arrival) -> Evidence | None:
    """A program, a script or an image of a disk, to be saved and opened."""
    file = arrival.page.file if arrival.page else ""
    if known.tables.files.kinds.get(file.rpartition(".")[2].lower()) not in RUNS:
        return None
    return Evidence("program_offered", {"file": file})


def page_gone(link: Link, known: Known, arrival: Arrival) -> Evidence | None:
    """Nothing is there any more. Clears nobody: it may have been a scam an hour ago and be back in another."""
    return Evidence("page_gone") if arrival.page is not None and arrival.page.gone else None


def leads_inside(link: Link, known: Known, arrival: Arrival) -> Evidence | None:
    """Its address is one of a private network or of the machine itself: nobody else's page is there."""
    return Evidence("leads_inside") if arrival.fault is FetchFault.ADDRESS else None


def never_arrives(link: Link, known: Known, arrival: Arrival) -> Evidence | None:
    """It sends on and on, or in a circle: as visitors are sent away who are not wanted."""
    return Evidence("never_arrives") if arrival.fault is FetchFault.HOPS else None


def not_reached(link: Link, known: Known, arrival: Arrival) -> Evidence | None:
    """Nobody was there, or nobody who speaks as the web does: what stands there is not known."""
    return Evidence("not_reached") if arrival.fault in UNREACHED else None


def _posing_as(known: Known, arrival: Arrival) -> str | None:
    """The brand that the page's title names as its own, where the site is neither the brand's nor a well-known one."""
    if arrival.page is None or known.popular or known.official is not None:
        return None
    lexicon = known.tables.lexicon
    words = lexicon.read(arrival.page.title)
    brands = lexicon.look(words).brands if len(words) <= SHORT_TITLE else ()
    return brands[0].name if brands else None
