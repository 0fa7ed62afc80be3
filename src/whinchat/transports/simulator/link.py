"""How the transport reaches a world: the interface, and the way to a world in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from whinchat.core.types import Action, ChatRef, Group, Media, SendResult
from whinchat.transports.simulator.feed import Disconnected, Parcel
from whinchat.transports.simulator.host import Host
from whinchat.transports.simulator.people import Person
from whinchat.transports.simulator.world import World

BATCH = 256  # events handed over at once


class LinkDown(Exception):
    """There is no connection. `left`: what was asked for may have gone out."""

    def __init__(self, *, left: bool = False) -> None:
        super().__init__("the world cannot be reached")
        self.left = left


class Session(Protocol):
    """One connection of one account. Everything that waits raises LinkDown when the connection is over."""

    async def receive(self) -> Sequence[Parcel]:
        """The next things for the account; to be called again at once, by one task."""
        ...

    def acknowledge(self, position: int) -> None:
        """The service has it. What is not acknowledged comes again in the next session."""
        ...

    async def flush(self) -> None:
        """Returns when the acknowledgements so far are on their way."""
        ...

    async def perform(self, chat: ChatRef, action: Action, reference: str) -> SendResult: ...

    async def group(self, chat: ChatRef) -> Group | None: ...

    async def download(self, media: Media, max_bytes: int) -> bytes:
        """Raises TransportError too."""
        ...

    async def close(self) -> None: ...


class WorldLink(Protocol):
    async def connect(self, account: str, window: int) -> Session:
        """A session with at most `window` unacknowledged things. Ends the account's session before. Raises LinkDown."""
        ...


class LocalSession:
    def __init__(self, world: World, host: Host, bot: Person, window: int) -> None:
        """Raises Disconnected."""
        self._world = world
        self._host = host
        self._bot = bot
        self._window = window
        self._woken = asyncio.Event()
        self._session = world.attach(bot, self._woken.set)

    async def receive(self) -> Sequence[Parcel]:
        while True:
            self._woken.clear()
            began = self._host.clock.now()
            try:
                parcels = self._world.take(self._bot, self._session, BATCH, self._window)
            except Disconnected:
                raise LinkDown from None
            if parcels:
                return parcels
            await self._wait(began)

    def acknowledge(self, *positions: int) -> None:
        self._world.acknowledge(self._bot, self._session, positions)

    async def flush(self) -> None:
        """Nothing is ever on its way."""

    async def perform(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        try:
            performed = self._world.perform(self._bot, self._session, chat, action, reference)
        except Disconnected:
            raise LinkDown from None
        if performed.seconds:
            await self._host.clock.sleep(performed.seconds)
        return performed.result

    async def group(self, chat: ChatRef) -> Group | None:
        return self._world.group(self._bot, chat)

    async def download(self, media: Media, max_bytes: int) -> bytes:
        return self._world.download(media, max_bytes)

    async def close(self) -> None:
        self._world.detach(self._bot, self._session)

    async def _wait(self, looked: int) -> None:
        """Until there may be something to take; `looked`: when there was nothing."""
        due = self._world.next_due(self._bot)
        if due is None or due <= looked:  # due and yet not taken: the window is full
            await self._woken.wait()
            return
        sooner = asyncio.ensure_future(self._woken.wait())
        later = asyncio.ensure_future(self._host.clock.sleep((due - looked) / 1000))
        try:
            await asyncio.wait((sooner, later), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sooner.cancel()
            later.cancel()


class LocalLink:
    """To a world in this process."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def connect(self, account: str, window: int) -> LocalSession:
        world = self._host.world
        try:
            return LocalSession(world, self._host, world.bot(account), window)
        except Disconnected:
            raise LinkDown from None
