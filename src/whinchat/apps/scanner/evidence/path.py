"""What stands after the host: other people's domains, codes, a hacked site's folders, data about the reader."""

from __future__ import annotations

import base64
import binascii
import re

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.evidence.structure import TOPS
from whinchat.apps.scanner.links.link import Link

STRANGE = 0.5  # log-odds
LONG = 150  # characters of path and query
LONGEST = 2_000  # characters searched for codes
LEAST_CODED = 12  # characters of base64 that can hold an address
LEAST_CODE = 16  # characters
MOST_FIELDS = 32

_MAIL = re.compile(r"[\w.+-](?:@|%40)[\w-]+(?:\.|%2e)[a-z]{2,}", re.IGNORECASE | re.ASCII)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_CODED = re.compile(r"[A-Za-z0-9+_-]{12,}")
_HEX = re.compile(r"[0-9a-f]{20,}")
_MIXED = re.compile(r"[a-z][0-9]|[0-9][a-z]")


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
    folders = files.folders | files.loaded if ending in files.pages else files.folders
    for segment in known.reading.segments[:-1] or known.reading.segments:
        if segment in folders:
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
    return Evidence("mail_in_link") if any(map(_MAIL.search, (link.query, link.path, fragment(link)))) else None


def hidden_mail(link: Link, known: Known) -> Evidence | None:
    """Somebody's e-mail address in base64, which only a machine reads."""
    for part in (fragment(link), link.query, link.path):
        for found in _CODED.findall(part[:LONGEST]) if len(part) >= LEAST_CODED else ():
            if _is_mail(found):
                return Evidence("hidden_mail")
    return None


def login_parameters(link: Link, known: Known) -> Evidence | None:
    """Sessions, users and commands of a login, handed over by a site that is not known for having one."""
    if known.popular or known.official or "=" not in link.query:
        return None
    names = known.tables.files.parameters
    found = [name for field in link.query.split("&", MOST_FIELDS) if (name := field.partition("=")[0].lower()) in names]
    return Evidence("login_parameters", {"word": found[0]}, float(min(len(found), 2))) if found else None


def code_in_path(link: Link, known: Known) -> Evidence | None:
    """A long code as a folder or page, as given to one victim each."""
    if known.popular or known.reading.file.rpartition(".")[2] in known.tables.files.kinds:
        return None
    found = any(_is_code(segment) for segment in known.reading.segments if len(segment) >= LEAST_CODE)
    return Evidence("code_in_path") if found else None


def code_in_query(link: Link, known: Known) -> Evidence | None:
    """The same after the question mark."""
    return Evidence("code_in_query") if not known.popular and _HEX.search(link.query.lower()) else None


def link_in_query(link: Link, known: Known) -> Evidence | None:
    """Another link handed over as data."""
    query = link.query.lower()
    if known.popular or not ("http://" in query or "https://" in query or "http%3a" in query or "https%3a" in query):
        return None
    return Evidence("link_in_query")


def strange_path(link: Link, known: Known) -> Evidence | None:
    """Put together the way scam pages are, by the learned runs of characters."""
    odds = known.learned.path
    return Evidence("strange_path", amount=odds) if odds > STRANGE and not known.popular else None


def long_link(link: Link, known: Known) -> Evidence | None:
    """So long that nobody reads it to its end."""
    return Evidence("long_link") if len(link.path) + len(link.query) > LONG and not known.popular else None


def fragment(link: Link) -> str:
    """What stands after the #: pages read it, servers never see it."""
    return link.url.partition("#")[2]


def _is_mail(coded: str) -> bool:
    try:
        text = base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_").decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return _ADDRESS.fullmatch(text.strip()) is not None


def _is_code(segment: str) -> bool:
    return bool(_HEX.search(segment)) or (segment.isalnum() and len(_MIXED.findall(segment)) >= 2)


def _is_ticket(text: str) -> bool:
    """5 to 12 letters and digits, both, or with capitals where no word has them."""
    if not 5 <= len(text) <= 12 or not (text.isascii() and text.isalnum()) or text.isdigit():
        return False
    return any(map(str.isdigit, text)) or text[1:] not in {text[1:].lower(), text[1:].upper()}
