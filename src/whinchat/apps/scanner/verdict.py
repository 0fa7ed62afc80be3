"""What the scanner says of one link."""

from __future__ import annotations

import enum

import msgspec

from whinchat.apps.scanner.evidence.known import Evidence
from whinchat.apps.scanner.evidence.page import Page
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.apps.scanner.sources.asked import Asked
from whinchat.core.ports import FetchFault


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
    SOURCE = "source"
    """An external source whose listing alone is good for a verdict."""


class Depth(enum.StrEnum):
    LOCAL = "local"
    """By what is known here, without a word to anybody."""
    DEEP = "deep"
    """The link was followed and sources were asked, as far as that was allowed."""


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """One piece of evidence as it moved the score; the sentence is in the catalogue under `evidence.<name>`."""

    name: str
    weight: float
    """Log-odds added (danger) or taken (safety)."""
    values: dict[str, str] = {}


class Look(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a deep look found. With it the link can be judged anew when lists or model change."""

    privacy: Privacy
    """How much was allowed."""
    at: int
    """Milliseconds UTC."""
    chain: tuple[str, ...] = ()
    """Canonical URLs that led on, the link itself first."""
    final: str | None = None
    """Canonical URL of where it ends; None: nothing led on, or it is not known."""
    page: Page | None = None
    """What stands there, where it was asked."""
    fault: FetchFault | None = None
    """Why the way ended before a page."""
    asked: Asked = Asked()
    gained: tuple[Evidence, ...] = ()
    """What sources said."""
    decisive: str | None = None
    """Name of the source whose listing alone decides."""


_NOBODY = Asked()


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    url: str
    """Canonical."""
    host: str
    site: str
    level: Level
    probability: float
    """Calibrated, 0 to 1."""
    score: float
    """Raw, for ranking links of all classes of address."""
    log_odds: float
    """Calibrated for the link's class of address: what the probability is made of."""
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
    look: Look | None = None

    @property
    def depth(self) -> Depth:
        return Depth.LOCAL if self.look is None else Depth.DEEP

    @property
    def chain(self) -> tuple[str, ...]:
        """The addresses that led on, the link itself first."""
        return () if self.look is None else self.look.chain

    @property
    def final(self) -> str | None:
        """Where it ends, when that is elsewhere."""
        return None if self.look is None else self.look.final

    @property
    def asked(self) -> Asked:
        """Which sources answered, failed or were skipped."""
        return _NOBODY if self.look is None else self.look.asked
