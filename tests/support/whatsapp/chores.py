"""The small questions of a client that has logged in, answered as for an account without any history of its own."""

from __future__ import annotations

from tests.support.whatsapp.connection import Connection
from tests.support.whatsapp.handlers import Handlers
from tests.support.whatsapp.nodes import Node, child, children, node

PRIVACY = ("readreceipts", "last", "status", "profile", "groupadd", "online", "calladd")


def register(handlers: Handlers) -> None:
    handlers.iq("w:p", "get", "", _ping)
    handlers.iq("w:p", "get", "ping", _ping)
    handlers.iq("passive", "set", "active", _nothing)
    handlers.iq("passive", "set", "passive", _nothing)
    handlers.iq("privacy", "get", "privacy", _privacy)
    handlers.iq("privacy", "set", "tokens", _nothing)
    handlers.iq("w:sync:app:state", "set", "sync", _app_state)
    handlers.iq("urn:xmpp:whatsapp:dirty", "set", "clean", _nothing)


async def _nothing(_: Connection, __: Node) -> list[Node]:
    return []


async def _ping(connection: Connection, _: Node) -> list[Node] | None:
    return [] if connection.whatsapp.faults.pings else None


async def _privacy(_: Connection, __: Node) -> list[Node]:
    return [node("privacy", [node("category", name=name, value="all") for name in PRIVACY])]


async def _app_state(_: Connection, iq: Node) -> list[Node]:
    """No patches and no snapshot: contacts, mutes and the like are as they were."""
    asked = child(iq, "sync")
    names = [each.attrs["name"] for each in children(asked, "collection")] if asked is not None else []
    return [node("sync", [node("collection", name=name, type="result", version="0") for name in names])]
