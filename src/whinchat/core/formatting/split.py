"""Long texts as several messages, cut where a reader would pause."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from whinchat.core.formatting.graphemes import can_cut, last_cut

SHORTEST = 64  # UTF-16 code units; a smaller limit leaves no room for a sentence and its number

# Where a text may end, best first: paragraphs, lines, sentences, words.
_PAUSES = tuple(map(re.compile, (r"\n\s*\n", r"\n", r"(?<=[.!?…。؟۔।])\s", r"\s")))
# What stays in one piece: formatting, and hosts that must not become clickable or unreadable.
_WHOLE = re.compile(r"(?<!\w)([*_~`])(?=\S)[^\n]{0,400}?\S\1(?!\w)|[\w-]{1,63}(?:\[[.:]\][\w-]{1,63})+")


def utf16_length(text: str) -> int:
    """Code units, as WhatsApp counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(text: str, limit: int) -> list[str]:
    """`text` in messages of at most `limit` UTF-16 code units, numbered `(1/3)` when there is more than one.

    Joined again without their numbers they are the text, but for white space at the cuts. Formatting, hosts and
    characters stay whole unless one alone is longer than a message.

    Raises ValueError: `limit` is less than SHORTEST.
    """
    if limit < SHORTEST:
        raise ValueError(f"a message holds at least {SHORTEST} code units")
    if len(text) * 2 <= limit or utf16_length(text) <= limit:
        return [str(text)]
    digits = 1
    while True:
        most = 10**digits - 1
        parts = list(_parts(text.strip(), limit - len(_number(most, most))))
        if len(parts) == 1:
            return parts
        if len(parts) <= most:
            return [f"{_number(index, len(parts))}{part}" for index, part in enumerate(parts, start=1)]
        digits += 1


def _number(index: int, count: int) -> str:
    return f"({index}/{count})\n"


def _parts(text: str, budget: int) -> Iterator[str]:
    whole = [(found.start(), found.end()) for found in _WHOLE.finditer(text)]
    begin = 0
    while (furthest := _reach(text, begin, budget)) < len(text):
        end = _cut(text, begin, furthest, whole)
        yield text[begin:end].rstrip()
        begin = end
        while text[begin].isspace():
            begin += 1
    yield text[begin:]


def _reach(text: str, begin: int, budget: int) -> int:
    """The end of the longest piece from `begin` that `budget` code units hold."""
    for at in range(begin, len(text)):
        budget -= 2 if text[at] > "\uffff" else 1
        if budget < 0:
            return at
    return len(text)


def _cut(text: str, begin: int, furthest: int, whole: list[tuple[int, int]]) -> int:
    """Where the piece from `begin` ends: at the best pause of its last two thirds, else at any white space."""
    early = begin + (furthest - begin) // 3
    for pause, least in (*((pause, early) for pause in _PAUSES), (_PAUSES[-1], begin + 1)):
        ends = [found.start() for found in pause.finditer(text, least, furthest + 1)]
        for end in reversed(ends):
            if not _inside(end, whole):
                return end
    for end in range(furthest, begin, -1):
        if can_cut(text, end) and not _inside(end, whole):
            return end
    # One formatted piece or host is longer than a message.
    return begin + last_cut(text[begin : furthest + 1], furthest - begin)


def _inside(at: int, whole: list[tuple[int, int]]) -> bool:
    index = bisect_left(whole, (at, 0)) - 1
    return index >= 0 and whole[index][0] < at < whole[index][1]
