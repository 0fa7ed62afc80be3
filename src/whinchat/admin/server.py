"""Two listeners: a public one for webhooks alone, a private one (loopback by default) for health, metrics and pages."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from whinchat.core.errors import Refused

log = logging.getLogger(__name__)
requests_log = logging.getLogger(f"{__name__}.requests")
"""What aiohttp itself says of requests."""

MAX_BODY = 4 * 1024 * 1024  # bytes
IDLE = 15.0  # seconds until a connection without a complete request is closed
READING = 30.0  # seconds that a request with a body may take
LINGER = 1.0  # seconds that the rest of a refused body is read and thrown away
GRACE = 4.0  # seconds that open requests may go on when the service stops
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class HealthView(Protocol):
    """What the health routes ask."""

    def live(self) -> bool: ...

    async def ready(self) -> tuple[bool, Mapping[str, object]]: ...


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen. Port 0 takes any free one. `section` names the settings, for errors."""

    host: str
    port: int
    section: str


class Listeners:
    """Mount what there is, then start; stop ends both. `names`: host names by which the private one may be asked."""

    def __init__(
        self,
        *,
        private: Address,
        health: HealthView,
        metrics: Callable[[], bytes],
        public: Address | None = None,
        names: Collection[str] = (),
    ) -> None:
        self._private = _Listener(private, [_only_named({"localhost", *names})])
        self._public = None if public is None else _Listener(public, [])
        self._health = health
        self._metrics = metrics
        self._private.app.add_routes(
            [
                web.get("/", self._to_first_page),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._metrics_text),
            ]
        )
        self._pages: list[str] = []

    @property
    def private_url(self) -> str:
        """Such as `http://127.0.0.1:8466`; once started, with the port that was found."""
        return self._private.url

    @property
    def public_url(self) -> str | None:
        """None when nothing public listens."""
        return self._public.url if self._public is not None and self._public.mounted else None

    def mount(self, prefix: str, app: web.Application) -> None:
        """Serve `app` under `prefix` (`/simulator`) on the private listener. The first one is where `/` leads."""
        self._private.mount(prefix, app)
        self._pages.append(prefix)

    def mount_public(self, prefix: str, app: web.Application) -> None:
        """Serve the webhooks of `app` under `prefix` on the public listener; it starts only if there are some."""
        if self._public is None:
            raise Refused(f"{prefix} needs the public listener", hint="Set public.port.")
        self._public.mount(prefix, app)

    async def start(self) -> None:
        """Raises Refused when an address cannot be had; then nothing listens."""
        try:
            await self._private.start()
            if self._public is not None and self._public.mounted:
                await self._public.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Takes no more connections and ends the open ones, after `GRACE` seconds by force."""
        await self._private.stop()
        if self._public is not None:
            await self._public.stop()

    async def _to_first_page(self, _: web.Request) -> web.Response:
        if not self._pages:
            raise web.HTTPNotFound
        raise web.HTTPFound(f"{self._pages[0]}/")

    async def _healthz(self, _: web.Request) -> web.Response:
        live = self._health.live()
        return web.json_response({"status": "live" if live else "dead"}, status=200 if live else 503)

    async def _readyz(self, _: web.Request) -> web.Response:
        ready, report = await self._health.ready()
        return web.json_response(report, status=200 if ready else 503)

    async def _metrics_text(self, _: web.Request) -> web.Response:
        return web.Response(body=self._metrics(), headers={"Content-Type": METRICS_TYPE})


class _Listener:
    def __init__(self, address: Address, middlewares: list[Middleware]) -> None:
        self.app = web.Application(client_max_size=MAX_BODY, middlewares=[_calm, *middlewares])
        self.app.on_response_prepare.append(_harden)
        self.mounted = False
        self._address = address
        self._port = address.port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        host = f"[{self._address.host}]" if ":" in self._address.host else self._address.host
        return f"http://{host}:{self._port}"

    def mount(self, prefix: str, app: web.Application) -> None:
        self.app.add_subapp(prefix, app)
        self.mounted = True

    async def start(self) -> None:
        # A connection that has sent no whole request head within the idle time is closed, from its first byte on.
        requests_log.addFilter(_is_our_fault)
        self._runner = web.AppRunner(
            self.app,
            access_log=None,
            logger=requests_log,
            keepalive_timeout=IDLE,
            lingering_time=LINGER,
            shutdown_timeout=GRACE / 2,
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._address.host, self._address.port)
        try:
            await site.start()
        except OSError as error:
            raise _refusal(self._address, error) from error
        self._port = site.port

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


def _is_our_fault(record: logging.LogRecord) -> bool:
    """False for a request that could not be read: its sender was told, and a traceback would quote it."""
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


def _refusal(address: Address, error: OSError) -> Refused:
    port, host = f"{address.section}.port", f"{address.section}.host"
    if error.errno == errno.EADDRINUSE:
        return Refused(
            f"{port}: something else listens on {address.host}:{address.port}",
            hint=f"Is Whinchat running already? Stop it, or set {port} to another number (0 takes any free one).",
            code="port_in_use",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return Refused(
            f"{port}: this user may not listen on port {address.port}",
            hint=f"Set {port} to a number above 1023.",
            code="port_forbidden",
        )
    return Refused(
        f"{host}: cannot listen on {address.host}: {error.strerror}",
        hint=f"Set {host} to an address of this machine, such as 127.0.0.1.",
        code="no_such_address",
    )


@web.middleware
async def _calm(request: web.Request, handler: Handler) -> web.StreamResponse:
    """No request with a body is read for ever, and no error of ours reaches a reader."""
    try:
        async with asyncio.timeout(READING if request.can_read_body else None):
            return await handler(request)
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (web.HTTPException, asyncio.CancelledError):
        raise
    except Exception:
        log.exception("a request failed", extra={"route": _route(request)})
        raise web.HTTPInternalServerError from None


def _route(request: web.Request) -> str:
    """The route's pattern: the path itself may carry what must not be logged."""
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical


def _only_named(names: Collection[str]) -> Middleware:
    """Refuses names that are not ours: a page elsewhere must not reach us by a name that it points here (rebinding).

    Addresses are no names: a browser that asks by address belongs to nobody else's page.
    """
    allowed = {name.lower() for name in names}

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = _host(request.headers.get("Host", ""))
        if host not in allowed and not _is_address(host):
            raise web.HTTPForbidden(text="Not served under this host name. private.names lists the names that are.\n")
        return await handler(request)

    return check


def _host(header: str) -> str:
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _harden(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.popall("Server", None)
