"""PhishTank as phishtank.org/api_info.php documents `checkurl`: a form in, JSON out, 509 for who asks too much."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import web
from tests.support.sources.double import KEY, Case, Double

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.sources.answers import Listed, NotListed
from whinchat.apps.scanner.sources.phishtank import PhishTank
from whinchat.core.secret import Secret

KNOWN = "https://bank.example.net/login"


@dataclass
class PhishTankDouble(Double):
    listed: set[str] = field(default_factory=lambda: {KNOWN})
    verified: bool | str = True
    valid: bool | str = True

    async def answer(self, request: web.Request) -> web.Response:
        form = await request.post()
        meta = {"timestamp": "2026-01-02T03:04:05+00:00", "serverid": "cf14e2a", "requestid": "1.2.3.4.5"}
        if form.get("app_key") != KEY:
            return web.json_response({"meta": {**meta, "status": "error"}, "errortext": "Invalid application key"})
        found = {"url": form.get("url"), "in_database": form.get("url") in self.listed}
        if found["in_database"]:
            page = "https://phishtank.org/phish_detail.php?phish_id=7"
            found |= {"phish_id": "7", "phish_detail_page": page, "verified": self.verified, "valid": self.valid}
        return web.json_response({"meta": {**meta, "status": "success"}, "results": found})

    def over_quota(self) -> web.Response:
        headers = {"X-Request-Limit-Interval": "300 Seconds", "X-Request-Limit": "50", "X-Request-Count": "51"}
        return web.Response(status=509, headers=headers)


def _requests(double: PhishTankDouble) -> None:
    (asked,) = double.asked
    assert (asked.method, asked.path) == ("POST", "/checkurl/")
    assert asked.headers["user-agent"] == "phishtank/whinchat"
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.form == {"url": KNOWN, "format": "json", "app_key": KEY}


CASE = Case(
    name="phishtank",
    double=PhishTankDouble,
    build=lambda http, url, key: PhishTank(http, Secret(key), url),
    known=KNOWN,
    known_answer=Listed(Threat.PHISHING),
    unknown="https://harmless.example.org/",
    unknown_answer=NotListed(),
    requests=_requests,
)
