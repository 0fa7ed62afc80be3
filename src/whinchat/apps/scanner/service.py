"""From the texts of a message to verdicts: overrides, stored verdicts, local evidence; identical scans are joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.knowledge import Lists
from whinchat.apps.scanner.links.collect import Text
from whinchat.apps.scanner.links.extract import links_of
from whinchat.apps.scanner.links.link import Link, LinkKind
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.rules import Effect, Rule, deciding
from whinchat.apps.scanner.verdict import DecidedBy, Level, Reason, Verdict
from whinchat.core.ports import Clock, Metric, MetricKind, Metrics, Statement
from whinchat.core.resilience.single_flight import SingleFlight

VERDICTS = Metric(
    MetricKind.COUNTER,
    "whinchat_verdicts_total",
    "Verdicts given, by level and by what decided.",
    ("level", "decided_by"),
)
JUDGE_TIME = Metric(
    MetricKind.HISTOGRAM,
    "whinchat_judge_seconds",
    "Time to reach a local verdict of one link.",
    (),
    (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05),
)

TURN = 50  # links judged before others get their turn

NEVER = 2**53
"""An expiry that does not come, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Found:
    """One distinct link of a message, the part it stood in, and what the scanner says of it."""

    link: Link
    part: str
    verdict: Verdict
    keep: Statement | None = None
    """Stores the verdict, when it is new."""


def links_in(texts: Sequence[Text]) -> list[tuple[Link, str]]:
    """The distinct web links of a message with the part each stood in first."""
    found: dict[str, tuple[Link, str]] = {}
    for text in texts:
        for link in links_of(text.text):
            if link.kind is LinkKind.WEB:
                found.setdefault(link.key, (link, text.part))
    return list(found.values())


class Scanner:
    """Gives verdicts. Holds no state of its own but the scans in flight."""

    def __init__(self, repository: Repository, judge: Judge, lists: Lists, clock: Clock, metrics: Metrics) -> None:
        self._repository = repository
        self._judge = judge
        self._lists = lists
        self._clock = clock
        self._metrics = metrics
        self._flights: SingleFlight[bytes, tuple[Verdict, Statement | None]] = SingleFlight()

    async def scan(self, texts: Sequence[Text], chat_key: bytes) -> list[Found]:
        """Verdicts for all links of a message, worst first."""
        return await self.judge_all(links_in(texts), chat_key)

    async def judge_all(self, links: Sequence[tuple[Link, str]], chat_key: bytes) -> list[Found]:
        """Verdicts for links and the parts they stood in, worst first."""
        if not links:
            return []
        rules = await self._repository.rules(chat_key)
        found = []
        for number, (link, part) in enumerate(links, start=1):
            found.append(await self._one(link, part, rules))
            if number % TURN == 0:
                await self._clock.sleep(0)  # a message of thousands of links lets other chats go on
        return sorted(found, key=lambda each: (each.verdict.level.rank, -each.verdict.score))

    async def look(self, link: Link, chat_key: bytes, *, anew: bool = False) -> Found:
        """One link on request; `anew` passes over the stored verdict."""
        return await self._one(link, "command", await self._repository.rules(chat_key), anew=anew)

    async def _one(self, link: Link, part: str, rules: Sequence[Rule], *, anew: bool = False) -> Found:
        rule = deciding(rules, link, self._clock.now())
        if rule is not None:
            found = Found(link, part, self._by_rule(link, rule))
        else:
            found = Found(link, part, *await self.judge(link, anew=anew))
        self._metrics.add(VERDICTS, level=found.verdict.level.value, decided_by=found.verdict.decided_by.value)
        return found

    async def judge(self, link: Link, *, anew: bool = False) -> tuple[Verdict, Statement | None]:
        """The verdict that holds in every chat, and the statement that keeps it when it is new.

        `anew` passes over the stored verdict. Scans of the same link at the same time are one.
        """
        url = self._repository.url_key(link.key)
        if anew:
            return self._fresh(link, url)
        return await self._flights.run(url, lambda: self._stored_or_fresh(link, url))

    async def _stored_or_fresh(self, link: Link, url: bytes) -> tuple[Verdict, Statement | None]:
        stored = await self._repository.verdict(url)
        if stored is not None and stored.lists_version == self._lists.version:
            return stored, None
        return self._fresh(link, url)

    def _fresh(self, link: Link, url: bytes) -> tuple[Verdict, Statement | None]:
        started = self._clock.monotonic()
        verdict = self._judge.judge(link, self._clock.now())
        self._metrics.observe(JUDGE_TIME, self._clock.monotonic() - started)
        return verdict, self._repository.keep_verdict(url, verdict)

    def _by_rule(self, link: Link, rule: Rule) -> Verdict:
        """A chat's own rule decides before everything else, also before what is stored."""
        allowed = rule.effect is Effect.ALLOW
        now = self._clock.now()
        return Verdict(
            url=link.url,
            host=link.host,
            site=link.site.name,
            level=Level.BENIGN if allowed else Level.MALICIOUS,
            probability=0.0 if allowed else 1.0,
            score=-99.0 if allowed else 99.0,
            decided_by=DecidedBy.OVERRIDE,
            reasons=(Reason("allowed_here" if allowed else "denied_here", 0.0, {"rule": str(rule.pattern)}),),
            lists_version=self._lists.version,
            checked_at=now,
            expires_at=rule.expires_at or NEVER,
        )
