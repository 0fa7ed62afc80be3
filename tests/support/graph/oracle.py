"""A bot of somebody else's: pywa as client and as webhook server, pointed at the fake.

What it can read is right, what it cannot is wrong, in both directions. Its requests go to Meta's address, as ever; only
the connection leads to the loopback interface.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from aiohttp import web
from pywa.types.base_update import BaseUpdate
from pywa.utils import HUB_CH, HUB_SIG, HUB_VT
from pywa_async import WhatsApp
from pywa_async import handlers as pywa_handlers
from pywa_async.handlers import Handler
from tests.support.graph.graph import APP, SECRET, TOKEN, VERIFY_TOKEN, Graph
from tests.support.web_server import listening

HANDLERS: tuple[type[Handler[Any]], ...] = (
    pywa_handlers.MessageHandler,
    pywa_handlers.EditedMessageHandler,
    pywa_handlers.DeletedMessageHandler,
    pywa_handlers.CallbackButtonHandler,
    pywa_handlers.CallbackSelectionHandler,
    pywa_handlers.MessageStatusHandler,
    pywa_handlers.PhoneNumberChangeHandler,
)


class ToLoopback(httpx.AsyncBaseTransport):
    def __init__(self, graph: Graph) -> None:
        self._address = httpx.URL(graph.url)
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", host=self._address.host, port=self._address.port)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


class PywaBot:
    """`updates`: what came in, as pywa understood it; `answers`: the statuses it answered webhooks with."""

    def __init__(self, graph: Graph, session: httpx.AsyncClient, token: str = TOKEN) -> None:
        self.graph = graph
        self.updates: list[BaseUpdate] = []
        self.answers: list[int] = []
        self.callback = ""
        self.client = WhatsApp(
            phone_id=graph.number.id,
            token=token,
            session=session,
            waba_id=graph.number.business,
            app_id=APP,
            app_secret=SECRET,
            verify_token=VERIFY_TOKEN,
        )
        for handler in HANDLERS:
            self.client.add_handlers(handler(self._take))

    async def _take(self, _: object, update: BaseUpdate) -> None:
        self.updates.append(update)

    # --- its webhook server ---

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.get("/", self._challenged), web.post("/", self._updated)])
        return app

    async def _challenged(self, request: web.Request) -> web.Response:
        challenge, status = await self.client.webhook_challenge_handler(
            vt=request.query.get(HUB_VT), ch=request.query.get(HUB_CH)
        )
        return web.Response(text=challenge, status=status)

    async def _updated(self, request: web.Request) -> web.Response:
        body = await request.read()
        refused = await self.client.webhook_update_validator(body, request.headers.get(HUB_SIG))
        text, status = refused or await self.client.webhook_update_handler(body)
        self.answers.append(status)
        return web.Response(text=text, status=status)


@asynccontextmanager
async def pywa_bot(graph: Graph) -> AsyncIterator[PywaBot]:
    """Its webhooks begin to come when it registers its callback, or the test sets it."""
    async with httpx.AsyncClient(transport=ToLoopback(graph)) as session:
        bot = PywaBot(graph, session)
        async with listening(bot.app()) as address:
            bot.callback = address + "/"
            yield bot
