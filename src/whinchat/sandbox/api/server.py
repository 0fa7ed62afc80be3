"""The sandbox over HTTP: `/graphql` by request and by websocket, the page at `/`, the admin API under `/admin`."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from typing import Any

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from whinchat.core.ports import Clock
from whinchat.sandbox.api.application import LONGEST_BODY, Application
from whinchat.sandbox.api.desk import Desk
from whinchat.sandbox.api.page import STATIC, Page
from whinchat.sandbox.api.wire import LONGEST_MESSAGE, PROTOCOL, Dropped
from whinchat.sandbox.records import BankError
from whinchat.web.access import LOOPBACK, Access, failure

ACCESS: web.AppKey[Access] = web.AppKey("access", Access)
GRAPHQL = "/graphql"
"""For everybody who can reach the loopback address under its own name: people's tokens decide there."""
HEARTBEAT = 20.0  # seconds
NOT_ACCEPTABLE = 4406
"""Close code for a client that does not offer the subprotocol (graphql-ws)."""


def build_app(application: Application, clock: Clock, token: str, hosts: Collection[str] = LOOPBACK) -> web.Application:
    """`token`: of the page and the admin API. `hosts`: names under which it may be asked. Listen on loopback only."""
    access = Access(token, "sandbox", hosts=hosts, open_paths={GRAPHQL})
    app = web.Application(middlewares=[access.guard, _errors_as_json], client_max_size=LONGEST_BODY)
    app[ACCESS] = access
    server = _Server(application, clock)
    app.on_shutdown.append(server.close)
    app.on_response_prepare.append(_without_makers_mark)
    app.router.add_post(GRAPHQL, server.request)
    app.router.add_get(GRAPHQL, server.connection)
    app.router.add_get("/", server.page)
    app.router.add_get("/live", server.live)
    app.router.add_static("/static", STATIC)
    app.router.add_get("/admin/state", server.state)
    app.router.add_post("/admin/{operation}", server.operation)
    return app


def page_link(app: web.Application, address: str) -> str:
    """Opens the page once."""
    return f"{address}/?token={app[ACCESS].ticket()}"


class _Server:
    def __init__(self, application: Application, clock: Clock) -> None:
        self._application = application
        self._clock = clock
        self._desk = Desk(application)
        self._page = Page()
        self._sockets: set[web.WebSocketResponse] = set()

    async def close(self, _app: web.Application) -> None:
        """Open websockets would keep the server from stopping."""
        for socket in tuple(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    # --- GraphQL ---

    async def request(self, request: web.Request) -> web.Response:
        authorization = request.headers.get("Authorization")
        try:
            answer = await self._application.request(await request.read(), authorization, _address(request))
        except Dropped:
            _cut(request)
            return web.Response()  # goes nowhere
        return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)

    async def connection(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(
            protocols=(PROTOCOL,), max_msg_size=LONGEST_MESSAGE, heartbeat=HEARTBEAT, compress=False
        )
        if not socket.can_prepare(request):
            raise web.HTTPMethodNotAllowed("GET", ["POST"])
        await socket.prepare(request)
        if socket.ws_protocol != PROTOCOL:
            await socket.close(code=NOT_ACCEPTABLE, message=b"Subprotocol not acceptable")
            return socket
        with self._open(socket):
            await self._application.converse(_Socket(socket, request), _address(request))
            await socket.close()
        return socket

    @contextlib.contextmanager
    def _open(self, socket: web.WebSocketResponse) -> Iterator[None]:
        self._sockets.add(socket)
        try:
            yield
        finally:
            self._sockets.discard(socket)

    # --- the page and the admin API ---

    async def page(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._page.whole(self._desk.state(self._clock.now())), content_type="text/html")

    async def live(self, _request: web.Request) -> web.Response:
        return _json(self._page.parts(self._desk.state(self._clock.now())))

    async def state(self, _request: web.Request) -> web.Response:
        return _json(self._desk.state(self._clock.now()))

    async def operation(self, request: web.Request) -> web.Response:
        return _json(await self._desk.perform(request.match_info["operation"], await request.read()))


class _Socket:
    """`wire.Socket` over aiohttp's. Sending into a connection that has gone is no error: `receive` will tell."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._socket = socket
        self._request = request

    async def receive(self) -> str | None:
        message = await self._socket.receive()
        if message.type is WSMsgType.TEXT:
            return str(message.data)
        return "" if message.type is WSMsgType.BINARY else None  # which is no message of the protocol

    async def send(self, text: str) -> None:
        with contextlib.suppress(ConnectionError):
            await self._socket.send_str(text)

    async def close(self, code: int, reason: str) -> None:
        await self._socket.close(code=code, message=reason.encode())

    async def abort(self) -> None:
        _cut(self._request)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _address(request: web.Request) -> str:
    return request.remote or ""


async def _without_makers_mark(_request: web.Request, response: web.StreamResponse) -> None:
    """Nobody needs to know which versions of what are at work."""
    response.headers.popall("Server", None)


@web.middleware
async def _errors_as_json(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except BankError as error:
        return failure(409, error.code or "refused", error.message)
    except msgspec.MsgspecError as error:
        return failure(400, "bad_request", str(error))
    except LookupError:
        return failure(404, "no_operation", "there is no operation by that name")
    except web.HTTPException as error:
        return failure(error.status, f"http_{error.status}", error.reason)
    return response


def _json(value: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")
