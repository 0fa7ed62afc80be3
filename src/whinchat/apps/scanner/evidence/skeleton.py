"""Texts that look alike fold to the same text: the idea of UTS 39, with digits and ligatures as scammers use them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from itertools import filterfalse

SAME = {"i": "l"}  # one reads as the other in most typefaces


class Skeletons:
    """Each maps what looks alike to a plain letter: `letters` single ones, `digits`, `groups` of letters."""

    def __init__(self, letters: Mapping[str, str], digits: Mapping[str, str], groups: Mapping[str, str]) -> None:
        self._letters = str.maketrans(dict(letters))
        self._thin = str.maketrans({**digits, **SAME})
        self._groups = tuple(groups.items())

    def plain(self, text: str) -> str:
        """Look-alike and marked letters of any script as plain letters; digits stay."""
        if text.isascii():
            return text
        folded = text.lower().translate(self._letters)
        bare = "".join(filterfalse(unicodedata.combining, unicodedata.normalize("NFKD", folded)))
        return bare.translate(self._letters)

    def of(self, text: str) -> str:
        """What the text reads as at a glance; for comparing only."""
        skeleton = self.plain(text).translate(self._thin)
        for group, letter in self._groups:
            if group in skeleton:
                skeleton = skeleton.replace(group, letter)
        return skeleton
