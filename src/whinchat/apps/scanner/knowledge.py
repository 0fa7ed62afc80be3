"""What the scanner knows beforehand, as evidence and scoring see it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

from whinchat.apps.scanner.links.link import Link, Site


class Threat(enum.StrEnum):
    PHISHING = "phishing"
    MALWARE = "malware"
    SCAM = "scam"


class Scope(enum.StrEnum):
    """What a feed entry names, narrowest first."""

    URL = "url"
    HOST = "host"
    SITE = "site"


class SiteTag(enum.StrEnum):
    HOSTING = "hosting"
    SHORTENER = "shortener"
    REDIRECTOR = "redirector"
    DYNAMIC_DNS = "dynamic_dns"
    LINK_IN_BIO = "link_in_bio"
    IPFS_GATEWAY = "ipfs_gateway"


@dataclass(frozen=True, slots=True)
class Listing:
    """One feed's entry that a link falls under."""

    feed: str
    threat: Threat
    scope: Scope
    decisive: bool
    """Good for a verdict by itself: the feed is precise enough, and a host entry is not on popular or shared ground."""
    version: str
    """Of the snapshot that lists it."""


class Lists(Protocol):
    """Look-ups in memory-mapped snapshots: microseconds, no I/O wait, nothing loaded."""

    @property
    def version(self) -> str:
        """Changes whenever any snapshot changes; empty when nothing is loaded."""
        ...

    @property
    def age_days(self) -> float | None:
        """Of the newest threat feed; None without any."""
        ...

    def listings(self, link: Link) -> tuple[Listing, ...]: ...

    def popular(self, site: Site) -> bool:
        """Among the world's well-known sites, by registrable domain; false for shared hosting."""
        ...

    def tags(self, link: Link) -> frozenset[SiteTag]: ...
