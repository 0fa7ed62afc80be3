"""What a kind of network adds to the service: its accounts, what runs and is served beside them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from whinchat.core.app import Finding, HealthCheck
from whinchat.core.part import Part
from whinchat.core.ports import Linkable, Statement, Transport
from whinchat.core.types import ConnectionState

Mount = Callable[[str, web.Application], None]
"""Serves an application under a prefix of a listener."""


@dataclass(frozen=True, slots=True)
class Network:
    """`transports`: one for each account."""

    transports: tuple[Transport, ...]
    parts: tuple[Part, ...] = ()
    """What runs as long as the service does, beside the transports."""
    mount: Callable[[Mount], None] = lambda _mount: None
    """Adds its pages to the private listener."""
    webhooks: web.Application | None = None
    """What it serves on the public listener."""
    page: Callable[[str], str | None] = lambda _address: None
    """From the private listener's address to a link that opens its own page once; None: it has none."""
    health: tuple[HealthCheck, ...] = ()
    retention: tuple[Callable[[], Statement], ...] = ()
    """What it need not keep any longer; a statement that returns rows is repeated until it returns none."""
    close: Callable[[], Awaitable[None]] | None = None
    """After its transports have stopped."""


def connected(transport: Transport) -> HealthCheck:
    """Without a connection nothing is lost: the service stays ready, but degraded."""

    async def check() -> Finding:
        online = transport.state is ConnectionState.ONLINE
        said = transport.hint if isinstance(transport, Linkable) else ""
        hint = "" if online else said or "It is tried again and again; the log says why it fails."
        return Finding(ok=online, detail=f"{transport.account} is {transport.state.value}", hint=hint)

    return HealthCheck(f"transport {transport.account}", check)
