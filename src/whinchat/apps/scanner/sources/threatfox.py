"""ThreatFox of abuse.ch: hosts and links that malware is spread and commanded from (threatfox.abuse.ch/api, version 1).

The link is searched for first, then its host, each exactly; an entry counts when it is what was searched for.
"""

from __future__ import annotations

from typing import Any

import msgspec

from whinchat.apps.scanner.knowledge import Scope, Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.sources.about import About, Lifetimes, Sends
from whinchat.apps.scanner.sources.abusech import NEEDS, TERMS, moment, unusable
from whinchat.apps.scanner.sources.answers import Answer, Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.means import Means
from whinchat.apps.scanner.sources.settings import Settings
from whinchat.apps.scanner.sources.web import Web, decoded
from whinchat.core.ports import HttpClient, Limit
from whinchat.core.secret import Secret

API = "https://threatfox-api.abuse.ch"

ABOUT = About(
    "threatfox",
    "ThreatFox",
    sends=Sends.URL,
    limit=Limit(rate=2, burst=10),
    timeout=3.0,
    lifetimes=Lifetimes(listed=3600, clear=3600),
    needs=NEEDS,
    terms=TERMS,
)


class _Indicator(msgspec.Struct):
    ioc: str
    ioc_type: str
    """`url`, `domain`, `ip:port` or the hash of a file."""
    confidence_level: float = 50.0
    """0 to 100."""
    first_seen: str | None = None


class _Found(msgspec.Struct):
    query_status: str
    data: Any = None
    """A list of indicators, or a sentence when there are none."""


class ThreatFox:
    about = ABOUT

    def __init__(self, http: HttpClient, auth_key: Secret, api: str = API) -> None:
        self._web = Web(http, ABOUT.timeout)
        self._headers = {"Auth-Key": auth_key.reveal()}
        self._api = api

    async def ask(self, link: Link) -> Answer:
        answer = await self._search(link.key, "url", Scope.URL)
        if not isinstance(answer, NotListed):
            return answer
        if link.is_address:
            return await self._search(f"{link.host}:{_port(link)}", "ip:port", Scope.HOST)
        return await self._search(link.host, "domain", Scope.HOST)

    async def _search(self, term: str, kind: str, scope: Scope) -> Answer:
        question = {"query": "search_ioc", "search_term": term, "exact_match": True}
        reply = await self._web.post_json(f"{self._api}/api/v1/", self._headers, question)
        found = reply if isinstance(reply, NoAnswer) else decoded(reply, _Found)
        if isinstance(found, NoAnswer):
            return found
        match found.query_status:
            case "ok":
                return _strongest(found.data, term, kind, scope)
            case "no_result" | "illegal_search_term":  # the second: nothing of that form is in it
                return NotListed()
            case other:
                return unusable(other)


def _strongest(data: Any, term: str, kind: str, scope: Scope) -> Answer:
    """The surest entry that is this very term."""
    try:
        indicators = msgspec.convert(data, list[_Indicator], strict=False)
    except msgspec.ValidationError:
        return NoAnswer(Missing.GARBLED)
    meant = [each for each in indicators if each.ioc_type == kind and each.ioc.rstrip("/") == term.rstrip("/")]
    if not meant:
        return NotListed()
    worst = max(meant, key=lambda each: each.confidence_level)
    strength = min(max(worst.confidence_level / 100, 0.0), 1.0)
    return Listed(Threat.MALWARE, strength, since=moment(worst.first_seen), scope=scope)


def _port(link: Link) -> int:
    return link.port or (80 if link.scheme == "http" else 443)


def make(given: Means, settings: Settings) -> ThreatFox | None:
    if given.http is None or settings.abusech_auth_key is None:
        return None
    return ThreatFox(given.http, settings.abusech_auth_key)
