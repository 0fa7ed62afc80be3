"""Safe Browsing's own canonical form and its expressions, which are what gets hashed for a look-up.

Source: https://developers.google.com/safe-browsing/reference/URLs.and.Hashing (versions 4 and 5).
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network

import can_ada

from whinchat.apps.scanner.links.site import is_address
from whinchat.apps.scanner.links.suffixes import split

_SCHEME = re.compile(rb"([a-zA-Z][a-zA-Z0-9+.-]*)://")
_OPAQUE = re.compile(rb"[a-zA-Z][a-zA-Z0-9+-]*:(?![0-9])")
_USER = re.compile(rb"\A([a-zA-Z][a-zA-Z0-9+.-]*://)[^/?\\]*@")
_PORT = re.compile(rb":[0-9]*\Z")
_ESCAPE = re.compile(rb"%[0-9a-fA-F]{2}")
_UNSAFE = re.compile(rb"[\x00-\x20\x7f-\xff#%]")
_DOTS = re.compile(rb"\.{2,}")
_SLASHES = re.compile(rb"/{2,}")
_PART = re.compile(r"0[xX][0-9a-fA-F]+|[0-9]+")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052, the well-known prefix
_MOST_HOSTS = 4  # besides the exact host
_MOST_PATHS = 4  # besides the exact path, with and without query


def canonicalise(url: str | bytes) -> str:
    """The canonical URL as Safe Browsing defines it; bytes are taken as they are. Raises ValueError without a host."""
    data = url if isinstance(url, bytes) else url.encode("utf-8", "replace")
    data = data.translate(None, b"\t\r\n").strip(b" ").partition(b"#")[0]
    data = _unescaped(_USER.sub(rb"\1", data, count=1))  # first: the user's name may hold an escaped slash
    match = _SCHEME.match(data)
    if not match and _OPAQUE.match(data):
        raise ValueError("not a URL with a host")
    scheme = match[1].lower() if match else b"http"
    rest = data[match.end() :] if match else data
    path_at = min((at for at in (rest.find(b"/"), rest.find(b"?")) if at >= 0), default=len(rest))
    host = _host(rest[:path_at])
    path, mark, query = rest[path_at:].partition(b"?")
    return (scheme + b"://" + _escaped(host) + _escaped(_path(path)) + mark + _escaped(query)).decode("ascii")


def expressions(url: str | bytes) -> list[str]:
    """The host-suffix and path-prefix combinations to look up, at most 30, the exact URL first. Raises ValueError."""
    host, _, path_and_query = canonicalise(url).partition("://")[2].partition("/")
    path, _, query = path_and_query.partition("?")
    return [f"{each}/{rest}" for each in _hosts(host) for rest in _paths(path, query)]


def _unescaped(data: bytes) -> bytes:
    """Unescaped until nothing is left to unescape, in one pass: what an escape stands for may complete another one."""
    if not _ESCAPE.search(data):
        return data
    found = bytearray()
    for byte in data:
        found.append(byte)
        while found[-3:-2] == b"%" and _ESCAPE.match(found, len(found) - 3):
            found[-3:] = bytes.fromhex(found[-2:].decode("ascii"))
    return bytes(found)


def _escaped(data: bytes) -> bytes:
    return _UNSAFE.sub(lambda match: b"%%%02X" % match[0][0], data)


def _host(authority: bytes) -> bytes:
    host = authority.rpartition(b"@")[2]
    host = _PORT.sub(b"", host)
    host = _DOTS.sub(b".", host.strip(b".")).lower()
    if not host:
        raise ValueError("not a URL with a host")
    try:
        text = host.decode("utf-8")
    except UnicodeDecodeError:
        return host
    if not text.isascii():
        return can_ada.idna_encode(text) or host
    return (_version_6(text) if text.startswith("[") else _version_4(text) or text).encode("ascii")


def _version_6(host: str) -> str:
    """A bracketed IPv6 address in its shortest form, as IPv4 where it stands for one; what is no address stays."""
    try:
        address = IPv6Address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    if address in _NAT64:
        return str(IPv4Address(int(address) & 0xFFFF_FFFF))
    return f"[{address.compressed}]"


def _version_4(host: str) -> str | None:
    """An IPv4 address in any of the forms that inet_aton reads, dotted; what overflows a part is cut off."""
    parts = host.split(".")
    if len(parts) > 4 or not all(_PART.fullmatch(part) for part in parts):
        return None
    try:
        numbers = [_number(part) for part in parts]
    except ValueError:
        return None
    value = 0
    for number in numbers[:-1]:
        value = value << 8 | number & 0xFF
    width = 8 * (5 - len(numbers))
    value = value << width | numbers[-1] & ((1 << width) - 1)
    return ".".join(str(value >> shift & 0xFF) for shift in (24, 16, 8, 0))


def _number(part: str) -> int:
    if part[:2].lower() == "0x":
        return int(part, 16)
    return int(part, 8 if part.startswith("0") else 10)


def _path(path: bytes) -> bytes:
    kept: list[bytes] = []
    segments = _SLASHES.sub(b"/", path).split(b"/")[1:]
    for segment in segments:
        if segment == b"..":
            del kept[-1:]
        elif segment != b".":
            kept.append(segment)
    closed = bool(segments) and segments[-1] in {b".", b".."} and kept[-1:] != [b""]
    return b"/" + b"/".join(kept) + (b"/" if closed and kept else b"")


def _hosts(host: str) -> list[str]:
    if is_address(host.strip("[]")):
        return [host]
    site = split(host).site
    labels = host.removesuffix(site).rstrip(".").split(".") if host != site else []
    shorter = [
        ".".join((*labels[index:], site))
        for index in range(len(labels) - _MOST_HOSTS + 1, len(labels) + 1)
        if index > 0
    ]
    return [host, *shorter]


def _paths(path: str, query: str) -> list[str]:
    exact = [f"{path}?{query}", path] if query else [path]
    folders = path.split("/")[:-1]
    prefixes = [
        "".join(f"{folder}/" for folder in folders[:depth]) for depth in range(min(len(folders) + 1, _MOST_PATHS))
    ]
    return list(dict.fromkeys((*exact, *prefixes)))
