"""One link in, one verdict out: lists first, then what everybody knows, then evidence. Pure, no network, microseconds.

A decisive listing decides; else the model weighs the link, and declared evidence is added; a popular site that nothing
speaks against is benign by its reputation. What stands around the link in a message comes on top. A chat's own rules
come before all of it and are the service's business.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from whinchat.apps.scanner.evidence.arrival import Arrival
from whinchat.apps.scanner.evidence.index import around, gather
from whinchat.apps.scanner.evidence.known import Known, know
from whinchat.apps.scanner.evidence.situation import Situation
from whinchat.apps.scanner.evidence.tables import Tables
from whinchat.apps.scanner.evidence.visit import met
from whinchat.apps.scanner.knowledge import Lists, SiteTag
from whinchat.apps.scanner.links.link import Link, LinkKind
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.model.file import Model, shipped
from whinchat.apps.scanner.scoring import AddressClass, Part, Rules, Score, Share, Weights, probability, score, speaking
from whinchat.apps.scanner.verdict import DecidedBy, Level, Look, Reason, Verdict
from whinchat.apps.scanner.weighing import Weighing

HIDES_TARGET = frozenset({SiteTag.HOSTING, SiteTag.SHORTENER, SiteTag.REDIRECTOR})
"""What stands at such a place is not its owner's: being well known says nothing about it."""
SPEAKS_AGAINST = 0.3  # log-odds of one piece of evidence that takes a popular site its privilege
LISTINGS = frozenset({DecidedBy.FEED, DecidedBy.SOURCE})
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
        model: Model | None = None,
        tables: Tables | None = None,
        weights: Weights | None = None,
        rules: Rules | None = None,
        without: frozenset[Part] = frozenset(),
    ) -> None:
        """What is not given is loaded from the shipped data; `without`: what must not count.

        Raises SettingsError: the shipped data is damaged.
        """
        self.lists = lists
        self.model = model or shipped()
        self.tables = tables or Tables.load(self.model)
        self.weights = weights or Weights.load()
        self.rules = rules or Rules.load()
        self.without = without
        self.version = f"{self.model.version}+{self.weights.version}"
        """Of what was learned and declared; lists have versions of their own."""
        self._weighing = Weighing(self.model, self.weights)
        self._prior = math.log(self.model.prior / (1 - self.model.prior))

    def variant(self, without: frozenset[Part], lists: Lists | None = None) -> Judge:
        """The same judge with parts left out, and perhaps with other lists."""
        other = copy.copy(self)
        other.lists = lists or self.lists
        other.without = without
        return other

    def judge(self, link: Link, now: int) -> Verdict:
        """`now`: milliseconds UTC. A link taken out of a redirector is as bad as the worse of the two."""
        verdict = self.examine(link, now).verdict
        if link.wrapper is None:
            return verdict
        return _worse(verdict, self.judge(link.wrapper, now))

    def in_situation(self, verdict: Verdict, link: Link, situation: Situation, *, leniency: float = 0.0) -> Verdict:
        """The link's verdict as it is for one message.

        `leniency`: log-odds by which this chat wants to be surer before it is warned; negative for less sure.
        What a feed, a rule or everybody's knowledge decided stays as it is.
        """
        if verdict.decided_by is not DecidedBy.EVIDENCE:
            return verdict
        scored = score(around(link, self._counted(situation)), self.weights, verdict.log_odds, verdict.score)
        voices = tuple(sorted({*verdict.speaking, *scored.speaking}))
        level = self._word(scored.probability, voices, probability(scored.log_odds - leniency))
        if level is Level.BENIGN and verdict.level is not level and not self._may_clear(link, verdict.checked_at):
            level = Level.UNKNOWN
        reasons = sorted((*verdict.reasons, *map(_reason, scored.shares)), key=lambda each: -abs(each.weight))
        return msgspec.structs.replace(
            verdict,
            level=level,
            probability=scored.probability,
            score=scored.ranking,
            log_odds=scored.log_odds,
            reasons=tuple(reasons),
            speaking=voices,
        )

    def informed(self, link: Link, look: Look, now: int) -> Verdict:
        """The link's verdict with what a deep look found: as bad as the worst of where it ends and what leads there.

        Sources that gave no answer weigh nothing; a way that could not be gone to its end clears nothing. It lasts from
        when it was looked, so that judging it anew does not make old answers younger.
        """
        way = _links(look.chain)
        target = next(iter(_links((look.final,) if look.final else ())), link)
        examined = self.examine(target, now, way)
        verdict = self._with_look(target, examined, look, now)
        for hop in way:
            verdict = _worse(verdict, self.judge(hop, now))
        if link.wrapper is not None:
            verdict = _worse(verdict, self.judge(link.wrapper, now))
        expires = self._expiry(verdict.level, verdict.decided_by, now)
        if verdict.decided_by is not DecidedBy.FEED:
            expires += look.at - now
        return msgspec.structs.replace(
            verdict,
            url=link.url,
            host=link.host,
            site=link.site.name,
            wrapper=link.wrapper.url if link.wrapper else None,
            expires_at=expires,
            look=look,
        )

    def _with_look(self, target: Link, examined: Examined, look: Look, now: int) -> Verdict:
        """Where the link ends, with what sources and page said."""
        verdict = examined.verdict
        gained = [each for each in look.gained if each.name in self.weights.evidence]
        gained += met(target, examined.known, Arrival(look.page, look.fault))
        scored = score(gained, self.weights, verdict.log_odds, verdict.score)
        level, decided_by, chance = verdict.level, verdict.decided_by, scored.probability
        voices = tuple(sorted({*verdict.speaking, *scored.speaking}))
        if look.decisive is not None and decided_by is not DecidedBy.FEED:
            level, decided_by = Level.MALICIOUS, DecidedBy.SOURCE
        elif decided_by is DecidedBy.EVIDENCE or (decided_by is DecidedBy.REPUTATION and self._against(scored)):
            level, decided_by = self._word(chance, voices), DecidedBy.EVIDENCE
            reached = look.fault is None
            if level is Level.BENIGN and not (reached and self._may_clear(target, now, examined.known.tags)):
                level = Level.UNKNOWN
        if decided_by in LISTINGS:
            chance = max(chance, LISTED)
        reasons = sorted((*verdict.reasons, *map(_reason, scored.shares)), key=lambda each: -abs(each.weight))
        return msgspec.structs.replace(
            verdict,
            level=level,
            probability=chance,
            score=scored.ranking,
            log_odds=scored.log_odds,
            decided_by=decided_by,
            reasons=tuple(reasons),
            speaking=voices,
        )

    def _counted(self, situation: Situation) -> Situation:
        if Part.CONTEXT in self.without:
            situation = replace(situation, message=None)
        if Part.NOVELTY in self.without:
            situation = replace(situation, history=None)
        return situation

    def examine(self, link: Link, now: int, chain: Sequence[Link] = ()) -> Examined:
        """The link for itself, with all that led to its verdict. `chain`: redirects that were followed to it."""
        known = know(link, self.tables, self.lists, chain)
        if Part.FEEDS in self.without:
            known = replace(known, listings=())
        address = AddressClass.of(link, known.tags)
        scored = self._score(link, known, address)
        level, decided_by = self._level(link, known, scored, now)
        chance = scored.probability
        if decided_by is DecidedBy.FEED:
            chance = max(chance, LISTED)
        verdict = Verdict(
            url=link.url,
            host=link.host,
            site=link.site.name,
            level=level,
            probability=chance,
            score=scored.ranking,
            log_odds=scored.log_odds,
            decided_by=decided_by,
            reasons=tuple(map(_reason, scored.shares)),
            speaking=scored.speaking,
            pretends=_pretends(known),
            wrapper=link.wrapper.url if link.wrapper else None,
            lists_version=self.lists.version,
            judge_version=self.version,
            checked_at=now,
            expires_at=self._expiry(level, decided_by, now),
        )
        return Examined(verdict, known, address, scored)

    def _score(self, link: Link, known: Known, address: AddressClass) -> Score:
        """What the model makes of the link, and the declared evidence on top."""
        evidence = gather(link, known)
        declared = [] if Part.RULES in self.without else evidence
        if Part.MODEL in self.without or link.kind is not LinkKind.WEB:
            return score(declared, self.weights, self._prior)
        weighed = self._weighing.weigh(link, known, evidence, address)
        scored = score(declared, self.weights, weighed.log_odds, weighed.raw)
        shares = (*self._weighing.shares(weighed, evidence), *scored.shares)
        shares = tuple(sorted(shares, key=lambda share: -abs(share.weight)))
        return Score(scored.log_odds, scored.ranking, scored.probability, shares, speaking(shares, self.weights))

    def _level(self, link: Link, known: Known, scored: Score, now: int) -> tuple[Level, DecidedBy]:
        if any(listing.decisive for listing in known.listings):
            return Level.MALICIOUS, DecidedBy.FEED
        level = self._word(scored.probability, scored.speaking)
        if known.popular and level is Level.BENIGN and not known.tags & HIDES_TARGET and not self._against(scored):
            return Level.BENIGN, DecidedBy.REPUTATION
        if level is Level.BENIGN and not self._may_clear(link, now, known.tags):
            level = Level.UNKNOWN
        return level, DecidedBy.EVIDENCE

    def _expiry(self, level: Level, decided_by: DecidedBy, now: int) -> int:
        """What a feed lists is judged anew when the feeds change, not before."""
        lifetimes = self.rules.lifetimes
        seconds: int = lifetimes.listed if decided_by is DecidedBy.FEED else getattr(lifetimes, level.value)
        return now + seconds * 1000

    def _against(self, scored: Score) -> bool:
        """Whether evidence that a person would point at speaks against the link."""
        declared = self.weights.evidence
        return any(
            share.weight > SPEAKS_AGAINST and declared[share.evidence.name].weight is not None
            for share in scored.shares
        )

    def _word(self, chance: float, speaking: Sequence[str], here: float | None = None) -> Level:
        """What a probability is called. `here`: as one chat takes it, which makes nothing certain or less than certain:
        of danger that is beyond doubt no chat's habits are asked.
        """
        limits = self.rules.thresholds
        if chance >= limits.malicious and len(speaking) >= limits.corroboration:
            return Level.MALICIOUS
        here = chance if here is None else here
        if here >= limits.warn:
            return Level.SUSPICIOUS
        return Level.BENIGN if here < limits.ask else Level.UNKNOWN

    def _may_clear(self, link: Link, now: int, tags: frozenset[SiteTag] | None = None) -> bool:
        """Whether a low probability may be called benign: lists and model are of its time, and the page is where the
        link says.
        """
        limits, age = self.rules.thresholds, self.lists.age_days
        fresh = age is not None and age <= limits.lists_fresh_days
        fresh = fresh and self.model.age_days(now) <= limits.model_last_days
        tags = self.lists.tags(link) if tags is None else tags
        return fresh and link.kind is LinkKind.WEB and not tags & {SiteTag.SHORTENER, SiteTag.REDIRECTOR}


def _links(urls: Sequence[str]) -> list[Link]:
    return [link for url in urls if (link := parse_link(url)) is not None]


def _reason(share: Share) -> Reason:
    return Reason(share.evidence.name, share.weight, dict(share.evidence.values))


def _pretends(known: Known) -> str | None:
    return known.mentions[0].brand if known.mentions else None


def _worse(target: Verdict, wrapper: Verdict) -> Verdict:
    """The target's verdict, with the wrapper's level and reasons where that one is dangerous and worse."""
    if wrapper.level.rank >= target.level.rank or wrapper.level is Level.UNKNOWN:
        return target
    return msgspec.structs.replace(wrapper, url=target.url, host=target.host, site=target.site, wrapper=target.wrapper)
