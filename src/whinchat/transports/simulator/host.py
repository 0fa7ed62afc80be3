"""Holds the world that is running now, and wakes those who follow what happens in it."""

from __future__ import annotations

import asyncio
import enum
import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from whinchat.core.ports import Clock
from whinchat.transports.simulator.realm import Bounds
from whinchat.transports.simulator.transcript import Entry, Page
from whinchat.transports.simulator.world import World


class Running(enum.StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"


class ScriptState(msgspec.Struct, frozen=True):
    name: str
    state: Running
    step: int
    """Steps done so far."""


class ScriptControl(Protocol):
    """What the API can do with a script that plays."""

    def state(self) -> ScriptState: ...

    def set_running(self, on: bool) -> None: ...


Listener = Callable[[Entry | None], None]
"""Called with every entry of the transcript; with None when the world itself was replaced."""


class Host:
    """`world` is replaced by `reset`: ask for it anew on every use."""

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int | None = None,
        accounts: Sequence[str] = ("simulator",),
        bounds: Bounds | None = None,
        listeners: Iterable[Listener] = (),
    ) -> None:
        """`accounts`: bots that are there from the beginning, each called "Whinchat". `listeners` hear of them too.

        Without a seed one is drawn, so that a new world's ids are new to a service that keeps its data.
        """
        self.clock = clock
        self.script: ScriptControl | None = None
        self._accounts = accounts
        self._bounds = bounds
        self._listeners = list(listeners)
        self.world = self._new(seed)

    def reset(self, seed: int | None = None) -> None:
        """A new, empty world. Sessions with the old one end."""
        old, self.world = self.world, self._new(seed)
        for bot in old.people.bots():
            old.realm.feed(bot).detach()
        self._hear(None)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Gives what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def transcript(self, after: int, limit: int, wait: float) -> Page:
        """Entries above `after`; if there are none yet, whatever there is after at most `wait` seconds."""
        page = self.world.transcript.page(after, limit)
        if page.entries or wait <= 0:
            return page
        news = asyncio.Event()
        end = self.subscribe(lambda _entry: news.set())
        try:
            async with asyncio.timeout(wait):
                await news.wait()
        except TimeoutError:
            pass
        finally:
            end()
        return self.world.transcript.page(after, limit)

    def _new(self, seed: int | None) -> World:
        world = World(secrets.randbits(63) if seed is None else seed, self.clock, self._bounds, self._hear)
        for account in self._accounts:
            world.bot(account)
        return world

    def _hear(self, entry: Entry | None) -> None:
        for listener in tuple(self._listeners):
            listener(entry)
