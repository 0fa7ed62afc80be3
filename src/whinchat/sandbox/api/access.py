"""Who may use the page and the admin API: bearers of the token, and browsers that came by a one-time link.

`/graphql` is for everybody who can reach the loopback address under its own name: people's tokens decide there.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable, Collection
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
MOST_TICKETS = 32
POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refusal(msgspec.Struct, frozen=True):
    """What every error of the page and the admin API looks like."""

    code: str
    message: str
    hint: str = ""


def refusal(status: int, code: str, message: str, hint: str = "") -> web.Response:
    body = msgspec.json.encode(Refusal(code, message, hint))
    return web.Response(status=status, body=body, content_type="application/json")


class Access:
    """`open_paths`: who asks there is not asked for the token. `hosts`: names under which the sandbox may be asked."""

    def __init__(self, token: str, open_paths: Collection[str], hosts: Collection[str] = LOOPBACK) -> None:
        self._token = token.encode()
        self._open_paths = frozenset(open_paths)
        self._hosts = frozenset(hosts)
        self._tickets: list[str] = []
        self._cookie = f"whinchat_sandbox_{self._derived('name')[:8]}"
        """Cookies know no ports: each sandbox has a name of its own."""

    def ticket(self) -> str:
        """For one visit of `/?token=…`."""
        self._tickets.append(secrets.token_urlsafe(32))
        del self._tickets[:-MOST_TICKETS]
        return self._tickets[-1]

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuses before any handler sees the request."""
        response = self._stranger(request) or self._admission(request) or await handler(request)
        if not response.prepared:
            response.headers.setdefault("Content-Security-Policy", POLICY)
            response.headers.setdefault("X-Content-Type-Options", "nosniff")
            response.headers.setdefault("Referrer-Policy", "no-referrer")
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _stranger(self, request: web.Request) -> web.Response | None:
        """Somebody who comes through a foreign site."""
        if _host_name(request.host) not in self._hosts:
            return refusal(403, "wrong_host", "the sandbox is not known by that name", "use 127.0.0.1 or localhost")
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            return refusal(403, "wrong_origin", "other sites may not use the sandbox")
        return None

    def _admission(self, request: web.Request) -> web.Response | None:
        """None: come in."""
        if request.path in self._open_paths or self._bears(request):
            return None
        if request.method == "GET" and "token" in request.query and (admitted := self._admit(request)) is not None:
            return admitted
        if self._remembered(request):
            return None
        hint = "send `Authorization: Bearer TOKEN`, or open a fresh link from the sandbox's start"
        return refusal(401, "unauthorized", "the token is missing or wrong", hint)

    def _bears(self, request: web.Request) -> bool:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(_raw(token.strip()), self._token)

    def _remembered(self, request: web.Request) -> bool:
        return hmac.compare_digest(_raw(request.cookies.get(self._cookie, "")), self._derived("page").encode())

    def _admit(self, request: web.Request) -> web.Response | None:
        """Turns a one-time token into a cookie. A browser that has the cookie needs none."""
        ticket = request.query["token"]
        if ticket in self._tickets:
            self._tickets.remove(ticket)
        elif not self._remembered(request):
            return None
        response = web.Response(status=303, headers={"Location": request.path})
        response.set_cookie(self._cookie, self._derived("page"), httponly=True, samesite="Strict", path="/")
        return response

    def _derived(self, purpose: str) -> str:
        return hmac.new(self._token, b"sandbox " + purpose.encode(), "sha256").hexdigest()


def _raw(header: str) -> bytes:
    """The bytes as they came: they need not be text."""
    return header.encode("utf-8", "surrogateescape")


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
