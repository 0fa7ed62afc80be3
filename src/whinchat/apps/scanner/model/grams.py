"""How much the letters of a link look like those of scam links: learned weights of short runs of characters.

The last seven bytes up to a place are a number. Its lower bytes are a run of that length, whose weight stands in the
table at the number, moved by an offset for its length and the part of the link, modulo `BUCKETS`. Before the text come
zeros, so that the runs at its beginning are told from others. `scripts/training/grams.py` counts the same with arrays.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

BUCKETS = 1_000_003
"""A prime far from powers of two: near one, runs that differ in two letters in step would share a place."""
ZERO = 128
"""The byte that stands for a weight of nothing."""
STEPS_ABOVE = 127

HOST_SIZES = (2, 3, 4, 5)
TAIL_SIZES = (5, 6, 7)
PATH_SIZES = (3, 4, 5)
LONGEST = 7
OFFSETS = 7
"""Parts of a link are told apart by numbers below this."""

LABEL_MOST, SUB_MOST, TAIL_MOST, PATH_MOST = 40, 40, 12, 100  # characters read

_DIGITS = str.maketrans("123456789", "000000000")  # which digit stands there says nothing
_WINDOW = (1 << 8 * LONGEST) - 1


class Part(NamedTuple):
    """A stretch of a link: what it is read as, the lengths of its runs, and what moves their places in the table."""

    text: bytes
    sizes: tuple[int, ...]
    offset: int


def parts(*, label: str, subdomains: tuple[str, ...], suffix: str, path: str, shared: bool) -> tuple[Part, ...]:
    """Label, subdomains, end of the host, path with query: each with an offset of its own, so that a run means one
    thing in one place; names and paths on shared hosting are told from others.
    """
    hosted = int(shared)
    sub = ".".join(subdomains)
    return (
        Part(_plain(f"{label[:LABEL_MOST]}>"), HOST_SIZES, 1 + hosted),
        Part(_plain(f"{sub}."[-SUB_MOST:]) if sub else b"", HOST_SIZES, 3),
        Part(_plain(f"{label[-TAIL_MOST:]}>.{suffix}$"), TAIL_SIZES, 4),
        Part(_plain(path[:PATH_MOST]) if len(path) > 1 else b"", PATH_SIZES, 5 + hosted),
    )


def shift(size: int, offset: int) -> int:
    """What is added to a run's number; the same run of another length or part falls elsewhere."""
    return (8 * offset + size) * 15_485_863


def _plain(text: str) -> bytes:
    return text.lower().translate(_DIGITS).encode("utf-8", "replace")


class Grams(msgspec.Struct, frozen=True):
    """`table`: one byte a bucket, a number of steps from `ZERO`; `most`: the weight that is `STEPS_ABOVE` of them."""

    table: bytes
    most: float

    def values(self) -> list[float]:
        """The weight that each byte stands for: by the square of its steps, fine near nothing and coarse far off."""
        steps = [byte - ZERO for byte in range(256)]
        return [self.most * step * abs(step) / STEPS_ABOVE**2 for step in steps]


class Reader:
    """Reads a table, made once for it."""

    def __init__(self, grams: Grams) -> None:
        self._table = grams.table
        self._values = grams.values()
        sizes = {size: (1 << 8 * size) - 1 for size in (*HOST_SIZES, *TAIL_SIZES, *PATH_SIZES)}
        self._looks = {
            (size, offset): (mask, shift(size, offset)) for size, mask in sizes.items() for offset in range(OFFSETS)
        }
        """What of a run's number counts, and what moves it, by its length and the part of the link."""

    def odds(self, found: tuple[Part, ...]) -> list[float]:
        """Log-odds of danger of each part; all are divided by the root of the number of different runs."""
        table, values, looks = self._table, self._values, self._looks
        sums: list[float] = []
        count = 0
        for text, sizes, offset in found:
            if not text:
                sums.append(0.0)
                continue
            run = 0
            runs = [run := (run << 8 | byte) & _WINDOW for byte in text]
            total = 0.0
            for size in sizes:
                mask, moved = looks[size, offset]
                places = {((run & mask) + moved) % BUCKETS for run in runs}
                total += sum([values[table[place]] for place in places])
                count += len(places)
            sums.append(total)
        root = max(count, 1) ** 0.5
        return [total / root for total in sums]
