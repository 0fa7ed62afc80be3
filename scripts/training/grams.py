"""Weights of short runs of characters: counted as `model.grams` reads them, fitted by logistic regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import minimize
from scripts.training.sample import Floats, Mask

from whinchat.apps.scanner.model.grams import BUCKETS, LONGEST, STEPS_ABOVE, ZERO, Grams, Part, shift

RIDGE = 1e-7
STEPS = 120

Matrix = Any  # scipy.sparse.csr_matrix, which has no types


@dataclass(slots=True)
class Counts:
    """One matrix a part of the link, rows divided by the root of the link's number of runs."""

    parts: list[Matrix]

    @property
    def whole(self) -> Matrix:
        whole: Matrix = sum(self.parts[1:], start=self.parts[0])
        return whole.tocsr()


def count(links: list[tuple[Part, ...]]) -> Counts:
    columns = list(zip(*links, strict=True))
    parts = [_part(column) for column in columns]
    total = sum(np.asarray(part.sum(axis=1)).ravel() for part in parts)
    factor = sparse.diags((1 / np.sqrt(np.maximum(total, 1))).astype(np.float32))
    return Counts([(factor @ part).tocsr() for part in parts])


def _part(column: tuple[Part, ...]) -> Matrix:
    """Of one part of all links."""
    lengths = np.array([len(part.text) for part in column])
    text = np.frombuffer(b"".join(part.text for part in column), np.uint8).astype(np.uint64)
    row = np.repeat(np.arange(len(column)), lengths)
    place = np.arange(len(text)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    runs = np.zeros(len(text), np.uint64)
    for back in range(LONGEST):
        earlier = np.zeros(len(text), np.uint64)
        earlier[back:] = text[: len(text) - back]
        earlier[place < back] = 0
        runs |= earlier << np.uint64(8 * back)
    offsets = np.repeat(np.array([part.offset for part in column]), lengths)
    found, rows = [], []
    for size in column[0].sizes:
        moved = np.array([shift(size, offset) for offset in range(int(offsets.max(initial=0)) + 1)], np.uint64)
        number = (runs & np.uint64((1 << 8 * size) - 1)) + moved[offsets]
        found.append((number % np.uint64(BUCKETS)).astype(np.int32))
        rows.append(row)
    data = np.ones(sum(map(len, found)), np.float32)
    matrix = sparse.csr_matrix((data, (np.concatenate(rows), np.concatenate(found))), shape=(len(column), BUCKETS))
    matrix.sum_duplicates()
    matrix.data[:] = 1  # a run counts once, however often it stands there
    return matrix


def regress(matrix: Matrix, bad: Mask, importance: Floats, steps: int = STEPS) -> Floats:
    """Weights per bucket; the bias is left out, calibration brings one back. Stopped early, which spares rare runs."""
    turned = matrix.T.tocsr()
    total = importance.sum()
    sign = np.where(bad, 1.0, -1.0)

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        odds = matrix @ weights[:-1].astype(np.float32) + weights[-1]
        value = (importance * np.logaddexp(0, -sign * odds)).sum() / total + RIDGE * (weights[:-1] ** 2).sum()
        error = importance * (1 / (1 + np.exp(-odds)) - bad) / total
        slope = np.empty_like(weights)
        slope[:-1] = turned @ error.astype(np.float32) + 2 * RIDGE * weights[:-1]
        slope[-1] = error.sum()
        return float(value), slope

    start = np.zeros(matrix.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": steps})
    return np.asarray(found.x[:-1], np.float32)


def quantise(weights: Floats) -> Grams:
    """One byte a bucket: steps are fine near nothing, where most weights are, and coarse far from it."""
    most = float(np.abs(weights).max())
    steps = np.round(np.sqrt(np.abs(weights) / most) * STEPS_ABOVE) * np.sign(weights)
    return Grams((steps.astype(np.int16) + ZERO).astype(np.uint8).tobytes(), most)


def odds(counts: Counts, grams: Grams) -> Floats:
    """What `Grams.odds` says, for all links: one column a part."""
    table = np.array(grams.values(), np.float32)[np.frombuffer(grams.table, np.uint8)]
    return np.stack([part @ table for part in counts.parts], axis=1)
