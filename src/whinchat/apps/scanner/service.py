"""From the texts of a message to verdicts: overrides, stored verdicts, local evidence, what stands around the link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whinchat.apps.scanner.evidence.index import around
from whinchat.apps.scanner.evidence.known import Evidence
from whinchat.apps.scanner.evidence.message import MessageReading
from whinchat.apps.scanner.evidence.situation import Situation
from whinchat.apps.scanner.evidence.tables import Tables
from whinchat.apps.scanner.history import SiteKey, SiteRepository
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.knowledge import Lists
from whinchat.apps.scanner.learning import Learning
from whinchat.apps.scanner.links.collect import QUOTED, Text, beginning
from whinchat.apps.scanner.links.extract import links_of
from whinchat.apps.scanner.links.link import Link, LinkKind
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.repository import Repository, Seen
from whinchat.apps.scanner.rules import Effect, InForce, Rule, Scope
from whinchat.apps.scanner.verdict import DecidedBy, Level, Look, Reason, Verdict
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
    """One distinct link of a message, the part it stood in, and what the scanner says of it there."""

    link: Link
    part: str
    verdict: Verdict
    keep: Statement | None = None
    """Stores the verdict of the link for itself, when it is new."""
    around: tuple[Evidence, ...] = ()
    """What the message and the history added to that verdict."""
    site: SiteKey | None = None
    """What is to be remembered of it; None: nothing."""


def links_in(texts: Sequence[Text]) -> list[tuple[Link, str]]:
    """The distinct web links of a message with the part each stood in first."""
    found: dict[str, tuple[Link, str]] = {}
    for text in texts:
        for link in links_of(text.text):
            if link.kind is LinkKind.WEB:
                found.setdefault(link.key, (link, text.part))
    return list(found.values())


class _Readings:
    """The beginning of a message, read when the first link needs it: quoted links are judged by what the quote says."""

    def __init__(self, texts: Sequence[Text], tables: Tables) -> None:
        self._texts = texts
        self._tables = tables
        self._read: dict[bool, MessageReading | None] = {}

    def of(self, part: str) -> MessageReading | None:
        quoted = part == QUOTED
        if quoted not in self._read:
            texts = [text.text for text in beginning(self._texts) if (text.part == QUOTED) is quoted]
            self._read[quoted] = MessageReading.of(texts, self._tables) if texts else None
        return self._read[quoted]


@dataclass(frozen=True, slots=True)
class _Chat:
    """Whose message it is, and what was decided and learned there."""

    key: bytes
    rules: InForce
    leniency: float
    sender_age: int | None = None
    """Milliseconds that the sender of the message has been there, where that is known."""


class Scanner:
    """Gives verdicts. Holds no state of its own but the scans in flight.

    The verdict of a link for itself is stored and the same everywhere; what stands around the link comes on top of it,
    for one message of one chat.
    """

    def __init__(
        self,
        repository: Repository,
        sites: SiteRepository,
        judge: Judge,
        learning: Learning,
        lists: Lists,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._repository = repository
        self._sites = sites
        self._judge = judge
        self._learning = learning
        self._lists = lists
        self._clock = clock
        self._metrics = metrics
        self._flights: SingleFlight[bytes, tuple[Verdict, Statement | None]] = SingleFlight()

    async def scan(self, texts: Sequence[Text], chat_key: bytes, *, sender_age: int | None = None) -> list[Found]:
        """Verdicts for all links of a message, worst first. `sender_age`: milliseconds its sender has been there."""
        return await self.judge_all(links_in(texts), chat_key, texts, sender_age=sender_age)

    async def judge_all(
        self,
        links: Sequence[tuple[Link, str]],
        chat_key: bytes,
        texts: Sequence[Text] = (),
        *,
        sender_age: int | None = None,
    ) -> list[Found]:
        """Verdicts for links and the parts they stood in, worst first. `texts`: of the message, if there is one."""
        if not links:
            return []
        chat = replace(await self._chat(chat_key), sender_age=sender_age)
        readings = _Readings(texts, self._judge.tables)
        found = []
        for number, (link, part) in enumerate(links, start=1):
            one = await self._for_itself(link, part, chat)
            found.append(await self._in_message(one, chat, readings))
            if number % TURN == 0:
                await self._clock.sleep(0)  # a message of thousands of links lets other chats go on
        return _worst_first(found)

    async def look(self, link: Link, chat_key: bytes, *, anew: bool = False) -> Found:
        """One link on request, without a message; `anew` passes over the stored verdict."""
        chat = await self._chat(chat_key)
        one = await self._for_itself(link, "command", chat, anew=anew)
        return await self._in_message(one, chat, _Readings((), self._judge.tables))

    async def recall(self, seen: Sequence[Seen], chat_key: bytes) -> list[Found]:
        """Links that were seen, as they are judged now with what stood around them then, worst first."""
        chat = await self._chat(chat_key)
        found = []
        for each in seen:
            link = parse_link(each.url)
            if link is not None:
                one = await self._for_itself(link, "seen", chat)
                # What an older version noticed may weigh nothing any more.
                noticed = [evidence for evidence in each.around if evidence.name in self._judge.weights.evidence]
                found.append(self._with(one, chat, noticed))
        return _worst_first(found)

    async def _chat(self, key: bytes) -> _Chat:
        return _Chat(key, await self._repository.in_force(key), await self._learning.leniency(key))

    async def _for_itself(self, link: Link, part: str, chat: _Chat, *, anew: bool = False) -> Found:
        """By the rules that hold in the chat, or as it is everywhere."""
        ruled = chat.rules.deciding(link, self._clock.now())
        if ruled is not None:
            return Found(link, part, self._by_rule(link, *ruled))
        verdict, keep = await self.judge(link, anew=anew)
        # A rule says nothing about how familiar a site is, and everybody knows a well-known one.
        site = None if verdict.decided_by is DecidedBy.REPUTATION else self._sites.key(link)
        return Found(link, part, verdict, keep, site=site)

    async def _in_message(self, found: Found, chat: _Chat, readings: _Readings) -> Found:
        """With what stands around the link. What is decided otherwise needs none of it."""
        if found.verdict.decided_by is not DecidedBy.EVIDENCE:
            return self._with(found, chat, ())
        history = await self._sites.history(found.site, chat.key) if found.site else None
        age = chat.sender_age if found.part != QUOTED else None
        situation = Situation(self._judge.tables, readings.of(found.part), history, age)
        return self._with(found, chat, around(found.link, situation))

    def _with(self, found: Found, chat: _Chat, noticed: Sequence[Evidence]) -> Found:
        situation = Situation(self._judge.tables, remembered=tuple(noticed))
        verdict = self._judge.in_situation(found.verdict, found.link, situation, leniency=chat.leniency)
        self._metrics.add(VERDICTS, level=verdict.level.value, decided_by=verdict.decided_by.value)
        return replace(found, verdict=verdict, around=tuple(noticed))

    async def judge(self, link: Link, *, anew: bool = False) -> tuple[Verdict, Statement | None]:
        """The verdict of the link for itself, as in every chat, and the statement that keeps it when it is new.

        `anew` passes over the stored verdict. Scans of the same link at the same time are one.
        """
        url = self._repository.url_key(link.key)
        if anew:
            return self._fresh(link, url)
        return await self._flights.run(url, lambda: self._stored_or_fresh(link, url))

    async def _stored_or_fresh(self, link: Link, url: bytes) -> tuple[Verdict, Statement | None]:
        stored = await self._repository.verdict(url)
        if stored is None:
            return self._fresh(link, url)
        if (stored.lists_version, stored.judge_version) == (self._lists.version, self._judge.version):
            return stored, None
        return self._fresh(link, url, stored.look)

    def _fresh(self, link: Link, url: bytes, look: Look | None = None) -> tuple[Verdict, Statement | None]:
        """`look`: what a deep look found, which other lists or another model do not undo; it ends with its time."""
        started, now = self._clock.monotonic(), self._clock.now()
        verdict = None if look is None else self._judge.informed(link, look, now)
        if verdict is None or verdict.expires_at <= now:
            verdict = self._judge.judge(link, now)
        self._metrics.observe(JUDGE_TIME, self._clock.monotonic() - started)
        return verdict, self._repository.keep_verdict(url, verdict)

    def _by_rule(self, link: Link, rule: Rule, scope: Scope) -> Verdict:
        """A rule decides before everything else, also before what is stored."""
        allowed = rule.effect is Effect.ALLOW
        now = self._clock.now()
        return Verdict(
            url=link.url,
            host=link.host,
            site=link.site.name,
            level=Level.BENIGN if allowed else Level.MALICIOUS,
            probability=0.0 if allowed else 1.0,
            score=-99.0 if allowed else 99.0,
            log_odds=-99.0 if allowed else 99.0,
            decided_by=DecidedBy.OVERRIDE,
            reasons=(Reason(f"{'allowed' if allowed else 'denied'}_{scope.value}", 0.0, {"rule": str(rule.pattern)}),),
            lists_version=self._lists.version,
            checked_at=now,
            expires_at=rule.expires_at or NEVER,
        )


def _worst_first(found: list[Found]) -> list[Found]:
    return sorted(found, key=lambda each: (each.verdict.level.rank, -each.verdict.log_odds))
