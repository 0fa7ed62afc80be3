"""The part of urlscan.io's API that is used (version 1, https://docs.urlscan.io/apis/urlscan-openapi)."""

from __future__ import annotations

import re
from typing import TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from whinchat.apps.scanner.sources.answers import Missing, NoAnswer
from whinchat.apps.scanner.sources.settings import Visibility
from whinchat.apps.scanner.sources.submission import Progress
from whinchat.apps.scanner.sources.web import Reply, Web, decoded
from whinchat.core.ports import HttpClient
from whinchat.core.secret import Secret

T = TypeVar("T")

API = "https://urlscan.io"
MOST_RESULT = 8 << 20  # bytes: a result lists every request that the page made
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Of a scan."""
_KEY = re.compile(r"api.?key", re.IGNORECASE)
_OURS = frozenset({400, 404, 410, 429})
"""Statuses that it has words of its own for (https://docs.urlscan.io/pages/error-codes, /pages/api-rate-limits)."""


class Overall(Struct, frozen=True):
    """What its rules, its learned model and its users make of a page together."""

    malicious: bool = False
    score: int = 0
    """-100 harmless, 100 malicious."""
    categories: tuple[str, ...] = ()


class _Verdicts(Struct, frozen=True):
    overall: Overall = Overall()


class _Result(Struct):
    """By far the most of it is not read."""

    verdicts: _Verdicts


class Place(Struct, frozen=True):
    url: str = ""


class Hit(Struct, rename={"id": "_id"}):
    """A scan that the search found."""

    id: str
    task: Place = Place()
    """What it was asked to open."""
    page: Place = Place()
    """Where it arrived."""


class _Search(Struct):
    results: list[Hit]


class _Submitted(Struct):
    uuid: str


class _Error(Struct):
    message: str = ""


class UrlscanApi:
    """Nothing raises for an outage. Ids of scans are what `ID` matches: nothing else becomes a part of an address."""

    def __init__(self, http: HttpClient, key: Secret, timeout: float, api: str = API) -> None:
        """`timeout`: seconds for one request."""
        self._web = Web(http, timeout, most_bytes=MOST_RESULT)
        self._api = api
        self._headers = {"API-Key": key.reveal()}

    async def search(self, url: str, days: int) -> list[Hit] | NoAnswer:
        """Scans of the last `days` that may be of that URL, newest first."""
        # Inside quotes, these two alone mean something (https://docs.urlscan.io/pages/search-general).
        said = url.replace("\\", "\\\\").replace('"', '\\"')
        query = f'(task.url:"{said}" OR page.url:"{said}") AND date:>now-{days}d'
        reply = await self._get(f"/api/v1/search/?{urlencode({'q': query, 'size': 10})}")
        found = _read(reply, _Search)
        if isinstance(found, NoAnswer):
            return found
        return [hit for hit in found.results if ID.fullmatch(hit.id)]

    async def submit(self, url: str, visibility: Visibility) -> str | Progress | NoAnswer:
        """The id of the scan that will be. Some links are not accepted, such as those whose host does not exist."""
        body = msgspec.json.encode({"url": url, "visibility": visibility})
        headers = {**self._headers, "Content-Type": "application/json"}
        reply = await self._web.post(f"{self._api}/api/v1/scan/", headers, body, also=_OURS)
        if isinstance(reply, Reply) and reply.status == 400 and not _about_key(reply):
            return Progress.NEVER
        submitted = _read(reply, _Submitted)
        if isinstance(submitted, NoAnswer):
            return submitted
        return submitted.uuid if ID.fullmatch(submitted.uuid) else NoAnswer(Missing.GARBLED)

    async def result(self, scan: str) -> Overall | Progress | NoAnswer:
        reply = await self._get(f"/api/v1/result/{scan}/")
        if isinstance(reply, Reply) and reply.status in {404, 410}:
            return Progress.PENDING if reply.status == 404 else Progress.NEVER
        result = _read(reply, _Result)
        return result if isinstance(result, NoAnswer) else result.verdicts.overall

    async def screenshot(self, scan: str) -> bytes | NoAnswer:
        """A picture of the page (PNG)."""
        return _bytes(await self._get(f"/screenshots/{scan}.png"))

    async def dom(self, scan: str) -> bytes | NoAnswer:
        """The page's HTML as it stood after its scripts had run."""
        return _bytes(await self._get(f"/dom/{scan}/"))

    async def _get(self, path: str) -> Reply | NoAnswer:
        return await self._web.get(f"{self._api}{path}", self._headers, also=_OURS)


def _read(reply: Reply | NoAnswer, kind: type[T]) -> T | NoAnswer:
    reply = _usable(reply)
    return reply if isinstance(reply, NoAnswer) else decoded(reply, kind)


def _bytes(reply: Reply | NoAnswer) -> bytes | NoAnswer:
    reply = _usable(reply)
    return reply if isinstance(reply, NoAnswer) else reply.body


def _usable(reply: Reply | NoAnswer) -> Reply | NoAnswer:
    if isinstance(reply, NoAnswer) or reply.status == 200:
        return reply
    if reply.status == 429:
        wait = reply.headers.get("x-rate-limit-reset-after", "")
        return NoAnswer(Missing.QUOTA, float(wait) if wait.isdecimal() else None)
    return NoAnswer(Missing.REFUSED if reply.status == 400 and _about_key(reply) else Missing.FAILED)


def _about_key(reply: Reply) -> bool:
    """Whether the 400 is for the key, which is one when the key does not even look like one."""
    error = decoded(reply, _Error)
    return isinstance(error, _Error) and bool(_KEY.search(error.message))
