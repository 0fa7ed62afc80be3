"""What a source can answer. An outage is an answer of its own, and never means that a link is harmless."""

from __future__ import annotations

import enum
from typing import Protocol

import msgspec

from whinchat.apps.scanner.knowledge import Scope, Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.sources.about import About


class Listed(msgspec.Struct, frozen=True, tag="listed", omit_defaults=True):
    """The source knows the link, its host or its site as dangerous."""

    threat: Threat
    strength: float = 1.0
    """0 to 1: how sure the source is, such as the share of its engines; multiplies the weight."""
    since: int | None = None
    """Milliseconds UTC, where it says so."""
    scope: Scope = Scope.URL
    """What it names. An entry for a whole host says less where many people have pages."""
    nearby: bool = False
    """It does not know the link itself, but something else at the same place."""
    lifetime: float | None = None
    """Seconds, where the answer itself says how long it holds."""


class NotListed(msgspec.Struct, frozen=True, tag="not_listed", omit_defaults=True):
    """The source was asked and does not know it. Weighs nothing by itself."""

    lifetime: float | None = None


class Facts(msgspec.Struct, frozen=True, tag="facts", omit_defaults=True):
    """What a register says of the site, which is neither good nor bad. Milliseconds UTC."""

    registered_at: int | None = None
    certified_at: int | None = None
    """When a certificate was first issued for it."""


class Missing(enum.StrEnum):
    """Why there is no answer."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    GARBLED = "garbled"
    """An answer that does not have the documented form."""
    REFUSED = "refused"
    """The key is wrong or the account may not ask: a fault of the configuration."""
    QUOTA = "quota"
    """The source says that we asked too much."""
    FAILED = "failed"
    """Its server says that it cannot."""
    HELD_BACK = "held_back"
    """We did not ask: too soon, too often, or it has failed too often."""


class NoAnswer(msgspec.Struct, frozen=True, tag="no_answer", omit_defaults=True):
    reason: Missing
    retry_after: float | None = None
    """Seconds, where the source named a time."""


Answer = Listed | NotListed | Facts | NoAnswer


class Source(Protocol):
    """One external source. `ask` never raises for an outage, and never says NotListed when it does not know."""

    @property
    def about(self) -> About: ...

    async def ask(self, link: Link) -> Answer: ...
