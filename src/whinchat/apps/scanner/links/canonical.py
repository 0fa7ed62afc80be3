"""One spelling for one link: what a browser makes of a URL, and the key under which equal links meet."""

from __future__ import annotations

import re

import can_ada

_ESCAPE = re.compile(
    r"(?<!%)(?<!%[0-9a-fA-F])%(?:([46][1-9a-fA-F]|[57][0-9aA]|3[0-9]|2[dDeE]|5[fF]|7[eE])|[a-f][0-9a-fA-F]|[0-9A-F][a-f])"
)
"""Escapes that change: of unreserved characters (group 1), and those not in upper case; few of them in most URLs.

Not behind a broken escape, with which the character could make a new one: a key is its own key.
"""
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def parse(url: str) -> can_ada.URL:
    """Reads a URL as the WHATWG standard says; halves of surrogate pairs become U+FFFD. Raises ValueError."""
    if not url.isascii():
        url = _SURROGATE.sub("\ufffd", url)
    return can_ada.parse(url)


def canonical(url: str) -> tuple[str, str]:
    """The URL as WHATWG serialises it, and its key: without fragment and user information, default port and root dot,
    escapes of unreserved characters undone and the others in upper case (RFC 3986, 6.2.2). Raises ValueError."""
    parsed = parse(url)
    return parsed.href, key_of(parsed, host_of(parsed))


def key_of(parsed: can_ada.URL, host: str) -> str:
    """The key of a parsed URL and its `host_of`."""
    if ":" in host:
        host = f"[{host}]"
    port = parsed.port
    rest = parsed.pathname + parsed.search
    if "%" in rest:
        rest = _ESCAPE.sub(_plain, rest)
    return f"{parsed.protocol}//{host}:{port}{rest}" if port else f"{parsed.protocol}//{host}{rest}"


def host_of(parsed: can_ada.URL) -> str:
    """The host in ASCII without brackets and root dot."""
    return parsed.hostname.strip("[]").rstrip(".")


def _plain(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else escape[0].upper()
