"""The parent's side of an account's library: a child process that is started again when it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from whinchat.core.errors import Overloaded
from whinchat.core.ports import Clock, Random
from whinchat.core.resilience.background import Background
from whinchat.core.resilience.waiting import set_within
from whinchat.transports.linked.life import PING, PLANNED, SILENT, Hands, Life
from whinchat.transports.linked.link import (
    Argument,
    BridgeDown,
    LibraryUnusable,
    LinkChange,
    LinkState,
    OnEvent,
    Reason,
)
from whinchat.transports.linked.parking import forget_parked, parked
from whinchat.transports.linked.process import Process, Setup, launch
from whinchat.transports.linked.states import Backoff

log = logging.getLogger(__name__)

MEGABYTE: Final = 1024 * 1024
HEALTHY: Final = 30.0  # seconds of serving after which a process's end is an accident, and no failure to begin
TRIES: Final = 3  # of an event that the service cannot take because of a mistake of ours
PAUSE: Final = 0.5  # seconds between them
AT_ONCE: Final = frozenset((Reason.ASKED, Reason.MEMORY))

Launch = Callable[[Setup], Awaitable[Process]]


def _silent(_: LinkChange) -> None:
    return


class Bridge:
    """`link.Link` over a real process."""

    def __init__(
        self, setup: Setup, clock: Clock, random: Random, *, memory_mb: int = 120, launch: Launch = launch
    ) -> None:
        """`memory_mb`: what a child may hold before it is restarted when it has nothing to do."""
        self._setup = setup
        self._clock = clock
        self._backoff = Backoff(random)
        self._ceiling = memory_mb * MEGABYTE
        self._launch = launch
        self._state = LinkState.STOPPED
        self._life: Life | None = None
        self._serving_since: float | None = None
        """Monotonic; None: the process of now, or of last, has not served."""
        self._work = Background()
        self._supervising: asyncio.Task[None] | None = None
        self._again = asyncio.Event()
        self._stopping = False

    @property
    def state(self) -> LinkState:
        return self._state

    @property
    def memory(self) -> int:
        return self._life.memory if self._life is not None else 0

    async def start(self, on_event: OnEvent, on_change: Callable[[LinkChange], None] = _silent) -> None:
        self._on_event = on_event
        self._on_change = on_change
        self._stopping = False
        settled = asyncio.get_running_loop().create_future()
        self._supervising = asyncio.create_task(self._supervise(settled), name="linked device")
        await settled

    async def call(self, name: str, *arguments: Argument, timeout: float) -> bytes:  # noqa: ASYNC109 - as in `Link`
        if self._life is None:
            raise BridgeDown(left=False)
        return await self._life.call(name, arguments, timeout)

    async def restart(self) -> None:
        self._again.set()
        if self._life is not None:
            await self._life.end(Reason.ASKED, PLANNED)

    async def stop(self, deadline: float) -> None:
        self._stopping = True
        self._again.set()
        if self._life is not None:
            await self._life.end(Reason.ASKED, deadline)
        self._work.close()
        if self._supervising is not None:
            await self._supervising
            self._supervising = None

    # One process after another

    async def _supervise(self, settled: asyncio.Future[None]) -> None:
        try:
            while not self._stopping:
                self._serving_since = None
                self._change(LinkState.STARTING, Reason.ASKED)
                reason = await self._live(settled)
                if self._served(reason) >= HEALTHY:
                    self._backoff.reset()
                if not self._stopping:
                    await self._rest(reason, settled)
        except LibraryUnusable as unusable:
            self._give_up(unusable, settled)
        else:
            self._change(LinkState.STOPPED, Reason.ASKED)
        finally:
            _settle(settled)

    async def _live(self, settled: asyncio.Future[None]) -> Reason:
        """Why the process has ended. Raises LibraryUnusable."""
        try:
            process = await self._launch(self._setup)
        except OSError:
            log.warning("the library's process cannot be started")
            return Reason.CRASHED
        if self._stopping:
            await process.end()
            return Reason.ASKED

        async def ready() -> None:
            _settle(settled)
            await self._take_parked()

        hands = Hands(ready=ready, live=self._serving, event=self._offer)
        self._life = Life(process, self._clock, hands, self._work, ceiling=self._ceiling)
        try:
            return await self._life.run()
        finally:
            self._life = None

    def _serving(self) -> None:
        self._serving_since = self._clock.monotonic()
        self._change(LinkState.RUNNING, Reason.ASKED)

    def _served(self, reason: Reason) -> float:
        """Seconds from its first call back to its last sign of life.

        Not from its birth: a process that hangs before it connects would count as a good one for its age alone. And not
        to its end where it was killed for its silence, which would make one that hangs at once as good.
        """
        if self._serving_since is None:
            return 0.0
        unheard = PING * SILENT if reason is Reason.SILENT else 0.0
        return self._clock.monotonic() - self._serving_since - unheard

    async def _rest(self, reason: Reason, settled: asyncio.Future[None]) -> None:
        pause = 0.0 if reason in AT_ONCE else self._backoff.pause()
        self._again.clear()
        self._change(LinkState.WAITING, reason, pause)
        _settle(settled)
        if pause:
            log.warning("the library's process has ended; it is started again", extra={"reason": reason.value})
            await set_within(self._again, pause, self._clock)

    def _give_up(self, unusable: LibraryUnusable, settled: asyncio.Future[None]) -> None:
        self._change(LinkState.STOPPED, Reason.UNUSABLE)
        if settled.done():
            log.error("the library can no longer be used", extra={"hint": str(unusable)})
        else:
            settled.set_exception(unusable)

    def _change(self, state: LinkState, reason: Reason, wait: float = 0.0) -> None:
        self._state = state
        self._on_change(LinkChange(state, reason, wait))

    # Events

    async def _take_parked(self) -> None:
        """What an earlier process of ours died without taking, before anything new."""
        session = str(self._setup.session)
        try:
            events, whole = await asyncio.to_thread(parked, session, self._setup.key)
        except OSError:
            events, whole = [], False
        if not whole:
            log.error("some events that an earlier process had left cannot be read")
        taken = [await self._offer(name, data) for name, data in events]
        if all(taken):
            with suppress(OSError):  # they are offered again, and known then
                await asyncio.to_thread(forget_parked, session)

    async def _offer(self, name: str, data: bytes) -> bool:
        """Whether it may be acknowledged; what is not is left to the next run."""
        failures = 0
        while True:
            try:
                await self._on_event(name, data)
            except Overloaded as overloaded:
                pause = overloaded.retry_after or PAUSE
            except Exception as error:
                failures += 1
                pause = PAUSE
                log.warning("an event could not be taken", extra={"event": name, "error": type(error).__name__})
            else:
                return True
            if self._stopping:
                return False
            if failures == TRIES:
                log.error("an event is given up", extra={"event": name})
                return True
            await self._clock.sleep(pause)


def _settle(settled: asyncio.Future[None]) -> None:
    if not settled.done():
        settled.set_result(None)
