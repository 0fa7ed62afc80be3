"""Everything around sources that takes longer than an answer: submissions, their notices and evidence, RDAP's list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.sources import rdap, virustotal
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.apps.scanner.sources.asked import Asked
from whinchat.apps.scanner.sources.means import Means
from whinchat.apps.scanner.sources.quotas import Quotas
from whinchat.apps.scanner.sources.settings import Settings
from whinchat.apps.scanner.sources.submission import Submitter
from whinchat.apps.scanner.sources.submissions import AwaitResult, Learn, Submissions, SubmitLink, wanted
from whinchat.apps.scanner.sources.urlscan import source as urlscan
from whinchat.apps.scanner.sources.urlscan.api import UrlscanApi
from whinchat.apps.scanner.sources.urlscan.evidence import Evidences, Kind
from whinchat.apps.scanner.sources.urlscan.webhook import MOST_BODY, UrlscanNotices
from whinchat.core.app import Schedule, Webhook
from whinchat.core.dispatch.handler import NOTHING, JobHandler, Outcome
from whinchat.core.ports import Batch, Claim, Database, Job, Queue, Sealer

NIGHTLY = Job(kind="scanner.examined", key="nightly")
FOLDER = "evidence"
PATIENCE = 20.0  # seconds for one request of a job, for which nobody waits


class Given(Means, Protocol):
    """What of the service's `AppContext` is needed."""

    @property
    def database(self) -> Database: ...

    @property
    def sealer(self) -> Sealer: ...

    @property
    def queue(self) -> Queue: ...


@dataclass(frozen=True, slots=True)
class Examination:
    """What `build` adds to the application, and what a deep scan asks."""

    submitters: tuple[Submitter, ...]
    submissions: Submissions
    evidence: Evidences
    jobs: tuple[JobHandler, ...]
    schedules: tuple[Schedule, ...]
    webhooks: tuple[Webhook, ...]

    def wanted(self, link: Link, asked: Asked, privacy: Privacy, uncertainty: float, seen: Link) -> tuple[Job, ...]:
        """Jobs that have the link examined by the sources that do not know it. `seen`: what led to it.

        `uncertainty`: of the verdict that came out, as for `Panel.ask`.
        """
        return wanted(self.submitters, self.submissions, link, asked, privacy, uncertainty, seen)

    async def seen_at(self, url: str) -> Mapping[Kind, str]:
        """Keys for `evidence.download` of what urlscan.io saw at a link (`Link.url`); empty when there is nothing."""
        ticket = await self.submissions.ticket(urlscan.ABOUT.name, url)
        return {} if ticket is None else self.evidence.of(ticket)


def open_examination(
    given: Given, settings: Settings, learn: Learn, judge_anew: Callable[[Link], tuple[Job, ...]]
) -> Examination:
    """`learn`: `Panel.learn`. `judge_anew`: the jobs by which a new answer reaches the chats that saw the link."""
    submissions = Submissions(given.database, given.sealer, given.clock)
    evidence = Evidences(given.data / FOLDER, given.sealer, given.clock, given.workers)
    submitters = _submitters(given, settings, evidence)
    quotas = Quotas(given.database, given.clock)
    jobs: list[JobHandler] = [
        SubmitLink(submitters, submissions, quotas),
        AwaitResult(submitters, submissions, quotas, learn, judge_anew),
        Tidy(submissions, evidence, given.database),
    ]
    schedules = [Schedule("41 3 * * *", NIGHTLY)]
    if given.http is not None and settings.sources.rdap.enabled:
        jobs.append(rdap.RefreshRegisters(given.http, rdap.Bootstrap(given.data), given.clock, given.workers))
        schedules.append(rdap.SCHEDULE)
    webhooks = _webhooks(given, settings, submissions)
    return Examination(submitters, submissions, evidence, tuple(jobs), tuple(schedules), webhooks)


def _submitters(given: Given, settings: Settings, evidence: Evidences) -> tuple[Submitter, ...]:
    if given.http is None:
        return ()
    found: list[Submitter] = []
    for_virustotal, for_urlscan = settings.sources.virustotal, settings.sources.urlscan
    if for_virustotal.enabled and for_virustotal.submit and for_virustotal.key is not None:
        found.append(virustotal.VirusTotal(given.http, for_virustotal.key))
    if for_urlscan.enabled and for_urlscan.submit and for_urlscan.key is not None:
        api = UrlscanApi(given.http, for_urlscan.key, PATIENCE)
        found.append(urlscan.UrlscanScans(api, evidence, for_urlscan.visibility))
    return tuple(found)


def _webhooks(given: Given, settings: Settings, submissions: Submissions) -> tuple[Webhook, ...]:
    secret = settings.sources.urlscan.webhook_secret
    if secret is None:
        return ()
    notices = UrlscanNotices(submissions, given.database, given.queue)
    return (Webhook("urlscan", secret, notices.take, MOST_BODY),)


class Tidy:
    """Nightly: submissions and evidence whose time is over go."""

    kind = NIGHTLY.kind
    concurrency = 1

    def __init__(self, submissions: Submissions, evidence: Evidences, database: Database) -> None:
        self._submissions = submissions
        self._evidence = evidence
        self._database = database

    async def run(self, claim: Claim) -> Outcome:
        while any(await self._database.commit(Batch((self._submissions.retention(),)))):
            pass
        await self._evidence.prune()
        return NOTHING
