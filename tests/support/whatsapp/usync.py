"""What the network tells about users: devices, the other of their two addresses, who is there (whatsmeow: user.go)."""

from __future__ import annotations

from tests.support.whatsapp.connection import Connection
from tests.support.whatsapp.handlers import Handlers
from tests.support.whatsapp.nodes import Node, child, children, data, node, user_of


def register(handlers: Handlers) -> None:
    handlers.iq("usync", "get", "usync", _usync)


async def _usync(connection: Connection, iq: Node) -> list[Node]:
    query, asked = child(iq, "usync"), child(iq, "usync", "list")
    assert query is not None
    assert asked is not None
    wanted = {each.tag for each in children(child(query, "query") or query)}
    users = [_user(connection, user, wanted) for user in children(asked, "user")]
    told = {"sid": query.attrs.get("sid", ""), "mode": query.attrs.get("mode", "query"), "index": "0", "last": "true"}
    return [node("usync", [node("result", [node(tag) for tag in sorted(wanted)]), node("list", users)], **told)]


def _user(connection: Connection, asked: Node, wanted: set[str]) -> Node:
    if child(asked, "contact") is not None:
        return _contact(connection, data(asked, "contact").decode())
    jid, whatsapp = asked.attrs["jid"], connection.whatsapp
    found: list[Node] = []
    if "devices" in wanted:
        numbers = [node("device", id=str(number)) for number in whatsapp.device_numbers(jid)]
        found.append(node("devices", [node("device-list", numbers)]))
    if "lid" in wanted and (lid := whatsapp.lid_of(jid)):
        found.append(node("lid", val=lid))
    if "status" in wanted:
        found.append(node("status", b""))
    return node("user", found, jid=jid)


def _contact(connection: Connection, number: str) -> Node:
    """Whether a phone number is a user's; the number comes as the client writes it, with a plus and a server."""
    phone = user_of(number).lstrip("+")
    person = connection.whatsapp.person_at(f"{phone}@s.whatsapp.net")
    kind = "in" if person is not None else "out"
    contact = node("contact", number.encode(), type=kind)
    address = person.lid if person is not None and person.lid else f"{phone}@s.whatsapp.net"
    return node("user", [contact], jid=address, pn_jid=f"{phone}@s.whatsapp.net")
