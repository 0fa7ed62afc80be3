"""What an external source says of itself before it is asked anything, and what a chat lets it see."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from whinchat.apps.scanner.links.link import Link, LinkKind
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


class Subject(enum.StrEnum):
    """What an answer is about, and so for which other links it holds as well."""

    LINK = "link"
    HOST = "host"
    DOMAIN = "domain"
    """The registrable domain."""

    def of(self, link: Link) -> str:
        """The text that stands for it, the same for all links that share it."""
        if self is Subject.LINK:
            return link.key
        return link.host if self is Subject.HOST or not link.site.registrable else link.site.registrable


class Covers(enum.StrEnum):
    """For which web links a source can be asked."""

    ALL = "all"
    NAMES = "names"
    """Not those whose host is an IP address."""
    OWN_DOMAINS = "own_domains"
    """Of these, not sites on shared hosting: what is known of the domain says nothing about its tenants."""

    def includes(self, link: Link) -> bool:
        if link.kind is not LinkKind.WEB:
            return False
        return self is Covers.ALL or not (link.is_address or (self is Covers.OWN_DOMAINS and link.site.shared))


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
    subject: Subject = Subject.LINK
    """What is remembered: one answer for each."""
    covers: Covers = Covers.ALL
    decisive: bool = False
    """Whether its listing alone is good for a verdict."""
    quotas: tuple[Quota, ...] = ()
    needs: tuple[str, ...] = ()
    """Settings without which it cannot be asked, as they are called under `apps.scanner`: `sources.virustotal.key`."""
    way_out: str = ""
    """What an operator does when it refuses us, if that is not to correct what it needs."""
    probe: str = "https://example.com/"
    """A harmless link to find out with whether it answers."""
    terms: str = ""
    """Where its terms of use stand."""
    notice: str = ""
    """What its terms want to be shown with its answers."""

    @property
    def remedy(self) -> str:
        """What an operator does when it refuses us."""
        return self.way_out or f"Correct {', '.join(f'apps.scanner.{need}' for need in self.needs)}."
