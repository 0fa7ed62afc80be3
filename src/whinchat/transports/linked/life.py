"""One child process from its start to its end: its signs of life, its calls, its events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from whinchat.core.ports import Clock
from whinchat.core.resilience.background import Background
from whinchat.transports.linked.frames import FrameError, Kind, Value, bytes_at, number_at, text_at
from whinchat.transports.linked.installed import unusable
from whinchat.transports.linked.link import Argument, BridgeDown, BridgeTimeout, Reason
from whinchat.transports.linked.process import Gone, Process

log = logging.getLogger(__name__)

PING: Final = 5.0  # seconds between two signs of life
SILENT: Final = 6  # of them without anything from the child: it is killed
CALLS: Final = 16  # under way at once
PARKING: Final = 2.0  # seconds for a child to leave beside the session what the service has not taken
PLANNED: Final = 10.0  # seconds for an end that nobody waits for
OVER: Final = 60.0  # seconds that a child which is never quiet may hold more memory than it should
YOUNG: Final = 600.0  # seconds in which a child is not restarted for that: it would not help

LEVELS: Final = {"WARN": logging.WARNING, "ERROR": logging.ERROR}
REASONS: Final = {
    "unreachable": Reason.UNREACHABLE,
    "session": Reason.SESSION,
    "in_use": Reason.IN_USE,
}


@dataclass(frozen=True, slots=True)
class Hands:
    """What a process tells its supervisor."""

    ready: Callable[[], Awaitable[None]]
    """The session is ours. The library connects when this returns."""
    live: Callable[[], None]
    """The library has called back: calls may be made."""
    event: Callable[[str, bytes], Awaitable[bool]]
    """Whether the event may be acknowledged."""


class Life:
    def __init__(self, process: Process, clock: Clock, hands: Hands, work: Background, *, ceiling: int) -> None:
        """`work`: events that are on their way into the service, which may take longer than the process lives.
        `ceiling`: bytes resident."""
        self._process = process
        self._clock = clock
        self._hands = hands
        self._ceiling = ceiling
        self._work = work
        self._slots = asyncio.Semaphore(CALLS)
        self._calls: dict[int, asyncio.Future[bytes]] = {}
        self._number = 0
        self._events = 0
        self._live = False
        self._unheard = 0
        self._born = clock.monotonic()
        self._over: float | None = None
        """Since when it holds too much; monotonic."""
        self._reason: Reason | None = None
        """Why it is to end."""
        self._ended = asyncio.Event()
        self.memory = 0

    async def run(self) -> Reason:
        """Returns when the process has gone. Raises LibraryUnusable."""
        watching = self._work.start(self._watch())
        try:
            return await self._read()
        finally:
            watching.cancel()
            await self._process.end()
            self._close()

    async def call(self, name: str, arguments: tuple[Argument, ...], seconds: float) -> bytes:
        left = False
        try:
            async with asyncio.timeout(seconds):
                await self._slots.acquire()
                answer = self._ask(name, arguments)
                left = True
                try:
                    await self._process.flush()
                    return await answer
                finally:
                    answer.cancel()
        except TimeoutError:
            raise BridgeTimeout(left=left) from None
        except Gone:
            raise BridgeDown(left=True) from None

    async def end(self, reason: Reason, seconds: float) -> None:
        """Let the library disconnect and hand over what it has, at most that long, and park the rest; then kill it."""
        self._reason = self._reason or reason
        self._process.send(Kind.STOP, 0, int(seconds * 1000))
        try:
            async with asyncio.timeout(seconds + PARKING):
                await self._ended.wait()
        except TimeoutError:
            await self._process.end()

    # What comes

    async def _read(self) -> Reason:
        try:
            while True:
                kind, number, values = await self._process.receive()
                self._unheard = 0
                if kind is Kind.FAILED:
                    return _failed(text_at(values, 0))
                self._take(kind, number, values)
        except (Gone, FrameError):
            return self._reason or Reason.CRASHED

    def _take(self, kind: Kind, number: int, values: tuple[Value, ...]) -> None:
        if kind is Kind.EVENT:
            self._begin_event(number, values)
        elif kind in {Kind.ANSWER, Kind.REFUSED}:
            self._answer(kind, number, values)
        elif kind is Kind.READY:
            self._work.start(self._connect())
        elif kind is Kind.BEAT:
            self.memory = number_at(values, 0)
        elif kind is Kind.LOG:
            level = LEVELS.get(text_at(values, 0), logging.INFO)
            log.log(level, "the library reports something", extra={"code": text_at(values, 1)})

    async def _connect(self) -> None:
        await self._hands.ready()
        self._process.send(Kind.CONNECT)

    def _begin_event(self, number: int, values: tuple[Value, ...]) -> None:
        if not self._live:
            self._live = True
            self._hands.live()
        self._events += 1
        self._work.start(self._offer(number, text_at(values, 0), bytes_at(values, 1)))

    async def _offer(self, number: int, name: str, data: bytes) -> None:
        try:
            if await self._hands.event(name, data):
                self._process.send(Kind.ACKNOWLEDGE, number)
        finally:
            self._events -= 1

    # Calls

    def _ask(self, name: str, arguments: tuple[Argument, ...]) -> asyncio.Future[bytes]:
        """Has a slot, which is free again when the child answers: a call that nobody waits for is still under way."""
        if not self._live or self._reason is not None:
            self._slots.release()
            raise BridgeDown(left=False)
        self._number += 1
        try:
            self._process.send(Kind.CALL, self._number, name, *arguments)
        except FrameError:
            self._slots.release()
            raise
        answer = self._calls[self._number] = asyncio.get_running_loop().create_future()
        return answer

    def _answer(self, kind: Kind, number: int, values: tuple[Value, ...]) -> None:
        answer = self._calls.pop(number, None)
        if answer is None:
            raise FrameError("an answer to nothing")
        self._slots.release()
        if answer.done():
            return
        if kind is Kind.REFUSED:
            answer.set_exception(_refused(text_at(values, 0)))
        else:
            answer.set_result(bytes_at(values, 0))

    # Signs of life

    async def _watch(self) -> None:
        while True:
            self._process.send(Kind.PING)
            await self._clock.sleep(PING)
            self._unheard += 1
            if self._unheard >= SILENT:
                log.warning("the library's process gives no sign of life; it is killed")
                self._reason = Reason.SILENT
                await self._process.end()
            elif self._too_heavy(self._clock.monotonic()):
                log.info("the library's process holds too much memory; it is restarted")
                await self.end(Reason.MEMORY, PLANNED)

    def _too_heavy(self, now: float) -> bool:
        """And it has nothing to do, or always something."""
        if self.memory <= self._ceiling or now - self._born < YOUNG:
            self._over = None
            return False
        self._over = now if self._over is None else self._over
        return not (self._calls or self._events) or now - self._over >= OVER

    def _close(self) -> None:
        self._live = False
        self.memory = 0
        self._ended.set()
        for call in self._calls.values():
            if not call.done():
                call.set_exception(BridgeDown(left=True))
        for _ in range(CALLS):
            self._slots.release()  # who waits for one learns that the process has gone


def _failed(code: str) -> Reason:
    """Raises LibraryUnusable."""
    if code.startswith("library_"):
        raise unusable(code)
    return REASONS.get(code, Reason.CRASHED)


def _refused(code: str) -> Exception:
    if code in {"not_ready", "busy", "failed", "too_large"}:
        return BridgeDown(left=code in {"failed", "too_large"})
    return ValueError(f"the library has no such call: {code}")
