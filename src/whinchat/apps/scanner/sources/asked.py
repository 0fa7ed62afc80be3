"""What came of asking the sources about one link, and how each source stands."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import msgspec

from whinchat.apps.scanner.sources.about import About, Quota
from whinchat.apps.scanner.sources.answers import Answer, NoAnswer


class Skip(enum.StrEnum):
    """Why a source was not asked."""

    NOT_CONFIGURED = "not_configured"
    """It is off, or lacks a setting that it needs."""
    PRIVACY = "privacy"
    """The chat does not let it see as much as it wants to."""
    NOT_COVERED = "not_covered"
    """It knows nothing about links of this kind."""
    MISCONFIGURED = "misconfigured"
    """It refused our key, and is left alone until it may have been set right."""
    RESTING = "resting"
    """It failed too often, or said that we ask too much; it is tried again later."""
    BUSY = "busy"
    """It would have been asked faster than it may be."""
    QUOTA = "quota"
    """What is left of its quota is kept for more uncertain links, or nothing is left."""


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """Every known source is in one of the two; names are those of `About.name`, in the order of the index."""

    answers: dict[str, Answer] = {}
    skipped: dict[str, Skip] = {}

    @property
    def heard(self) -> tuple[str, ...]:
        """The sources that gave an answer."""
        return tuple(name for name, answer in self.answers.items() if not isinstance(answer, NoAnswer))

    @property
    def failed(self) -> tuple[str, ...]:
        """The sources that were asked and gave none."""
        return tuple(name for name, answer in self.answers.items() if isinstance(answer, NoAnswer))


class State(enum.StrEnum):
    """How a source stands."""

    OFF = "off"
    """Not configured, or switched off."""
    UP = "up"
    """It answers, or was not asked yet."""
    DOWN = "down"
    """It gives no answers; it is tried again."""
    MISCONFIGURED = "misconfigured"
    """It refuses our key."""


@dataclass(frozen=True, slots=True)
class QuotaLeft:
    quota: Quota
    left: int
    """Requests, at this moment."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One source, for people and metrics. Times in milliseconds UTC."""

    about: About
    state: State
    missing: tuple[str, ...] = ()
    """Settings that it needs and does not have."""
    answered_at: int | None = None
    """When it last gave an answer, since the service started."""
    trouble: str = ""
    """Of an answer that did not come last: `Missing`'s value."""
    quotas: tuple[QuotaLeft, ...] = ()
