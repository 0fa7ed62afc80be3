"""From evidence with declared weights to log-odds: weighed, capped by group, added up.

Weights and caps are data (`evidence/data/weights.toml`). What training links show is weighed by the model
(`weighing.py`).
"""

from __future__ import annotations

import enum
import hashlib
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
    """A page on a domain of the site's own."""
    FRONT = "front"
    """The front page of such a domain: of what a link shows, only the name speaks."""
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
        return cls.OWN if len(link.path) > 1 or link.query else cls.FRONT


class Part(enum.StrEnum):
    """What a verdict is made of; each can be left out, to see what it is worth."""

    FEEDS = "feeds"
    MODEL = "model"
    RULES = "rules"
    """Evidence with declared weights."""
    CONTEXT = "context"
    """The message around the link."""
    NOVELTY = "novelty"
    """What was seen before, here and elsewhere."""


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cap: float
    """Most log-odds that all evidence of the group together can add: what goes together is not counted twice."""
    statistical: bool = False
    """Says how such links usually are, not what this one does: all such groups corroborate as one."""


class Weight(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    group: str
    weight: float | None = None
    """Log-odds for an amount of 1; negative for safety. None: the model weighs it."""


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    groups: dict[str, Group]
    evidence: dict[str, Weight]
    sources: dict[str, float] = {}
    """What a listing of each external source is worth, 0 to 1."""
    version: str = ""
    """The first digits of the file's hash."""

    def __post_init__(self) -> None:
        missing = {weight.group for weight in self.evidence.values()} - self.groups.keys()
        if missing:
            raise ValueError(f"{', '.join(sorted(missing))} without numbers")

    @classmethod
    def load(cls, path: Path = DATA / "weights.toml") -> Weights:
        """Raises SettingsError: the file is not as it must be."""
        version = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
        return checked({**read(path), "version": version}, cls, path)


@dataclass(frozen=True, slots=True)
class Share:
    """What one piece of evidence added to the score, after caps and calibration."""

    evidence: Evidence
    weight: float


@dataclass(frozen=True, slots=True)
class Score:
    log_odds: float
    """Of danger, calibrated: what a probability is made of."""
    ranking: float
    """The same before calibration: it puts links of all classes into one order."""
    probability: float
    shares: tuple[Share, ...]
    """Strongest first."""
    speaking: tuple[str, ...]
    """Independent groups that speak for danger with at least `SPEAKS`; all statistical ones as one, the empty name."""


SPEAKS = 0.5  # log-odds


def score(evidence: Iterable[Evidence], weights: Weights, base: float, ranking: float | None = None) -> Score:
    """Add declared weights, capped by group, to `base`, the log-odds before. What the model weighs adds nothing.

    `ranking`: where it stood before, if not at `base`.

    Raises KeyError: a kind of evidence is not in the weights.
    """
    raw: dict[str, float] = {}
    weighed: list[tuple[Evidence, str, float]] = []
    for each in evidence:
        weight = weights.evidence[each.name]
        if weight.weight is None:
            continue
        share = weight.weight * each.amount
        weighed.append((each, weight.group, share))
        if share > 0:
            raw[weight.group] = raw.get(weight.group, 0.0) + share
    factors = {group: min(1.0, weights.groups[group].cap / total) for group, total in raw.items()}
    shares = [Share(each, share * (factors[group] if share > 0 else 1.0)) for each, group, share in weighed]
    gained = sum(share.weight for share in shares)
    shares.sort(key=lambda share: -abs(share.weight))
    log_odds = base + gained
    before = base if ranking is None else ranking
    return Score(log_odds, before + gained, probability(log_odds), tuple(shares), speaking(shares, weights))


def speaking(shares: Iterable[Share], weights: Weights) -> tuple[str, ...]:
    """The independent groups that speak for danger."""
    totals: dict[str, float] = {}
    for share in shares:
        if share.weight > 0:
            group = weights.evidence[share.evidence.name].group
            totals[group] = totals.get(group, 0.0) + share.weight
    loud = {group for group, total in totals.items() if total >= SPEAKS}
    return tuple(sorted({"" if weights.groups[group].statistical else group for group in loud}))


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
    model_fresh_days: float
    model_last_days: float


class Lifetimes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds that a verdict of each level lasts."""

    benign: int
    suspicious: int
    malicious: int
    unknown: int
    listed: int
    """By a feed: at most so long, and no longer than the feed's version."""


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
