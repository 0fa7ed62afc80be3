"""urlscan.io as docs.urlscan.io documents its API, version 1: search, scans, results and what was seen."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from tests.support.sources.double import KEY, Case, Double

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.sources.answers import Listed, NotListed
from whinchat.apps.scanner.sources.urlscan.api import UrlscanApi
from whinchat.apps.scanner.sources.urlscan.source import ABOUT, Urlscan
from whinchat.core.secret import Secret

KNOWN = "https://bank.example.net/login"
SCAN = "0196d976-07f6-7aae-8a57-aa019145f31c"
OTHER_SCAN = "0e37e828-a9d9-45c0-ac50-1ca579b86c72"
PICTURE = b"\x89PNG\r\n\x1a\n picture"
PAGE = b"<html><script>alert(1)</script>"


def error(status: int, message: str) -> web.Response:
    return web.json_response({"message": message, "description": "", "status": status}, status=status)


@dataclass
class UrlscanDouble(Double):
    listed: set[str] = field(default_factory=lambda: {KNOWN})
    overall: dict[str, object] = field(
        default_factory=lambda: {
            "score": 100,
            "malicious": True,
            "hasVerdicts": True,
            "categories": ["phishing"],
            "brands": ["bank"],
            "tags": ["phishing"],
        }
    )
    result_status: int = 200
    """404 as long as it is not finished, 410 once it was deleted."""
    not_accepted: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        key = request.headers.get("API-Key")
        if key != KEY:
            return error(400, "Invalid API key format") if key else error(401, "Unauthorized")
        match request.method, request.path:
            case "POST", "/api/v1/scan/":
                return self._accepted(await request.json())
            case "GET", "/api/v1/search/":
                return self._found(request.query["q"])
            case _:
                return self._seen(request.path)

    def _seen(self, path: str) -> web.Response:
        result = {"task": {"uuid": SCAN}, "verdicts": {"overall": self.overall}, "data": {}}
        known = {
            f"/api/v1/result/{SCAN}/": web.json_response(result),
            f"/screenshots/{SCAN}.png": web.Response(body=PICTURE, content_type="image/png"),
            f"/dom/{SCAN}/": web.Response(body=PAGE, content_type="text/html"),
        }
        if self.result_status != 200 and path.startswith("/api/v1/result/"):
            return error(self.result_status, "Scan is not finished yet")
        return known.get(path) or error(404, "Not found")

    def over_quota(self) -> web.Response:
        headers = {"X-Rate-Limit-Scope": "user", "X-Rate-Limit-Window": "minute", "X-Rate-Limit-Reset-After": "17"}
        return web.json_response({"message": "Rate limit exceeded", "status": 429}, status=429, headers=headers)

    def _accepted(self, order: dict[str, str]) -> web.Response:
        if self.not_accepted:
            return error(400, self.not_accepted)
        api = f"https://urlscan.io/api/v1/result/{SCAN}/"
        return web.json_response({"message": "Submission successful", "uuid": SCAN, "api": api, **order})

    def _found(self, query: str) -> web.Response:
        longer = {"_id": OTHER_SCAN, "task": {"url": f"{KNOWN}/other"}, "page": {"url": f"{KNOWN}/other"}}
        hits = [
            {"_id": SCAN, "task": {"url": url, "visibility": "public"}, "page": {"url": url, "status": "200"}}
            for url in self.listed
            if f'"{url}"' in query
        ]
        return web.json_response({"results": [longer, *hits], "total": 1 + len(hits), "took": 3, "has_more": False})


def _requests(double: UrlscanDouble) -> None:
    search, result = double.asked
    parts = urlsplit(search.path)
    assert (search.method, parts.path) == ("GET", "/api/v1/search/")
    query = f'(task.url:"{KNOWN}" OR page.url:"{KNOWN}") AND date:>now-7d'
    assert parse_qs(parts.query) == {"q": [query], "size": ["10"]}
    assert (result.method, result.path) == ("GET", f"/api/v1/result/{SCAN}/")
    assert [asked.headers["api-key"] for asked in double.asked] == [KEY, KEY]


def submitted(double: UrlscanDouble) -> dict[str, str]:
    """What was sent to have a scan made."""
    (asked,) = [asked for asked in double.asked if asked.method == "POST"]
    assert asked.path == "/api/v1/scan/"
    assert (asked.headers["api-key"], asked.headers["content-type"]) == (KEY, "application/json")
    body: dict[str, str] = json.loads(asked.body)
    return body


CASE = Case(
    name="urlscan",
    double=UrlscanDouble,
    build=lambda http, url, key: Urlscan(UrlscanApi(http, Secret(key), ABOUT.timeout, url)),
    known=KNOWN,
    known_answer=Listed(Threat.PHISHING),
    unknown="https://harmless.example.org/",
    unknown_answer=NotListed(),
    requests=_requests,
)
