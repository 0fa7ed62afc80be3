"""A walker for boosted decision trees, in plain Python: no array library is loaded for it."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import accumulate
from operator import getitem, or_
from typing import NamedTuple

import msgspec

_WIDTHS = {8: "B", 16: "H", 32: "I", 64: "Q"}
"""Bits that the leaves of a tree may have, and how `struct` calls numbers of so many."""


class Trees(msgspec.Struct, frozen=True):
    """All trees in flat columns, one entry a node; a leaf has feature -1 and its value as threshold."""

    roots: tuple[int, ...]
    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]

    def __post_init__(self) -> None:
        size = len(self.feature)
        if not all(len(column) == size for column in (self.threshold, self.left, self.right)):
            raise ValueError("the columns of the trees have different lengths")
        for node, (which, left, right) in enumerate(zip(self.feature, self.left, self.right, strict=True)):
            if which >= 0 and not (node < left < size and node < right < size):
                raise ValueError("a tree does not lead downwards")


class Walk(NamedTuple):
    score: float
    """Sum of the leaves that the vector falls into: raw log-odds, not calibrated."""
    ruled_out: list[int]
    """By each feature that any tree asks for: the leaves that the vector cannot fall into."""


class Walker:
    """Walks all trees at once. A link goes left where its feature is at most the threshold, as LightGBM has it.

    After QuickScorer (Lucchese and others, SIGIR 2015): every leaf is one bit of a large number, those of a tree side
    by side from left to right. A link that goes right at a node rules out the leaves to the left of it, and which ones
    a feature rules out depends only on how many of its thresholds lie below its value; so they are kept for each. In
    every tree the lowest bit that nobody rules out is the leaf that the link falls into.
    """

    def __init__(self, trees: Trees) -> None:
        """Raises ValueError: a tree has more leaves than 64."""
        leaves: list[list[float]] = []
        nodes: list[list[tuple[int, float, int]]] = []
        for root in trees.roots:
            leaves.append([])
            nodes.append([])
            _lay_out(trees, root, leaves[-1], nodes[-1])
        most = max(map(len, leaves), default=1)
        width = next((width for width in _WIDTHS if most <= width), None)
        if width is None:
            raise ValueError(f"a tree has {most} leaves")
        ruled: defaultdict[int, defaultdict[float, int]] = defaultdict(lambda: defaultdict(int))
        for tree, questions in enumerate(nodes):
            for which, threshold, bits in questions:
                ruled[which][threshold] |= bits << tree * width
        self._asked: list[tuple[int, list[float], list[int]]] = []
        for which, by_threshold in sorted(ruled.items()):
            edges = sorted(by_threshold)
            self._asked.append((which, edges, list(accumulate((by_threshold[edge] for edge in edges), or_, initial=0))))
        self._places = {which: place for place, (which, _, _) in enumerate(self._asked)}
        self._first = sum(1 << tree * width for tree in range(len(leaves)))
        self._all = sum(((1 << len(found)) - 1) << tree * width for tree, found in enumerate(leaves))
        self._values = [{1 << bit: value for bit, value in enumerate(found)} for found in leaves]
        self._groups = struct.Struct(f"<{len(leaves)}{_WIDTHS[width]}")

    def walk(self, vector: Sequence[float]) -> Walk:
        ruled_out = [by_edge[bisect_left(edges, vector[which])] for which, edges, by_edge in self._asked]
        return Walk(self._sum(ruled_out), ruled_out)

    def worth(self, walk: Walk, changes: Mapping[int, float]) -> float:
        """The score less that of the same vector with other values in some places."""
        ruled_out = list(walk.ruled_out)
        for which, value in changes.items():
            place = self._places.get(which)
            if place is not None:
                _, edges, by_edge = self._asked[place]
                ruled_out[place] = by_edge[bisect_left(edges, value)]
        return walk.score - self._sum(ruled_out) if ruled_out != walk.ruled_out else 0.0

    def _sum(self, ruled_out: Sequence[int]) -> float:
        left = self._all ^ reduce(or_, ruled_out, 0)
        # Every tree has a leaf left, so to take one from each group never borrows from the next.
        lowest = left & (left ^ (left - self._first))
        groups = self._groups
        return sum(map(getitem, self._values, groups.unpack(lowest.to_bytes(groups.size, "little"))), 0.0)


def _lay_out(trees: Trees, node: int, leaves: list[float], nodes: list[tuple[int, float, int]]) -> None:
    """Add the leaves below a node from left to right, and its questions: feature, threshold, leaves to the left."""
    which, threshold = trees.feature[node], trees.threshold[node]
    if which < 0:
        leaves.append(threshold)
        return
    first = len(leaves)
    _lay_out(trees, trees.left[node], leaves, nodes)
    nodes.append((which, threshold, (1 << len(leaves)) - (1 << first)))
    _lay_out(trees, trees.right[node], leaves, nodes)
