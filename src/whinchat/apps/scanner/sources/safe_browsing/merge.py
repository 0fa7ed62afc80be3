"""Makes the new version of a list from the old one and an answer.

Source: https://developers.google.com/safe-browsing/reference/Local.Database ("Database Updates"): first the prefixes at
the given positions are removed, then the new ones are added; whatever does not fit the checksum is fetched whole.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from whinchat.apps.scanner.sources.safe_browsing.errors import garbled
from whinchat.apps.scanner.sources.safe_browsing.protocol import HashList
from whinchat.apps.scanner.sources.safe_browsing.rice import decode
from whinchat.apps.scanner.sources.safe_browsing.store import CHUNK, PrefixList

_NONE = memoryview(array("I"))


def merged(old: PrefixList | None, answer: HashList) -> Iterator[array[int]]:
    """The prefixes of the new version, ascending, in pieces of a bounded size. Only what changes costs time.

    Raises Unanswered: the answer does not fit to the old version.
    """
    if answer.partial and old is None:
        raise garbled("there is a change of a list that is not here")
    kept = old.numbers if old is not None and answer.partial else _NONE
    removed = decode(answer.removals) if answer.removals else ()
    added = decode(answer.additions) if answer.additions else ()
    piece = array("I")
    for run in _runs(kept, removed, added):
        if isinstance(run, int):
            piece.append(run)
        else:
            piece.frombytes(run.tobytes())
        if len(piece) >= CHUNK:
            yield piece
            piece = array("I")
    yield piece


def _runs(kept: memoryview, removed: Iterable[int], added: Iterable[int]) -> Iterator[memoryview | int]:
    """Old prefixes that stay, many at once, and new ones, in order."""
    positions = _positions(removed, len(kept))
    at, gap = 0, next(positions, None)
    for number in added:
        place = bisect_left(kept, number, lo=at)
        while gap is not None and gap < place:
            yield from _pieces(kept[at:gap])
            at, gap = gap + 1, next(positions, None)
        if at < place:
            yield from _pieces(kept[at:place])
            at = place
        yield number
    while gap is not None:
        yield from _pieces(kept[at:gap])
        at, gap = gap + 1, next(positions, None)
    yield from _pieces(kept[at:])


def _pieces(run: memoryview) -> Iterator[memoryview]:
    for at in range(0, len(run), CHUNK):
        yield run[at : at + CHUNK]


def _positions(removed: Iterable[int], count: int) -> Iterator[int]:
    before = -1
    for position in removed:
        if not before < position < count:
            raise garbled("a prefix is removed that is not there")
        yield position
        before = position
