"""URLhaus of abuse.ch: addresses that malware is downloaded from (urlhaus-api.abuse.ch, version 1).

The link is looked up first. When it is unknown, its host is: one that spreads malware at this moment under another path
is worth knowing, but not where many people have pages.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from whinchat.apps.scanner.knowledge import Scope, Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.sources.about import About, Lifetimes, Sends
from whinchat.apps.scanner.sources.abusech import NEEDS, TERMS, moment, unusable
from whinchat.apps.scanner.sources.answers import Answer, Listed, NoAnswer, NotListed
from whinchat.apps.scanner.sources.means import Means
from whinchat.apps.scanner.sources.settings import Settings
from whinchat.apps.scanner.sources.web import Web, decoded
from whinchat.core.ports import HttpClient, Limit
from whinchat.core.secret import Secret

F = TypeVar("F")

API = "https://urlhaus-api.abuse.ch"
GONE = 0.6
"""Strength of an entry whose malware is not there any more: it often comes back."""
NEIGHBOUR = 0.4
"""Strength of malware under another path of the same host."""

ABOUT = About(
    "urlhaus",
    "URLhaus",
    sends=Sends.URL,
    limit=Limit(rate=2, burst=10),
    timeout=3.0,
    lifetimes=Lifetimes(listed=3600, clear=3600),
    decisive=True,
    needs=NEEDS,
    terms=TERMS,
)


class _Entry(msgspec.Struct):
    url_status: str = ""
    """`online`, `offline` or `unknown`."""
    date_added: str | None = None


class _Found(_Entry):
    """Of `/v1/url/`."""

    query_status: str = ""


class _Host(msgspec.Struct):
    """Of `/v1/host/`."""

    query_status: str
    urls: list[_Entry] = []


class UrlHaus:
    about = ABOUT

    def __init__(self, http: HttpClient, auth_key: Secret, api: str = API) -> None:
        self._web = Web(http, ABOUT.timeout)
        self._headers = {"Auth-Key": auth_key.reveal()}
        self._api = api

    async def ask(self, link: Link) -> Answer:
        found = await self._lookup("url", link.key, _Found)
        if isinstance(found, NoAnswer):
            return found
        match found.query_status:
            case "ok":
                strength = 1.0 if found.url_status == "online" else GONE
                return Listed(Threat.MALWARE, strength, since=moment(found.date_added))
            case "no_results":
                return NotListed() if link.site.shared else await self._ask_host(link)
            case other:
                return unusable(other)

    async def _ask_host(self, link: Link) -> Answer:
        host = await self._lookup("host", link.host, _Host)
        if isinstance(host, NoAnswer):
            return host
        match host.query_status:
            case "ok":
                online = [entry for entry in host.urls if entry.url_status == "online"]
                if not online:
                    return NotListed()
                since = max((moment(entry.date_added) or 0 for entry in online), default=0)
                return Listed(Threat.MALWARE, NEIGHBOUR, since=since or None, scope=Scope.HOST, nearby=True)
            case "no_results":
                return NotListed()
            case other:
                return unusable(other)

    async def _lookup(self, what: str, value: str, kind: type[F]) -> F | NoAnswer:
        reply = await self._web.post_form(f"{self._api}/v1/{what}/", self._headers, {what: value})
        return reply if isinstance(reply, NoAnswer) else decoded(reply, kind)


def make(given: Means, settings: Settings) -> UrlHaus | None:
    if given.http is None or settings.abusech_auth_key is None:
        return None
    return UrlHaus(given.http, settings.abusech_auth_key)
