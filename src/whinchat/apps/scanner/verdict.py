"""What the scanner says of one link."""

from __future__ import annotations

import enum

import msgspec


class Level(enum.StrEnum):
    MALICIOUS = "malicious"
    SUSPICIOUS = "suspicious"
    UNKNOWN = "unknown"
    """Never shown as benign."""
    BENIGN = "benign"

    @property
    def rank(self) -> int:
        """0 is worst."""
        return _RANK[self]


_RANK = {Level.MALICIOUS: 0, Level.SUSPICIOUS: 1, Level.UNKNOWN: 2, Level.BENIGN: 3}


class DecidedBy(enum.StrEnum):
    OVERRIDE = "override"
    FEED = "feed"
    REPUTATION = "reputation"
    """A well-known site that nothing speaks against."""
    EVIDENCE = "evidence"


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """One piece of evidence as it moved the score; the sentence is in the catalogue under `evidence.<name>`."""

    name: str
    weight: float
    """Log-odds added (danger) or taken (safety)."""
    values: dict[str, str] = {}


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    url: str
    """Canonical."""
    host: str
    site: str
    level: Level
    probability: float
    """Calibrated, 0 to 1."""
    score: float
    """Raw log-odds, for ranking."""
    decided_by: DecidedBy
    reasons: tuple[Reason, ...] = ()
    """What moved the score, strongest first."""
    speaking: tuple[str, ...] = ()
    """Independent groups of evidence that speak for danger: what corroborates."""
    pretends: str | None = None
    """The brand it imitates."""
    wrapper: str | None = None
    """Canonical URL of the redirector it was taken out of."""
    lists_version: str = ""
    judge_version: str = ""
    """Of model and weights: what another one said is judged anew."""
    checked_at: int = 0
    expires_at: int = 0
    """Milliseconds UTC."""
