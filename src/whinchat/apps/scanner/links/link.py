"""A link as the scanner knows it: where it stood, what a browser would open, and whose site that is."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class LinkKind(enum.StrEnum):
    WEB = "web"
    """http, https or ftp, written out or understood; the host may be a name or an address."""
    OTHER = "other"
    """Another scheme that opens something: tg, upi, intent, market, bitcoin, …"""


class Trick(enum.StrEnum):
    """How a link was written to be misread; each is evidence. Zero-width and bidi marks are deleted, but remembered."""

    ZERO_WIDTH = "zero_width"
    BIDI = "bidi"
    FULL_WIDTH = "full_width"
    DEFANGED = "defanged"
    BACKSLASH = "backslash"
    ODD_SLASHES = "odd_slashes"
    ODD_SCHEME_CASE = "odd_scheme_case"
    NO_SCHEME = "no_scheme"
    MARKUP_MISMATCH = "markup_mismatch"
    """Markdown or HTML whose visible text names another host than its target."""


@dataclass(frozen=True, slots=True)
class Site:
    """Who controls the page: one site is one owner, as far as that can be known without asking.

    `name` is the private-suffix site (`paypa1-login.pages.dev`), refined by path on shared hosting
    (`sites.google.com/view/x`, `t.me/x`). For an address it is the address.
    """

    name: str
    registrable: str
    """The registrable domain under the ICANN section only (`pages.dev`)."""
    suffix: str
    """The public suffix, private section on (`pages.dev`); empty for an address."""
    label: str
    """The owner's own part (`paypa1-login`); empty for an address."""
    shared: bool
    """On hosting where anybody can have a site: a private suffix or a known hosting map entry."""


@dataclass(frozen=True, slots=True)
class Link:
    raw: str
    """As written, marks included."""
    start: int
    end: int
    """Code points in the scanned text; raw == text[start:end]."""
    kind: LinkKind
    url: str
    """What a browser would open, as WHATWG serialises it; for OTHER the text with its scheme in lower case."""
    key: str
    """Canonical form for keys: no fragment, no user, default port and root dot gone; equal keys are one link."""
    scheme: str
    host: str
    """ASCII (punycode), lower case, no trailing dot; v4 dotted, v6 without brackets; empty for OTHER."""
    port: int | None
    """None for the scheme's default."""
    path: str
    query: str
    user: bool
    """User information stood before the host, as in https://paypal.com@evil.example."""
    is_address: bool
    site: Site
    tricks: frozenset[Trick] = frozenset()
    wrapper: Link | None = None
    """The redirector or rewriter this link was taken out of (google.com/url, SafeLinks, …); judged too."""
