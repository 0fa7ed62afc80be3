"""Words that mean something in a host name or path, and the splitting of runs that are made of such words alone."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping

LONGEST_RUN = 40  # characters; longer runs are not tried
GLUED_FROM = 3  # letters a word needs to be cut out of a run; shorter ones fit into anything


class Sense(enum.StrEnum):
    """What a word is there for (`words.toml`)."""

    CREDENTIALS = "credentials"
    PRESSURE = "pressure"
    DELIVERY = "delivery"
    SUPPORT = "support"
    AUTHORITY = "authority"
    CRYPTO = "crypto"
    FILLERS = "fillers"
    BRAND = "brand"


class Vocabulary:
    """Built once from data, then only read. The first sense given to a word stays."""

    def __init__(self, senses: Mapping[Sense, Iterable[str]]) -> None:
        self._sense: dict[str, Sense] = {}
        for sense, words in senses.items():
            for word in words:
                self._sense.setdefault(word, sense)
        self._lengths = sorted({len(word) for word in self._sense if len(word) >= GLUED_FROM}, reverse=True)

    def __contains__(self, word: str) -> bool:
        return word in self._sense

    def sense(self, word: str) -> Sense | None:
        return self._sense.get(word)

    def strange(self, words: Iterable[str]) -> int:
        """How many of the words no list knows; numbers are not counted."""
        return sum(1 for word in words if word not in self._sense and not word.isdigit())

    def words(self, parts: Iterable[str]) -> tuple[str, ...]:
        """The parts, with each run that known words cover completely split into them."""
        found: list[str] = []
        for part in parts:
            if part in self._sense:
                found.append(part)
            else:
                found.extend(self.split(part) or (part,))
        return tuple(found)

    def bared(self, run: str) -> str:
        """The run without the longest known word at its end and then at its beginning; no brand's name is cut."""
        for cut in self._cuts(len(run)):
            if self._plain(run[cut:]):
                run = run[:cut]
                break
        for cut in reversed(self._cuts(len(run))):
            if self._plain(run[:cut]):
                return run[cut:]
        return run

    def _plain(self, word: str) -> bool:
        return self._sense.get(word, Sense.BRAND) is not Sense.BRAND

    def _cuts(self, size: int) -> range:
        """Places that leave a word of `GLUED_FROM` letters or more on both sides."""
        return range(GLUED_FROM, size - GLUED_FROM + 1)

    def split(self, run: str) -> tuple[str, ...]:
        """The fewest known words and numbers that together are the whole run; empty when they do not cover it."""
        size = len(run)
        if size > LONGEST_RUN:
            return ()
        pieces: list[tuple[str, ...] | None] = [None] * (size + 1)
        pieces[0] = ()
        for start in range(size):
            before = pieces[start]
            if before is None:
                continue
            for word in self._starting(run, start):
                end = start + len(word)
                found = pieces[end]
                if found is None or len(found) > len(before) + 1:
                    pieces[end] = (*before, word)
        return pieces[size] or ()

    def _starting(self, run: str, start: int) -> list[str]:
        """Known words and the number that stand in the run at `start`."""
        room = len(run) - start
        found = [
            word for length in self._lengths if length <= room and (word := run[start : start + length]) in self._sense
        ]
        rest = run[start:]
        digits = room - len(rest.lstrip("0123456789"))
        if digits:
            found.append(rest[:digits])
        return found
