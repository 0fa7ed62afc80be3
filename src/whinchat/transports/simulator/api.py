"""The world over HTTP, for scripts in any language and for the page. Reference: `docs/reference/simulator-api.md`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import BodyPartReader, WSCloseCode, web

from whinchat.core.errors import Refused, TransportError
from whinchat.transports.simulator.host import Host
from whinchat.transports.simulator.link_server import open_session, serve_link
from whinchat.transports.simulator.live import serve_live, state
from whinchat.transports.simulator.operations import perform
from whinchat.transports.simulator.wire import LONGEST_FRAME
from whinchat.web.access import LOOPBACK, Access, failure

ACCESS: web.AppKey[Access] = web.AppKey("access", Access)

PAGE = Path(__file__).with_name("page")
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page also shows media that it holds itself."""

LONGEST_WAIT = 60.0  # seconds
MOST_ENTRIES = 5_000
HEARTBEAT = 20.0  # seconds
NOT_FOUND = frozenset({"no_person", "no_chat", "no_message", "no_operation", "no_script"})
BAD_REQUEST = frozenset({"bad_request"})
SHOWABLE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4", "video/webm", "audio/mpeg",
    "audio/mp4", "audio/ogg", "audio/wav"})  # fmt: skip
"""Media types that a browser may show; all others it may only save."""


def build_app(host: Host, token: str, page: Path | None = None, hosts: Collection[str] = LOOPBACK) -> web.Application:
    """`page`: folder of the web page, served at `/`. `hosts`: names under which it may be asked.

    Listen on loopback only. Fits into another application as a part under a prefix.
    """
    access = Access(token, "simulator", hosts=hosts, policy=POLICY)
    app = web.Application(middlewares=[access.guard, _errors_as_json], client_max_size=LONGEST_FRAME)
    app[ACCESS] = access
    api = _Api(host, access)
    app.on_shutdown.append(api.close)
    app.on_response_prepare.append(_without_makers_mark)
    app.router.add_get("/api/link", api.link)
    app.router.add_get("/api/live", api.live)
    app.router.add_get("/api/state", api.state)
    app.router.add_get("/api/transcript", api.transcript)
    app.router.add_get("/api/media/{handle}", api.media)
    app.router.add_get("/api/{name}", api.nothing)
    app.router.add_post("/api/page-link", api.page_link)
    app.router.add_post("/api/{operation}", api.operation)
    if page is not None:
        index = page / "index.html"

        async def show(_request: web.Request) -> web.StreamResponse:
            return web.FileResponse(index)

        app.router.add_get("/", show)
        app.router.add_static("/", page)
    return app


def page_link(app: web.Application, address: str) -> str:
    """A link that opens the page once; `address` is where the application is mounted, such as `http://127.0.0.1:8765/`."""
    return f"{address.rstrip('/')}/?token={app[ACCESS].ticket()}"


class _Api:
    def __init__(self, host: Host, access: Access) -> None:
        self._host = host
        self._access = access
        self._sockets: set[web.WebSocketResponse] = set()

    async def close(self, _app: web.Application) -> None:
        """Open websockets would keep the server from stopping."""
        for socket in tuple(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def link(self, request: web.Request) -> web.StreamResponse:
        session = await open_session(request, self._host)
        try:
            async with self._socket(request) as socket:
                await serve_link(socket, session)
        finally:
            await session.close()
        return socket

    async def live(self, request: web.Request) -> web.StreamResponse:
        async with self._socket(request) as socket:
            await serve_live(socket, self._host)
        return socket

    @asynccontextmanager
    async def _socket(self, request: web.Request) -> AsyncIterator[web.WebSocketResponse]:
        socket = web.WebSocketResponse(max_msg_size=LONGEST_FRAME, heartbeat=HEARTBEAT, compress=False)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            yield socket
        finally:
            self._sockets.discard(socket)

    async def state(self, _request: web.Request) -> web.Response:
        return _json(state(self._host))

    async def transcript(self, request: web.Request) -> web.Response:
        after = _number(request, "after", 0, 2**53)
        limit = _number(request, "limit", 1_000, MOST_ENTRIES)
        wait = _number(request, "wait", 0, LONGEST_WAIT)
        return _json(await self._host.transcript(int(after), int(limit), wait))

    async def media(self, request: web.Request) -> web.Response:
        mime, data = self._host.world.media.get(request.match_info["handle"])
        headers = {"Content-Security-Policy": "sandbox; default-src 'none'"}
        mime = mime.partition(";")[0].strip().lower()
        if mime not in SHOWABLE:
            mime = "application/octet-stream"
            headers["Content-Disposition"] = "attachment"
        return web.Response(body=data, content_type=mime, headers=headers)

    async def nothing(self, _request: web.Request) -> web.Response:
        hint = "read `state`, `transcript` or `media/HANDLE`; operations are asked with POST"
        raise Refused("there is nothing to read by that name", hint=hint, code="no_operation")

    async def page_link(self, request: web.Request) -> web.Response:
        return _json({"path": f"{request.path.removesuffix('api/page-link')}?token={self._access.ticket()}"})

    async def operation(self, request: web.Request) -> web.Response:
        if request.content_type == "multipart/form-data":
            body = await _from_parts(request)
        else:
            body = await request.read()
        return _json(perform(self._host, request.match_info["operation"], body or b"{}"))


async def _without_makers_mark(_request: web.Request, response: web.StreamResponse) -> None:
    """Nobody needs to know which versions of what are at work."""
    response.headers.popall("Server", None)


@web.middleware
async def _errors_as_json(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except Refused as refusal:
        status = 404 if refusal.code in NOT_FOUND else 400 if refusal.code in BAD_REQUEST else 409
        return failure(status, refusal.code, str(refusal), refusal.hint)
    except TransportError as error:
        return failure(404, error.code, str(error))
    except web.HTTPException as error:
        return failure(error.status, f"http_{error.status}", error.text or error.reason)
    return response


async def _from_parts(request: web.Request) -> bytes:
    """A `post` as a form: part `args` is the JSON without the media, part `media` the file. Raises Refused."""
    args: dict[str, Any] = {}
    media: dict[str, Any] = {}
    reader = await request.multipart()
    async for part in reader:
        if not isinstance(part, BodyPartReader):
            continue
        data = bytes(await part.read())
        if part.name == "args":
            args = _object(data)
        elif part.name == "media":
            mime = part.headers.get("Content-Type", "application/octet-stream")
            media = {"mime": mime, "kind": _kind(mime), "data": data, "file_name": part.filename}
    if media:
        args["media"] = media | args.get("media", {})
    return msgspec.json.encode(args)


def _object(data: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Refused(f"part `args`: {error}", code="bad_request") from None


def _kind(mime: str) -> str:
    kind = mime.partition("/")[0]
    return kind if kind in {"image", "video", "audio"} else "document"


def _number(request: web.Request, name: str, default: float, most: float) -> float:
    text = request.query.get(name)
    try:
        number = default if text is None else float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= most:
        raise Refused(f"`{name}` is a number from 0 to {most:.0f}", code="bad_request")
    return number


def _json(value: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")
