"""The one-time keys that a device uploads, and those of others that it asks for (whatsmeow: prekeys.go)."""

from __future__ import annotations

from pyaileys.signal.repository import PreKeyBundle
from tests.support.whatsapp.connection import Connection
from tests.support.whatsapp.endpoint import read_bundle, read_key, write_bundle
from tests.support.whatsapp.handlers import Handlers
from tests.support.whatsapp.nodes import Node, child, children, device_of, node


def register(handlers: Handlers) -> None:
    handlers.iq("encrypt", "get", "count", _count)
    handlers.iq("encrypt", "get", "digest", _digest)
    handlers.iq("encrypt", "get", "key", _bundles)
    handlers.iq("encrypt", "set", "registration", _upload)


async def _count(connection: Connection, _: Node) -> list[Node]:
    return [node("count", value=str(connection.linked.one_time_keys))]


async def _digest(connection: Connection, _: Node) -> list[Node]:
    return [node("digest")]


async def _upload(connection: Connection, iq: Node) -> list[Node]:
    bundle, listed = read_bundle(iq), child(iq, "list")
    assert listed is not None
    without = PreKeyBundle(bundle.registration_id, bundle.identity_key, bundle.signed_pre_key)
    connection.linked.upload(without, [read_key(each) for each in children(listed, "key")])
    return []


async def _bundles(connection: Connection, iq: Node) -> list[Node]:
    asked, found = child(iq, "key"), []
    assert asked is not None
    for user in children(asked, "user"):
        keys = await _keys(connection, user.attrs["jid"])
        error = [node("error", code="404", text="item-not-found")]
        found.append(node("user", keys or error, jid=user.attrs["jid"], t="0" if keys else None))
    return [node("list", found)]


async def _keys(connection: Connection, jid: str) -> list[Node]:
    """Of a phone, or of a linked device of another account."""
    account = connection.whatsapp.account_at(jid)
    if account is not None and (device := account.devices.get(device_of(jid))) is not None:
        return write_bundle(await device.take_bundle())
    endpoint = connection.whatsapp.endpoint_at(jid)
    return await endpoint.bundle() if endpoint is not None else []
