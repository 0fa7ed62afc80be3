"""Between a session and the service: in order within a chat, many chats at once, nothing lost when intake is closed."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from types import TracebackType

from whinchat.core.errors import Overloaded
from whinchat.core.ports import Clock, Sink
from whinchat.core.types import DeliveryUpdate
from whinchat.transports.simulator.feed import Parcel

log = logging.getLogger(__name__)

IN_A_ROW = 16  # events of one chat before another one has its turn
PAUSE = 0.5  # seconds, after a failure that says no time of its own


class Intake:
    """`async with Intake(…)`: hands parcels to the sink with `workers` at once; leaving drops what was not begun.

    The sender bounds how many parcels are here: it sends no more than its window before acknowledgements come.
    """

    def __init__(self, sink: Sink, acknowledge: Callable[[int], None], clock: Clock, workers: int) -> None:
        self._sink = sink
        self._acknowledge = acknowledge
        self._clock = clock
        self._workers = workers
        self._chats: dict[str, deque[Parcel]] = {}
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._idle = asyncio.Event()
        self._idle.set()
        self._leaving = False

    async def __aenter__(self) -> Intake:
        self._tasks = [asyncio.create_task(self._work(), name=f"intake-{n}") for n in range(self._workers)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def put(self, parcels: Sequence[Parcel]) -> None:
        for parcel in parcels:
            chat = parcel.item.chat.id
            waiting = self._chats.get(chat)
            if waiting is None:
                self._chats[chat] = deque((parcel,))
                self._ready.put_nowait(chat)
            else:
                waiting.append(parcel)
        if self._chats:
            self._idle.clear()

    async def drain(self) -> None:
        """Until everything that was put is accepted; what is refused from now on is left to the next session."""
        self._leaving = True
        await self._idle.wait()

    async def _work(self) -> None:
        while True:
            chat = await self._ready.get()
            waiting = self._chats[chat]
            for _ in range(min(IN_A_ROW, len(waiting))):
                if not await self._offer(waiting[0]):
                    waiting.clear()
                    break
                self._acknowledge(waiting.popleft().position)
            if waiting:
                self._ready.put_nowait(chat)
                continue
            del self._chats[chat]
            if not self._chats:
                self._idle.set()

    async def _offer(self, parcel: Parcel) -> bool:
        """Until the service takes it; false when it does not and there is no more time to ask again."""
        while True:
            try:
                if isinstance(parcel.item, DeliveryUpdate):
                    await self._sink.delivery(parcel.item)
                else:
                    await self._sink.accept(parcel.item)
            except Overloaded as overloaded:
                pause = overloaded.retry_after or PAUSE
            except Exception:
                log.exception("the service could not take an event; it is offered again")
                pause = PAUSE
            else:
                return True
            if self._leaving:
                return False
            await self._clock.sleep(pause)
