"""What stands after the host: other people's domains, codes, a hacked site's folders, data about the reader."""

from __future__ import annotations

import re

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.evidence.structure import TOPS
from whinchat.apps.scanner.links.link import Link

LONG = 150  # characters of path and query

_MAIL = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+(?:\.|%2e)[a-z]{2,}", re.IGNORECASE | re.ASCII)


def domain_in_path(link: Link, known: Known) -> Evidence | None:
    """Another domain as a folder, as in /paypal.com/login."""
    for segment in known.reading.segments:
        name, dot, top = segment.rpartition(".")
        if dot and top in TOPS and name.replace(".", "").replace("-", "").isalnum() and not known.popular:
            return Evidence("domain_in_path", {"domain": segment, "site": link.site.name})
    return None


def machinery_in_path(link: Link, known: Known) -> Evidence | None:
    """A page inside the folders of a website's own machinery: the mark of a site that was broken into."""
    files = known.tables.files
    ending = known.reading.file.rpartition(".")[2]
    if known.popular or (known.reading.file and "." in known.reading.file and ending not in files.pages):
        return None
    for segment in known.reading.segments[:-1] or known.reading.segments:
        if segment in files.folders:
            return Evidence("machinery_in_path", {"folder": segment})
    return None


def script_page(link: Link, known: Known) -> Evidence | None:
    """A single .php page, as copied kits of fake forms have."""
    return Evidence("script_page") if known.reading.file.endswith((".php", ".php5")) and not known.popular else None


def ticket_path(link: Link, known: Known) -> Evidence | None:
    """One short code as the whole path, as mass mailings have it; usual on shorteners."""
    if known.popular or known.tags or link.site.shared:
        return None
    return Evidence("ticket_path") if _is_ticket(link.path.strip("/")) else None


def mail_in_link(link: Link, known: Known) -> Evidence | None:
    """Somebody's e-mail address inside the link: the page will greet them by it."""
    return Evidence("mail_in_link") if _MAIL.search(link.query) or _MAIL.search(link.path) else None


def link_in_query(link: Link, known: Known) -> Evidence | None:
    """Another link handed over as data."""
    query = link.query.lower()
    if known.popular or not ("http://" in query or "https://" in query or "http%3a" in query or "https%3a" in query):
        return None
    return Evidence("link_in_query")


def long_link(link: Link, known: Known) -> Evidence | None:
    """So long that nobody reads it to its end."""
    return Evidence("long_link") if len(link.path) + len(link.query) > LONG and not known.popular else None


def _is_ticket(text: str) -> bool:
    """5 to 12 letters and digits, both, or with capitals where no word has them."""
    if not 5 <= len(text) <= 12 or not (text.isascii() and text.isalnum()) or text.isdigit():
        return False
    return any(map(str.isdigit, text)) or text[1:] not in {text[1:].lower(), text[1:].upper()}
