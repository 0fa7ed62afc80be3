"""The fake network in a process of its own, to be killed and started again from a test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.whatsapp.lines import Peer, process


class Apart(Peer):
    """Its verbs are those of `main.py`; it is what a client has to know of the network, too."""

    @property
    def proxy_url(self) -> str:
        return str(self.events[0]["proxy"])

    @property
    def authority_pem(self) -> bytes:
        return str(self.events[0]["authority"]).encode()

    @property
    def root_key(self) -> bytes:
        return bytes.fromhex(self.events[0]["root_key"])

    @property
    def port(self) -> int:
        return int(self.proxy_url.rpartition(":")[2])


@asynccontextmanager
async def apart(folder: Path, port: int = 0) -> AsyncIterator[Apart]:
    """With its state in the folder. `port`: that of the one that was killed before it."""
    state = ("--state", str(folder / "network.db"), "--port", str(port))
    async with process(Apart, "tests.support.whatsapp.main", *state, errors=folder / "network.txt") as network:
        yield network
