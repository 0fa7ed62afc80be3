"""What the model makes of a link: its log-odds, and how much of them each piece of evidence is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.features import COUNTS, LEARNED, NUMBERS, TELLS, amounts, learned, names, numbers, weighed
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.model.file import Model
from whinchat.apps.scanner.model.trees import Walk, Walker
from whinchat.apps.scanner.scoring import AddressClass, Share, Weights
from whinchat.core.errors import SettingsError

_WHOLE = len(NUMBERS) + LEARNED.index("text_odds")
_IN_WHOLE = range(len(NUMBERS), len(NUMBERS) + 4)
"""The features of which `text_odds` is the sum."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """One link as the model sees it."""

    vector: list[float]
    walk: Walk
    log_odds: float
    """Calibrated for its class of address."""

    @property
    def raw(self) -> float:
        return self.walk.score


class Weighing:
    """The model, ready to weigh. Pure; made once."""

    def __init__(self, model: Model, weights: Weights) -> None:
        """Raises SettingsError: the model was trained on other features than this version reads."""
        if model.features != names(weights):
            raise SettingsError(
                "model", "was trained on other features than this version reads", hint="Train it again: make train"
            )
        self._curves = {AddressClass(name): curve for name, curve in model.curves.items()}
        self._walker = Walker(model.trees)
        kinds = weighed(weights)
        self._places = {name: place for place, name in enumerate(kinds)}
        first = len(NUMBERS) + len(LEARNED)
        self._features: dict[str, tuple[int, ...]] = {name: (first + place,) for name, place in self._places.items()}
        for name, count in COUNTS.items():
            self._features[name] += (NUMBERS.index(count),)
        for name, told in TELLS.items():
            self._features[name] = tuple(len(NUMBERS) + LEARNED.index(each) for each in told)

    def weigh(self, link: Link, known: Known, evidence: Sequence[Evidence], address: AddressClass) -> Weighed:
        vector = [*numbers(link, known, address), *learned(known), *amounts(evidence, self._places)]
        walk = self._walker.walk(vector)
        return Weighed(vector, walk, self._curves[address].at(walk.score))

    def shares(self, weighed: Weighed, evidence: Sequence[Evidence]) -> list[Share]:
        """Evidence and the raw log-odds that would be gone without it, strongest first.

        What is said twice (a brand's name, and the letters of that name) counts for each less than for both.
        """
        found = [
            Share(each, self._worth(weighed, self._features[each.name]))
            for each in evidence
            if each.name in self._features
        ]
        return sorted((share for share in found if share.weight), key=lambda share: -abs(share.weight))

    def _worth(self, weighed: Weighed, places: tuple[int, ...]) -> float:
        vector = weighed.vector
        without = dict.fromkeys(places, 0.0)
        told = [vector[place] for place in places if place in _IN_WHOLE]
        if told:
            without[_WHOLE] = vector[_WHOLE] - sum(told)
        return self._walker.worth(weighed.walk, without)
