"""Boosted trees: trained by LightGBM, written as the columns that `model.trees` walks."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
from scripts.training.sample import Floats, Mask

from whinchat.apps.scanner.features import COUNTS, LEARNED, SAFETY
from whinchat.apps.scanner.model.trees import Trees

ROUNDS = 150
SETTINGS = {
    "objective": "binary",
    "num_leaves": 15,
    "learning_rate": 0.15,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 127,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 2,
    "seed": 20261122,
    "verbose": -1,
}


def direction(feature: str) -> int:
    """1 where more may only add danger, -1 where it may only take it, 0 where anything goes.

    Held for all evidence: what an explanation names must have counted against the link.
    """
    if feature in LEARNED or feature in COUNTS.values():
        return 1
    kind, dot, name = feature.partition(".")
    if not dot or kind != "evidence":
        return 0
    return -1 if name in SAFETY else 1


def train(
    vectors: Floats, bad: Mask, importance: Floats, names: tuple[str, ...], rounds: int = ROUNDS
) -> lightgbm.Booster:
    data = lightgbm.Dataset(vectors, bad.astype(np.float32), weight=importance, feature_name=list(names))
    settings = {**SETTINGS, "monotone_constraints": [direction(name) for name in names]}
    return lightgbm.train(settings, data, rounds)


def raw(booster: lightgbm.Booster, vectors: Floats) -> Floats:
    return np.asarray(booster.predict(vectors, raw_score=True), np.float32)


class _Columns:
    """Trees as they are being written down."""

    def __init__(self) -> None:
        self.roots: list[int] = []
        self.feature: list[int] = []
        self.threshold: list[float] = []
        self.left: list[int] = []
        self.right: list[int] = []

    def add(self, node: dict[str, Any]) -> int:
        place = len(self.feature)
        self.feature.append(node.get("split_feature", -1))
        self.threshold.append(node["threshold"] if "threshold" in node else node["leaf_value"])
        self.left.append(0)
        self.right.append(0)
        if "threshold" in node:
            if node["decision_type"] != "<=":
                raise ValueError("the walker knows numbers only")
            self.left[place] = self.add(node["left_child"])
            self.right[place] = self.add(node["right_child"])
        return place


def written(booster: lightgbm.Booster) -> Trees:
    columns = _Columns()
    for tree in booster.dump_model()["tree_info"]:
        columns.roots.append(columns.add(tree["tree_structure"]))
    return Trees(
        tuple(columns.roots),
        tuple(columns.feature),
        tuple(columns.threshold),
        tuple(columns.left),
        tuple(columns.right),
    )
