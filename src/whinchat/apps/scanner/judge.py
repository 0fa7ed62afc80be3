"""One link in, one verdict out: lists first, then what everybody knows, then evidence. Pure, no network, microseconds.

A decisive listing decides; else a popular site that nothing speaks against is benign; else the evidence is weighed. A
chat's own rules come before all of it and are the service's business.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from whinchat.apps.scanner.evidence.index import gather
from whinchat.apps.scanner.evidence.known import Known, know
from whinchat.apps.scanner.evidence.tables import Tables
from whinchat.apps.scanner.knowledge import Lists, SiteTag
from whinchat.apps.scanner.links.link import Link, LinkKind
from whinchat.apps.scanner.scoring import AddressClass, Rules, Score, Weights, score
from whinchat.apps.scanner.verdict import DecidedBy, Level, Reason, Verdict

HIDES_TARGET = frozenset({SiteTag.HOSTING, SiteTag.SHORTENER, SiteTag.REDIRECTOR})
"""What stands at such a place is not its owner's: being well known says nothing about it."""
SPEAKS_AGAINST = 0.3  # log-odds of one piece of evidence that takes a popular site its privilege
LISTED = 0.995  # probability of a decisive listing: no feed is always right


@dataclass(frozen=True, slots=True)
class Examined:
    """Everything behind a verdict, for an explanation."""

    verdict: Verdict
    known: Known
    address: AddressClass
    score: Score


class Judge:
    """Holds what was loaded once; judging changes nothing."""

    def __init__(
        self,
        lists: Lists,
        *,
        tables: Tables | None = None,
        weights: Weights | None = None,
        rules: Rules | None = None,
    ) -> None:
        """What is not given is loaded from the shipped data. Raises SettingsError: that data is damaged."""
        self.lists = lists
        self.tables = tables or Tables.load()
        self.weights = weights or Weights.load()
        self.rules = rules or Rules.load()

    def judge(self, link: Link, now: int) -> Verdict:
        """`now`: milliseconds UTC. A link taken out of a redirector is as bad as the worse of the two."""
        verdict = self.examine(link, now).verdict
        if link.wrapper is None:
            return verdict
        return _worse(verdict, self.judge(link.wrapper, now))

    def examine(self, link: Link, now: int) -> Examined:
        """The link for itself, with all that led to its verdict."""
        known = know(link, self.tables, self.lists)
        address = AddressClass.of(link, known.tags)
        scored = score(gather(link, known), address, self.weights)
        level, decided_by = self._level(link, known, scored)
        chance = scored.probability
        if decided_by is DecidedBy.FEED:
            chance = max(chance, LISTED)
        lifetime: int = getattr(self.rules.lifetimes, level.value)
        verdict = Verdict(
            url=link.url,
            host=link.host,
            site=link.site.name,
            level=level,
            probability=chance,
            score=scored.log_odds,
            decided_by=decided_by,
            reasons=tuple(
                Reason(each.evidence.name, each.weight, dict(each.evidence.values)) for each in scored.shares
            ),
            pretends=_pretends(known),
            wrapper=link.wrapper.url if link.wrapper else None,
            lists_version=self.lists.version,
            checked_at=now,
            expires_at=now + lifetime * 1000,
        )
        return Examined(verdict, known, address, scored)

    def _level(self, link: Link, known: Known, scored: Score) -> tuple[Level, DecidedBy]:
        if any(listing.decisive for listing in known.listings):
            return Level.MALICIOUS, DecidedBy.FEED
        limits = self.rules.thresholds
        against = [share for share in scored.shares if share.weight > SPEAKS_AGAINST]
        if known.popular and not known.tags & HIDES_TARGET and not against:
            return Level.BENIGN, DecidedBy.EVIDENCE
        if scored.probability >= limits.malicious and scored.corroborated_by >= limits.corroboration:
            return Level.MALICIOUS, DecidedBy.EVIDENCE
        if scored.probability >= limits.warn:
            return Level.SUSPICIOUS, DecidedBy.EVIDENCE
        if scored.probability < limits.ask and self._may_clear(link, known):
            return Level.BENIGN, DecidedBy.EVIDENCE
        return Level.UNKNOWN, DecidedBy.EVIDENCE

    def _may_clear(self, link: Link, known: Known) -> bool:
        """Whether a low probability may be called benign: lists were there, and the page is where the link says."""
        age = self.lists.age_days
        fresh = age is not None and age <= self.rules.thresholds.lists_fresh_days
        return fresh and link.kind is LinkKind.WEB and not known.tags & {SiteTag.SHORTENER, SiteTag.REDIRECTOR}


def _pretends(known: Known) -> str | None:
    return known.mentions[0].brand if known.mentions else None


def _worse(target: Verdict, wrapper: Verdict) -> Verdict:
    """The target's verdict, with the wrapper's level and reasons where that one is dangerous and worse."""
    if wrapper.level.rank >= target.level.rank or wrapper.level is Level.UNKNOWN:
        return target
    return msgspec.structs.replace(wrapper, url=target.url, host=target.host, site=target.site, wrapper=target.wrapper)
