"""One source with everything around it that keeps it, and us, from harm.

remembered ─▶ asked already? ─▶ left alone? ─▶ rate ─▶ quota ─▶ breaker ─▶ the source, within its time
     │          (joined)         (skipped)     (waits)  (kept)   (skipped)        │
     └────────────────────────────── the answer ◀──────── once more, if it was bad luck
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.sources.about import About
from whinchat.apps.scanner.sources.answers import Answer, Facts, Listed, Missing, NoAnswer, NotListed, Source
from whinchat.apps.scanner.sources.asked import Skip, Standing, State
from whinchat.apps.scanner.sources.quotas import Quotas
from whinchat.apps.scanner.sources.remembered import Remembered
from whinchat.core.ports import Clock, Metric, MetricKind, Metrics, Random, RateLimiter
from whinchat.core.resilience.breaker import Breaker, BreakerOpen, BreakerState
from whinchat.core.resilience.single_flight import SingleFlight
from whinchat.core.resilience.waiting import within

log = logging.getLogger(__name__)

ANSWERS = Metric(
    MetricKind.COUNTER,
    "whinchat_source_answers_total",
    "Answers of external sources, by kind: listed, not_listed, facts, or why there was none.",
    ("source", "kind"),
)
SKIPPED = Metric(
    MetricKind.COUNTER,
    "whinchat_source_skipped_total",
    "Times an external source was not asked, though the chat allows it, and why.",
    ("source", "why"),
)
REMEMBERED = Metric(
    MetricKind.COUNTER,
    "whinchat_source_remembered_total",
    "Questions to external sources that an earlier answer settled.",
    ("source",),
)
SECONDS = Metric(
    MetricKind.HISTOGRAM,
    "whinchat_source_seconds",
    "Time that an external source took to answer, or not to.",
    ("source",),
    (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0),
)
BREAKER = Metric(
    MetricKind.GAUGE,
    "whinchat_source_breaker_state",
    "Whether an external source is left alone because it fails: 0 no, 1 tried again, 2 yes.",
    ("source",),
)
MISCONFIGURED = Metric(
    MetricKind.GAUGE,
    "whinchat_source_misconfigured",
    "1 while an external source refuses our key.",
    ("source",),
)
QUOTA_LEFT = Metric(
    MetricKind.GAUGE,
    "whinchat_source_quota_left",
    "Requests left of a quota of an external source; the window in seconds.",
    ("source", "window"),
)

PAUSE = 0.1  # seconds before another attempt, and up to as much again
OVER_QUOTA = 60.0  # seconds that a source is left alone that names no time
REFUSED = 900.0  # seconds until a key that was refused is tried again
LONGEST_REST = 86_400.0  # seconds

AGAIN = frozenset({Missing.UNREACHABLE, Missing.FAILED})
"""May be bad luck, and another attempt is worth it at once."""
FAILURES = AGAIN | {Missing.TIMEOUT, Missing.GARBLED}
"""Count for the breaker."""
_BREAKER_VALUE = {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}
_KINDS: dict[type[Answer], str] = {Listed: "listed", NotListed: "not_listed", Facts: "facts"}


class _Failed(Exception):
    """An answer that did not come, on its way through the breaker."""

    def __init__(self, answer: NoAnswer) -> None:
        super().__init__(answer.reason.value)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all sources share."""

    remembered: Remembered
    quotas: Quotas
    limiter: RateLimiter
    clock: Clock
    random: Random
    metrics: Metrics


class Guarded:
    def __init__(self, source: Source, around: Surroundings) -> None:
        self.about: About = source.about
        self._source = source
        self._around = around
        self._clock = around.clock
        self._breaker = Breaker(around.clock, around.random, counts=(_Failed,))
        self._flights: SingleFlight[bytes, Answer | Skip] = SingleFlight()
        self._rests_until = 0.0
        self._refused = False
        self._answered_at: int | None = None
        self._trouble = ""

    async def ask(self, link: Link, *, uncertainty: float = 1.0, anew: bool = False) -> Answer | Skip:
        """Never raises for an outage; takes at most `about.timeout` seconds. `anew` passes over what is remembered."""
        subject = self._around.remembered.subject(self.about, link)
        if not anew:
            known = await self._around.remembered.get(subject)
            if known is not None:
                self._around.metrics.add(REMEMBERED, source=self.about.name)
                return known
        outcome = await self._flights.run(subject, lambda: self._ask(link, uncertainty, subject))
        if isinstance(outcome, Skip):
            self._around.metrics.add(SKIPPED, source=self.about.name, why=outcome.value)
        return outcome

    async def learn(self, link: Link, answer: Answer) -> None:
        subject = self._around.remembered.subject(self.about, link)
        await self._around.remembered.keep(subject, self.about, answer)

    async def standing(self) -> Standing:
        return Standing(
            self.about,
            self._state(),
            answered_at=self._answered_at,
            trouble=self._trouble,
            quotas=await self._around.quotas.left(self.about),
        )

    def _state(self) -> State:
        if self._refused:
            return State.MISCONFIGURED
        rests = self._breaker.state is not BreakerState.CLOSED or self._rests_until > self._clock.monotonic()
        return State.DOWN if rests else State.UP

    async def _ask(self, link: Link, uncertainty: float, subject: bytes) -> Answer | Skip:
        """Once, and once more where that may help and there is time. A skipped second attempt changes nothing."""
        end = self._clock.monotonic() + self.about.timeout
        outcome = await self._attempt(link, uncertainty, end)
        pause = PAUSE * (1 + self._around.random.random())
        if _worth_another(outcome) and self._clock.monotonic() + pause < end:
            await self._clock.sleep(pause)
            again = await self._attempt(link, uncertainty, end)
            outcome = outcome if isinstance(again, Skip) else again
        if not isinstance(outcome, Skip | NoAnswer):
            await self._around.remembered.keep(subject, self.about, outcome)
        await self._tell_quotas()
        return outcome

    async def _tell_quotas(self) -> None:
        for each in await self._around.quotas.left(self.about):
            window = str(each.quota.seconds)
            self._around.metrics.set(QUOTA_LEFT, each.left, source=self.about.name, window=window)

    async def _attempt(self, link: Link, uncertainty: float, end: float) -> Answer | Skip:
        skip = await self._held_back(uncertainty, end)
        if skip is not None:
            return skip
        answer: Answer
        try:
            answer = await self._breaker.call(lambda: self._asked(link, end))
        except BreakerOpen:
            return Skip.RESTING
        except _Failed as failure:
            answer = failure.answer
        self._note(answer)
        return answer

    async def _held_back(self, uncertainty: float, end: float) -> Skip | None:
        """Why it must not be asked now. What it costs to ask is spent when this says nothing."""
        if self._rests_until > self._clock.monotonic():
            return Skip.MISCONFIGURED if self._refused else Skip.RESTING
        if self._breaker.state is BreakerState.OPEN:
            return Skip.RESTING
        while wait := self._around.limiter.take(f"source.{self.about.name}", self.about.limit):
            if self._clock.monotonic() + wait >= end:
                return Skip.BUSY
            await self._clock.sleep(wait)
        return None if await self._around.quotas.spend(self.about, uncertainty) else Skip.QUOTA

    async def _asked(self, link: Link, end: float) -> Answer:
        started = self._clock.monotonic()
        answer: Answer
        try:
            answer = await within(self._source.ask(link), end - started, self._clock)
        except TimeoutError:
            answer = NoAnswer(Missing.TIMEOUT)
        except Exception as error:  # a mistake in the source; its text may name the link
            log.warning(
                "a source failed unexpectedly", extra={"source": self.about.name, "error": type(error).__name__}
            )
            answer = NoAnswer(Missing.GARBLED)
        self._around.metrics.observe(SECONDS, self._clock.monotonic() - started, source=self.about.name)
        if isinstance(answer, NoAnswer) and answer.reason in FAILURES:
            raise _Failed(answer)
        return answer

    def _note(self, answer: Answer) -> None:
        name = self.about.name
        if isinstance(answer, NoAnswer):
            self._note_trouble(answer)
        else:
            if self._trouble:
                log.info("a source answers again", extra={"source": name})
            self._trouble, self._refused = "", False
            self._answered_at = self._clock.now()
        kind = answer.reason.value if isinstance(answer, NoAnswer) else _KINDS[type(answer)]
        self._around.metrics.add(ANSWERS, source=name, kind=kind)
        self._around.metrics.set(BREAKER, _BREAKER_VALUE[self._breaker.state], source=name)
        self._around.metrics.set(MISCONFIGURED, float(self._refused), source=name)

    def _note_trouble(self, answer: NoAnswer) -> None:
        changed = self._trouble != answer.reason.value
        self._trouble = answer.reason.value
        rest = answer.retry_after
        if answer.reason is Missing.REFUSED:
            self._refused = True
            rest = REFUSED
        elif answer.reason is Missing.QUOTA and rest is None:
            rest = OVER_QUOTA
        if rest is not None:
            self._rests_until = self._clock.monotonic() + min(rest, LONGEST_REST)
        if not changed:
            return
        if answer.reason is Missing.REFUSED:
            remedy = self.about.remedy
            log.error("a source refuses us: a setting is wrong", extra={"source": self.about.name, "remedy": remedy})
        else:
            log.warning("a source gives no answer", extra={"source": self.about.name, "error": self._trouble})


def _worth_another(outcome: Answer | Skip) -> bool:
    return isinstance(outcome, NoAnswer) and outcome.reason in AGAIN and outcome.retry_after is None
