"""From evidence to a calibrated probability: weighed, capped by group, added up as log-odds.

Weights, caps and calibration are data (`evidence/data/weights.toml`), written by `scripts/fit_weights.py`.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from whinchat.apps.scanner.evidence.known import Evidence
from whinchat.apps.scanner.evidence.tables import DATA, read
from whinchat.apps.scanner.knowledge import SiteTag
from whinchat.apps.scanner.links.link import Link
from whinchat.core.errors import SettingsError

T = TypeVar("T")


class AddressClass(enum.StrEnum):
    """Kinds of address whose danger is not comparable: each is calibrated for itself."""

    OWN = "own"
    """A domain of the site's own."""
    HOSTING = "hosting"
    SHORTENER = "shortener"
    NUMBER = "number"
    """An IP address."""

    @classmethod
    def of(cls, link: Link, tags: frozenset[SiteTag]) -> AddressClass:
        if link.is_address:
            return cls.NUMBER
        if SiteTag.SHORTENER in tags:
            return cls.SHORTENER
        if link.site.shared or SiteTag.HOSTING in tags or SiteTag.DYNAMIC_DNS in tags:
            return cls.HOSTING
        return cls.OWN


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cap: float
    """Most log-odds that all evidence of the group together can add: what goes together is not counted twice."""
    statistical: bool = False
    """Says how such links usually are, not what this one does: all such groups corroborate as one."""


class Weight(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    group: str
    weight: float
    """Log-odds for an amount of 1; negative for safety."""
    fitted: bool = False
    """Chosen by the script; else declared by hand, because the training links do not show it."""


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    base: float
    """Log-odds of a link of the class without any evidence."""
    slope: float


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    prior: float
    """Share of dangerous links that the probabilities assume."""
    groups: dict[str, Group]
    calibration: dict[AddressClass, Calibration]
    evidence: dict[str, Weight]

    def __post_init__(self) -> None:
        missing = {weight.group for weight in self.evidence.values()} - self.groups.keys()
        missing |= {each.value for each in AddressClass if each not in self.calibration}
        if missing:
            raise ValueError(f"{', '.join(sorted(missing))} without numbers")

    @classmethod
    def load(cls, path: Path = DATA / "weights.toml") -> Weights:
        """Raises SettingsError: the file is not as it must be."""
        return checked(read(path), cls, path)


@dataclass(frozen=True, slots=True)
class Share:
    """What one piece of evidence added to the score, after caps and calibration."""

    evidence: Evidence
    weight: float


@dataclass(frozen=True, slots=True)
class Score:
    log_odds: float
    probability: float
    shares: tuple[Share, ...]
    """Strongest first."""
    corroborated_by: int
    """Independent groups that speak for danger with at least `SPEAKS`."""


SPEAKS = 0.5  # log-odds


def score(evidence: Iterable[Evidence], address: AddressClass, weights: Weights) -> Score:
    """Raises KeyError: a kind of evidence has no weight."""
    calibration = weights.calibration[address]
    raw: dict[str, float] = {}
    weighed: list[tuple[Evidence, Weight, float]] = []
    for each in evidence:
        weight = weights.evidence[each.name]
        share = weight.weight * each.amount
        weighed.append((each, weight, share))
        if share > 0:
            raw[weight.group] = raw.get(weight.group, 0.0) + share
    factors = {group: calibration.slope * min(1.0, weights.groups[group].cap / total) for group, total in raw.items()}
    shares = [
        Share(each, share * (factors[weight.group] if share > 0 else calibration.slope))
        for each, weight, share in weighed
    ]
    log_odds = calibration.base + sum(share.weight for share in shares)
    shares.sort(key=lambda share: -abs(share.weight))
    speaking = {
        "" if weights.groups[group].statistical else group
        for group, total in raw.items()
        if total * factors[group] >= SPEAKS
    }
    return Score(log_odds, probability(log_odds), tuple(shares), len(speaking))


def probability(log_odds: float) -> float:
    if log_odds < 0:
        return 1.0 - probability(-log_odds)
    return 1.0 / (1.0 + math.exp(-log_odds))


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`thresholds.toml`: probabilities at which a verdict changes its name."""

    malicious: float
    warn: float
    ask: float
    corroboration: int
    lists_fresh_days: float


class Lifetimes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds that a verdict of each level lasts."""

    benign: int
    suspicious: int
    malicious: int
    unknown: int


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    thresholds: Thresholds
    lifetimes: Lifetimes

    @classmethod
    def load(cls, path: Path = DATA / "thresholds.toml") -> Rules:
        """Raises SettingsError: the file is not as it must be."""
        return checked(read(path), cls, path)


def checked(data: dict[str, Any], kind: type[T], path: Path) -> T:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise SettingsError(path.name, str(error), hint="Restore the file as it was shipped.") from error
