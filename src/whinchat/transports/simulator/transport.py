"""`core.ports.Transport` over a world."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from whinchat.core.errors import TransportError
from whinchat.core.ports import Clock, Random, Sink
from whinchat.core.types import (
    Action,
    Capabilities,
    Certainty,
    ChatRef,
    ConnectionState,
    Group,
    Media,
    SendResult,
)
from whinchat.transports.simulator.intake import Intake
from whinchat.transports.simulator.link import LinkDown, Session, WorldLink
from whinchat.transports.simulator.sends import LONGEST_TEXT
from whinchat.transports.simulator.talk import EDITABLE

log = logging.getLogger(__name__)

WINDOW = 1024  # events under way at once
WORKERS = 64  # of them, offered to the service at once
FIRST_PAUSE = 0.2  # seconds before connecting again, doubled each time
LONGEST_PAUSE = 10.0

CAPABILITIES = Capabilities(
    quote=True,
    react=True,
    edit=True,
    edit_seconds=EDITABLE // 1000,
    revoke=True,
    moderate_delete=True,
    remove_member=True,
    lock_group=True,
    groups=True,
    media_in=True,
    media_out=True,
    ordered=True,
    max_text=LONGEST_TEXT,
)
NOT_SENT = SendResult(Certainty.REJECTED, error="disconnected", retry_after=1.0)


class SimulatorTransport:
    """Connects, and connects again with growing pauses (full jitter). Sends nothing twice by itself."""

    def __init__(
        self, link: WorldLink, clock: Clock, random: Random, *, account: str = "simulator", window: int = WINDOW
    ) -> None:
        self._link = link
        self._clock = clock
        self._random = random
        self._account = account
        self._window = window
        self._state = ConnectionState.STOPPED
        self._session: Session | None = None
        self._intake: Intake | None = None
        self._running: asyncio.Task[None] | None = None
        self._stopping = False
        self._sending = 0
        self._quiet = asyncio.Event()
        """No send is under way."""
        self._quiet.set()

    @property
    def account(self) -> str:
        return self._account

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    @property
    def state(self) -> ConnectionState:
        return self._state

    async def start(self, sink: Sink) -> None:
        """Returns at once; the connection comes in its own time."""
        self._stopping = False
        self._running = asyncio.create_task(self._run(sink), name=f"transport {self._account}")

    async def stop(self, deadline: float) -> None:
        """What arrives from now on is left to the next session."""
        if self._running is None:
            return
        self._stopping = True
        try:
            async with asyncio.timeout(deadline):
                await self._finish()
        except TimeoutError:
            log.warning("the transport stops with work under way")
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        self._running = None

    async def perform(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        session = self._session
        if session is None or self._stopping:
            return NOT_SENT
        self._sending += 1
        self._quiet.clear()
        try:
            return await session.perform(chat, action, reference)
        except LinkDown as down:
            return SendResult(Certainty.UNKNOWN, error="connection_lost") if down.left else NOT_SENT
        finally:
            self._sending -= 1
            if not self._sending:
                self._quiet.set()

    async def group(self, chat: ChatRef) -> Group | None:
        try:
            return await self._connected().group(chat)
        except LinkDown:
            raise _out_of_reach() from None

    async def download(self, media: Media, max_bytes: int) -> bytes:
        try:
            return await self._connected().download(media, max_bytes)
        except LinkDown:
            raise _out_of_reach() from None

    async def _run(self, sink: Sink) -> None:
        attempts = 0
        try:
            while True:
                self._enter(ConnectionState.CONNECTING, sink)
                try:
                    session = await self._link.connect(self._account, self._window)
                    attempts = 0
                    await self._serve(session, sink)
                except LinkDown:
                    log.info("no connection to the world", extra={"account": self._account, "attempts": attempts})
                except Exception:
                    log.exception("the connection to the world broke")
                pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempts)
                attempts = min(attempts + 1, 16)
                self._enter(ConnectionState.CONNECTING, sink)
                await self._clock.sleep(self._random.random() * pause)
        finally:
            self._enter(ConnectionState.STOPPED, sink)

    async def _serve(self, session: Session, sink: Sink) -> None:
        """Until the connection breaks: raises LinkDown."""
        try:
            async with Intake(sink, session.acknowledge, self._clock, WORKERS) as self._intake:
                self._session = session
                self._enter(ConnectionState.ONLINE, sink)
                while True:
                    parcels = await session.receive()
                    if not self._stopping:
                        self._intake.put(parcels)
        finally:
            self._session = self._intake = None
            await session.close()

    async def _finish(self) -> None:
        if self._intake is not None:
            await self._intake.drain()
        await self._quiet.wait()
        if self._session is not None:
            with suppress(LinkDown):  # then what was not acknowledged comes again in the next session
                await self._session.flush()

    def _enter(self, state: ConnectionState, sink: Sink) -> None:
        if state is not self._state:
            self._state = state
            sink.connection(self._account, state)

    def _connected(self) -> Session:
        if self._session is None:
            raise LinkDown
        return self._session


def _out_of_reach() -> TransportError:
    return TransportError("the world cannot be reached", code="disconnected", retryable=True, retry_after=1.0)
