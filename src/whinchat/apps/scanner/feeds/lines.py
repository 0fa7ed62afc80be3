"""The shapes a line of a list can have, and the text of the names in it."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping, Sequence

from whinchat.apps.scanner.feeds.names import Reject


class Format(enum.StrEnum):
    AUTO = "auto"
    """CSV when the first lines say so, otherwise each line by its own shape."""
    PLAIN = "plain"
    """One host, address or URL a line."""
    HOSTS = "hosts"
    """`0.0.0.0 name name`"""
    ADBLOCK = "adblock"
    """`||name^`"""
    DNSMASQ = "dnsmasq"
    """`address=/name/`"""
    RPZ = "rpz"
    """`name CNAME .`"""
    CSV = "csv"
    JSON = "json"
    """Names or objects with a name in them, in an array; or in an object of such arrays."""


Reading = Sequence[str] | Reject | None
"""The names of a line; why there is none; or None for a line of another shape."""

COMMENTS = ("#", ";", "//", "!")

_REMARK = re.compile(r"\s(?:#|//|;).*")
_SINK = re.compile(r"(?:0\.0\.0\.0|127\.0\.0\.1|::1?|fe80::1%\S+|ff0[02]::[123]|255\.255\.255\.255)\s+(\S.*)")
_OWN_NAMES = re.compile(r"localhost(?:\.localdomain)?|local|broadcasthost|ip6-\S+|0\.0\.0\.0")
_RULE = re.compile(r"\|\|([^\^$|]+)\^?\|?(?:\$(.*))?")
_WHOLE_PAGE = frozenset({"all", "document", "doc", "popup", "important"})
_DNSMASQ = re.compile(r"(?:address|local|server)=/(.+)/[^/]*")
_RPZ = re.compile(r"(\S+)\s+(?:\d+\s+)?(?:IN\s+)?CNAME\s+(\S+)", re.IGNORECASE)
_ZONE = re.compile(r"\$\w+|@\s|.*\s(?:SOA|NS)\s", re.IGNORECASE)


def _without_remark(line: str) -> str:
    return _REMARK.sub("", line).rstrip()


def _plain(line: str) -> Reading:
    text = _without_remark(line)
    return [text] if text and not any(mark in text for mark in ' \t|"<>') else None


def _hosts(line: str) -> Reading:
    found = _SINK.fullmatch(_without_remark(line))
    return [name for name in found[1].split() if not _OWN_NAMES.fullmatch(name)] if found else None


def _adblock(line: str) -> Reading:
    if line.startswith("@@") or "##" in line or "#@#" in line:
        return Reject.OTHER_KIND
    if line.startswith("[") and line.endswith("]"):
        return []
    found = _RULE.fullmatch(line)
    if found is None:
        return None
    options = set(found[2].split(",")) if found[2] else set()
    return [found[1]] if options <= _WHOLE_PAGE else Reject.OTHER_KIND


def _dnsmasq(line: str) -> Reading:
    found = _DNSMASQ.fullmatch(_without_remark(line))
    return found[1].split("/") if found else None


def _rpz(line: str) -> Reading:
    if _ZONE.match(line):
        return []
    found = _RPZ.match(line)
    if found is None:
        return None
    return Reject.OTHER_KIND if found[2].lower() == "rpz-passthru." else [found[1]]


_SHAPES: Mapping[Format, Callable[[str], Reading]] = {
    Format.PLAIN: _plain,
    Format.HOSTS: _hosts,
    Format.ADBLOCK: _adblock,
    Format.DNSMASQ: _dnsmasq,
    Format.RPZ: _rpz,
}
_ORDER = (Format.PLAIN, Format.HOSTS, Format.DNSMASQ, Format.ADBLOCK, Format.RPZ)


def names_in(line: str, form: Format) -> Sequence[str] | Reject:
    """The texts that name something in a stripped line that is no comment; `form` is one of lines."""
    for shape in _ORDER if form is Format.AUTO else (form,):
        names = _SHAPES[shape](line)
        if names is not None and not _misread(shape, line):
            return names
    return Reject.UNREADABLE


def _misread(shape: Format, line: str) -> bool:
    """A dnsmasq rule has no space either, so it looks like a plain line."""
    return shape is Format.PLAIN and line.startswith(("address=/", "local=/", "server=/", "@@", "[Adblock"))
