"""One connection of a client: handshake, login, and the loop over what it sends."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web
from tests.support.whatsapp import codec, offline
from tests.support.whatsapp.accounts import Account, Device
from tests.support.whatsapp.handlers import Refusal
from tests.support.whatsapp.nodes import SERVER, Node, children, node
from tests.support.whatsapp.noise import HEADER, Handshake
from tests.support.whatsapp.proto import P
from tests.support.whatsapp.stamps import now

if TYPE_CHECKING:
    from tests.support.whatsapp.server import WhatsApp

log = logging.getLogger(__name__)
LENGTH = 3
"""Bytes of a frame's length before it."""
GRACE = 3.0
"""Seconds for the client to hang up by itself."""


class Gone(Exception):
    """The client hung up."""


class Connection:
    def __init__(self, whatsapp: WhatsApp, socket: web.WebSocketResponse, transport: asyncio.BaseTransport) -> None:
        self.whatsapp = whatsapp
        self.device: Device | None = None
        self.payload: Any = None
        """The `P.ClientPayload` that it logged in with."""
        self.refs: list[str] = []
        """What its QR codes begin with, while it waits for being linked."""
        self._socket = socket
        self._transport = transport
        self._handshake = Handshake(whatsapp.authority)
        self._buffer = b""
        self._greeted = False
        self._backlog = 0
        self._order = asyncio.Lock()

    @property
    def account(self) -> Account:
        assert self.device is not None
        return self.device.account

    @property
    def linked(self) -> Device:
        """The device that is logged in."""
        assert self.device is not None
        return self.device

    @property
    def static(self) -> bytes:
        """The public key that the client's connections have in common."""
        return self._handshake.client_static

    # --- life ---

    async def run(self) -> None:
        try:
            await self._greet()
            if self.payload.HasField("devicePairingData"):
                await self.whatsapp.pairing.offer(self)
            else:
                await self._login()
            while True:
                await self._handle(codec.decode(self._read.decrypt(await self._frame())))
        except (Gone, ConnectionError):
            pass
        finally:
            if self.device is not None and self.device.connection is self:
                self.device.connection = None

    async def _greet(self) -> None:
        await self._write_frame(self._handshake.hello(await self._frame()))
        self.payload = P.ClientPayload.FromString(self._handshake.finish(await self._frame()))
        self._read, self._write = self._handshake.ciphers()

    async def _login(self) -> None:
        refusal = self.whatsapp.faults.next_refusal()
        device = self.whatsapp.device_at(str(self.payload.username), self.payload.device)
        if refusal is None and (device is None or device.noise != self.static):
            refusal = {"reason": "401"}
        if refusal is not None or device is None:
            await self._end(node("failure", **(refusal or {}), location="lla"))
            return
        if device.connection is not None:
            await device.connection.stream_error("", node("conflict", type="replaced"))
        async with self._order:  # what is delivered from now on comes after the backlog
            self.device, device.connection = device, self
            await self.send(node("success", t=now(), lid=device.lid, location="lla"))
            await self._send_backlog(device)
        self.whatsapp.connected.add(device)

    async def _send_backlog(self, device: Device) -> None:
        backlog = device.outbox.pending()
        await self.send(offline.preview(backlog))
        for ordinal, pending in enumerate(backlog):
            self._backlog = pending.number
            await self._write_encoded(offline.marked(pending, ordinal))
        await self.send(offline.complete(len(backlog)))

    def abort(self) -> None:
        """Cut the line, without a word."""
        if isinstance(self._transport, asyncio.Transport):
            self._transport.abort()

    async def stream_error(self, code: str, *details: Node) -> None:
        """The last word on this connection."""
        await self._end(node("stream:error", details, code=code or None))

    async def _end(self, stanza: Node) -> None:
        await self.send(stanza)
        self.whatsapp.spawn(self._hang_up())

    async def _hang_up(self) -> None:
        """Not at once: a client whose line is closed may not look at what came last."""
        await asyncio.sleep(GRACE)
        await self._socket.close()

    # --- out ---

    async def send(self, stanza: Node) -> None:
        await self._write_encoded(codec.encode(stanza))

    async def push(self, pending: offline.Pending) -> None:
        """What has to be confirmed; once, also when it was still waiting while the backlog was sent."""
        async with self._order:
            if pending.number <= self._backlog:
                return
            for encoded in self.whatsapp.faults.on_push(pending.encoded):
                await self._write_encoded(encoded)

    async def _write_encoded(self, encoded: bytes) -> None:
        self.whatsapp.state.save()
        await self._write_frame(self._write.encrypt(encoded))

    async def _write_frame(self, frame: bytes) -> None:
        if self._socket.closed or self._transport.is_closing() or self.whatsapp.faults.deaf:
            return
        await self._socket.send_bytes(len(frame).to_bytes(LENGTH, "big") + frame)

    # --- in ---

    async def _frame(self) -> bytes:
        while True:
            if not self._greeted and len(self._buffer) >= len(HEADER):
                if not self._buffer.startswith(HEADER):
                    raise Gone
                self._buffer, self._greeted = self._buffer[len(HEADER) :], True
            if self._greeted and len(self._buffer) >= LENGTH:
                end = LENGTH + int.from_bytes(self._buffer[:LENGTH], "big")
                if len(self._buffer) >= end:
                    frame, self._buffer = self._buffer[LENGTH:end], self._buffer[end:]
                    return frame
            message = await self._socket.receive()
            if message.type is not WSMsgType.BINARY:
                raise Gone
            self._buffer += message.data

    async def _handle(self, stanza: Node) -> None:
        if self.whatsapp.faults.deaf:
            return
        log.debug("%s %s %s", stanza.tag, stanza.attrs, [child.tag for child in children(stanza)])
        if stanza.tag == "iq" and stanza.attrs.get("type") in {"get", "set"}:
            await self._answer(stanza)
            return
        handler = self.whatsapp.handlers.for_stanza(stanza.tag)
        if handler is None:
            self.whatsapp.unknown.append(stanza)
        else:
            await handler(self, stanza)

    async def _answer(self, iq: Node) -> None:
        told = {"from_": iq.attrs.get("to", SERVER), "id": iq.attrs["id"]}
        try:
            result = await self.whatsapp.handlers.for_iq(iq)(self, iq)
        except Refusal as refusal:
            error = node("error", code=str(refusal.code), text=refusal.text)
            await self.send(node("iq", [error], **told, type="error"))
        else:
            if result is not None:
                await self.send(node("iq", result or None, **told, type="result"))
