"""SSLMate's search of certificate transparency as sslmate.com/help/reference/ct_search_api_v1 documents it."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import web
from tests.support.sources.double import KEY, Case, Double

from whinchat.apps.scanner.sources.answers import Facts
from whinchat.apps.scanner.sources.certificates import Certificates
from whinchat.core.secret import Secret

KNOWN = "https://shop.newcomer.net/sale"
CERTIFIED = 1_767_323_045_000  # 2026-01-02T03:04:05Z


def issuance(number: int, not_before: str, not_after: str) -> dict[str, object]:
    return {
        "id": str(number),
        "tbs_sha256": "ab" * 32,
        "cert_sha256": "cd" * 32,
        "pubkey_sha256": "ef" * 32,
        "not_before": not_before,
        "not_after": not_after,
        "revoked": False,
    }


@dataclass
class CertSpotterDouble(Double):
    listed: set[str] = field(default_factory=lambda: {"newcomer.net"})
    issuances: list[dict[str, object]] = field(
        default_factory=lambda: [
            issuance(1, "2026-01-03T00:00:00Z", "2026-04-03T00:00:00Z"),
            issuance(2, "2026-01-02T03:04:05Z", "2026-04-02T03:04:05Z"),
        ]
    )

    async def answer(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") not in {None, f"Bearer {KEY}"}:
            return web.json_response({"code": "unauthorized", "message": "The API key is not valid."}, status=401)
        return web.json_response(self.issuances if request.query["domain"] in self.listed else [])

    def over_quota(self) -> web.Response:
        body = {"code": "rate_limited", "message": "You have exceeded the rate limit."}
        return web.json_response(body, status=429, headers={"Retry-After": "3600"})


def _requests(double: CertSpotterDouble) -> None:
    (asked,) = double.asked
    assert (asked.method, asked.path) == ("GET", "/v1/issuances?domain=newcomer.net")
    assert asked.headers["authorization"] == f"Bearer {KEY}"


CASE = Case(
    name="certificates",
    double=CertSpotterDouble,
    build=lambda http, url, key: Certificates(http, Secret(key), url),
    known=KNOWN,
    known_answer=Facts(certified_at=CERTIFIED),
    unknown="https://nobody.net/",
    unknown_answer=Facts(),
    requests=_requests,
    keyed=False,
)
