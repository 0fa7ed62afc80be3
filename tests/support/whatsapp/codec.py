"""Writing nodes in the network's binary form; quickly, since a benchmark should measure the client.

The form is that of `pyaileys`, which reads what comes (whatsmeow: binary/encoder.go): tokens for what is said often,
ids of users and groups as such, everything else as it is; nothing is packed or compressed, which is allowed.
"""

from __future__ import annotations

from functools import lru_cache

from pyaileys.wabinary import decode_binary_node
from pyaileys.wabinary.constants import TAGS, TOKEN_MAP
from pyaileys.wabinary.jid import WAJIDDomains, jid_decode
from tests.support.whatsapp.nodes import Node

PLAIN = b"\0"
"""Before what is not compressed."""

SERVERS = {"s.whatsapp.net", "lid", "g.us", "broadcast"}
"""After the `@` of an id; a name that people give themselves may have one too."""

decode = decode_binary_node


def encode(stanza: Node) -> bytes:
    out = bytearray(PLAIN)
    _node(stanza, out)
    return bytes(out)


def _node(each: Node, out: bytearray) -> None:
    out += _list(1 + 2 * len(each.attrs) + (each.content is not None))
    out += _word(each.tag)
    for name, value in each.attrs.items():
        out += _word(name)
        out += _word(value) if len(value) < 5 or "@" in value or value in TOKEN_MAP else _raw(value.encode())
    if isinstance(each.content, list):
        out += _list(len(each.content))
        for inner in each.content:
            _node(inner, out)
    elif each.content is not None:
        out += _raw(each.content.encode() if isinstance(each.content, str) else each.content)


@lru_cache(maxsize=4096)
def _word(text: str) -> bytes:
    """A tag, a name, or a value that is likely to come again."""
    token = TOKEN_MAP.get(text)
    if token is not None and text:
        book = bytes([TAGS["DICTIONARY_0"] + token["dict"]]) if "dict" in token else b""
        return book + bytes([token["index"]])
    jid = jid_decode(text)
    if jid is None or jid.server not in SERVERS:
        return _raw(text.encode())
    if jid.device is not None:
        return bytes([TAGS["AD_JID"], jid.domain_type or WAJIDDomains.WHATSAPP, jid.device]) + _raw(jid.user.encode())
    user = _raw(jid.user.encode()) if jid.user else bytes([TAGS["LIST_EMPTY"]])
    return bytes([TAGS["JID_PAIR"]]) + user + _word(jid.server)


def _list(size: int) -> bytes:
    if size == 0:
        return bytes([TAGS["LIST_EMPTY"]])
    return bytes([TAGS["LIST_8"], size]) if size < 256 else bytes([TAGS["LIST_16"]]) + size.to_bytes(2, "big")


def _raw(content: bytes) -> bytes:
    size = len(content)
    if size < 1 << 8:
        return bytes([TAGS["BINARY_8"], size]) + content
    if size < 1 << 20:
        return bytes([TAGS["BINARY_20"]]) + size.to_bytes(3, "big") + content
    return bytes([TAGS["BINARY_32"]]) + size.to_bytes(4, "big") + content
