"""Where a link in running text ends: brackets, quotes, punctuation, glued words and glued links."""

from __future__ import annotations

import re

from whinchat.apps.scanner.links.characters import CONTROLS, GLUE, PICTURES, STOPS

_TAIL = re.compile(rf"[^{CONTROLS}<>\"`{STOPS}{PICTURES}]*+")
_NEXT_LINK = re.compile(r"(?<=[^/=?&%:#@.\-_~+])https?:[/\\]", re.IGNORECASE)
_GLUED_WORD = re.compile(rf"(?<=[a-zA-Z0-9])[{GLUE}]")
_CLOSES = {"(": ")", "[": "]", "{": "}", "'": "'", "\u2018": "\u2019", "|": "|", "<": "|"}
_OPENS = {")": "(", "]": "[", "}": "{"}
_ALWAYS_OFF = frozenset(".,;:!?'\"|\\([{\u2018\u2019\u00b7\u2022\u3002\uff0e\uff1a\uff1f")
_MARKUP = frozenset("*_~")
_TAG = re.compile(r"\[[a-zA-Z]{1,10}=\Z")
_LINE_BACK = 300  # characters looked back for the markup sign that a trailing one closes


class Tails:
    """Ends of links in one text. What was found ahead is remembered, so that many links cost one pass together."""

    __slots__ = ("_ascii", "_glued", "_next", "_text", "_whole")

    def __init__(self, text: str) -> None:
        self._text = text
        self._ascii = text.isascii()
        self._whole = (0, -1)
        """The last run of link characters, as a span."""
        self._next = -1
        """The first start of a link at or after every position asked for since, or the end of that run."""
        self._glued = -1
        """The same for the first letter of another script behind a Latin one."""

    def end(self, start: int, position: int) -> int:
        """The end of the link that starts at `start` and whose path, query or fragment begins at `position`."""
        text = self._text
        end = self._before_next_link(position, self._run_end(position))
        if not self._ascii:
            if self._glued < position:
                glued = _GLUED_WORD.search(text, position, self._whole[1])
                self._glued = glued.start() if glued else self._whole[1]
            end = min(end, self._glued)
        opening = _opening(text, start)
        if opening:
            end = _before_closing(text, opening, _CLOSES[opening], position, end)
        return trimmed_end(text, start, position, end)

    def _run_end(self, position: int) -> int:
        first, last = self._whole
        if not first <= position < last:
            run = _TAIL.match(self._text, position)
            last = run.end() if run else position
            self._whole = (position, last)
            self._next = self._glued = -1
        return last

    def _before_next_link(self, position: int, end: int) -> int:
        """Two links written without a space are two; a link inside the other's query is part of it."""
        text = self._text
        if self._next < position:
            found = _NEXT_LINK.search(text, position, end)
            self._next = found.start() if found else end
        if self._next == end or text.find("?", position, self._next) >= 0 or text.find("#", position, self._next) >= 0:
            return end
        return self._next


def _opening(text: str, start: int) -> str:
    """The bracket or quote that stands right before a link, also as in [url=…]; empty without one."""
    before = text[start - 1 : start]
    if before == "=" and _TAG.search(text, max(0, start - 12), start):
        return "["
    return before if before in _CLOSES else ""


def _before_closing(text: str, opening: str, closing: str, position: int, end: int) -> int:
    if closing in {opening, "|"}:
        found = text.find(closing, position, end)
        return found if found >= 0 else end
    depth = 0
    for index in range(position, end):
        if text[index] == opening:
            depth += 1
        elif text[index] == closing:
            depth -= 1
            if depth < 0:
                return index
    return end


def trimmed_end(text: str, start: int, position: int, end: int) -> int:
    """`end` without trailing punctuation, brackets without their other half, and markup signs that close."""
    surplus: dict[str, int] = {}
    while end > position:
        last = text[end - 1]
        if last in _OPENS:
            if last not in surplus:
                surplus[last] = text.count(last, position, end) - text.count(_OPENS[last], position, end)
            if surplus[last] <= 0:
                return end
            surplus[last] -= 1
        elif last in _MARKUP:
            if not opened(text, last, start):
                return end
        elif last == "s" and end - 2 > position and text[end - 2] in "'\u2019":
            end -= 1
        elif last not in _ALWAYS_OFF:
            return end
        end -= 1
    return end


def opened(text: str, mark: str, start: int) -> bool:
    """Whether a markup sign stands before `start` on its line, so that the same sign behind the link closes it."""
    far = max(0, start - _LINE_BACK)
    return text.find(mark, max(far, text.rfind("\n", far, start) + 1), start) >= 0
