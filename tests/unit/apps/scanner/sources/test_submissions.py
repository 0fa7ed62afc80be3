from __future__ import annotations

import logging
from collections import deque

import pytest

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.migrations import MIGRATIONS
from whinchat.apps.scanner.sources.about import About, Lifetimes, Privacy, Quota, Sends
from whinchat.apps.scanner.sources.answers import Answer, Facts, Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.asked import Asked, Skip
from whinchat.apps.scanner.sources.quotas import Quotas
from whinchat.apps.scanner.sources.submission import Progress
from whinchat.apps.scanner.sources.submissions import (
    FIRST_LOOK,
    KEPT,
    MOST_LOOKS,
    AwaitResult,
    Submissions,
    SubmitLink,
    wanted,
)
from whinchat.apps.scanner.sources.urlscan.webhook import UrlscanNotices
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.errors import Conflict, HttpError
from whinchat.core.ports import Batch, Claim, Job, Limit
from whinchat.testing import queue
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.queue import MemoryQueue
from whinchat.testing.sealer import PlainSealer

URL = "https://bank.example.net/login"
SEEN = "https://short.example.org/7"
"""What the chat saw: it leads to `URL`."""
TICKET = "0196d976-07f6-7aae-8a57-aa019145f31c"
LISTED = Listed(Threat.PHISHING)


class Examiner:
    """A submitter that says what a test wants, in turn, then the last again."""

    def __init__(self, name: str = "urlscan", *, per_day: int = 10) -> None:
        day = (Quota(per_day, 86_400),)
        lifetimes = Lifetimes(60, 60)
        self.about = self.asking_again = About(name, name, Sends.URL, Limit(1, 1), 1.0, lifetimes)
        self.submitting = About(f"{name}_scans", name, Sends.URL, Limit(1, 1), 1.0, lifetimes, quotas=day)
        self.tickets: deque[str | Progress | NoAnswer] = deque([TICKET])
        self.results: deque[Answer | Progress] = deque([LISTED])
        self.submitted: list[str] = []

    async def submit(self, url: str) -> str | Progress | NoAnswer:
        self.submitted.append(url)
        return self.tickets.popleft() if len(self.tickets) > 1 else self.tickets[0]

    async def result(self, ticket: str) -> Answer | Progress:
        assert ticket == TICKET
        return self.results.popleft() if len(self.results) > 1 else self.results[0]


class Bench:
    """The jobs, run as the queue would run them, time moved to when each is due."""

    def __init__(self, examiner: Examiner) -> None:
        self.clock = FakeClock()
        self.database = MemoryDatabase((*MIGRATIONS, *queue.MIGRATIONS))
        self.queue = MemoryQueue(self.database, self.clock)
        self.submissions = Submissions(self.database, PlainSealer(), self.clock)
        self.examiner = examiner
        self.learned: list[tuple[str, str, Answer]] = []
        quotas = Quotas(self.database, self.clock)
        self.submit = SubmitLink([examiner], self.submissions, quotas)
        self.look = AwaitResult([examiner], self.submissions, quotas, self._learn, _judge_anew)
        self.notices = UrlscanNotices(self.submissions, self.database, self.queue)

    async def _learn(self, source: str, link: Link, answer: Answer) -> None:
        self.learned.append((source, link.url, answer))

    def wanted(self, url: str = URL, *, privacy: Privacy = Privacy.FULL, uncertainty: float = 1.0) -> tuple[Job, ...]:
        asked = Asked({"urlscan": NotListed()})
        return wanted([self.examiner], self.submissions, link(url), asked, privacy, uncertainty, link(SEEN))

    async def run(self, job: Job) -> tuple[Job, ...]:
        self.clock.move(job.delay)
        outcome = await self.outcome(job)
        await self.database.commit(outcome.changes)
        return outcome.jobs

    async def outcome(self, job: Job) -> Outcome:
        handler = {each.kind: each for each in (self.submit, self.look)}[job.kind]
        return await handler.run(Claim(1, job.kind, job.key, job.payload, 1, 5, 1, 0))

    async def first_look(self) -> Job:
        (submit,) = self.wanted()
        (look,) = await self.run(submit)
        return look


def link(url: str) -> Link:
    found = parse_link(url)
    assert found is not None
    return found


def _judge_anew(link: Link) -> tuple[Job, ...]:
    return (Job(kind="scanner.deep", key=link.host),)


@pytest.fixture
def examiner() -> Examiner:
    return Examiner()


@pytest.fixture
def bench(examiner: Examiner) -> Bench:
    return Bench(examiner)


async def test_a_link_nobody_knew_is_examined_and_judged_anew(bench: Bench, examiner: Examiner) -> None:
    examiner.results.extendleft([Progress.PENDING, Progress.PENDING])
    look = await bench.first_look()
    assert (examiner.submitted, look.delay) == ([URL], FIRST_LOOK)
    (again,) = await bench.run(look)
    assert (again.key, again.delay) == (look.key, FIRST_LOOK)
    (once_more,) = await bench.run(again)
    assert once_more.delay == 2 * FIRST_LOOK
    assert await bench.run(once_more) == (Job(kind="scanner.deep", key="short.example.org"),)
    assert bench.learned == [("urlscan", URL, LISTED)]


async def test_it_is_handed_over_once(bench: Bench, examiner: Examiner) -> None:
    await bench.run(await bench.first_look())
    (submit,) = bench.wanted()
    assert await bench.outcome(submit) == NOTHING
    assert examiner.submitted == [URL]
    bench.clock.move(KEPT / 1000 + 1)
    await bench.database.commit(Batch((bench.submissions.retention(),)))
    await bench.run(submit)
    assert examiner.submitted == [URL, URL]


async def test_neither_link_nor_ticket_can_be_read_in_the_database(bench: Bench) -> None:
    await bench.first_look()
    rows = await bench.database.fetch("SELECT id, source, ticket FROM scanner_submissions")
    assert [row[1] for row in rows] == ["urlscan"]
    assert not any(
        TICKET.encode() in value or b"bank" in value for row in rows for value in row if type(value) is bytes
    )


@pytest.mark.parametrize("privacy", [Privacy.LOCAL, Privacy.HASH_ONLY])
def test_less_than_full_privacy_hands_nothing_over(bench: Bench, privacy: Privacy) -> None:
    assert bench.wanted(privacy=privacy) == ()


def test_what_is_nearly_certain_is_not_worth_it(bench: Bench) -> None:
    assert bench.wanted(uncertainty=0.5) == ()


@pytest.mark.parametrize(
    "url",
    [
        "https://bank.example.net/unsubscribe?u=ana@example.org",
        "https://bank.example.net/unsubscribe?u=ana%40example.org",
        "https://ana:secret@bank.example.net/",
    ],
)
def test_a_link_that_names_a_person_is_not_handed_over(bench: Bench, url: str) -> None:
    assert bench.wanted(url) == ()


def test_only_who_was_asked_and_did_not_know_it_examines_it(bench: Bench, examiner: Examiner) -> None:
    def jobs(asked: Asked) -> int:
        return len(wanted([examiner], bench.submissions, link(URL), asked, Privacy.FULL, 1.0, link(SEEN)))

    assert jobs(Asked({"urlscan": NotListed()})) == 1
    assert jobs(Asked({"urlscan": LISTED})) == 0
    assert jobs(Asked({"urlscan": NoAnswer(Missing.TIMEOUT)})) == 0
    assert jobs(Asked({}, {"urlscan": Skip.QUOTA})) == 0


async def test_what_is_not_accepted_is_not_offered_again(bench: Bench, examiner: Examiner) -> None:
    examiner.tickets[0] = Progress.NEVER
    (submit,) = bench.wanted()
    assert await bench.run(submit) == ()
    assert await bench.outcome(submit) == NOTHING
    assert examiner.submitted == [URL]


async def test_an_outage_is_tried_again_by_the_queue(bench: Bench, examiner: Examiner) -> None:
    examiner.tickets[0] = NoAnswer(Missing.QUOTA, 30.0)
    (submit,) = bench.wanted()
    with pytest.raises(HttpError) as error:
        await bench.outcome(submit)
    assert (error.value.code, error.value.retry_after, error.value.retryable) == ("quota", 30.0, True)


async def test_a_wrong_key_is_told_and_not_tried_again(
    bench: Bench, examiner: Examiner, caplog: pytest.LogCaptureFixture
) -> None:
    examiner.tickets[0] = NoAnswer(Missing.REFUSED)
    (submit,) = bench.wanted()
    with caplog.at_level(logging.WARNING):
        assert await bench.outcome(submit) == NOTHING
    assert "refuses" in caplog.text


async def test_no_more_are_handed_over_than_the_quota_has() -> None:
    bench = Bench(Examiner(per_day=1))
    await bench.first_look()
    (another,) = bench.wanted("https://other.example.org/")
    with pytest.raises(HttpError) as error:
        await bench.outcome(another)
    assert error.value.code == "quota"
    assert bench.examiner.submitted == [URL]


async def test_looking_for_a_result_costs_the_quota_of_results() -> None:
    examiner = Examiner()
    examiner.asking_again = About(
        "urlscan", "urlscan", Sends.URL, Limit(1, 1), 1.0, Lifetimes(60, 60), quotas=(Quota(1, 86_400),)
    )
    examiner.results.extendleft([Progress.PENDING])
    bench = Bench(examiner)
    (again,) = await bench.run(await bench.first_look())
    assert len(await bench.run(again)) == 1
    assert bench.learned == []


async def test_a_source_that_wants_time_gets_it(bench: Bench, examiner: Examiner) -> None:
    examiner.results.appendleft(NoAnswer(Missing.QUOTA, 120.0))
    (again,) = await bench.run(await bench.first_look())
    assert again.delay == 120.0


async def test_who_never_answers_is_asked_for_a_while_only(bench: Bench, examiner: Examiner) -> None:
    examiner.results[0] = Progress.PENDING
    look, looks = await bench.first_look(), 0
    jobs: tuple[Job, ...] = (look,)
    while jobs:
        looks += 1
        jobs = await bench.run(jobs[0])
    assert looks == MOST_LOOKS
    assert await bench.outcome(look) == NOTHING


async def test_what_was_deleted_ends_it(bench: Bench, examiner: Examiner) -> None:
    examiner.results[0] = Progress.NEVER
    look = await bench.first_look()
    assert await bench.run(look) == ()
    assert (bench.learned, await bench.outcome(look)) == ([], NOTHING)


async def test_a_harmless_result_is_remembered_too(bench: Bench, examiner: Examiner) -> None:
    examiner.results[0] = NotListed()
    await bench.run(await bench.first_look())
    assert bench.learned == [("urlscan", URL, NotListed())]


async def test_two_that_look_at_once_have_one_winner(bench: Bench) -> None:
    look = await bench.first_look()
    one, two = await bench.outcome(look), await bench.outcome(look)
    await bench.database.commit(one.changes)
    with pytest.raises(Conflict):
        await bench.database.commit(two.changes)


async def test_a_source_that_was_switched_off_meanwhile_is_left_alone(bench: Bench, examiner: Examiner) -> None:
    look = await bench.first_look()
    (submit,) = bench.wanted("https://other.example.org/")
    examiner.about = About("other", "", Sends.URL, Limit(1, 1), 1.0, Lifetimes(60, 60))
    quotas = Quotas(bench.database, bench.clock)
    bench.submit = SubmitLink([], bench.submissions, quotas)
    bench.look = AwaitResult([], bench.submissions, quotas, bench._learn, _judge_anew)
    assert await bench.outcome(look) == NOTHING
    assert await bench.outcome(submit) == NOTHING


class TestNotices:
    async def claimed(self, bench: Bench) -> list[str]:
        kinds = ("scanner.result",)
        found = []
        while claim := await bench.queue.claim(kinds):
            found.append(claim.key)
        return found

    async def stored(self, bench: Bench) -> Job:
        """A look that is in the queue, due in a while."""
        look = await bench.first_look()
        await bench.database.commit(Batch(bench.queue.add(look)))
        return look

    async def test_a_notice_hurries_the_look(self, bench: Bench) -> None:
        look = await self.stored(bench)
        assert await self.claimed(bench) == []
        body = b'{"event": "done", "scan": {"uuid": "%s", "url": "https://x"}}' % TICKET.encode()
        assert await bench.notices.take(body) == 204
        assert await self.claimed(bench) == [look.key]

    async def test_a_notice_that_comes_twice_or_late_changes_nothing(self, bench: Bench) -> None:
        look = await self.stored(bench)
        for _ in range(3):
            await bench.notices.take(TICKET.encode())
        assert await self.claimed(bench) == [look.key]
        await bench.run(look)
        await bench.notices.take(TICKET.encode())
        assert await self.claimed(bench) == []

    @pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[]", b"11111111-1111-1111-1111-111111111111 " * 1000])
    async def test_what_is_not_ours_is_nothing(self, bench: Bench, body: bytes) -> None:
        await self.stored(bench)
        assert await bench.notices.take(body) == 204
        assert await self.claimed(bench) == []


def test_facts_are_no_reason_to_examine(bench: Bench, examiner: Examiner) -> None:
    assert (
        wanted([examiner], bench.submissions, link(URL), Asked({"urlscan": Facts()}), Privacy.FULL, 1.0, link(SEEN))
        == ()
    )
