"""What can go wrong with the network, on a test's word."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from tests.support.whatsapp.messages import acknowledgement
from tests.support.whatsapp.nodes import Node, node

if TYPE_CHECKING:
    from tests.support.whatsapp.connection import Connection
    from tests.support.whatsapp.server import WhatsApp


@dataclass
class SendFault:
    """What happens to a message of the bot's instead of being taken and acknowledged."""

    error: int = 0
    """It is refused with this code, as 463 for the reach-out time lock."""
    delay: float = 0
    """Seconds that the acknowledgement is late."""
    silent: bool = False
    """It is never acknowledged."""
    cuts: bool = False
    """The line breaks instead."""
    arrives: bool = True
    """Whether the people in the chat get it."""
    times: int = 1
    matching: Callable[[Node], bool] = lambda _: True

    async def answer(self, connection: Connection, stanza: Node) -> None:
        if self.cuts:
            connection.abort()
        elif self.delay:
            connection.whatsapp.spawn(self._late(connection, stanza))
        elif not self.silent:
            await connection.send(acknowledgement(stanza, error=str(self.error) if self.error else None))

    async def _late(self, connection: Connection, stanza: Node) -> None:
        await asyncio.sleep(self.delay)
        await connection.send(acknowledgement(stanza))


class Faults:
    def __init__(self, whatsapp: WhatsApp) -> None:
        self._whatsapp = whatsapp
        self.pings = True
        """Whether signs of life are answered."""
        self.status = 0
        """What is answered to who connects, as 503; 0: nothing is wrong."""
        self.deaf = False
        """Whether lines stay open and nothing goes through them any more; cut them before it is over."""
        self._refusals: deque[dict[str, str]] = deque()
        self._sends: list[SendFault] = []
        self._corrupt = 0
        self._repeats = 0
        self._held: list[bytes] = []
        self._window = 0
        self._random = Random(0)

    # --- the line ---

    def drop(self) -> None:
        """Cut all lines."""
        self._whatsapp.proxy.cut()

    def refuse(self, reason: int, *, times: int = 1, **attributes: str) -> None:
        """The next logins fail: 401 logged out, 402 temporary ban, 403 locked, 405 outdated, 406 banned, 500, 503."""
        self._refusals.extend([{"reason": str(reason), **attributes}] * times)

    def ban(self, seconds: int, *, code: int = 101, times: int = 1) -> None:
        """A temporary ban of that many seconds at the next logins."""
        self.refuse(402, times=times, code=str(code), expire=str(seconds))

    async def stream_error(self, code: str, *details: Node) -> None:
        """To all who are connected: 503 asks them to come back, 515 too, 500 says nothing."""
        for connection in self._whatsapp.connections():
            await connection.stream_error(code, *details)

    async def replace(self) -> None:
        """Another client logged in with the same keys (Baileys calls it 440)."""
        await self.stream_error("", node("conflict", type="replaced"))

    async def log_out(self) -> None:
        """The devices are removed on their phones."""
        for account in self._whatsapp.accounts.values():
            for device in list(account.devices.values()):
                await account.unlink(device)

    def next_refusal(self) -> dict[str, str] | None:
        return self._refusals.popleft() if self._refusals else None

    # --- what the bot sends ---

    def on_send(self, fault: SendFault) -> None:
        """The next messages that it matches, after those of faults that were told before."""
        self._sends.append(fault)

    def clear(self) -> None:
        """All is well from now on."""
        self._sends.clear()
        self._refusals.clear()
        self.pings, self.status, self.deaf = True, 0, False
        self._corrupt = self._repeats = self._window = 0

    def on_message(self, stanza: Node) -> SendFault | None:
        for fault in self._sends:
            if fault.times > 0 and fault.matching(stanza):
                fault.times -= 1
                return fault
        return None

    # --- what the bot is sent ---

    def corrupt(self, times: int = 1) -> None:
        """The next messages cannot be decrypted; sent again they can."""
        self._corrupt = times

    def repeat(self, times: int = 1) -> None:
        """The next stanzas come twice."""
        self._repeats = times

    def reorder(self, window: int) -> None:
        """The next that many stanzas are held back and then come in another order."""
        self._window = window

    def on_seal(self, enc: Node) -> Node:
        if self._corrupt and isinstance(enc.content, bytes):
            self._corrupt -= 1
            enc.content = enc.content[:-1] + bytes([enc.content[-1] ^ 1])
        return enc

    def on_push(self, encoded: bytes) -> list[bytes]:
        """What goes out instead."""
        if self._window:
            self._held.append(encoded)
            if len(self._held) < self._window:
                return []
            held, self._held, self._window = self._held, [], 0
            in_order = list(held)
            while held == in_order and len(held) > 1:
                self._random.shuffle(held)
            return held
        if self._repeats:
            self._repeats -= 1
            return [encoded, encoded]
        return [encoded]
