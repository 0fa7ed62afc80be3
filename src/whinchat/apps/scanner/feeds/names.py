"""What an entry is called: from the text of a list to a scope and a name, from a link to the names that list it."""

from __future__ import annotations

import enum
import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

import idna

from whinchat.apps.scanner.knowledge import Scope
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.links.suffixes import split


class Reject(enum.StrEnum):
    """Why a line gives no entry."""

    NOT_A_NAME = "not_a_name"
    """Neither a host, an address nor a URL."""
    TOO_BROAD = "too_broad"
    """A public suffix such as com, co.uk or github.io: it would list everybody below it."""
    LOCAL = "local"
    """A private, loopback or otherwise special address, or a name of the local machine."""
    TOO_LONG = "too_long"
    ENCODING = "encoding"
    UNREADABLE = "unreadable"
    """Not of the format the rest has."""
    OTHER_KIND = "other_kind"
    """Something that names no link: file hashes, cosmetic rules, exceptions."""
    OVER = "over"
    """The list itself says that it is gone: offline, or taken off."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line's meaning.

    `value` is a host (ASCII, lower case; its subdomains are meant too), a site with a path (`sites.google.com/view/x`),
    or a URL without its scheme and fragment (`evil.example/login?step=2`).
    """

    scope: Scope
    value: str


_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_ADDRESS = re.compile(r"[0-9.]+|\[[0-9a-f:.]+\]|[0-9a-f]*:[0-9a-f:.]+")
_HOST_AND_PORT = re.compile(r"([^/:?#@\[\]]+|\[[^\]]*\]):[0-9]{1,5}")
_SCHEME = re.compile(r"h(?:tt|xx|\*\*)p(s?)(?:\[:\]|:)//", re.IGNORECASE)
_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain", "local", "broadcasthost"})
_LONGEST_HOST = 253
_MOST_FOLDERS = 4
_MOST_LABELS = 6


def entry_of(text: str) -> Entry | Reject:
    """Read a host, `*.host`, address or URL, defanged or not."""
    text = text.strip().replace("[.]", ".").replace("(.)", ".")
    scheme = _SCHEME.match(text)
    if scheme is None and "/" not in text and "?" not in text:
        with_port = _HOST_AND_PORT.fullmatch(text)
        return _host(with_port[1] if with_port else text)
    return _url(f"http{scheme[1].lower()}://{text[scheme.end() :]}" if scheme else f"http://{text}")


def _host(text: str) -> Entry | Reject:
    host = text.lower().removeprefix("*").strip(".")
    if _ADDRESS.fullmatch(host):
        return _address(host.strip("[]"))
    host = _ascii(host)
    if host in _LOCAL_NAMES:
        return Reject.LOCAL
    if host.isalnum():
        return Reject.TOO_BROAD
    if len(host) > _LONGEST_HOST or not _HOST.fullmatch(host):
        return Reject.NOT_A_NAME
    return Reject.TOO_BROAD if split(host).suffix == host else Entry(Scope.HOST, host)


def _ascii(host: str) -> str:
    """In punycode; empty when that cannot be. What is too long for any form is left to be refused for that."""
    if host.isascii() or len(host) > _LONGEST_HOST:
        return host
    try:
        return idna.encode(host, uts46=True, transitional=False).decode("ascii")
    except idna.IDNAError:
        return ""


def _address(text: str) -> Entry | Reject:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return Reject.NOT_A_NAME
    return Entry(Scope.HOST, str(address)) if address.is_global else Reject.LOCAL


def _url(text: str) -> Entry | Reject:
    link = parse_link(text)
    if link is None or not link.host:
        return Reject.NOT_A_NAME
    if link.path in {"", "/"} and not link.query:
        return _host(link.host)
    host = _host(link.host)
    if host in {Reject.LOCAL, Reject.NOT_A_NAME}:
        return host
    if link.site.shared and link.host + link.path.rstrip("/") == link.site.name:
        return Entry(Scope.SITE, link.site.name)
    return Entry(Scope.URL, exact_name(link))


def exact_name(link: Link) -> str:
    """The URL without scheme, port, user and fragment: http and https are one page."""
    return f"{link.host}/{link.key.split('/', 3)[3]}"


def wider_names(exact: str) -> Iterator[str]:
    """Names whose listing includes the page of that exact name, narrowest first: without the query, then its folders.

    The root folder is not among them: a feed that lists it lists the host.
    """
    page, _, query = exact.partition("?")
    if query:
        yield page
    host, *folders, _ = page.split("/")
    for depth in range(min(len(folders), _MOST_FOLDERS), 0, -1):
        yield f"{host}/{'/'.join(folders[:depth])}/"


def hosts_of(link: Link) -> Iterator[str]:
    """Hosts whose listing includes this link: its own (with or without `www.`), then its parents down to the site."""
    yield link.host
    if link.is_address:
        return
    if not link.host.startswith("www."):
        yield f"www.{link.host}"
    site = link.site.name.partition("/")[0]
    for parent in parents_of(link.host):
        if not parent.endswith(site):
            return
        yield parent


def parents_of(host: str) -> Iterator[str]:
    """The domains above a host, nearest first, without those that only a hostile host has so many of."""
    labels = host.split(".")
    for at in range(max(1, len(labels) - _MOST_LABELS), len(labels) - 1):
        yield ".".join(labels[at:])
