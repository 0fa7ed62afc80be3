"""From any text to its links: `extract` finds what is written, `links_of` adds what is wrapped inside."""

from __future__ import annotations

import re
from itertools import pairwise

from whinchat.apps.scanner.links.link import Link, LinkKind, Trick
from whinchat.apps.scanner.links.normalise import Clean
from whinchat.apps.scanner.links.parse import other_link, web_link
from whinchat.apps.scanner.links.scan import Found, scan
from whinchat.apps.scanner.links.site import site_of
from whinchat.apps.scanner.links.unwrap import unwrap

LONGEST = 65_536
"""Code points read of one text; WhatsApp's own limit."""

_MAY_HOLD_LINK = re.compile(
    r"[.:&\u2024\u2236\u3002\ua789\ufe52\ufe55\uff0e\uff1a\uff61]|[dD][oO][tT]|[pP][oOuU][iInN][kKnNtT]"
)
_SHOWN_BEFORE = re.compile(r"[^\[\]\n]{0,200}\]\(<?\Z")
_SHOWN_AFTER = re.compile(r"[\"']?[^<>]{0,200}>[^<>]{0,100}(?:<[^<>]{0,100}>[^<>]{0,100}){0,3}\Z")
_REFERENCE = re.compile(r"href\s{0,3}=\s{0,3}[\"']?\Z", re.IGNORECASE)
_BETWEEN = 300  # characters between a markup link's target and what it shows


def extract(text: str) -> list[Link]:
    """Every link of a text in order, however often it repeats; spans do not overlap and raw == text[start:end].

    Linear in the length of the text, of which at most LONGEST characters are read. Never raises.
    """
    if not _MAY_HOLD_LINK.search(text):
        return []
    clean = Clean(text[:LONGEST])
    founds = scan(clean.text)
    mismatched = _mismatched(clean.text, founds) if len(founds) > 1 else set()
    links = []
    for number, found in enumerate(founds):
        start, end = clean.span(found.start, found.end)
        raw = text[start:end]
        tricks = found.tricks | clean.tricks(found.start, found.end, raw)
        if number in mismatched:
            tricks |= {Trick.MARKUP_MISMATCH}
        if found.kind is LinkKind.OTHER:
            links.append(other_link(raw, start, found.address, tricks))
        elif link := web_link(raw, start, found.address, tricks):
            links.append(link)
    return links


def links_of(text: str) -> list[Link]:
    """The distinct links of a text by key, each wrapper followed by what it wraps, in order of first appearance.

    A wrapped target stands at its wrapper's place in the text and names it as `wrapper`.
    """
    found: dict[str, Link] = {}
    for link in extract(text):
        found.setdefault(link.key, link)
        inner = unwrap(link)
        chain = []
        while inner and inner is not link:
            chain.append(inner)
            inner = inner.wrapper
        for target in reversed(chain):
            found.setdefault(target.key, target)
    return list(found.values())


def _mismatched(text: str, founds: list[Found]) -> set[int]:
    """Which links are targets of Markdown or HTML that shows another host: [paypal.com](https://evil.example)."""
    numbers = set()
    for number, (first, second) in enumerate(pairwise(founds)):
        between = text[first.end : second.start]
        if len(between) > _BETWEEN:
            continue
        if between.endswith(("](", "](<")) and _SHOWN_BEFORE.match(between):
            target, shown, at = second, first, number + 1
        elif (
            ">" in between
            and _REFERENCE.search(text, max(0, first.start - 20), first.start)
            and _SHOWN_AFTER.match(between)
        ):
            target, shown, at = first, second, number
        else:
            continue
        if _owner(target) != _owner(shown):
            numbers.add(at)
    return numbers


def _owner(found: Found) -> str:
    link = web_link("", 0, found.address) if found.kind is LinkKind.WEB else None
    return site_of(link.host).name if link else ""
