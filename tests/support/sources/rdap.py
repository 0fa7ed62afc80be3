"""A registry's RDAP server as RFC 9082 and RFC 9083 describe it, and IANA's list of them (RFC 9224)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from aiohttp import web
from tests.support.sources.double import Case, Double

from whinchat.apps.scanner.sources.answers import Facts
from whinchat.apps.scanner.sources.rdap import Rdap, Registers

KNOWN = "https://shop.newcomer.net/sale"
REGISTERED = 1_767_323_045_000  # 2026-01-02T03:04:05Z
MEDIA = "application/rdap+json"


@dataclass
class RegistryDouble(Double):
    listed: set[str] = field(default_factory=lambda: {"newcomer.net"})
    events: list[dict[str, str]] = field(
        default_factory=lambda: [
            {"eventAction": "registration", "eventDate": "2026-01-02T03:04:05Z"},
            {"eventAction": "expiration", "eventDate": "2027-01-02T03:04:05Z"},
            {"eventAction": "last changed", "eventDate": "2026-02-02T03:04:05.678Z"},
        ]
    )

    async def answer(self, request: web.Request) -> web.Response:
        domain = request.path.removeprefix("/rdap/domain/")
        if domain not in self.listed:
            return _json({"errorCode": 404, "title": "Not Found", "description": ["No such domain"]}, status=404)
        found = {
            "rdapConformance": ["rdap_level_0"],
            "objectClassName": "domain",
            "handle": "2138514_DOMAIN_NET-VRSN",
            "ldhName": domain.upper(),
            "status": ["active"],
            "events": self.events,
            "secureDNS": {"delegationSigned": False},
        }
        return _json(found)


def _json(document: object, status: int = 200) -> web.Response:
    return web.Response(text=json.dumps(document), content_type=MEDIA, status=status)


def _requests(double: RegistryDouble) -> None:
    (asked,) = double.asked
    assert (asked.method, asked.path) == ("GET", "/rdap/domain/newcomer.net")
    assert asked.headers["accept"] == MEDIA


CASE = Case(
    name="rdap",
    double=RegistryDouble,
    build=lambda http, url, _: Rdap(http, lambda: Registers({"net": f"{url}/rdap/"})),
    known=KNOWN,
    known_answer=Facts(registered_at=REGISTERED),
    unknown="https://nobody.net/",
    unknown_answer=Facts(),
    requests=_requests,
    keyed=False,
)

IANA = {
    "version": "1.0",
    "publication": "2026-01-02T03:04:05Z",
    "description": "RDAP bootstrap file for Domain Name System registrations",
    "services": [
        [["net", "COM"], ["https://registry.example/rdap/"]],
        [["org", "mytld"], ["http://example.org/", "https://example.org/rdap"]],
        [["old"], ["http://unsafe.example/"]],
        [["ab.xn--p1ai"], ["https://deeper.example/"]],
    ],
}
