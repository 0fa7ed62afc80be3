"""From text that says where to go to a `Link`."""

from __future__ import annotations

import re

from whinchat.apps.scanner.links import hosts, schemes
from whinchat.apps.scanner.links.canonical import host_of, key_of, parse
from whinchat.apps.scanner.links.link import Link, LinkKind, Site, Trick
from whinchat.apps.scanner.links.normalise import Clean
from whinchat.apps.scanner.links.scan import scheme_tricks
from whinchat.apps.scanner.links.site import is_address, site_of

LONGEST = 65_536  # characters that a person may type

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{1,30}):([\\/]*)", re.IGNORECASE)
_BARE = re.compile(r"(\[[0-9a-f:.]+\]|[^\s/\\?#:@\[\]<>\"!$&'()*+,;={|}~]+)(:\d{1,5})?(?=[/\\?#]|\Z)", re.IGNORECASE)
_WRAPPING = "<>\"'`\u201c\u201d\u2018\u2019()[]"
_AS_SERIALISED = tuple(f"{scheme}://" for scheme in schemes.WEB)
_NO_NAME = re.compile(r"[^a-z0-9:]*\Z|\.|.*\.\.")
"""What the standard lets be a host, but nobody can have: without a letter or digit (";"), or with an empty label."""
_NONE: frozenset[Trick] = frozenset()


def parse_link(url_text: str) -> Link | None:
    """Reads one URL or bare host as a person types it; None when it is neither.

    More lenient than a text's links: the whole of it is the URL, the suffix of a host may be unknown when a scheme,
    port or path stands with it, and a file's ending may be a suffix. What is already a link's `url` is that link's.
    """
    return _serialised(url_text) or _typed(url_text)


def _serialised(url: str) -> Link | None:
    """A link's `url` as the link it came from: nothing in it is taken for a disguise any more."""
    link = web_link(url, 0, url) if url.startswith(_AS_SERIALISED) else None
    return link if link and link.url == url else None


def _typed(url_text: str) -> Link | None:
    if len(url_text) > LONGEST:
        return None
    clean = Clean(url_text)
    text = clean.text
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    while end - start > 1 and text[start] in _WRAPPING and text[end - 1] in _WRAPPING:
        start, end = start + 1, end - 1
    typed = text[start:end]
    if not typed:
        return None
    first, last = clean.span(start, end)
    raw = url_text[first:last]
    tricks = clean.tricks(start, end, raw)
    scheme = _SCHEME.match(typed)
    if scheme and scheme[1].lower() in schemes.WEB:
        tricks |= scheme_tricks(scheme[1], scheme[2])
        return web_link(raw, first, f"{scheme[1]}://{typed[scheme.end() :]}", frozenset(tricks))
    bare = _BARE.match(typed)
    if bare and _may_be_bare(bare[1], alone=bare.end() == len(typed) and not bare[2]):
        return web_link(raw, first, f"http://{typed}", frozenset(tricks | {Trick.NO_SCHEME}))
    if scheme and (scheme[1].lower() in schemes.OTHER or scheme[2]):
        return other_link(raw, first, typed, frozenset(tricks))
    return None


def _may_be_bare(host: str, *, alone: bool) -> bool:
    if host.startswith("["):
        return True
    labels = host.rstrip(".").split(".")
    return labels[-1].isdecimal() or hosts.is_suffix(labels[-1]) if alone and len(labels) > 1 else not alone


def web_link(
    raw: str, start: int, address: str, tricks: frozenset[Trick] = _NONE, wrapper: Link | None = None
) -> Link | None:
    """The link that a browser would open for an address; None when it would not, or has another than a web scheme."""
    try:
        parsed = parse(address)
    except ValueError:
        return None
    host = host_of(parsed)
    scheme = parsed.protocol[:-1]
    if scheme not in schemes.WEB or len(host) > hosts.LONGEST_HOST or _NO_NAME.match(parsed.hostname):
        return None
    path = parsed.pathname
    port = parsed.port
    return Link(
        raw=raw,
        start=start,
        end=start + len(raw),
        kind=LinkKind.WEB,
        url=parsed.href,
        key=key_of(parsed, host),
        scheme=scheme,
        host=host,
        port=int(port) if port else None,
        path=path,
        query=parsed.search[1:],
        user=parsed.has_credentials(),
        is_address=is_address(host),
        site=site_of(host, path),
        tricks=tricks,
        wrapper=wrapper,
    )


def other_link(raw: str, start: int, address: str, tricks: frozenset[Trick] = _NONE) -> Link:
    """A link of a scheme that no browser opens itself."""
    scheme, _, rest = address.partition(":")
    scheme = scheme.lower()
    url = f"{scheme}:{rest}"
    path, _, query = rest.partition("?")
    return Link(
        raw=raw,
        start=start,
        end=start + len(raw),
        kind=LinkKind.OTHER,
        url=url,
        key=url,
        scheme=scheme,
        host="",
        port=None,
        path=path,
        query=query,
        user=False,
        is_address=False,
        site=Site(name=f"{scheme}:", registrable="", suffix="", label="", shared=False),
        tricks=tricks,
    )
