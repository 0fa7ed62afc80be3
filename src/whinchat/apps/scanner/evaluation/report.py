"""What an evaluation found: the one document behind the text, the JSON and the page. `docs/reference/evaluation.md`
describes it for readers of the JSON; names and meanings stay the same within a version of `SCHEMA`.

Shares are fractions, not percents; null is "cannot be said".
"""

from __future__ import annotations

import enum

import msgspec

SCHEMA = "whinchat-evaluation-1"


class Budget(enum.StrEnum):
    """Whether a share is at most what it may be, by its 95 % bounds."""

    MET = "met"
    NOT_REFUTED = "not refuted"
    REFUTED = "refuted"


class Estimate(msgspec.Struct, frozen=True):
    value: float | None
    low: float | None
    high: float | None
    """95 % interval, over sites."""
    hits: int
    of: int
    """Rows, each counted once whatever its weight in `value`."""


class Versions(msgspec.Struct, frozen=True):
    whinchat: str
    weights: str
    lists: str
    model: str


class Feed(msgspec.Struct, frozen=True):
    name: str
    newest: str
    """Day of its newest entry."""
    entries: int


class Setup(msgspec.Struct, frozen=True):
    """What was asked for."""

    files: tuple[str, ...]
    feeds: str
    without: tuple[str, ...]
    loaded_feeds: tuple[Feed, ...]
    warn: float
    malicious: float
    """Probabilities of the shipped thresholds."""
    prior: float
    """Share of dangerous links that the scanner's probabilities assume."""
    bootstrap: int
    seed: int
    unseen: str
    """The file whose sites were left out; empty when none were."""
    per_site: int | None
    sample: int | None
    group_by: str
    notes: tuple[str, ...]
    """What was and was not used, in sentences."""


class Counts(msgspec.Struct, frozen=True):
    rows: int
    phishing: int
    benign: int
    spam: int
    sites: int
    messages: int
    """Rows whose links were looked for in a text."""
    phishing_without_link: int
    benign_without_link: int
    unreadable: int
    failed: int
    undated: int
    left_out: dict[str, int]
    """Reason to rows that were not judged, because somebody asked for that."""
    coverage: float | None
    """Of the rows with a link, the share that got a score."""
    verdicts: dict[str, dict[str, int]]
    """Label to verdict, or to why there is none, to rows."""


class AtRate(msgspec.Struct, frozen=True):
    rate: float
    """Of benign rows that may be flagged; no more are."""
    threshold: float | None
    """The raw score that a flagged row exceeds; null where all or none do."""
    recall: Estimate
    enough: bool
    """Whether the rate is at least one benign row: with fewer rows none may be flagged, and the recall says little."""


class Ranking(msgspec.Struct, frozen=True):
    """How well the raw score ranks some phishing rows above some benign ones."""

    phishing: str
    benign: str
    phishing_rows: int
    benign_rows: int
    at: tuple[AtRate, ...]


class Group(msgspec.Struct, frozen=True):
    """Some rows at the shipped thresholds. Recall and false positives belong together."""

    by: str
    name: str
    caught: Estimate
    """Phishing that was warned of, whether as suspicious or as malicious."""
    caught_malicious: Estimate
    wrong: Estimate
    """Benign that was warned of."""
    wrong_upper: float | None
    """95 % bound, one-sided: of the binomial or of the site bootstrap, whichever is higher."""
    wrong_malicious: Estimate
    wrong_malicious_upper: float | None
    budget: Budget | None
    caught_once_per_site: float | None
    wrong_once_per_site: float | None


class Goal(msgspec.Struct, frozen=True):
    goal: str
    target: float
    estimate: Estimate
    bound: float | None
    """The 95 % bound that decides."""
    result: Budget
    note: str = ""


class Band(msgspec.Struct, frozen=True):
    low: float
    high: float
    rows: int
    says: float
    """Mean probability."""
    found: Estimate
    """Share of phishing, with the rows weighed so that all of them are at the prior."""


class Calibration(msgspec.Struct, frozen=True):
    prior: float
    error: float | None
    """Mean distance between what is said and what is found."""
    bands: tuple[Band, ...]
    right_when_warned: float | None
    """Of the warnings, the share that would be right."""
    right_when_malicious: float | None


class Times(msgspec.Struct, frozen=True):
    """Milliseconds of processor time for one row, from text to verdict."""

    median: float | None
    p95: float | None
    longest: float | None


class Mine(msgspec.Struct, frozen=True):
    """What became of one chat's messages with links, by what its admins labelled since."""

    chat: str
    """A pseudonym."""
    messages: int
    wrong: Estimate
    """Messages that were warned of wrongly; at least so many, as only what somebody labelled is known."""
    missed: Estimate


class Ablation(msgspec.Struct, frozen=True):
    """The same rows without a part of the scanner."""

    without: str
    at: tuple[AtRate, ...]
    caught: Estimate
    wrong: Estimate


class Shown(msgspec.Struct, frozen=True):
    """One link, defanged."""

    link: str
    source: str
    score: float | None
    probability: float | None
    verdict: str
    reasons: tuple[str, ...]
    milliseconds: float


class Point(msgspec.Struct, frozen=True):
    wrong: float
    caught: float


class Curve(msgspec.Struct, frozen=True):
    name: str
    points: tuple[Point, ...]


class Report(msgspec.Struct, frozen=True):
    schema: str
    made_at: str
    """UTC."""
    versions: Versions
    setup: Setup
    counts: Counts
    goals: tuple[Goal, ...]
    of_all: Estimate | None
    """Caught of all phishing messages, also of those without a link; null where no rows are messages."""
    spam: Estimate | None
    """Spam with links that was warned of, neither right nor wrong; null where there is none."""
    rankings: tuple[Ranking, ...]
    groups: tuple[Group, ...]
    groups_left_out: int
    """Groups too small to be among those shown."""
    mine: tuple[Mine, ...]
    """The service's own chats, where they were asked for; empty otherwise."""
    calibration: tuple[Calibration, ...]
    times: Times
    ablations: tuple[Ablation, ...]
    curves: tuple[Curve, ...]
    wrong: tuple[Shown, ...]
    missed: tuple[Shown, ...]
    slowest: tuple[Shown, ...]
