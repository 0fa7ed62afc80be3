"""The deep look at a link: where it leads, what stands there, what external sources say of it.

It is a job keyed by the link, however many chats see it at once; they get the local verdict meanwhile.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Callable, Sequence

import msgspec

from whinchat.apps.scanner.evidence.arrival import Arrival
from whinchat.apps.scanner.evidence.known import Evidence, know
from whinchat.apps.scanner.evidence.sources import decisive, said
from whinchat.apps.scanner.evidence.visit import met
from whinchat.apps.scanner.expand import Expander, Expansion
from whinchat.apps.scanner.judge import HIDES_TARGET, Judge
from whinchat.apps.scanner.links.link import Link, LinkKind
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.service import Found, Scanner
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.apps.scanner.sources.answers import Listed
from whinchat.apps.scanner.sources.asked import Asked
from whinchat.apps.scanner.sources.panel import Panel, uncertainty
from whinchat.apps.scanner.tell import Tell
from whinchat.apps.scanner.verdict import DecidedBy, Level, Look, Verdict
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Batch, Claim, Clock, Job, Metric, MetricKind, Metrics

LOOKS = Metric(
    MetricKind.COUNTER,
    "whinchat_deep_looks_total",
    "Deep looks at links, by what became of the verdict: worse, better, same.",
    ("result",),
)
LOOK_TIME = Metric(
    MetricKind.HISTOGRAM,
    "whinchat_deep_look_seconds",
    "Time of one deep look at a link: following it and asking sources.",
    (),
    (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 6, 10),
)

MOST = 20
"""Links of one message that are looked at."""
AT_ONCE = 8
BREADTH = {privacy: place for place, privacy in enumerate(Privacy)}


class Why(enum.StrEnum):
    SEEN = "seen"
    """A chat saw it, or somebody asked about it."""
    DOUBTED = "doubted"
    """A chat was warned of it, and what is known here does not bear that out any more."""
    ANSWERED = "answered"
    """A source has an answer meanwhile that it had not: it is judged by what is remembered now."""
    ANEW = "anew"
    """Everything that is remembered is to be passed over."""


class Order(msgspec.Struct, frozen=True, omit_defaults=True):
    url: str
    privacy: Privacy
    why: Why = Why.SEEN


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Order).decode


Examine = Callable[[Link, Asked, Privacy, float, Link], tuple[Job, ...]]
"""`Examination.wanted`."""


def answered(repository: Repository, link: Link) -> tuple[Job, ...]:
    """Judges a link again because a source that examined it has an answer; that is done for full privacy alone."""
    return (_job(repository, Order(link.url, Privacy.FULL, Why.ANSWERED), link),)


def _job(repository: Repository, order: Order, link: Link, priority: int = 0) -> Job:
    key = f"{repository.url_key(link.key).hex()}-{order.privacy.value}-{order.why.value}"
    return Job(kind=DeepScan.kind, key=key, payload=_encode(order), priority=priority, max_attempts=4)


def looked(verdict: Verdict, privacy: Privacy) -> bool:
    """Whether all was looked at that `privacy` allows."""
    return verdict.look is not None and BREADTH[verdict.look.privacy] >= BREADTH[privacy]


class DeepScan:
    """`expander` is None where nothing may leave the machine."""

    kind = "scanner.deep"
    concurrency = AT_ONCE

    def __init__(
        self,
        scanner: Scanner,
        judge: Judge,
        repository: Repository,
        expander: Expander | None,
        panel: Panel,
        clock: Clock,
        metrics: Metrics,
        examine: Examine = lambda *_: (),
    ) -> None:
        """`examine`: who has a link examined that no source knows."""
        self._scanner = scanner
        self._judge = judge
        self._repository = repository
        self._expander = expander
        self._panel = panel
        self._examine = examine
        self._clock = clock
        self._metrics = metrics

    # --- asking for it -------------------------------------------------------------------------------------------

    def jobs(
        self, found: Sequence[Found], privacy: Privacy, *, asked: bool = False, why: Why = Why.SEEN
    ) -> tuple[Job, ...]:
        """For the most uncertain of these links, if they are worth a look.

        `asked`: somebody wants to know, so that no uncertainty is too small.
        """
        worth = [
            each
            for each in self.uncertain(found, asked=asked)
            if self._can_learn(each.link, privacy) and (why is Why.ANEW or not looked(each.verdict, privacy))
        ]
        worth.sort(key=self._priority)
        return tuple(
            _job(self._repository, Order(each.link.url, privacy, why), each.link, self._priority(each))
            for each in worth[:MOST]
        )

    def uncertain(self, found: Sequence[Found], *, asked: bool = False) -> list[Found]:
        """Those of which more could be known. `asked` as for `jobs`."""
        return [each for each in found if self._is_open(each, asked=asked)]

    def _is_open(self, found: Found, *, asked: bool) -> bool:
        verdict, link = found.verdict, found.link
        if link.kind is not LinkKind.WEB or verdict.decided_by is not DecidedBy.EVIDENCE:
            return False
        return asked or verdict.probability >= self._judge.rules.thresholds.ask or self._hides(link)

    def _can_learn(self, link: Link, privacy: Privacy) -> bool:
        """Whether there is anybody to ask, or anything to follow."""
        if privacy is Privacy.LOCAL:
            return False
        follows = self._expander is not None and (privacy is Privacy.FULL or self._hides(link))
        return follows or self._panel.asks(privacy)

    def _hides(self, link: Link) -> bool:
        return self._expander is not None and self._expander.hides_target(link)

    def _doubt(self, verdict: Verdict, link: Link) -> float:
        """0 to 1; what a short link looks like says nothing about where it leads."""
        return 1.0 if self._hides(link) else uncertainty(verdict.probability)

    def _priority(self, found: Found) -> int:
        return round(100 * (1 - self._doubt(found.verdict, found.link)))

    # --- looking -------------------------------------------------------------------------------------------------

    async def run(self, claim: Claim) -> Outcome:
        order = _decode(claim.payload)
        link = parse_link(order.url)
        if link is None:
            return NOTHING
        url = self._repository.url_key(link.key)
        before, _ = await self._scanner.judge(link)
        again = order.why in {Why.ANSWERED, Why.ANEW}
        if before.decided_by is DecidedBy.FEED or (looked(before, order.privacy) and not again):
            # Chats that saw the link while that was found out were told less.
            return Outcome(jobs=(Tell(url).job(),))
        started = self._clock.monotonic()
        look = await self._look(link, order, self._doubt(before, link))
        verdict = self._judge.informed(link, look, self._clock.now())
        self._metrics.observe(LOOK_TIME, self._clock.monotonic() - started)
        self._metrics.add(LOOKS, result=_result(before, verdict))
        news = order.why is Why.DOUBTED or _summary(verdict) != _summary(before)
        keep = Batch((self._repository.keep_verdict(url, verdict),))
        tell = Tell(url, only_asked=not news).job()
        return Outcome(changes=keep, jobs=(tell, *self._examined(link, look, verdict)))

    def _examined(self, link: Link, look: Look, verdict: Verdict) -> tuple[Job, ...]:
        """What no source knew and nothing else decided may be examined, where the link ends."""
        target = link if look.final is None else parse_link(look.final)
        if target is None or verdict.decided_by is not DecidedBy.EVIDENCE:
            return ()
        return self._examine(target, look.asked, look.privacy, uncertainty(verdict.probability), link)

    async def _look(self, link: Link, order: Order, doubt: float) -> Look:
        """Follows the link and asks about it at the same time; then asks about where it ends, if that is elsewhere."""
        expansion, asked = await asyncio.gather(self._follow(link, order), self._ask(link, order, doubt))
        target = link
        if expansion is not None and expansion.final is not None and expansion.final.key != link.key:
            target = expansion.final
            asked = _together(asked, await self._ask(target, order, doubt))
        now = self._clock.now()
        shared = target.site.shared or bool(self._judge.lists.tags(target) & HIDES_TARGET)
        abouts = self._panel.abouts
        return Look(
            privacy=order.privacy,
            at=now,
            chain=() if expansion is None else _way(expansion),
            final=None if target is link else target.url,
            page=None if expansion is None else expansion.page,
            fault=None if expansion is None else expansion.fault,
            asked=asked,
            gained=(
                *said(asked, abouts, self._judge.weights.sources, now, shared=shared),
                *self._met(target, expansion),
            ),
            decisive=decisive(asked, abouts, shared=shared),
        )

    def _met(self, target: Link, expansion: Expansion | None) -> tuple[Evidence, ...]:
        """What the page at the end says, and how the way there went."""
        if expansion is None:
            return ()
        known = know(target, self._judge.tables, self._judge.lists)
        return met(target, known, Arrival(expansion.page, expansion.fault))

    async def _follow(self, link: Link, order: Order) -> Expansion | None:
        if self._expander is None:
            return None
        return await self._expander.expand(link, order.privacy, anew=order.why is Why.ANEW)

    async def _ask(self, link: Link, order: Order, doubt: float) -> Asked:
        return await self._panel.ask(link, order.privacy, uncertainty=doubt, anew=order.why is Why.ANEW)


def _way(expansion: Expansion) -> tuple[str, ...]:
    """All addresses before the last, also those that the last one was wrapped in."""
    inner = expansion.final.wrapper if expansion.final is not None else None
    wrappers = []
    while inner is not None:
        wrappers.append(inner.url)
        inner = inner.wrapper
    return tuple(dict.fromkeys((*(hop.url for hop in expansion.chain), *reversed(wrappers))))


def _together(hop: Asked, target: Asked) -> Asked:
    """What the sources say of where a link ends; and of the link itself, where that is listed."""
    answers = dict(target.answers)
    for name, answer in hop.answers.items():
        if isinstance(answer, Listed) and not isinstance(answers.get(name), Listed):
            answers[name] = answer
    return Asked(answers, {name: why for name, why in target.skipped.items() if name not in answers})


def _summary(verdict: Verdict) -> tuple[Level, DecidedBy, float]:
    """What a chat can notice."""
    return verdict.level, verdict.decided_by, verdict.log_odds


def _result(before: Verdict, after: Verdict) -> str:
    if after.level is before.level:
        return "same"
    return "worse" if after.level.rank < before.level.rank else "better"
