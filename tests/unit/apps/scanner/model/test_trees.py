"""Walking trees."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.model.trees import Trees, Walker

# Two trees: the first asks feature 0, then 1; the second feature 1 alone.
TREES = Trees(
    roots=(0, 5),
    feature=(0, -1, 1, -1, -1, 1, -1, -1),
    threshold=(0.5, -1.0, 2.0, 0.25, 1.0, 0.0, -0.5, 0.5),
    left=(1, 0, 3, 0, 0, 6, 0, 0),
    right=(2, 0, 4, 0, 0, 7, 0, 0),
)


VECTORS = st.tuples(*[st.floats(-3, 3)] * 2)


def walked(trees: Trees, vector: Sequence[float]) -> float:
    """The plain way: from each root, one question after the other."""
    total = 0.0
    for root in trees.roots:
        node = root
        while (which := trees.feature[node]) >= 0:
            node = (trees.left if vector[which] <= trees.threshold[node] else trees.right)[node]
        total += trees.threshold[node]
    return total


def comb(leaves: int, feature: int = 0) -> Trees:
    """One tree that asks for ever larger values: its leaves from left to right are worth 0, 1, 2, …"""
    inner = leaves - 1
    return Trees(
        roots=(0,),
        feature=(feature,) * inner + (-1,) * leaves,
        threshold=(*(place + 0.5 for place in range(inner)), *map(float, range(leaves))),
        left=(*(inner + place for place in range(inner)), *[0] * leaves),
        right=(*range(1, inner), *([inner + leaves - 1] if inner else []), *[0] * leaves),
    )


@pytest.mark.parametrize(
    ("vector", "expected"),
    [((0.0, 0.0), -1.5), ((0.5, 1.0), -0.5), ((0.6, 2.0), 0.75), ((0.6, 2.1), 1.5), ((9.0, -1.0), -0.25)],
)
def test_a_vector_falls_into_one_leaf_of_each_tree(vector: tuple[float, float], expected: float) -> None:
    assert Walker(TREES).walk(vector).score == expected


@given(VECTORS)
def test_all_trees_at_once_say_what_they_say_one_after_the_other(vector: tuple[float, float]) -> None:
    assert Walker(TREES).walk(vector).score == walked(TREES, vector)


@pytest.mark.parametrize("leaves", [1, 2, 8, 9, 16, 17, 33, 64])
def test_a_tree_may_have_up_to_64_leaves(leaves: int) -> None:
    walker = Walker(comb(leaves))
    assert [walker.walk([place]).score for place in range(leaves)] == list(range(leaves))


def test_a_tree_with_more_leaves_is_refused() -> None:
    with pytest.raises(ValueError, match="65 leaves"):
        Walker(comb(65))


def test_no_trees_say_nothing() -> None:
    assert Walker(Trees((), (), (), (), ())).walk([1.0]).score == 0


@given(VECTORS, VECTORS)
def test_what_a_value_is_worth_is_the_difference_of_the_scores(
    vector: tuple[float, float], other: tuple[float, float]
) -> None:
    walker = Walker(TREES)
    found = walker.worth(walker.walk(vector), dict(enumerate(other)))
    assert found == walked(TREES, vector) - walked(TREES, other)


def test_a_feature_that_no_tree_asks_is_worth_nothing() -> None:
    walker = Walker(TREES)
    assert walker.worth(walker.walk((1, 1, 5)), {2: 0.0}) == 0


def test_trees_that_lead_in_circles_are_refused() -> None:
    with pytest.raises(ValueError, match="downwards"):
        Trees(roots=(0,), feature=(0, -1), threshold=(0.0, 1.0), left=(0, 0), right=(1, 0))


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="lengths"):
        Trees(roots=(0,), feature=(-1,), threshold=(), left=(0,), right=(0,))
