"""What the doubles of URLhaus and ThreatFox have in common: who may ask (auth.abuse.ch)."""

from __future__ import annotations

from aiohttp import web
from tests.support.sources.double import KEY


def turned_away(request: web.Request) -> web.Response | None:
    """As abuse.ch answers requests without a key, or with one that nobody has; None: the key is good."""
    key = request.headers.get("Auth-Key")
    if key is None:
        return web.json_response({"error": "Unauthorized"}, status=401)
    return None if key == KEY else web.json_response({"query_status": "unknown_auth_key"}, status=403)
