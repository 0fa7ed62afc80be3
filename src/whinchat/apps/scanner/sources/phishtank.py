"""PhishTank: links that people reported and others confirmed to be phishing (phishtank.org/api_info.php, `checkurl`).

New keys are not given out, so it is for those who have one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.sources.about import About, Lifetimes, Sends
from whinchat.apps.scanner.sources.answers import Answer, Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.means import Means
from whinchat.apps.scanner.sources.settings import Settings
from whinchat.apps.scanner.sources.web import Web, decoded
from whinchat.core.ports import HttpClient, Limit
from whinchat.core.secret import Secret

API = "https://checkurl.phishtank.com"
HEADERS = {"User-Agent": "phishtank/whinchat"}
"""The form that PhishTank asks for; others are turned away more often."""
OVER_LIMIT = 509
_ABOUT_KEY = re.compile(r"\b(app_?)?key\b", re.IGNORECASE)
"""An error is a sentence; the one about keys names them."""
GONE = 0.6
"""Strength of a confirmed entry whose page was not there when PhishTank last looked."""

ABOUT = About(
    "phishtank",
    "PhishTank",
    sends=Sends.URL,
    limit=Limit(rate=0.2, burst=10),
    timeout=3.0,
    lifetimes=Lifetimes(listed=3600, clear=3600),
    decisive=True,
    needs=("sources.phishtank.key",),
    terms="https://phishtank.org/terms.php",
)


class _Result(msgspec.Struct):
    in_database: bool
    verified: bool | str | None = False
    """Whether people confirmed it: true, or `y`."""
    valid: bool | str | None = False
    """Whether it is confirmed and was there at the last look."""


class _Found(msgspec.Struct):
    results: _Result | None = None
    errortext: str = ""


class PhishTank:
    about = ABOUT

    def __init__(self, http: HttpClient, key: Secret, api: str = API) -> None:
        self._web = Web(http, ABOUT.timeout)
        self._key = key
        self._api = api

    async def ask(self, link: Link) -> Answer:
        form = {"url": link.key, "format": "json", "app_key": self._key.reveal()}
        reply = await self._web.post_form(f"{self._api}/checkurl/", HEADERS, form, also=frozenset({OVER_LIMIT}))
        if isinstance(reply, NoAnswer):
            return reply
        if reply.status == OVER_LIMIT:
            return NoAnswer(Missing.QUOTA, _interval(reply.headers))
        found = decoded(reply, _Found)
        if isinstance(found, NoAnswer):
            return found
        if found.results is None:
            return NoAnswer(Missing.REFUSED if _ABOUT_KEY.search(found.errortext) else Missing.GARBLED)
        if not found.results.in_database or not _yes(found.results.verified):
            return NotListed()  # what was reported and not confirmed is somebody's word
        return Listed(Threat.PHISHING, 1.0 if _yes(found.results.valid) else GONE)


def _yes(value: bool | str | None) -> bool:
    return value is True or value == "y"


def _interval(headers: Mapping[str, str]) -> float | None:
    """Seconds of the window that requests are counted in, as in `300 Seconds`."""
    found = re.match(r"\d{1,5}\b", headers.get("x-request-limit-interval", ""))
    return float(found[0]) if found else None


def make(given: Means, settings: Settings) -> PhishTank | None:
    key = settings.sources.phishtank.key
    return None if given.http is None or key is None else PhishTank(given.http, key)
