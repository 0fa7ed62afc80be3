"""A name server on loopback that answers what a test says, also what no name server should (RFC 1035)."""

from __future__ import annotations

import asyncio
import ipaddress
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

A, CNAME, AAAA = 1, 5, 28
NXDOMAIN, SERVFAIL, REFUSED = 3, 2, 5


@dataclass(frozen=True, slots=True)
class Reply:
    """`addresses`: what is given of the family that was asked for. `silent`: nothing comes, ever."""

    addresses: Sequence[str] = ()
    code: int = 0
    alias: str = ""
    """The name that it stands for, which has the addresses."""
    ttl: int = 0
    silent: bool = False
    garbage: bytes = b""
    long: bool = False
    """Too long for a datagram: it must be asked for again by TCP."""


NOBODY = Reply(code=NXDOMAIN)


@dataclass(slots=True)
class NameServer:
    """`asked`: (name, type) in the order in which they came in. A name gives its replies in turn, then the last again;
    what it does not know does not exist.
    """

    address: tuple[str, int] = ("", 0)
    asked: list[tuple[str, int]] = field(default_factory=list)
    by_tcp: list[tuple[str, int]] = field(default_factory=list)
    default: Reply = NOBODY
    _replies: dict[tuple[str, int], list[Reply]] = field(default_factory=dict)

    def on(self, name: str, *replies: Reply | str) -> None:
        """An address stands for the reply that gives it alone."""
        for kind in (A, AAAA):
            self._replies[name, kind] = [
                reply if isinstance(reply, Reply) else Reply((reply,), ttl=0) for reply in replies
            ]

    def only(self, name: str, kind: int, reply: Reply) -> None:
        """For one of the two types."""
        self._replies[name, kind] = [reply]

    def answer(self, query: bytes, *, tcp: bool) -> bytes | None:
        name, end = _name(query, 12)
        (kind,) = struct.unpack_from(">H", query, end)
        name = name.lower()  # some ask in mixed case, to be told answers from forgeries by it
        (self.by_tcp if tcp else self.asked).append((name, kind))
        replies = self._replies.get((name, kind), [self.default])
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if reply.silent:
            return None
        if reply.garbage:
            return query[:2] + reply.garbage
        return _message(query, end + 4, kind, reply, cut=reply.long and not tcp)


def _name(message: bytes, at: int) -> tuple[str, int]:
    labels = []
    while message[at]:
        labels.append(message[at + 1 : at + 1 + message[at]].decode("latin-1"))
        at += 1 + message[at]
    return ".".join(labels), at + 1


def _encoded(name: str) -> bytes:
    return b"".join(bytes((len(label),)) + label.encode() for label in name.split(".")) + b"\0"


def _message(query: bytes, end: int, kind: int, reply: Reply, *, cut: bool) -> bytes:
    owner, records = b"\xc0\x0c", []
    if reply.alias:
        alias = _encoded(reply.alias)
        records.append(owner + struct.pack(">HHIH", CNAME, 1, reply.ttl, len(alias)) + alias)
        owner = alias
    for text in reply.addresses:
        packed = ipaddress.ip_address(text).packed
        if len(packed) == (4 if kind == A else 16):
            records.append(owner + struct.pack(">HHIH", kind, 1, reply.ttl, len(packed)) + packed)
    if cut:
        records = []
    flags = 0x8180 | (0x0200 if cut else 0) | reply.code
    return query[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + query[12:end] + b"".join(records)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._server.answer(data, tcp=False)
        if answer is not None:
            self._transport.sendto(answer, addr)


@asynccontextmanager
async def naming() -> AsyncIterator[NameServer]:
    """Listens on one port, by UDP and TCP."""
    server = NameServer()

    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            (length,) = struct.unpack(">H", await reader.readexactly(2))
            answer = server.answer(await reader.readexactly(length), tcp=True)
            if answer is not None:
                writer.write(struct.pack(">H", len(answer)) + answer)
                await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    tcp = await asyncio.start_server(stream, "127.0.0.1", 0)
    host, port = tcp.sockets[0].getsockname()
    loop = asyncio.get_running_loop()
    udp, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(server), local_addr=(host, port))
    server.address = (host, port)
    try:
        yield server
    finally:
        udp.close()
        tcp.close()
        await tcp.wait_closed()
