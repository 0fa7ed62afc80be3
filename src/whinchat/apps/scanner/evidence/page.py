"""What a visited page shows, as far as evidence needs it: the page itself is not kept.

Read with patterns that take time in proportion to the page, whatever it holds; not a reader of HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from email.message import Message

import msgspec

from whinchat.core.ports import Certificate, Visit

READ = 256 * 1024
"""Bytes of a page that are looked at."""
LONGEST_TITLE = 200  # characters
LONGEST_NAME = 80  # characters of a file's name

GONE = frozenset({404, 410, 451})
PROGRAMS = {
    "application/vnd.android.package-archive": "apk",
    "application/x-msdownload": "exe",
    "application/vnd.microsoft.portable-executable": "exe",
    "application/x-msi": "msi",
    "application/x-apple-diskimage": "dmg",
    "application/x-apple-aspen-config": "mobileconfig",
    "application/java-archive": "jar",
    "application/hta": "hta",
    "application/x-iso9660-image": "iso",
}
"""Content types of what runs where it is opened, and the ending of such files."""


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """Facts, not a judgement."""

    status: int | None = None
    """None: only its certificate was seen."""
    title: str = ""
    asks_password: bool = False
    sends_to: str = ""
    """Address that the form for the password is sent to, where it is written out in full."""
    file: str = ""
    """Name of the file that it offers to save, or the ending alone."""
    gone: bool = False
    """Not there, taken down, or a place holder where a site used to be."""
    certificate: Certificate | None = None
    """None: it came without TLS."""
    visited_at: int = 0
    """Milliseconds UTC."""


_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{0,2000})", re.IGNORECASE)
_PASSWORD = re.compile(r"<input\b[^<>]{0,2000}\btype\s{0,9}=\s{0,9}[\"']?password\b", re.IGNORECASE)
_ANY_FORM = re.compile(r"<form\b", re.IGNORECASE)
_FORM = re.compile(
    r"<form\b[^<>]{0,2000}\baction\s{0,9}=\s{0,9}[\"']?\s{0,9}(https?://[^\s\"'<>]{1,500})", re.IGNORECASE
)
_TAKEN_DOWN = re.compile(
    r"(?:domain|website|site|page) (?:name )?(?:is|may be|might be) (?:for sale|parked)|buy this domain|"
    r"(?:account|website|site|page|domain) (?:has been|is|was) (?:suspended|disabled|deactivated|removed|seized)|"
    r"deceptive site reported|this (?:link|url) has been (?:disabled|blocked)",
    re.IGNORECASE,
)


def read_page(visit: Visit, now: int) -> Page | None:
    """None: the visit met nothing. `now`: milliseconds UTC."""
    if visit.status is None and visit.certificate is None:
        return None
    text = visit.body[:READ].decode("utf-8", "replace")
    title = _TITLE.search(text)
    password = _PASSWORD.search(text)
    return Page(
        status=visit.status,
        title=" ".join(html.unescape(title[1]).split())[:LONGEST_TITLE] if title else "",
        asks_password=password is not None,
        sends_to=_sent_to(text, password.start()) if password else "",
        file=_offered(visit.headers),
        gone=visit.status in GONE or _TAKEN_DOWN.search(text) is not None,
        certificate=visit.certificate,
        visited_at=now,
    )


def _sent_to(text: str, field: int) -> str:
    """Of the form that the field stands in."""
    start = max((form.start() for form in _ANY_FORM.finditer(text, 0, field)), default=len(text))
    form = _FORM.match(text, start)
    return html.unescape(form[1]) if form else ""


def _offered(headers: Mapping[str, str]) -> str:
    """What a browser would save."""
    message = Message()
    message["Content-Disposition"] = headers.get("content-disposition", "").replace("\n", " ").replace("\r", " ")
    name = message.get_filename("") if message.get_content_disposition() == "attachment" else ""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    ending = PROGRAMS.get(kind, "")
    name = "".join(char for char in name.replace("\\", "/").rpartition("/")[2] if char.isprintable())[-LONGEST_NAME:]
    return name or (f".{ending}" if ending else "")
