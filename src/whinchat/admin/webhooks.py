"""The public listener's routes: notices of services outside, each at an address that holds its secret."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence

from aiohttp import web

from whinchat.core.app import Webhook

PREFIX = "/hooks"


def webhooks(contributed: Mapping[str, Sequence[Webhook]]) -> web.Application:
    """`contributed`: by application. Each is posted to at `/APPLICATION/NAME/SECRET`; what else comes is not found,
    whether the name or the secret is wrong, and is not read.
    """
    known = {(app, hook.name): hook for app, hooks in contributed.items() for hook in hooks}

    async def take(request: web.Request) -> web.Response:
        hook = known.get((request.match_info["app"], request.match_info["name"]))
        if hook is None or not _same(request.match_info["secret"], hook.secret.reveal()):
            raise web.HTTPNotFound
        return web.Response(status=await hook.take(await _body(request, hook.most_bytes)))

    routes = web.Application()
    routes.router.add_post("/{app}/{name}/{secret}", take)
    return routes


def _same(told: str, secret: str) -> bool:
    """In a time that does not tell how much of it was right."""
    return hmac.compare_digest(told.encode("utf-8", "surrogateescape"), secret.encode())


async def _body(request: web.Request, most: int) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > most:
            raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=len(body))
    return bytes(body)
