"""ThreatFox as threatfox.abuse.ch/api documents `search_ioc`: JSON in, JSON out, all under `/api/v1/`."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
from aiohttp import web
from tests.support.sources.abusech import turned_away
from tests.support.sources.double import KEY, Case, Double

from whinchat.apps.scanner.knowledge import Scope, Threat
from whinchat.apps.scanner.sources.answers import Listed, NotListed
from whinchat.apps.scanner.sources.threatfox import ThreatFox
from whinchat.core.secret import Secret

HOST = "panel.example.net"
KNOWN = f"https://{HOST}/gate.php"


@dataclass
class ThreatFoxDouble(Double):
    listed: set[str] = field(default_factory=lambda: {HOST})
    kind: str = "domain"
    confidence: int = 75

    async def answer(self, request: web.Request) -> web.Response:
        if refusal := turned_away(request):
            return refusal
        question = await request.json()
        term = question["search_term"]
        if term not in self.listed:
            return web.json_response({"query_status": "no_result", "data": "Your search did not yield any results"})
        return web.json_response(
            {"query_status": "ok", "data": [self._entry(f"{term}.example", 100), self._entry(term)]}
        )

    def _entry(self, ioc: str, confidence: int | None = None) -> dict[str, object]:
        return {
            "id": "12",
            "ioc": ioc,
            "threat_type": "botnet_cc",
            "threat_type_desc": "Indicator that identifies a botnet command&control server (C&C)",
            "ioc_type": self.kind,
            "ioc_type_desc": "Domain that is used for botnet Command&control (C&C)",
            "malware": "win.dridex",
            "malware_printable": "Dridex",
            "malware_alias": None,
            "confidence_level": self.confidence if confidence is None else confidence,
            "first_seen": "2026-01-02 03:04:05 UTC",
            "last_seen": None,
            "reporter": "anonymous",
            "tags": None,
        }


def _requests(double: ThreatFoxDouble) -> None:
    for asked, term in zip(double.asked, (KNOWN, HOST), strict=True):
        assert (asked.method, asked.path) == ("POST", "/api/v1/")
        assert asked.headers["auth-key"] == KEY
        assert asked.headers["content-type"] == "application/json"
        assert msgspec.json.decode(asked.body) == {"query": "search_ioc", "search_term": term, "exact_match": True}


CASE = Case(
    name="threatfox",
    double=ThreatFoxDouble,
    build=lambda http, url, key: ThreatFox(http, Secret(key), url),
    known=KNOWN,
    known_answer=Listed(Threat.MALWARE, 0.75, since=1_767_323_045_000, scope=Scope.HOST),
    unknown="https://harmless.example.org/",
    unknown_answer=NotListed(),
    requests=_requests,
)
