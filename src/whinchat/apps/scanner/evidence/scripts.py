"""Names written in other alphabets so that they look like Latin ones."""

from __future__ import annotations

import unicodedata

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.links.link import Link

APART = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "HEBREW", "ARABIC", "CHEROKEE"})
"""Alphabets that no language mixes inside one word."""


def mixed_script(link: Link, known: Known) -> Evidence | None:
    """Two alphabets inside one label, as in pаypal with a Cyrillic а."""
    for label in (known.reading.name, *known.reading.subdomains):
        if not label.isascii() and len(_scripts(label) & APART) > 1:
            return Evidence("mixed_script", {"name": label})
    return None


def disguised_name(link: Link, known: Known) -> Evidence | None:
    """Foreign letters chosen so that the whole label reads as plain Latin, as in аррӏе."""
    name = known.reading.name
    if name.isascii() or "LATIN" in _scripts(name):
        return None
    plain = known.tables.skeletons.plain(name)
    return Evidence("disguised_name", {"name": name, "plain": plain}) if plain.isascii() else None


def _scripts(label: str) -> frozenset[str]:
    """First words of the letters' Unicode names: LATIN, CYRILLIC, CJK, …"""
    return frozenset(unicodedata.name(char, "").partition(" ")[0] for char in label if char.isalpha())
