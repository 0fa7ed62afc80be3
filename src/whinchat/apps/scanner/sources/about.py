"""What an external source says of itself before it is asked anything, and what a chat lets it see."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from whinchat.core.ports import Limit


class Sends(enum.StrEnum):
    """What leaves the machine when a source is asked, least first."""

    NOTHING = "nothing"
    HASH_PREFIX = "hash_prefix"
    HOST = "host"
    URL = "url"


class Privacy(enum.StrEnum):
    """What a chat allows."""

    LOCAL = "local"
    """Nothing leaves the machine for its links."""
    HASH_ONLY = "hash-only"
    """No source learns a link: hash prefixes at most. Short links are followed, which only their own hosts see."""
    FULL = "full"
    """Sources may be asked for hosts and links, and uncertain pages are visited."""

    def allows(self, sends: Sends) -> bool:
        return sends in _ALLOWED[self]


_ALLOWED = {
    Privacy.LOCAL: frozenset({Sends.NOTHING}),
    Privacy.HASH_ONLY: frozenset({Sends.NOTHING, Sends.HASH_PREFIX}),
    Privacy.FULL: frozenset(Sends),
}


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Seconds that an answer is believed."""

    listed: float
    clear: float


@dataclass(frozen=True, slots=True)
class Quota:
    """So many requests in so many seconds, kept over restarts. What is left goes to the most uncertain links."""

    requests: int
    seconds: int


@dataclass(frozen=True, slots=True)
class About:
    name: str
    """As in the settings, metrics and evidence; lower case."""
    title: str
    """As people know it."""
    sends: Sends
    limit: Limit
    """How fast it may be asked."""
    timeout: float
    """Seconds for one answer."""
    lifetimes: Lifetimes
    decisive: bool = False
    """Whether its listing alone is good for a verdict."""
    quotas: tuple[Quota, ...] = ()
    needs: tuple[str, ...] = ()
    """Settings without which it cannot be asked."""
    terms: str = ""
    """Where its terms of use stand."""
    notice: str = ""
    """What its terms want to be shown with its answers."""
