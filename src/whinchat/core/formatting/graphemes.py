"""Where a text may be cut so that no character, as a reader sees it, falls apart.

An approximation of the extended grapheme clusters of Unicode's annex 29 with what the standard library knows: it never
cuts inside a cluster of everyday text (accents, Indic conjuncts, emoji of any make, flags, Hangul).
"""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"
_VIRAMA = 9  # canonical combining class


def can_cut(text: str, at: int) -> bool:
    """Whether `text` may end before the code point at `at`."""
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if before.isascii() and after.isascii():
        return not (before == "\r" and after == "\n")
    if _extends(after) or before == _JOINER:
        return False
    if unicodedata.combining(before) == _VIRAMA and unicodedata.category(after) == "Lo":
        return False
    return not (_is_flag_half(before) and _is_flag_half(after) and _flag_halves_before(text, at) % 2 == 1)


def last_cut(text: str, at_most: int) -> int:
    """The largest place up to `at_most` where `text` may be cut; `at_most` itself where one cluster is longer."""
    for at in range(min(at_most, len(text)), 0, -1):
        if can_cut(text, at):
            return at
    return at_most


def clip(text: str, at_most: int) -> str:
    """`text` in at most `at_most` code points, the last one `…` if something was left out."""
    if len(text) <= at_most:
        return text
    return text[: last_cut(text, at_most - 1)].rstrip() + "…"


def _extends(character: str) -> bool:
    """Belongs to the character before it."""
    return (
        character == _JOINER
        or unicodedata.category(character) in ("Mn", "Me", "Mc")
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= character <= "\U000e007f"  # tags, in the flags of regions
        or "\u1160" <= character <= "\u11ff"  # Hangul vowels and finals
    )


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_halves_before(text: str, at: int) -> int:
    begin = at
    while begin and _is_flag_half(text[begin - 1]):
        begin -= 1
    return at - begin
