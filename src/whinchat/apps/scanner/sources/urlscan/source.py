"""urlscan.io as a source: what it saw at a link, and having it look at one."""

from __future__ import annotations

from dataclasses import replace

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.sources.about import About, Lifetimes, Quota, Sends
from whinchat.apps.scanner.sources.answers import Answer, Listed, NoAnswer, NotListed
from whinchat.apps.scanner.sources.means import Means
from whinchat.apps.scanner.sources.settings import Settings, Visibility
from whinchat.apps.scanner.sources.submission import Progress
from whinchat.apps.scanner.sources.urlscan.api import Hit, Overall, UrlscanApi
from whinchat.apps.scanner.sources.urlscan.evidence import Evidences, Kind
from whinchat.core.ports import Limit

RECENT = 7  # days that a scan says something of the page
LEAST = 0.5  # strength of what it calls malicious without being sure

ABOUT = About(
    "urlscan",
    "urlscan.io",
    Sends.URL,
    Limit(rate=0.5, burst=5),
    timeout=3.5,
    lifetimes=Lifetimes(listed=6 * 3600, clear=3600),
    quotas=(Quota(60, 60), Quota(1000, 86_400)),
    needs=("sources.urlscan.key",),
    terms="https://urlscan.io/about/terms/",
)
SCANS = replace(ABOUT, name="urlscan_scans", quotas=(Quota(50, 86_400),))
"""Private scans of the free plan are counted by themselves."""


class Urlscan:
    """A `Source` that looks for a scan that somebody had made of the link."""

    about = ABOUT

    def __init__(self, api: UrlscanApi) -> None:
        self._api = api

    async def ask(self, link: Link) -> Answer:
        # The search has no verdicts but for paying customers: they stand in the result.
        hits = await self._api.search(link.url, RECENT)
        if isinstance(hits, NoAnswer):
            return hits
        scan = next((hit.id for hit in hits if _is_of(hit, link)), None)
        if scan is None:
            return NotListed()
        overall = await self._api.result(scan)
        return NotListed() if isinstance(overall, Progress) else meaning(overall)


class UrlscanScans:
    """A `Submitter` that has a scan made of a link, and keeps what was seen there."""

    about = asking_again = ABOUT
    submitting = SCANS

    def __init__(self, api: UrlscanApi, evidence: Evidences, visibility: Visibility) -> None:
        self._api = api
        self._evidence = evidence
        self._visibility = visibility

    async def submit(self, url: str) -> str | Progress | NoAnswer:
        return await self._api.submit(url, self._visibility)

    async def result(self, ticket: str) -> Answer | Progress:
        overall = await self._api.result(ticket)
        if isinstance(overall, Overall):
            await self._keep(ticket, Kind.SCREENSHOT, await self._api.screenshot(ticket))
            await self._keep(ticket, Kind.DOM, await self._api.dom(ticket))
        return overall if isinstance(overall, Progress) else meaning(overall)

    async def _keep(self, scan: str, kind: Kind, seen: bytes | NoAnswer) -> None:
        """What cannot be had is not kept: the verdict does not need it."""
        if isinstance(seen, bytes):
            await self._evidence.keep(scan, kind, seen)


def _is_of(hit: Hit, link: Link) -> bool:
    """The search finds longer addresses, too."""
    return any(found is not None and found.key == link.key for found in map(parse_link, (hit.task.url, hit.page.url)))


def meaning(overall: Overall | NoAnswer) -> Answer:
    if isinstance(overall, NoAnswer):
        return overall
    if not overall.malicious:
        return NotListed()
    threat = Threat.MALWARE if "malware" in overall.categories else Threat.PHISHING
    return Listed(threat, strength=max(LEAST, min(overall.score / 100, 1.0)))


def make(given: Means, settings: Settings) -> Urlscan | None:
    key = settings.sources.urlscan.key
    return None if given.http is None or key is None else Urlscan(UrlscanApi(given.http, key, ABOUT.timeout))
