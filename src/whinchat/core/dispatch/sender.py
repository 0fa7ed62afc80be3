"""Empties the outbox: one message at a time per chat, danger first, paced per chat and per account."""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Callable, Iterable
from itertools import count

from whinchat.core.dispatch.outbox import MAX_RESENDS, Outbox, Outgoing, Ready, SendState
from whinchat.core.errors import WhinchatError
from whinchat.core.ports import Clock, Limit, Metric, MetricKind, Metrics, Random, RateLimiter, Transport
from whinchat.core.types import Certainty, ConnectionState, OnUnknown, SendResult

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 10
LONGEST_WAIT = 60.0  # seconds between two attempts of one message
SEND_SECONDS = 30.0  # a send that takes longer has an unknown result

SENT = Metric(MetricKind.COUNTER, "whinchat_sends_total", "Messages handed to a transport.", ("action", "result"))
SEND_TIME = Metric(
    MetricKind.HISTOGRAM,
    "whinchat_send_queue_seconds",
    "From the decision to send until the transport has it.",
    (),
    (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5, 30),
)


class Sender:
    """`senders` messages are under way at once. Chats wait in a heap: most urgent, then longest waiting, first."""

    def __init__(
        self,
        outbox: Outbox,
        transports: Callable[[str], Transport | None],
        limiter: RateLimiter,
        clock: Clock,
        random: Random,
        metrics: Metrics,
        *,
        senders: int = 8,
    ) -> None:
        self._outbox = outbox
        self._transports = transports
        self._limiter = limiter
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._senders = senders
        self._waiting: dict[bytes, Ready] = {}
        self._held: set[bytes] = set()
        """Chats with a message under way, or told to wait: not in the heap."""
        self._heap: list[tuple[int, int, bytes]] = []
        self._delays: set[asyncio.Task[None]] = set()
        self._order = count()
        self._active = 0
        self._group: asyncio.TaskGroup | None = None
        self._stop = asyncio.Event()

    def announce(self, chats: Iterable[Ready]) -> None:
        """These chats have something queued."""
        for ready in chats:
            known = self._waiting.get(ready.chat_key)
            if known is None or ready.urgency < known.urgency:
                self._waiting[ready.chat_key] = ready
                self._line_up(ready.chat_key)

    @property
    def idle(self) -> bool:
        """Nothing is ready, under way or waiting for its time."""
        return not (self._waiting or self._held)

    async def run(self) -> None:
        """Until `stop`: then what is under way is finished and the rest stays queued on disk."""
        self._held.clear()
        self._waiting.clear()
        self._heap.clear()
        self._active = 0
        recovered = await self._outbox.recover()
        if recovered:
            log.warning("sends were interrupted; their result is unknown", extra={"count": recovered})
        async for ready in self._outbox.queued_chats():
            self.announce([ready])
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._fill()
            await self._stop.wait()
            self._group = None

    async def sweep(self) -> None:
        """Announce what is queued on disk and not known here: a commit's answer may have been lost."""
        async for ready in self._outbox.queued_chats():
            self.announce([ready])

    def stop(self) -> None:
        self._stop.set()
        for task in self._delays:
            task.cancel()

    def _line_up(self, chat: bytes) -> None:
        if chat not in self._held:
            heapq.heappush(self._heap, (self._waiting[chat].urgency, next(self._order), chat))
            self._fill()

    def _fill(self) -> None:
        """As many senders at work as there may be."""
        while self._group is not None and self._active < self._senders and (ready := self._next()) is not None:
            self._active += 1
            self._group.create_task(self._work(self._group, ready))

    def _next(self) -> Ready | None:
        while self._heap:
            urgency, _, chat = heapq.heappop(self._heap)
            ready = self._waiting.get(chat)
            # A chat may stand in the heap more than once: only the entry for what it waits for now counts.
            if ready is not None and ready.urgency == urgency and chat not in self._held:
                del self._waiting[chat]
                self._held.add(chat)
                return ready
        return None

    async def _work(self, group: asyncio.TaskGroup, first: Ready) -> None:
        """One message of a chat, then one of the next chat, until nobody waits."""
        ready: Ready | None = first
        while ready is not None:
            delay = await self._send_one(ready)
            if delay <= 0:
                self._release(ready.chat_key)
            elif not self._stop.is_set():
                task = group.create_task(self._later(ready.chat_key, delay))
                self._delays.add(task)
                task.add_done_callback(self._delays.discard)
            ready = None if self._stop.is_set() else self._next()
        self._active -= 1

    async def _later(self, chat: bytes, delay: float) -> None:
        await self._clock.sleep(delay)
        self._release(chat)

    def _release(self, chat: bytes) -> None:
        self._held.discard(chat)
        if chat in self._waiting:
            self._line_up(chat)

    async def _send_one(self, ready: Ready) -> float:
        """Send a chat's next message. Seconds until the chat may be looked at again."""
        transport = self._transports(ready.account)
        if transport is not None and (wait := self._pause(transport, ready.chat_key)) > 0:
            self._waiting.setdefault(ready.chat_key, ready)
            return wait
        try:
            out = await self._outbox.take(ready.chat_key)
        except WhinchatError as error:
            log.warning("the outbox cannot be read", extra={"error": error.code})
            self._waiting.setdefault(ready.chat_key, ready)
            return 1.0
        if out is None:
            return 0.0
        # There may be more: look again after this one.
        self._waiting.setdefault(ready.chat_key, ready)
        if transport is None:
            result = SendResult(Certainty.REJECTED, error="no_such_account")
        else:
            result = await self._perform(transport, out)
        return await self._settle_surely(out, result)

    def _pause(self, transport: Transport, chat: bytes) -> float:
        if transport.state is not ConnectionState.ONLINE:
            return 0.5
        pacing = transport.capabilities.pacing
        account = Limit(pacing.account_rate, pacing.account_burst)
        wait = self._limiter.take(f"send:{transport.account}", account)
        return wait or self._limiter.take(f"send:{chat.hex()}", Limit(pacing.chat_rate, pacing.chat_burst))

    async def _settle_surely(self, out: Outgoing, result: SendResult) -> float:
        """A result that is known here but not on disk would be lost: it is written as soon as that is possible."""
        while True:
            try:
                return await self._settle(out, result)
            except WhinchatError as error:
                log.warning("the result of a send cannot be written yet", extra={"error": error.code})
                if self._stop.is_set():
                    return 0.0
                await self._clock.sleep(1.0)

    async def _perform(self, transport: Transport, out: Outgoing) -> SendResult:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await transport.perform(out.envelope.chat, out.envelope.action, out.reference)
        except TimeoutError:
            return SendResult(Certainty.UNKNOWN, error="timeout")
        except Exception as error:
            # A transport must not raise; if one does, nobody knows what had left already.
            log.exception("a transport raised while sending", extra={"error": type(error).__name__})
            return SendResult(Certainty.UNKNOWN, error=getattr(error, "code", "raised"))

    async def _settle(self, out: Outgoing, result: SendResult) -> float:
        action = str(out.envelope.action.__struct_config__.tag)
        self._metrics.add(SENT, action=action, result=result.certainty.value)
        error = result.error or "unexplained"
        if result.certainty is Certainty.SENT:
            self._metrics.observe(SEND_TIME, (self._clock.now() - out.created_at) / 1000)
            await self._outbox.settle(out, SendState.SENT, message_id=result.message_id)
            return 0.0
        if result.certainty is Certainty.UNKNOWN:
            if out.on_unknown is OnUnknown.RESEND_ONCE and out.resends < MAX_RESENDS:
                await self._outbox.put_back(out, error=error, resend=True)
                return self._backoff(out.attempt)
            await self._outbox.settle(out, SendState.UNKNOWN, error=error)
            return 0.0
        if result.retry_after is not None and out.attempt < MAX_ATTEMPTS:
            await self._outbox.put_back(out, error=error, resend=False)
            return max(result.retry_after, self._backoff(out.attempt))
        log.warning("a message was refused by the transport", extra={"error": error, "reference": out.reference})
        await self._outbox.settle(out, SendState.FAILED, error=error)
        return 0.0

    def _backoff(self, attempt: int) -> float:
        return min(LONGEST_WAIT, 0.25 * 2.0**attempt) * (0.5 + self._random.random() / 2)
