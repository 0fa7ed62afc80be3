"""URLhaus as urlhaus-api.abuse.ch documents its version 1: `/v1/url/` and `/v1/host/`, forms in, JSON out."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import web
from tests.support.sources.abusech import turned_away
from tests.support.sources.double import KEY, Case, Double

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.sources.answers import Listed, NotListed
from whinchat.apps.scanner.sources.urlhaus import UrlHaus
from whinchat.core.secret import Secret

KNOWN = "http://files.example.net:8080/invoice.exe?id=7"


@dataclass
class UrlHausDouble(Double):
    listed: set[str] = field(default_factory=lambda: {KNOWN})
    online: bool = True
    hosts: dict[str, str] = field(default_factory=dict)
    """Hosts that are known, and the `url_status` of what is on them."""

    async def answer(self, request: web.Request) -> web.Response:
        if refusal := turned_away(request):
            return refusal
        form = await request.post()
        if request.method != "POST":
            return web.json_response({"query_status": "http_post_expected"}, status=405)
        return self._url(str(form.get("url", ""))) if request.path == "/v1/url/" else self._host(str(form.get("host")))

    def _url(self, url: str) -> web.Response:
        if not url.startswith(("http://", "https://")):
            return web.json_response({"query_status": "invalid_url"})
        if url not in self.listed:
            return web.json_response({"query_status": "no_results"})
        return web.json_response({"query_status": "ok", **self._entry(url), "tags": ["emotet"], "payloads": []})

    def _host(self, host: str) -> web.Response:
        if host not in self.hosts:
            return web.json_response({"query_status": "no_results"})
        entry = {**self._entry(f"http://{host}/other.exe"), "url_status": self.hosts[host]}
        known = {"host": host, "firstseen": "2026-01-01 10:00:00 UTC", "url_count": "1", "urls": [entry]}
        return web.json_response({"query_status": "ok", **known})

    def _entry(self, url: str) -> dict[str, object]:
        return {
            "id": "105821",
            "urlhaus_reference": "https://urlhaus.abuse.ch/url/105821/",
            "url": url,
            "url_status": "online" if self.online else "offline",
            "date_added": "2026-01-02 03:04:05 UTC",
            "threat": "malware_download",
            "blacklists": {"spamhaus_dbl": "not listed", "surbl": "not listed"},
            "reporter": "anonymous",
            "larted": "true",
        }


def _requests(double: UrlHausDouble) -> None:
    (asked,) = double.asked
    assert (asked.method, asked.path) == ("POST", "/v1/url/")
    assert asked.headers["auth-key"] == KEY
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.form == {"url": KNOWN}


CASE = Case(
    name="urlhaus",
    double=UrlHausDouble,
    build=lambda http, url, key: UrlHaus(http, Secret(key), url),
    known=KNOWN,
    known_answer=Listed(Threat.MALWARE, since=1_767_323_045_000),
    unknown="https://harmless.example.org/",
    unknown_answer=NotListed(),
    requests=_requests,
)
