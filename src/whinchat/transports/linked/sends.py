"""One action after the other, and how sure it is what became of it.

Sure is only what the network answered. What may have left and was not answered is unknown; nothing is repeated here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from whinchat.core.errors import WhinchatError
from whinchat.core.ports import Clock, Random
from whinchat.core.resilience.background import Background
from whinchat.core.resilience.waiting import set_within, within
from whinchat.core.types import (
    Action,
    Certainty,
    ChatRef,
    DeliveryStatus,
    DeliveryUpdate,
    LockGroup,
    NoticeKind,
    RemoveMember,
    SendMedia,
    SendResult,
    SendText,
)
from whinchat.transports.linked.answers import Failure, Sent
from whinchat.transports.linked.client import Client
from whinchat.transports.linked.composing import AGAIN, Composer, Message, NotSent, disconnected, not_sent
from whinchat.transports.linked.connection import Note
from whinchat.transports.linked.contacts import Contacts
from whinchat.transports.linked.governing import Governing
from whinchat.transports.linked.pacing import typing_seconds
from whinchat.transports.linked.recent import Recent
from whinchat.transports.linked.slot import Slot

log = logging.getLogger(__name__)

# Together less than the 30 seconds that the core gives one send.
PREPARING = 14.0  # seconds to ask for the group, upload, and type
TURN = 5.0  # seconds to wait until the message before is answered, and for a connection
PATIENCE = 10.0  # seconds to wait for the network's answer to a message; a later one is still heard
RATE_LIMITED = 60.0  # seconds

Late = Callable[[DeliveryUpdate], Awaitable[None]]


class Sends:
    """Of one account. `online` is set while it is connected; `unblock` is called when the library has to be freed of a
    message that is not answered; `late` is told what is found out after all."""

    def __init__(
        self,
        account: str,
        client: Client,
        composer: Composer,
        governing: Governing,
        contacts: Contacts,
        recent: Recent,
        clock: Clock,
        random: Random,
        *,
        online: asyncio.Event,
        unblock: Callable[[], None],
        late: Late,
        note: Note,
        typing: bool,
        patience: float = PATIENCE,
    ) -> None:
        self._account = account
        self._client = client
        self._composer = composer
        self._governing = governing
        self._contacts = contacts
        self._recent = recent
        self._clock = clock
        self._random = random
        self._online = online
        self._late = late
        self._note = note
        self._typing = typing
        self._patience = patience
        self._slot = Slot(clock, unblock)
        self._under_way = Background()

    async def perform(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        try:
            return await self._perform(chat, action, reference)
        except NotSent as refusal:
            return refusal.result
        except UnicodeEncodeError:
            return SendResult(Certainty.REJECTED, error="bad_text")
        except ValueError:
            return SendResult(Certainty.REJECTED, error="bad_target")
        except WhinchatError as error:
            return SendResult(Certainty.REJECTED, error=error.code, retry_after=error.retry_after or AGAIN)

    async def _perform(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        """Raises NotSent, ValueError, WhinchatError: nothing was sent."""
        if not self._online.is_set():
            raise disconnected()
        refusal = await self._contacts.refusal(chat)
        if refusal:
            raise NotSent(refusal)
        if isinstance(action, RemoveMember | LockGroup):
            done = await self._governing.perform(chat, action)
            return await self._failed(chat, done) if isinstance(done, Failure) else done
        try:
            message = await within(self._prepare(chat, action), PREPARING, self._clock)
        except TimeoutError:
            raise NotSent("slow", AGAIN) from None
        try:
            return await self._send(chat, action, message, reference)
        finally:
            if self._types(action):
                self._under_way.start(self._client.present(available=False))

    def close(self) -> None:
        """Wait for no answer any more."""
        self._under_way.close()

    async def _prepare(self, chat: ChatRef, action: Message) -> bytes:
        message = await self._composer.message(chat, action)
        await self._behave(chat, action)
        return message

    def _types(self, action: Message) -> bool:
        return self._typing and isinstance(action, SendText | SendMedia)

    async def _behave(self, chat: ChatRef, action: Message) -> None:
        """Read what is answered, and type the answer, as a person does. Nothing depends on whether that works."""
        if not isinstance(action, SendText | SendMedia):
            return
        unread = self._recent.unread(chat)
        answered = unread if action.quote is None or action.quote.from_me else action.quote
        if answered is not None:
            await self._client.mark_read(chat.id, answered.sender, answered.id, self._clock.now() // 1000)
        if self._types(action):
            await self._client.present(available=True)  # who is not there is not shown typing
            await self._client.compose(chat.id)
            await self._clock.sleep(typing_seconds(action, self._random))

    async def _send(self, chat: ChatRef, action: Message, message: bytes, reference: str) -> SendResult:
        end = self._clock.monotonic() + TURN
        if not await self._slot.take(TURN):
            raise NotSent("busy", AGAIN)
        try:
            online = await set_within(self._online, end - self._clock.monotonic(), self._clock)
        except BaseException:
            self._slot.release()
            raise
        if not online:
            self._slot.release()
            raise disconnected()
        sending = self._under_way.start(self._client.send(chat.id, message))
        sending.add_done_callback(lambda _: self._slot.release())
        answered = asyncio.Event()
        sending.add_done_callback(lambda _: answered.set())
        try:
            if await set_within(answered, self._patience, self._clock) and not sending.cancelled():
                return await self._result(chat, action, sending.result())
        finally:
            if not sending.done():
                self._slot.overdue()
                self._under_way.start(self._await_late(sending, chat, reference))
        return SendResult(Certainty.UNKNOWN, error="timeout")

    async def _await_late(self, sending: asyncio.Task[Sent | Failure], chat: ChatRef, reference: str) -> None:
        """The answer comes after all: then the message's fate is no longer unknown."""
        answer = await sending
        if isinstance(answer, Failure):
            return
        log.info("a message was answered late", extra={"account": self._account})
        await self._late(
            DeliveryUpdate(
                account=self._account,
                chat=chat,
                message_id=answer.message_id,
                status=DeliveryStatus.SENT,
                time=answer.time,
                reference=reference,
            )
        )

    async def _result(self, chat: ChatRef, action: Message, answer: Sent | Failure) -> SendResult:
        if isinstance(answer, Failure):
            return await self._failed(chat, answer)
        new = isinstance(action, SendText | SendMedia)
        return SendResult(Certainty.SENT, answer.message_id if new else None)

    async def _failed(self, chat: ChatRef, failure: Failure) -> SendResult:
        if failure.left:
            return SendResult(Certainty.UNKNOWN, error=failure.code)
        if failure.code == "reach_out_locked":
            self._note(NoticeKind.RESTRICTED, failure.code, await self._contacts.time_locked(chat))
            raise NotSent("restricted")
        if failure.code == "rate_limited":
            self._note(NoticeKind.QUOTA, failure.code, None)
            raise NotSent(failure.code, RATE_LIMITED)
        raise not_sent(failure)
