"""Proofpoint's URL Defense, versions 2 and 3: how it writes the link that it replaces."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote

from whinchat.apps.scanner.links.link import Link

_VERSION_3 = re.compile(r"/v3/__(.+?)__;([^!]*)!.*", re.DOTALL)
_PLACE = re.compile(r"\*(\*.)?")
_RUN_LENGTHS = {
    letter: length
    for length, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", start=2)
}
_ONE_SLASH = re.compile(r"((?:https?|ftp):/)(?!/)", re.IGNORECASE)


def version_2(link: Link) -> str | None:
    """The parameter `u`, with hyphens for percent signs and underscores for slashes."""
    if not link.path.startswith("/v2/url"):
        return None
    for field in link.query.split("&"):
        if field.startswith("u="):
            return unquote(unquote(field[2:]).replace("-", "%").replace("_", "/")) or None
    return None


def version_3(link: Link) -> str | None:
    """/v3/__URL__;BYTES!…: a star stands for the next character of the bytes, two and a letter for a run of them."""
    found = _VERSION_3.match(f"{link.path}?{link.query}" if link.query else link.path)
    if not found:
        return None
    coded = found[2].replace("-", "+").replace("_", "/")
    try:
        characters = base64.b64decode(coded + "=" * (-len(coded) % 4)).decode("utf-8")
    except (binascii.Error, ValueError):
        characters = ""  # the host is never among what was replaced
    position = 0

    def fill(place: re.Match[str]) -> str:
        nonlocal position
        length = _RUN_LENGTHS.get(place[1][1], 0) if place[1] else 1
        run = characters[position : position + length]
        position += length
        return run

    return _ONE_SLASH.sub(r"\1/", _PLACE.sub(fill, found[1]), count=1)
