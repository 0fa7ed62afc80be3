"""VirusTotal: what its seventy-odd engines say of a link (API v3, https://docs.virustotal.com/reference/overview)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from msgspec import Struct

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.sources.about import About, Lifetimes, Quota, Sends
from whinchat.apps.scanner.sources.answers import Answer, Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.means import Means
from whinchat.apps.scanner.sources.settings import Settings
from whinchat.apps.scanner.sources.submission import Progress
from whinchat.apps.scanner.sources.web import Reply, Web, decoded
from whinchat.core.ports import HttpClient, Limit
from whinchat.core.secret import Secret

API = "https://www.virustotal.com"
ABOUT = About(
    "virustotal",
    "VirusTotal",
    Sends.URL,
    Limit(rate=4 / 60, burst=4),
    timeout=3.5,
    lifetimes=Lifetimes(listed=6 * 3600, clear=6 * 3600),
    quotas=(Quota(4, 60), Quota(500, 86_400)),
    needs=("sources.virustotal.key",),
    terms="https://docs.virustotal.com/reference/public-vs-premium-api",
)
ENOUGH = 3
"""Engines that call a link malicious. One or two are often wrong, and engines copy from each other, so no number is
right for all (Choo et al., A Large Scale Study and Classification of VirusTotal Reports on Phishing and Malware URLs,
2022): a few make it evidence with little weight, and only many make it strong.
"""
ENOUGH_TRUSTED = 2
SURE = 10  # votes from which on there is no doubt left; an engine that is trusted has two
TRUSTED = frozenset({"Google Safebrowsing", "Kaspersky", "ESET", "BitDefender", "Sophos", "Fortinet", "Netcraft"})
"""Engines of their own, not resellers of one of these: two of them are two opinions."""

_TICKET = re.compile(r"[A-Za-z0-9_=-]{1,200}")


class Opinion(Struct):
    """Of one engine."""

    category: str
    """`malicious`, `suspicious`, `harmless`, `undetected`, or a word that does not matter here."""
    result: str | None = None
    """In the engine's own words."""


class _Attributes(Struct):
    last_analysis_results: dict[str, Opinion]


class _Url(Struct):
    attributes: _Attributes


class _UrlReply(Struct):
    data: _Url


class _Analysis(Struct):
    status: str
    results: dict[str, Opinion] = {}


class _AnalysisObject(Struct):
    attributes: _Analysis


class _AnalysisReply(Struct):
    data: _AnalysisObject


class _Descriptor(Struct):
    id: str


class _Submitted(Struct):
    data: _Descriptor


class _Error(Struct):
    code: str


class _ErrorReply(Struct):
    error: _Error


class VirusTotal:
    """A `Source` that looks up what is known, and a `Submitter` that has a link examined."""

    about = submitting = asking_again = ABOUT

    def __init__(self, http: HttpClient, key: Secret, api: str = API) -> None:
        self._web = Web(http, ABOUT.timeout)
        self._api = f"{api}/api/v3"
        self._headers = {"x-apikey": key.reveal(), "Accept": "application/json"}

    async def ask(self, link: Link) -> Answer:
        """https://docs.virustotal.com/reference/url-info: 404 for what nobody had examined."""
        reply = await self._web.get(f"{self._api}/urls/{identifier(link.url)}", self._headers, also=frozenset({404}))
        if isinstance(reply, NoAnswer):
            return reply
        if reply.status == 404:
            return _unknown(reply)
        known = decoded(reply, _UrlReply)
        return known if isinstance(known, NoAnswer) else meaning(known.data.attributes.last_analysis_results)

    async def submit(self, url: str) -> str | Progress | NoAnswer:
        """https://docs.virustotal.com/reference/scan-url"""
        reply = await self._web.post_form(f"{self._api}/urls", self._headers, {"url": url})
        submitted = reply if isinstance(reply, NoAnswer) else decoded(reply, _Submitted)
        if isinstance(submitted, NoAnswer):
            return submitted
        ticket = submitted.data.id
        return ticket if _TICKET.fullmatch(ticket) else NoAnswer(Missing.GARBLED)

    async def result(self, ticket: str) -> Answer | Progress:
        """https://docs.virustotal.com/reference/analysis"""
        reply = await self._web.get(f"{self._api}/analyses/{ticket}", self._headers)
        analysis = reply if isinstance(reply, NoAnswer) else decoded(reply, _AnalysisReply)
        if isinstance(analysis, NoAnswer):
            return analysis
        done = analysis.data.attributes
        return meaning(done.results) if done.status == "completed" else Progress.PENDING


def identifier(url: str) -> str:
    """https://docs.virustotal.com/reference/url: the URL in base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def meaning(results: Mapping[str, Opinion]) -> Listed | NotListed:
    """`results`: by the names of the engines."""
    bad = {engine: opinion for engine, opinion in results.items() if opinion.category == "malicious"}
    trusted = len(bad.keys() & TRUSTED)
    if len(bad) < ENOUGH and trusted < ENOUGH_TRUSTED:
        return NotListed()
    words = [(opinion.result or "").lower() for opinion in bad.values()]
    phishing, malware = (sum(word in said for said in words) for word in ("phishing", "malware"))
    threat = Threat.MALWARE if malware > phishing else Threat.PHISHING
    return Listed(threat, strength=min(1.0, (len(bad) + trusted) / SURE))


def _unknown(reply: Reply) -> NotListed | NoAnswer:
    """The documented 404; another one is not VirusTotal's."""
    error = decoded(reply, _ErrorReply)
    if isinstance(error, NoAnswer):
        return error
    return NotListed() if error.error.code == "NotFoundError" else NoAnswer(Missing.GARBLED)


def make(given: Means, settings: Settings) -> VirusTotal | None:
    key = settings.sources.virustotal.key
    return None if given.http is None or key is None else VirusTotal(given.http, key)
