"""Whose page is it? The site of a host, refined by path where many owners share one; nothing matches by substring."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from whinchat.apps.scanner.links.link import Site
from whinchat.apps.scanner.links.suffixes import split
from whinchat.apps.scanner.links.tables import rows

_CACHED = 2_048  # hosts; about 1 MB when full
_LONGEST_CACHED = 100  # characters; a longer host is worked out again
_CID = re.compile(r"Qm[1-9A-HJ-NP-Za-km-z]{44}|b[a-z2-7]{58,110}|k[0-9a-z]{50,70}|z[1-9A-HJ-NP-Za-km-z]{46,60}")
"""A content identifier of IPFS: version 0, version 1 in base32, base36 and base58 (multiformats/cid)."""
_CID_PATH = re.compile(rf"/(?:ipfs|ipns)/(?:{_CID.pattern})(?![^/])")


class _Pattern(NamedTuple):
    segments: tuple[str, ...]
    """Of the path; a star at the end stands for anything but nothing."""
    fold: bool
    """Upper and lower case are the same owner."""


class _HostSite(NamedTuple):
    site: Site
    patterns: tuple[_Pattern, ...]


def _hosting() -> dict[str, tuple[_Pattern, ...]]:
    found: dict[str, tuple[_Pattern, ...]] = {}
    for host, path, *options in rows("hosting.tsv"):
        found[host] = (*found.get(host, ()), _Pattern(tuple(path.split("/")), "fold" in options))
    # The deepest pattern that fits names the owner best.
    return {host: tuple(sorted(patterns, key=lambda each: -len(each.segments))) for host, patterns in found.items()}


_HOSTING = _hosting()


def site_of(host: str, path: str = "") -> Site:
    """The site of a canonical host (ASCII, lower case, no root dot, v6 without brackets) and a URL's path."""
    owner = _of_host(host) if len(host) <= _LONGEST_CACHED else _of_host.__wrapped__(host)
    if len(path) < 2:
        return owner.site
    for pattern in owner.patterns:
        matched = _match(pattern, path)
        if matched:
            return _refined(owner.site, host, matched)
    content = _CID_PATH.match(path)
    return _refined(owner.site, host, content[0][1:].split("/")) if content else owner.site


def is_address(host: str) -> bool:
    """Whether a canonical host is an IP address; WHATWG lets no name end in a number."""
    return ":" in host or host[-1:].isdecimal()


@lru_cache(maxsize=_CACHED)
def _of_host(host: str) -> _HostSite:
    patterns = _HOSTING.get(host) or _by_wildcard(host)
    if is_address(host):
        return _HostSite(Site(name=host, registrable=host, suffix="", label="", shared=False), patterns)
    parts = split(host)
    shared = parts.private or bool(patterns)
    name, label = parts.site, parts.label
    first, _, rest = host.partition(".")
    if rest and _CID.fullmatch(first):
        name, label, shared = host, first, True
    return _HostSite(
        Site(name=name, registrable=parts.registrable, suffix=parts.suffix, label=label, shared=shared), patterns
    )


def _by_wildcard(host: str) -> tuple[_Pattern, ...]:
    """Entries with a star for the first label, or for the second (`s3.*.amazonaws.com`)."""
    first, _, rest = host.partition(".")
    return _HOSTING.get(f"*.{rest}") or _HOSTING.get(f"{first}.*.{rest.partition('.')[2]}") or ()


def _match(pattern: _Pattern, path: str) -> list[str] | None:
    segments = path.split("/", len(pattern.segments) + 1)[1 : len(pattern.segments) + 1]
    if len(segments) < len(pattern.segments):
        return None
    for wanted, given in zip(pattern.segments, segments, strict=True):
        if given != wanted and not (
            wanted.endswith("*") and given.startswith(wanted[:-1]) and len(given) >= len(wanted)
        ):
            return None
    return [segment.lower() for segment in segments] if pattern.fold else segments


def _refined(site: Site, host: str, segments: list[str]) -> Site:
    return Site(
        name=f"{host}/{'/'.join(segments)}",
        registrable=site.registrable,
        suffix=site.suffix,
        label=segments[-1],
        shared=True,
    )
