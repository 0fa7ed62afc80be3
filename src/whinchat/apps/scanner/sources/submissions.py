"""Handing uncertain links to sources that examine them, and coming back for what they found.

wanted ──▶ SubmitLink ──(ticket)──▶ stored ──▶ AwaitResult ─┬─ not yet ──────▶ again later, each time later
                                                 ▲          ├─ an answer ────▶ remembered, the link is judged anew
                                        a webhook┘          └─ never, or at the last try: nothing ──▶ done

A link is handed over once in `KEPT`, whatever comes of it. Who sees what was submitted is the source's affair: so it is
done for chats with full privacy alone, where the operator switched it on, and never with an e-mail address in the link.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.apps.scanner.sources.answers import Answer, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.asked import Asked
from whinchat.apps.scanner.sources.quotas import Quotas
from whinchat.apps.scanner.sources.submission import Progress, Submitter
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.dispatch.retention import PAGE
from whinchat.core.errors import HttpError
from whinchat.core.ports import Batch, Claim, Clock, Database, Job, Sealer, Statement

log = logging.getLogger(__name__)

KEPT = 7 * 86_400_000  # milliseconds that it is remembered what was handed over
UNCERTAIN = 0.6  # from which a link is worth an examination: a probability between 0.18 and 0.82
FIRST_LOOK = 15.0  # seconds after which a result may be there
LONGEST_WAIT = 300.0  # seconds between two looks
MOST_LOOKS = 8  # about a quarter of an hour
NO_QUOTA = 900.0  # seconds until it is tried again when nothing is left to spend
_PERSONAL = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+\.\w", re.ASCII | re.IGNORECASE)

Learn = Callable[[str, Link, Answer], Awaitable[None]]
"""`Panel.learn`."""


class _Order(msgspec.Struct, frozen=True):
    source: str
    url: str
    seen: str
    """The link that a chat saw and that leads there; often the same."""


class _Body(msgspec.Struct, frozen=True):
    url: str
    seen: str
    ticket: str


_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(_Order).decode
_body = msgspec.msgpack.Decoder(_Body).decode


@dataclass(frozen=True, slots=True)
class Submission:
    """One that waits for its result."""

    id: bytes
    source: str
    url: str
    seen: str
    ticket: str
    looks: int


class Submissions:
    """What was handed over, to whom."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    def id(self, source: str, url: str) -> bytes:
        return self._sealer.digest("scanner_submissions", source, url)

    def ticket_key(self, ticket: str) -> bytes:
        return self._sealer.digest("scanner_tickets", ticket)

    async def known(self, key: bytes) -> bool:
        row = await self._database.fetch_one("SELECT 1 FROM scanner_submissions WHERE id = :id", {"id": key})
        return row is not None

    async def ticket(self, source: str, url: str) -> str | None:
        """Of what was handed over, whether its result has come or not."""
        key = self.id(source, url)
        row = await self._database.fetch_one("SELECT body FROM scanner_submissions WHERE id = :id", {"id": key})
        if row is None:
            return None
        (body,) = msgspec.convert(row, tuple[bytes])
        return _body(self._sealer.open("scanner_submissions", key, body)).ticket or None

    async def waiting(self, ticket_key: bytes) -> Submission | None:
        row = await self._database.fetch_one(
            "SELECT id, source, looks, body FROM scanner_submissions WHERE ticket = :ticket AND done_at IS NULL",
            {"ticket": ticket_key},
        )
        if row is None:
            return None
        key, source, looks, body = msgspec.convert(row, tuple[bytes, str, int, bytes])
        opened = _body(self._sealer.open("scanner_submissions", key, body))
        return Submission(key, source, opened.url, opened.seen, opened.ticket, looks)

    def keep(self, source: str, url: str, seen: str, ticket: str | None) -> Statement:
        """Handed over; without a ticket it was not accepted. `seen`: the link by which a chat would come there."""
        key, now = self.id(source, url), self._clock.now()
        body = _encode(_Body(url, seen, ticket or ""))
        return Statement(
            """INSERT INTO scanner_submissions (id, source, ticket, submitted_at, looks, done_at, body)
               VALUES (:id, :source, :ticket, :now, 0, :done, :body)""",
            {
                "id": key,
                "source": source,
                "ticket": None if ticket is None else self.ticket_key(ticket),
                "now": now,
                "done": now if ticket is None else None,
                "body": self._sealer.seal("scanner_submissions", key, body),
            },
            rows=1,
        )

    def looked(self, submission: Submission) -> Statement:
        return Statement(
            """UPDATE scanner_submissions SET looks = looks + 1
                WHERE id = :id AND looks = :looks AND done_at IS NULL""",
            {"id": submission.id, "looks": submission.looks},
            rows=1,
        )

    def done(self, submission: Submission) -> Statement:
        return Statement(
            "UPDATE scanner_submissions SET done_at = :now WHERE id = :id AND done_at IS NULL",
            {"id": submission.id, "now": self._clock.now()},
            rows=1,
        )

    def retention(self) -> Statement:
        return Statement(
            """DELETE FROM scanner_submissions WHERE id IN (
                   SELECT id FROM scanner_submissions WHERE submitted_at < :before LIMIT :most)
               RETURNING looks""",
            {"before": self._clock.now() - KEPT, "most": PAGE},
        )


def wanted(
    submitters: Iterable[Submitter],
    submissions: Submissions,
    link: Link,
    asked: Asked,
    privacy: Privacy,
    uncertainty: float,
    seen: Link,
) -> tuple[Job, ...]:
    """Jobs that hand the link to the sources that were asked and did not know it.

    `seen`: the link that a chat saw and that leads there, whose verdict the result may change.
    """
    if privacy is not Privacy.FULL or uncertainty < UNCERTAIN or link.user or _PERSONAL.search(link.url):
        return ()
    names = [each.about.name for each in submitters]
    return tuple(
        Job(
            kind=SubmitLink.kind,
            key=submissions.id(name, link.url).hex(),
            payload=_encode(_Order(name, link.url, seen.url)),
            max_attempts=5,
        )
        for name in names
        if isinstance(asked.answers.get(name), NotListed)
    )


def look(ticket_key: bytes, delay: float = 0.0) -> Job:
    """Asks for a result; one that waits already is hurried."""
    return Job(kind=AwaitResult.kind, key=ticket_key.hex(), delay=delay)


class SubmitLink:
    """Hands a link over. A process that is killed between that and the commit does it twice."""

    kind = "scanner.submit"
    concurrency = 2

    def __init__(self, submitters: Sequence[Submitter], submissions: Submissions, quotas: Quotas) -> None:
        self._submitters = {each.about.name: each for each in submitters}
        self._submissions = submissions
        self._quotas = quotas

    async def run(self, claim: Claim) -> Outcome:
        order = _order(claim.payload)
        submitter = self._submitters.get(order.source)
        if submitter is None or await self._submissions.known(self._submissions.id(order.source, order.url)):
            return NOTHING
        if not await self._quotas.spend(submitter.submitting, 1.0):
            raise HttpError("nothing is left to spend", code=Missing.QUOTA.value, retry_after=NO_QUOTA)
        ticket = await submitter.submit(order.url)
        if isinstance(ticket, NoAnswer):
            return _failed(ticket, order.source)
        if isinstance(ticket, Progress):
            return Outcome(changes=Batch((self._submissions.keep(order.source, order.url, order.seen, None),)))
        return Outcome(
            changes=Batch((self._submissions.keep(order.source, order.url, order.seen, ticket),)),
            jobs=(look(self._submissions.ticket_key(ticket), FIRST_LOOK),),
        )


def _failed(answer: NoAnswer, source: str) -> Outcome:
    """Tried again later, but for a key that is wrong: the checks of the source tell of that."""
    if answer.reason is Missing.REFUSED:
        log.warning("a source refuses to examine links", extra={"source": source})
        return NOTHING
    raise HttpError("it could not be handed over", code=answer.reason.value, retry_after=answer.retry_after)


class AwaitResult:
    """Asks for the result of one submission; the job's key is that of its ticket."""

    kind = "scanner.result"
    concurrency = 2

    def __init__(
        self,
        submitters: Sequence[Submitter],
        submissions: Submissions,
        quotas: Quotas,
        learn: Learn,
        judge_anew: Callable[[Link], tuple[Job, ...]],
    ) -> None:
        """`judge_anew`: the jobs that bring a new answer to the chats that saw a link."""
        self._submitters = {each.about.name: each for each in submitters}
        self._submissions = submissions
        self._quotas = quotas
        self._learn = learn
        self._judge_anew = judge_anew

    async def run(self, claim: Claim) -> Outcome:
        key = bytes.fromhex(claim.key)
        submission = await self._submissions.waiting(key)
        submitter = self._submitters.get(submission.source) if submission else None
        if submission is None or submitter is None:
            return NOTHING
        answer = await self._result(submitter, submission.ticket)
        if isinstance(answer, NoAnswer) or answer is Progress.PENDING:
            return self._later(submission, key, answer)
        changes = Batch((self._submissions.done(submission),))
        link, seen = parse_link(submission.url), parse_link(submission.seen)
        if link is None or seen is None or isinstance(answer, Progress):
            return Outcome(changes=changes)
        await self._learn(submission.source, link, answer)
        return Outcome(changes=changes, jobs=self._judge_anew(seen))

    async def _result(self, submitter: Submitter, ticket: str) -> Answer | Progress:
        if not await self._quotas.spend(submitter.asking_again, 1.0):
            return NoAnswer(Missing.QUOTA)
        return await submitter.result(ticket)

    def _later(self, submission: Submission, key: bytes, answer: NoAnswer | Progress) -> Outcome:
        if submission.looks + 1 >= MOST_LOOKS:
            log.info("a source did not say what it found", extra={"source": submission.source})
            return Outcome(changes=Batch((self._submissions.done(submission),)))
        wait = min(FIRST_LOOK * 2**submission.looks, LONGEST_WAIT)
        if isinstance(answer, NoAnswer) and answer.retry_after is not None:
            wait = max(wait, answer.retry_after)
        return Outcome(changes=Batch((self._submissions.looked(submission),)), jobs=(look(key, wait),))
