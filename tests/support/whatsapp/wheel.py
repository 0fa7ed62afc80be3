"""Drives the stock client of `driver.py` from a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from tests.support.whatsapp.accounts import Account
from tests.support.whatsapp.lines import Event, Failed, Peer, process
from tests.support.whatsapp.root_key import VARIABLE
from tests.support.whatsapp.server import WhatsApp

__all__ = ["Event", "Wheel", "WheelError", "wheel"]


class WheelError(Failed):
    """What the library raised."""


class Network(Protocol):
    """What a client has to know."""

    @property
    def proxy_url(self) -> str: ...

    @property
    def authority_pem(self) -> bytes: ...

    @property
    def root_key(self) -> bytes: ...


class Wheel(Peer):
    failure = WheelError

    async def messages(self, count: int, *, within: float = 15) -> list[Event]:
        """All that came, once there are that many."""
        async with asyncio.timeout(within):
            while len(found := [event for event in self.events if event["event"] == "message"]) < count:
                await self.events.amount(len(self.events) + 1, within=within)
        return found

    async def pair(self, whatsapp: WhatsApp, account: Account) -> None:
        await whatsapp.scan(account, await self.qr())
        await self.event("connected")

    async def qr(self) -> str:
        """Connects for the first time; gives what is shown."""
        await self.do("connect")
        return str((await self.event("qr"))["code"])


@asynccontextmanager
async def wheel(network: Network, folder: Path) -> AsyncIterator[Wheel]:
    """A client whose store is in the folder: another of the same folder takes over from it."""
    authority = folder / "ca.pem"
    authority.write_bytes(network.authority_pem)
    environment = {
        "SSL_CERT_FILE": str(authority),
        "SSL_CERT_DIR": str(folder),
        "NEONIZE_BOT_TAG": "off",
        VARIABLE: network.root_key.hex(),
    }
    arguments = ("tests.support.whatsapp.driver", str(folder / "session.db"), network.proxy_url)
    async with process(Wheel, *arguments, errors=folder / "stderr.txt", environment=environment) as client:
        yield client
