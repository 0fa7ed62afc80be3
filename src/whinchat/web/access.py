"""Who may use a page and its API: bearers of a token, and browsers that came by a one-time link.

One guard for all that listen on loopback, so that what is found wrong with it is put right everywhere.
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


class Failure(msgspec.Struct, frozen=True):
    """What every error looks like, the guard's and the application's."""

    code: str
    message: str
    hint: str = ""


def failure(status: int, code: str, message: str, hint: str = "") -> web.Response:
    body = msgspec.json.encode(Failure(code, message, hint))
    return web.Response(status=status, body=body, content_type="application/json")


class Access:
    """The guard of one application."""

    def __init__(
        self,
        token: str,
        name: str,
        *,
        hosts: Collection[str] = LOOPBACK,
        open_paths: Collection[str] = (),
        policy: str = POLICY,
    ) -> None:
        """`name`: of the application, such as `sandbox`; with the same token, a cookie of one opens no other.

        `hosts`: names under which it may be asked; others are an attempt to reach it through a foreign site.
        `open_paths`: whole paths where nobody is asked for the token, though hosts and origins are checked there too.
        `policy`: the Content-Security-Policy of every answer that has none of its own.
        """
        self._token = token.encode()
        self._name = name
        self._hosts = frozenset(hosts)
        self._open_paths = frozenset(open_paths)
        self._policy = policy
        self._tickets: list[str] = []
        self._cookie = f"whinchat_{name}_{self._derived('name')[:8]}"
        """Cookies know no ports: each application and token has a name of its own."""

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
            response.headers.setdefault("Content-Security-Policy", self._policy)
            response.headers.setdefault("X-Content-Type-Options", "nosniff")
            response.headers.setdefault("Referrer-Policy", "no-referrer")
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _stranger(self, request: web.Request) -> web.Response | None:
        """Somebody who comes through a foreign site."""
        if _host_name(request.host) not in self._hosts:
            return failure(403, "wrong_host", "nothing is known here by that name", "use 127.0.0.1 or localhost")
        origin = request.headers.get("Origin")
        if origin is not None and _site(origin) != request.host:
            return failure(403, "wrong_origin", "other sites may not ask here")
        return None

    def _admission(self, request: web.Request) -> web.Response | None:
        """None: come in."""
        if request.path in self._open_paths or self._bears(request):
            return None
        if request.method == "GET" and "token" in request.query and (admitted := self._admit(request)) is not None:
            return admitted
        if self._remembered(request):
            return None
        hint = "send `Authorization: Bearer TOKEN`, or open a fresh link, such as the one told at the start"
        return failure(401, "unauthorized", "the token is missing or wrong", hint)

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
        here = "/" + request.rel_url.raw_path.lstrip("/\\")  # after two of these a browser expects another site
        response = web.Response(status=303, headers={"Location": here})
        response.set_cookie(self._cookie, self._derived("page"), httponly=True, samesite="Strict", path="/")
        return response

    def _derived(self, purpose: str) -> str:
        """Tells neither the token nor what is derived for another purpose or application."""
        return hmac.new(self._token, f"{self._name} {purpose}".encode(), "sha256").hexdigest()


def _raw(header: str) -> bytes:
    """The bytes as they came: they need not be text."""
    return header.encode("utf-8", "surrogateescape")


def _site(origin: str) -> str | None:
    """None for what is no origin."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
