"""A service to be killed: takes `limit` events from a world, notes each in a file, and then takes no more.

Run as `python mortal_service.py ADDRESS TOKEN FILE LIMIT`.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from random import Random

from whinchat.core.types import ConnectionState, DeliveryUpdate, Event, MessageReceived, Notice
from whinchat.infra.clock import SystemClock
from whinchat.transports.simulator.remote import RemoteLink
from whinchat.transports.simulator.transport import SimulatorTransport


class Notebook:
    def __init__(self, path: Path, limit: int) -> None:
        self._file = path.open("a", buffering=1)
        self._left = limit

    async def accept(self, event: Event) -> None:
        if not isinstance(event, MessageReceived):
            return
        if self._left == 0:
            await asyncio.Event().wait()
        self._left -= 1
        self._file.write(f"{event.chat.id} {event.content.text} {int(event.offline)}\n")

    async def delivery(self, update: DeliveryUpdate) -> None:
        """Of no interest here."""

    def connection(self, account: str, state: ConnectionState) -> None:
        """Of no interest here."""

    def notice(self, notice: Notice) -> None:
        """Of no interest here."""


async def main(address: str, token: str, path: Path, limit: int) -> None:
    transport = SimulatorTransport(RemoteLink(address, token), SystemClock(), Random())
    await transport.start(Notebook(path, limit))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])))
