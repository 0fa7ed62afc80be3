"""Graph's endpoints: what is asked, with which token, and what goes wrong with it.

Paths are those of Meta's references: /{version}/{number}/messages and /media, /{version}/{id} of numbers, accounts and
media, /{version}/{account}/phone_numbers, /subscribed_apps and /message_templates, /{version}/{app}/subscriptions,
/{version}/debug_token, /{version}/me; media are downloaded from an address that only the answer tells.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from tests.support.graph.errors import GraphError, Json, expired, no_such_object
from tests.support.graph.faults import ACCEPTED, At, Fault, Kind
from tests.support.graph.graph import APP, Asked, Graph
from tests.support.graph.media import MOST
from tests.support.graph.numbers import Number
from tests.support.graph.webhooks import PATIENCE, Backoff
from tests.support.web_server import listening

from whinchat.core.ports import Clock

TRACE = "AbCdEfGhIjKlMnOpQrStUvWx"


class Endpoints:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    # --- messages ---

    async def messages(self, request: web.Request) -> web.StreamResponse:
        number = self._number(request)
        asked = await _json(request)
        if asked.get("status") == "read":
            return await self._around(request, At.MARKS, lambda: self._mark(number, asked))
        draft = self._graph.reader.read(asked)
        person = self._graph.find(draft.named)
        names = (draft.named,) if person is None else person.ids
        fault = self._graph.faults.take(At.MESSAGES, *names)
        failed = GraphError(fault.code) if fault is not None and fault.kind is Kind.FAILED else None

        def accept() -> Json:
            bubble = self._graph.accept(number, draft, failed)
            named = "wa_id" if draft.to else "user_id"
            sent: Json = {"id": bubble.id} | ({"message_status": "accepted"} if bubble.template else {})
            contact = {"input": asked.get("to") or draft.recipient, named: draft.named}
            return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [sent]}

        return await self._answer(request, fault, accept)

    def _mark(self, number: Number, asked: Json) -> Json:
        self._graph.mark(number, asked)
        return {"success": True}

    # --- media ---

    async def upload(self, request: web.Request) -> web.StreamResponse:
        number = self._number(request)
        form = await request.post()
        if form.get("messaging_product") != "whatsapp":
            raise GraphError(100, "The parameter messaging_product is required.")
        file = form.get("file")
        if not isinstance(file, web.FileField):
            raise GraphError(100, "The parameter file is required.")
        mime = str(form.get("type") or file.content_type)
        data = file.file.read()

        def keep() -> Json:
            return {"id": self._graph.media.upload(number.id, mime, data, self._graph.now()).id}

        return await self._around(request, At.UPLOAD, keep)

    async def download(self, request: web.Request) -> web.StreamResponse:
        graph = self._graph

        def find() -> bytes:
            stored = graph.media.follow(request.query.get("mid", ""), request.query.get("hash", ""), graph.now())
            if stored is None:
                raise web.HTTPNotFound
            return stored.data

        return await self._around(request, At.DOWNLOAD, find)

    async def delete(self, request: web.Request) -> web.StreamResponse:
        identity = request.match_info["id"]
        if self._graph.media.kept.pop(identity, None) is None:
            raise no_such_object(identity, "delete")
        return web.json_response({"success": True})

    # --- reading ---

    async def read(self, request: web.Request) -> web.StreamResponse:
        """GET of one object."""
        identity = request.match_info["id"]
        graph = self._graph
        stored = graph.media.get(identity, graph.now())
        if stored is not None:
            media = stored
            return await self._around(request, At.MEDIA, lambda: graph.media.describe(media, graph.url, graph.now()))
        return await self._around(request, At.OBJECT, lambda: self._object(identity, request))

    def _object(self, identity: str, request: web.Request) -> Json:
        fields = tuple(filter(None, request.query.get("fields", "").split(",")))
        if identity in self._graph.numbers:
            return self._graph.numbers[identity].described(fields)
        if identity in {number.business for number in self._graph.numbers.values()}:
            return {"id": identity, "name": "Neighbours", "timezone_id": "1", "message_template_namespace": "ns"}
        if identity == APP:
            return {"id": APP, "name": "Whinchat", "link": "https://www.facebook.com/games/?app_id=1"}
        if identity == "me":
            return {"id": "122100000000000", "name": "A system user"}
        raise no_such_object(identity, "get")

    async def debug_token(self, request: web.Request) -> web.StreamResponse:
        """What a token may do, as of now (docs/graph-api/reference/debug_token)."""
        token = request.query.get("input_token", "")
        valid = self._graph.valid(token)
        data: Json = {
            "app_id": APP,
            "type": "SYSTEM_USER",
            "application": "Whinchat",
            "expires_at": (self._graph.tokens.get(token) or 0) // 1000,
            "is_valid": valid,
            "scopes": ["whatsapp_business_management", "whatsapp_business_messaging"],
        }
        if not valid:
            data["error"] = {"code": 190, "message": expired().message, "subcode": 463}
        return web.json_response({"data": data})

    async def phone_numbers(self, request: web.Request) -> web.StreamResponse:
        fields = tuple(filter(None, request.query.get("fields", "").split(",")))
        found = [number.described(fields) for number in self._business(request)]
        return web.json_response({"data": found})

    async def templates(self, request: web.Request) -> web.StreamResponse:
        self._business(request)
        found = self._graph.templates.listed(request.query.get("name", ""))
        counts = {"total_count": len(found), "message_template_count": len(found), "message_template_limit": 250}
        return web.json_response({"data": found, "summary": {**counts, "are_translations_complete": False}})

    # --- webhooks ---

    async def subscribed_apps(self, request: web.Request) -> web.StreamResponse:
        business = self._business(request)[0].business
        if request.method == "POST":
            self._graph.subscribed.add(business)
        elif request.method == "DELETE":
            self._graph.subscribed.discard(business)
        else:
            app = {"whatsapp_business_api_data": {"link": "https://www.facebook.com", "name": "Whinchat", "id": APP}}
            return web.json_response({"data": [app] if business in self._graph.subscribed else []})
        return web.json_response({"success": True})

    async def subscriptions(self, request: web.Request) -> web.StreamResponse:
        """Of the app: its callback, and which fields it hears (docs/graph-api/reference/app/subscriptions)."""
        graph = self._graph
        if request.match_info["id"] != APP:
            raise no_such_object(request.match_info["id"], request.method)
        if request.method == "POST":
            asked = {**request.query, **await request.post()}
            callback, token = str(asked.get("callback_url", "")), str(asked.get("verify_token", ""))
            if not await graph.webhooks.verify(callback, token):
                details = (
                    "(#2200) Callback verification failed with the following errors: the challenge was not echoed."
                )
                raise GraphError(100, message=details)
            graph.webhooks.callback, graph.verify_token = callback, token
            graph.fields = set(str(asked.get("fields", "")).split(","))
            return web.json_response({"success": True})
        fields = [{"name": name, "version": "v24.0"} for name in sorted(graph.fields)]
        told = {"object": "whatsapp_business_account", "callback_url": graph.webhooks.callback, "active": True}
        return web.json_response({"data": [{**told, "fields": fields}] if graph.webhooks.callback else []})

    # --- what every request goes through ---

    def _number(self, request: web.Request) -> Number:
        identity = request.match_info["id"]
        if identity not in self._graph.numbers:
            raise no_such_object(identity, request.method)
        return self._graph.numbers[identity]

    def _business(self, request: web.Request) -> list[Number]:
        identity = request.match_info["id"]
        found = [number for number in self._graph.numbers.values() if number.business == identity]
        if not found:
            raise no_such_object(identity, request.method)
        return found

    async def _around(self, request: web.Request, at: At, work: Callable[[], Json | bytes]) -> web.StreamResponse:
        return await self._answer(request, self._graph.faults.take(at), work)

    async def _answer(
        self, request: web.Request, fault: Fault | None, work: Callable[[], Json | bytes]
    ) -> web.StreamResponse:
        """What `work` says, or what the fault makes of it."""
        done: Json | bytes = work() if fault is None or fault.kind in ACCEPTED else {}
        if fault is None or fault.kind is Kind.FAILED:
            return _response(done)
        return await self._faulty(request, fault, done)

    async def _faulty(self, request: web.Request, fault: Fault, done: Json | bytes) -> web.StreamResponse:
        match fault.kind:
            case Kind.ERROR:
                error = GraphError(fault.code, status=fault.status or None)
                return web.json_response(error.body(TRACE), status=error.status, headers=dict(fault.headers))
            case Kind.SLOW:
                await asyncio.sleep(fault.seconds)
                return _response(done)
            case Kind.HANG | Kind.HANG_ACCEPTED:
                await asyncio.sleep(fault.seconds)
            case Kind.BROKEN | Kind.BROKEN_ACCEPTED:
                return web.Response(status=fault.status or 503, text="<html>Sorry</html>", content_type="text/html")
            case Kind.GARBAGE:
                return web.Response(body=b'{"messages": [{"id', content_type="application/json")
            case Kind.REDIRECT:
                return web.Response(status=302, headers={"Location": fault.location})
        assert request.transport is not None
        request.transport.abort()
        return web.Response()


def _response(done: Json | bytes) -> web.Response:
    if isinstance(done, bytes):
        return web.Response(body=done, content_type="application/octet-stream")
    return web.json_response(done)


async def _json(request: web.Request) -> Json:
    try:
        found = await request.json()
    except ValueError:
        raise GraphError(100, "The body is not JSON.") from None
    if not isinstance(found, dict):
        raise GraphError(100, "The body is not a JSON object.")
    return found


def _checked(graph: Graph) -> Middleware:
    """Nothing is answered without a token; every error is told in Graph's way."""

    @web.middleware
    async def checked(request: web.Request, handler: Handler) -> web.StreamResponse:
        status = 0
        try:
            bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
            query = request.query
            graph.authorize(query.get("access_token", bearer), query.get("appsecret_proof", ""))
            response = await handler(request)
            status = 0 if request.transport is None else response.status
        except GraphError as error:
            status = error.status
            return web.json_response(error.body(TRACE), status=status)
        except web.HTTPException as error:
            status = error.status
            raise
        else:
            return response
        finally:
            graph.asked.append(Asked(request.method, request.path, status))

    return checked


def build(graph: Graph) -> web.Application:
    endpoints = Endpoints(graph)
    app = web.Application(middlewares=[_checked(graph)], client_max_size=max(MOST.values()) + 1024 * 1024)
    versioned = "/{version:v[0-9]+[.][0-9]}"
    app.add_routes(
        [
            web.get("/whatsapp_business/attachments/", endpoints.download),
            web.get(versioned + "/debug_token", endpoints.debug_token),
            web.post(versioned + "/{id}/messages", endpoints.messages),
            web.post(versioned + "/{id}/media", endpoints.upload),
            web.get(versioned + "/{id}/phone_numbers", endpoints.phone_numbers),
            web.get(versioned + "/{id}/message_templates", endpoints.templates),
            web.route("*", versioned + "/{id}/subscribed_apps", endpoints.subscribed_apps),
            web.route("*", versioned + "/{id}/subscriptions", endpoints.subscriptions),
            web.delete(versioned + "/{id}", endpoints.delete),
            web.get(versioned + "/{id}", endpoints.read),
        ]
    )
    return app


@asynccontextmanager
async def graphing(clock: Clock, *, seed: int = 1, backoff: Backoff | None = None) -> AsyncIterator[Graph]:
    """Graph on a free port, which posts webhooks as soon as it has a callback."""
    graph = Graph(clock, seed=seed, backoff=backoff)
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with listening(build(graph)) as graph.url, aiohttp.ClientSession(timeout=timeout) as session:
        graph.webhooks.start(session)
        try:
            yield graph
        finally:
            await graph.webhooks.stop()
