"""VirusTotal as docs.virustotal.com documents its API, version 3: reports, submissions and analyses of URLs."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from aiohttp import web
from tests.support.sources.double import KEY, Case, Double

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.sources.answers import Listed, NotListed
from whinchat.apps.scanner.sources.virustotal import VirusTotal
from whinchat.core.secret import Secret

KNOWN = "https://bank.example.net/login?step=1"
TICKET = "u-a354494a73382ea0b4bc47f4c9e8d6c578027cd4598196dc88f05a22b5817293-1604933101"
PHISHING = {"category": "malicious", "result": "phishing", "method": "blacklist"}
CLEAN = {"category": "harmless", "result": "clean", "method": "blacklist"}
UNRATED = {"category": "undetected", "result": "unrated", "method": "blacklist"}


def error(code: str, status: int) -> web.Response:
    return web.json_response({"error": {"code": code, "message": f"{code} it is"}}, status=status)


@dataclass
class VirusTotalDouble(Double):
    listed: set[str] = field(default_factory=lambda: {KNOWN})
    results: dict[str, dict[str, str]] = field(
        default_factory=lambda: {
            "Netcraft": PHISHING,
            "Emsisoft": PHISHING,
            "Phishtank": PHISHING,
            "Kaspersky": UNRATED,
            "Sophos": CLEAN,
        }
    )
    status: str = "completed"
    """Of analyses: `queued`, `in-progress` or `completed`."""

    async def answer(self, request: web.Request) -> web.Response:
        if request.headers.get("x-apikey") != KEY:
            return error("WrongCredentialsError", 401)
        match request.method, request.path.removeprefix("/api/v3/").split("/"):
            case "POST", ["urls"]:
                await request.post()
                return web.json_response({"data": {"type": "analysis", "id": TICKET, "links": {"self": "https://…"}}})
            case "GET", ["urls", identifier]:
                return self._report(identifier)
            case "GET", ["analyses", ticket] if ticket == TICKET:
                done = self.results if self.status == "completed" else {}
                attributes = {"date": 1604933101, "status": self.status, "stats": {}, "results": done}
                return web.json_response({"data": {"type": "analysis", "id": ticket, "attributes": attributes}})
        return error("NotFoundError", 404)

    def over_quota(self) -> web.Response:
        response = error("QuotaExceededError", 429)
        response.headers["Retry-After"] = "60"  # not documented, but it may
        return response

    def _report(self, identifier: str) -> web.Response:
        assert not identifier.endswith("=")
        url = base64.urlsafe_b64decode(identifier + "=" * (-len(identifier) % 4)).decode()
        if url not in self.listed:
            return error("NotFoundError", 404)
        bad = sum(each["category"] == "malicious" for each in self.results.values())
        attributes = {
            "url": url,
            "last_analysis_date": 1604933101,
            "last_analysis_stats": {"malicious": bad, "suspicious": 0, "harmless": 1, "undetected": 1, "timeout": 0},
            "last_analysis_results": self.results,
            "times_submitted": 3,
        }
        return web.json_response({"data": {"type": "url", "id": "0" * 64, "attributes": attributes}})


def _requests(double: VirusTotalDouble) -> None:
    (asked,) = double.asked
    assert (asked.method, asked.path) == (
        "GET",
        "/api/v3/urls/aHR0cHM6Ly9iYW5rLmV4YW1wbGUubmV0L2xvZ2luP3N0ZXA9MQ",
    )
    assert asked.headers["x-apikey"] == KEY
    assert asked.body == b""


CASE = Case(
    name="virustotal",
    double=VirusTotalDouble,
    build=lambda http, url, key: VirusTotal(http, Secret(key), url),
    known=KNOWN,
    known_answer=Listed(Threat.PHISHING, strength=0.4),
    unknown="https://harmless.example.org/",
    unknown_answer=NotListed(),
    requests=_requests,
)
