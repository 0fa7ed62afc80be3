"""Empties the outbox: one message at a time per chat, danger first, paced per chat and per account.

Chats with something to send stand in a line for their account: most urgent, then longest waiting, first. A chat that
sends, or that its own pace tells to wait, is held out of the line; while an account has to wait, its line stands still.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count

from whinchat.core.dispatch.outbox import Outbox
from whinchat.core.dispatch.outgoing import MAX_RESENDS, Outgoing, Ready, SendState
from whinchat.core.errors import Conflict, WhinchatError
from whinchat.core.ports import Clock, Limit, Metric, MetricKind, Metrics, Random, RateLimiter, Transport
from whinchat.core.types import (
    Certainty,
    ChatRef,
    ConnectionState,
    LockGroup,
    OnUnknown,
    RemoveMember,
    SendResult,
    SendText,
)

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 10
LONGEST_WAIT = 60.0  # seconds between two attempts of one message
SEND_SECONDS = 30.0  # a send that takes longer has an unknown result
OFFLINE = 0.5  # seconds before an account that is not connected is looked at again

SENT = Metric(MetricKind.COUNTER, "whinchat_sends_total", "Messages handed to a transport.", ("action", "result"))
UPDATED = Metric(
    MetricKind.COUNTER,
    "whinchat_updates_total",
    "Texts that said something newer about the subject of an earlier one: it was edited, or followed up.",
    ("how",),
)
SEND_TIME = Metric(
    MetricKind.HISTOGRAM,
    "whinchat_send_queue_seconds",
    "From the decision to send until the transport has it.",
    (),
    (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5, 30),
)


class Sender:
    """`senders` messages are under way at once. `forget_group` is told of the account and group that we changed."""

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
        forget_group: Callable[[str, ChatRef], None] = lambda _account, _chat: None,
    ) -> None:
        self._outbox = outbox
        self._transports = transports
        self._limiter = limiter
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._senders = senders
        self._forget_group = forget_group
        self._waiting: dict[bytes, Ready] = {}
        self._lines: dict[str, list[tuple[int, int, bytes]]] = {}
        """Account to a heap of (urgency, order of coming, chat). Places that `_waiting` does not bear out are old."""
        self._held: set[bytes] = set()
        self._paused: set[str] = set()
        """Accounts that have to wait."""
        self._paid: set[bytes] = set()
        """Chats whose own pace allows a message that their account's pace does not allow yet."""
        self._unsure: set[bytes] = set()
        """Chats of which a message may have been taken without our knowing."""
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
                if ready.chat_key not in self._held:
                    self._line_up(ready)
        self._fill()

    @property
    def idle(self) -> bool:
        """Nothing is ready, under way or waiting for its time."""
        return not (self._waiting or self._held)

    async def run(self) -> None:
        """Until `stop`: then what is under way is finished and the rest stays queued on disk."""
        for known in (self._waiting, self._lines, self._held, self._paused, self._paid, self._unsure):
            known.clear()
        self._active = 0
        recovered = await self._outbox.recover()
        if recovered:
            log.warning("sends were interrupted; their result is unknown", extra={"count": recovered})
        await self.sweep()
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                self._fill()
                await self._stop.wait()
            finally:
                self._group = None

    async def sweep(self) -> None:
        """Announce what is queued on disk and not known here: a commit's answer may have been lost."""
        async for ready in self._outbox.queued_chats():
            self.announce([ready])

    def stop(self) -> None:
        self._stop.set()
        for task in self._delays:
            task.cancel()

    # --- the lines -----------------------------------------------------------------------------------------------

    def _line_up(self, ready: Ready) -> None:
        place = (ready.urgency, next(self._order), ready.chat_key)
        heapq.heappush(self._lines.setdefault(ready.account, []), place)

    def _fill(self) -> None:
        """As many senders at work as there may be."""
        while self._group is not None and self._active < self._senders and (ready := self._next()) is not None:
            self._active += 1
            self._group.create_task(self._work(ready))

    def _next(self) -> Ready | None:
        """The most urgent chat that may send now, held and out of its line."""
        while not self._stop.is_set():
            moving = [(line[0], account) for account, line in self._lines.items() if account not in self._paused]
            if not moving:
                return None
            (urgency, _, chat), account = min(moving)
            ready = self._waiting.get(chat)
            if ready is None or ready.urgency != urgency or chat in self._held:
                self._leave(account)
            elif self._may_send(account, chat):
                self._leave(account)
                self._held.add(chat)
                return self._waiting.pop(chat)
        return None

    def _leave(self, account: str) -> None:
        """The first in the account's line goes."""
        line = self._lines[account]
        heapq.heappop(line)
        if not line:
            del self._lines[account]

    def _may_send(self, account: str, chat: bytes) -> bool:
        """Whether the pace of both allows one message now; who has to wait is told until when."""
        transport = self._transports(account)
        if transport is None:
            return True  # its messages fail at once
        if transport.state is not ConnectionState.ONLINE:
            self._pause(account, OFFLINE)
            return False
        pacing = transport.capabilities.pacing
        if chat not in self._paid:
            wait = self._limiter.take(f"send:{chat.hex()}", Limit(pacing.chat_rate, pacing.chat_burst))
            if wait > 0:
                self._hold(chat, wait)
                return False
            self._paid.add(chat)
        wait = self._limiter.take(f"send:{account}", Limit(pacing.account_rate, pacing.account_burst))
        if wait > 0:
            self._pause(account, wait)
            return False
        self._paid.discard(chat)
        return True

    def _pause(self, account: str, seconds: float) -> None:
        self._paused.add(account)
        self._later(seconds, lambda: self._resume(account))

    def _resume(self, account: str) -> None:
        self._paused.discard(account)
        self._fill()

    def _hold(self, chat: bytes, seconds: float) -> None:
        self._held.add(chat)
        self._later(seconds, lambda: self._release(chat))

    def _release(self, chat: bytes) -> None:
        self._held.discard(chat)
        ready = self._waiting.get(chat)
        if ready is not None:
            self._line_up(ready)
            self._fill()

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        if self._group is None or self._stop.is_set():
            return  # a later run begins anew from the disk
        task = self._group.create_task(self._after(seconds, action))
        self._delays.add(task)
        task.add_done_callback(self._delays.discard)

    async def _after(self, seconds: float, action: Callable[[], None]) -> None:
        await self._clock.sleep(seconds)
        action()

    # --- one message ---------------------------------------------------------------------------------------------

    async def _work(self, first: Ready) -> None:
        """One message of a chat, then one of the next chat, until nobody waits."""
        ready: Ready | None = first
        while ready is not None:
            pause = await self._send_one(ready)
            if pause > 0:
                self._hold(ready.chat_key, pause)
            else:
                self._release(ready.chat_key)
            ready = self._next()
        self._active -= 1

    async def _send_one(self, ready: Ready) -> float:
        """Send a chat's next message. Seconds until the chat may be looked at again."""
        chat = ready.chat_key
        try:
            out = await self._outbox.take(chat, unsure=chat in self._unsure)
        except WhinchatError as error:
            log.warning("the outbox cannot be read", extra={"error": error.code})
            self._unsure.add(chat)
            self.announce([ready])
            return 1.0
        self._unsure.discard(chat)
        if out is None:
            return 0.0
        if out.more is not None:
            self.announce([replace(ready, urgency=out.more)])
        transport = self._transports(ready.account)
        if transport is None:
            result = SendResult(Certainty.REJECTED, error="no_such_account")
        else:
            result = await self._perform(transport, out)
            if isinstance(out.action, RemoveMember | LockGroup):
                self._forget_group(out.account, out.envelope.chat)
        return await self._settle_surely(out, result, transport)

    async def _settle_surely(self, out: Outgoing, result: SendResult, transport: Transport | None) -> float:
        """A result that is known here but not on disk would be lost: it is written as soon as that is possible."""
        self._metrics.add(SENT, action=str(out.action.__struct_config__.tag), result=result.certainty.value)
        while True:
            try:
                return await self._settle(out, result, transport)
            except Conflict:
                return 0.0  # it was written, and only the answer was lost
            except WhinchatError as error:
                log.warning("the result of a send cannot be written yet", extra={"error": error.code})
                if self._stop.is_set():
                    return 0.0
                await self._clock.sleep(1.0)

    async def _perform(self, transport: Transport, out: Outgoing) -> SendResult:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await transport.perform(out.envelope.chat, out.action, out.reference)
        except TimeoutError:
            return SendResult(Certainty.UNKNOWN, error="timeout")
        except Exception as error:
            # A transport must not raise; if one does, nobody knows what had left already.
            log.exception("a transport raised while sending", extra={"error": type(error).__name__})
            return SendResult(Certainty.UNKNOWN, error=error.code if isinstance(error, WhinchatError) else "raised")

    async def _settle(self, out: Outgoing, result: SendResult, transport: Transport | None) -> float:
        error = result.error or "unexplained"
        edit_seconds = 0 if transport is None else transport.capabilities.edit_seconds
        match result.certainty:
            case Certainty.SENT:
                await self._outbox.settle(out, SendState.SENT, message_id=result.message_id, edit_seconds=edit_seconds)
                self._note(out)
                return 0.0
            case Certainty.UNKNOWN if out.on_unknown is OnUnknown.RESEND_ONCE and out.resends < MAX_RESENDS:
                return await self._put_back(out, error, self._backoff(out.attempt), resend=True)
            case Certainty.UNKNOWN:
                await self._outbox.settle(out, SendState.UNKNOWN, error=error)
                return 0.0
        away = transport is not None and transport.state is not ConnectionState.ONLINE
        if result.retry_after is not None and (away or out.attempt < MAX_ATTEMPTS):  # away: not the message's doing
            pause = max(result.retry_after, self._backoff(out.attempt))
            return await self._put_back(out, error, pause, resend=False)
        if out.edits is not None:
            return await self._put_back(out, error, 0.0, resend=False, uneditable=True)
        log.warning("a message was refused by the transport", extra={"error": error, "reference": out.reference})
        await self._outbox.settle(out, SendState.FAILED, error=error)
        return 0.0

    def _note(self, out: Outgoing) -> None:
        self._metrics.observe(SEND_TIME, (self._clock.now() - out.created_at) / 1000)
        if out.earlier is not None and isinstance(out.envelope.action, SendText):
            self._metrics.add(UPDATED, how="followed_up" if out.edits is None else "edited")

    async def _put_back(
        self, out: Outgoing, error: str, pause: float, *, resend: bool, uneditable: bool = False
    ) -> float:
        self.announce([Ready(out.chat_key, out.account, out.urgency)])
        await self._outbox.put_back(out, error=error, resend=resend, uneditable=uneditable)
        return pause

    def _backoff(self, attempt: int) -> float:
        return min(LONGEST_WAIT, 0.25 * 2.0 ** min(attempt, MAX_ATTEMPTS)) * (0.5 + self._random.random() / 2)
