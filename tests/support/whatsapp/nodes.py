"""Binary nodes: making them, and reading them without asking at each step whether something is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from pyaileys.wabinary.types import BinaryNode

Node: TypeAlias = BinaryNode
SERVER = "@s.whatsapp.net"
"""Who speaks where the network itself does."""


def node(tag: str, content: Sequence[Node] | bytes | str | None = None, /, **attributes: str | None) -> Node:
    """`attributes`: an underscore at the end is cut off (`from_`, `type_`), `None` leaves one out."""
    named = {name.removesuffix("_"): value for name, value in attributes.items() if value is not None}
    return Node(tag, named, content if isinstance(content, bytes | str | None) else list(content))


def children(parent: Node, tag: str | None = None) -> list[Node]:
    content = parent.content if isinstance(parent.content, list) else []
    return [child for child in content if tag is None or child.tag == tag]


def child(parent: Node, *path: str) -> Node | None:
    """The first one of that tag, and so on down the path."""
    found: Node | None = parent
    for tag in path:
        found = next(iter(children(found, tag)), None) if found is not None else None
    return found


def data(parent: Node, *path: str) -> bytes:
    """What a descendant holds; empty where there is none."""
    found = child(parent, *path)
    if found is None or found.content is None or isinstance(found.content, list):
        return b""
    return found.content.encode() if isinstance(found.content, str) else found.content


def user_of(jid: str) -> str:
    """The number or name before the device and the server."""
    return jid.partition("@")[0].partition(":")[0]


def server_of(jid: str) -> str:
    return jid.rpartition("@")[2]


def device_of(jid: str) -> int:
    return int(jid.partition("@")[0].partition(":")[2] or 0)


def bare(jid: str) -> str:
    """Without the device."""
    return f"{user_of(jid)}@{server_of(jid)}" if jid else ""


def of_device(jid: str, device: int) -> str:
    """The address of one device of a user; the first device has none of its own."""
    return f"{user_of(jid)}:{device}@{server_of(jid)}" if device else bare(jid)
