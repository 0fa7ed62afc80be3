"""Misspelt words of commands. Nothing else is ever mended: payees and amounts mean what they say."""

from __future__ import annotations

from collections.abc import Iterable

SHORT = 4
"""Letters up to which another letter makes another word (`sent`, `lend`): there, only swapped or doubled ones count."""


def mended(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that was meant; None for one of them as it stands, and where it could be none or several."""
    if word in known:
        return None
    near = {each for each in known if is_misspelt(word, each)}
    return near.pop() if len(near) == 1 else None


def is_misspelt(word: str, meant: str) -> bool:
    """Whether one slip of the finger makes `meant` to `word`. Endings, as of `received`, are no slips."""
    if word == meant or abs(len(word) - len(meant)) > 1 or not word.isalpha():
        return False
    if len(word) == len(meant):
        return _swapped(word, meant) or (len(meant) > SHORT and _differing(word, meant) == 1)
    longer, shorter = (word, meant) if len(word) > len(meant) else (meant, word)
    if word == longer and word.startswith(meant) and word[-1] != meant[-1]:
        return False
    at = next((place for place in range(len(shorter)) if longer[place] != shorter[place]), len(shorter))
    if longer[at + 1 :] != shorter[at:]:
        return False
    doubled = at > 0 and longer[at] == longer[at - 1]
    return len(meant) > SHORT or (word == longer and doubled)


def _differing(word: str, meant: str) -> int:
    return sum(ours != theirs for ours, theirs in zip(word, meant, strict=True))


def _swapped(word: str, meant: str) -> bool:
    """Whether two neighbouring letters changed places."""
    places = [at for at in range(len(word)) if word[at] != meant[at]]
    if len(places) != 2 or places[1] != places[0] + 1:
        return False
    first, second = places
    return word[first] == meant[second] and word[second] == meant[first]
