"""Where the pages begin: they are put together when the first one is asked for, and cost nothing before."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from aiohttp import web

from whinchat.admin.sessions import ROOT, Sessions
from whinchat.admin.whole import Whole

if TYPE_CHECKING:
    from whinchat.admin.site import Site


class Entry:
    def __init__(self, whole: Whole) -> None:
        given = whole.given
        self._whole = whole
        self._sessions = Sessions(given.database, given.sealer, given.clock, given.random, given.audit)
        self._started = given.clock.now()

    async def sign_in_path(self) -> str:
        """Of a new link that signs in once. Raises Refused: it cannot be kept."""
        return f"{ROOT}/sign-in?token={await self._sessions.new_link()}"

    def application(self) -> web.Application:
        """To be mounted under `ROOT`."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._serve)
        app.on_shutdown.append(self._stop)
        return app

    @cached_property
    def _site(self) -> Site:
        from whinchat.admin.build import build  # noqa: PLC0415 - with the first page, not at the start

        return build(self._whole, self._sessions, self._started)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        return await self._site.serve(request)

    async def _stop(self, _app: web.Application) -> None:
        if "_site" in self.__dict__:
            self._site.stop()
