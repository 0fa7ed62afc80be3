"""Links judged by hand-made lists: what evidence is found, without a snapshot file."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from whinchat.apps.scanner.evidence.index import gather
from whinchat.apps.scanner.evidence.known import Evidence, Known, know
from whinchat.apps.scanner.evidence.tables import Tables
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.knowledge import Listing, SiteTag
from whinchat.apps.scanner.links.link import Link, Site
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.scoring import Rules, Weights


@dataclass
class FakeLists:
    """`knowledge.Lists` by registrable domain (popular, tags) and by host (listings)."""

    listed: dict[str, tuple[Listing, ...]] = field(default_factory=dict)
    well_known: frozenset[str] = frozenset()
    tagged: dict[str, SiteTag] = field(default_factory=dict)
    version: str = "test"
    age_days: float | None = 1.0

    def listings(self, link: Link) -> tuple[Listing, ...]:
        return self.listed.get(link.host, ())

    def popular(self, site: Site) -> bool:
        return not site.shared and site.registrable in self.well_known

    def tags(self, link: Link) -> frozenset[SiteTag]:
        tag = self.tagged.get(link.site.registrable)
        return frozenset() if tag is None else frozenset({tag})


NOTHING_KNOWN = FakeLists()


@cache
def tables() -> Tables:
    """The shipped ones, read once for all tests."""
    return Tables.load()


@cache
def weights() -> Weights:
    return Weights.load()


@cache
def rules() -> Rules:
    return Rules.load()


@cache
def judge() -> Judge:
    """On shipped data, read once for all tests, and lists that know nothing."""
    return Judge(NOTHING_KNOWN, tables=tables(), weights=weights(), rules=rules())


def link(text: str) -> Link:
    found = parse_link(text)
    assert found is not None, text
    return found


def known(about: Link, lists: FakeLists = NOTHING_KNOWN) -> Known:
    return know(about, tables(), lists)


def found_in(text: str | Link, lists: FakeLists = NOTHING_KNOWN) -> dict[str, Evidence]:
    """Evidence by name."""
    about = link(text) if isinstance(text, str) else text
    return {each.name: each for each in gather(about, known(about, lists))}
