"""Carries out what the bot does, and says how sure it is that it was done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from whinchat.core.errors import Refused, WhinchatError
from whinchat.core.ports import Clock
from whinchat.core.types import (
    Action,
    Certainty,
    ChatKind,
    ChatRef,
    DeliveryStatus,
    DeliveryUpdate,
    React,
    SendMedia,
    SendResult,
    SendText,
)
from whinchat.transports.cloud import encode, shapes
from whinchat.transports.cloud.chosen import ChosenNumber
from whinchat.transports.cloud.errors import Remedy
from whinchat.transports.cloud.graph import Graph, GraphFailure
from whinchat.transports.cloud.pace import Pace
from whinchat.transports.cloud.recent import Recent
from whinchat.transports.cloud.windows import Windows

log = logging.getLogger(__name__)

COURTESY = 1.0  # seconds that the message waits for its reader to be told that it comes
SOON = 1.0  # seconds before another try that Meta names no time for
NO_ACCESS = 30.0  # seconds before a message is tried again that the token was not good for

Learn = Callable[[Remedy, int | None, str], float | None]
"""Told of (what is to be done, Meta's code, chat) when something was not sent; the seconds that have to pass before it
is tried again, None where that is not known."""

WINDOW_CLOSED = SendResult(Certainty.REJECTED, error="window_closed")
FOR_LATER = frozenset({Remedy.AGAIN, Remedy.AWAY, Remedy.SLOWER, Remedy.PAIR, Remedy.PAUSE, Remedy.ACCESS})


class Sends:
    """Of one number."""

    def __init__(
        self, number: ChosenNumber, graph: Graph, windows: Windows, pace: Pace, clock: Clock, learn: Learn
    ) -> None:
        self._number = number
        self._graph = graph
        self._windows = windows
        self._pace = pace
        self._clock = clock
        self._learn = learn
        self._unseen: Recent[str] = Recent()
        """Direct chat to the last message in it that was not answered."""
        self._under_way: dict[str, DeliveryUpdate | None] = {}
        """Reference of each send to what was told of it before its answer came."""

    def heard(self, chat: ChatRef, message_id: str) -> None:
        """Somebody wrote: when they are answered, they see that it was read and that an answer comes."""
        if chat.kind is ChatKind.DIRECT:
            self._unseen.put(chat.id, message_id)

    def told(self, update: DeliveryUpdate) -> None:
        """What became of a message; perhaps of one whose answer is still awaited, and may never come."""
        if update.reference in self._under_way:
            self._under_way[update.reference] = update

    async def perform(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        """As `ports.Transport.perform`."""
        wait = self._pace.waits(chat.id)
        if wait > 0:
            return SendResult(Certainty.REJECTED, error="131056", retry_after=wait)
        try:
            return await self._attempt(chat, action, reference)
        except UnicodeEncodeError:
            return SendResult(Certainty.REJECTED, error="bad_text")
        except Refused as refused:
            if refused.code == "no_secret":
                self._learn(Remedy.ACCESS, None, chat.id)
            return SendResult(Certainty.REJECTED, error=refused.code, retry_after=NO_ACCESS)
        except WhinchatError as error:
            return SendResult(Certainty.REJECTED, error=error.code, retry_after=error.retry_after or SOON)

    async def _attempt(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        """Raises UnicodeEncodeError and WhinchatError: nothing was sent."""
        self._under_way[reference] = None
        try:
            return await self._carry_out(chat, action, reference)
        except GraphFailure as failure:
            told = self._under_way.get(reference)
            if failure.remedy is Remedy.OPEN and told is not None:
                return _as_told(told)
            return await self._explained(failure, chat)
        finally:
            self._under_way.pop(reference, None)

    async def _carry_out(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        match action:
            case SendText():
                return await self._text(chat, action, reference)
            case SendMedia():
                return await self._media(chat, action, reference)
            case React():
                if not await self._windows.is_open(chat.id):
                    return WINDOW_CLOSED
                return await self._post(chat, encode.reaction(chat, action, reference))
        return SendResult(Certainty.REJECTED, error="unsupported")

    async def _text(self, chat: ChatRef, action: SendText, reference: str) -> SendResult:
        if await self._windows.is_open(chat.id):
            await self._courtesy(chat)
            try:
                return await self._post(chat, encode.text(chat, action, reference))
            except GraphFailure as failure:
                if failure.remedy is not Remedy.TEMPLATE:
                    raise
            await self._windows.closed(chat.id, self._clock.now())
        return await self._template(chat, action.text, reference)

    async def _template(self, chat: ChatRef, text: str, reference: str) -> SendResult:
        number = self._number
        if not number.template:
            return WINDOW_CLOSED
        if self._pace.rests(chat.id):
            return SendResult(Certainty.REJECTED, error="131049")
        message = encode.template(chat, text, number.template, number.template_language, reference)
        return await self._post(chat, message)

    async def _media(self, chat: ChatRef, action: SendMedia, reference: str) -> SendResult:
        kind = encode.sent_as(action)
        if len(action.data) > encode.LARGEST[kind]:
            return SendResult(Certainty.REJECTED, error="too_large")
        if not await self._windows.is_open(chat.id):
            return WINDOW_CLOSED
        await self._courtesy(chat)
        try:
            path = f"{self._number.phone_number_id}/media"
            answer = await self._graph.upload(path, action.data, encode.mime_of(action), "file")
            uploaded = answer.read(shapes.Identified)
        except GraphFailure as failure:
            if failure.remedy is not Remedy.OPEN:
                raise
            raise GraphFailure(Remedy.AGAIN, failure.reason) from None  # no message left yet
        return await self._post(chat, encode.media(chat, kind, uploaded.id, action, reference))

    async def _courtesy(self, chat: ChatRef) -> None:
        message_id = self._unseen.pop(chat.id)
        if message_id is None:
            return
        with suppress(GraphFailure, TimeoutError):
            async with asyncio.timeout(COURTESY):
                await self._graph.post(self._messages, encode.seen(message_id))

    async def _post(self, chat: ChatRef, message: dict[str, Any]) -> SendResult:
        sent = (await self._graph.post(self._messages, message)).read(shapes.Sent)
        self._pace.fine(chat.id)
        return SendResult(Certainty.SENT, message_id=sent.messages[0].id if sent.messages else None)

    @property
    def _messages(self) -> str:
        return f"{self._number.phone_number_id}/messages"

    async def _explained(self, failure: GraphFailure, chat: ChatRef) -> SendResult:
        remedy = failure.remedy
        if remedy is Remedy.OPEN:
            return SendResult(Certainty.UNKNOWN, error=failure.reason)
        if remedy is Remedy.TEMPLATE:
            await self._windows.closed(chat.id, self._clock.now())
            return WINDOW_CLOSED
        if remedy is Remedy.MESSAGE:
            log.error("Meta refuses a message as it is; is the number set up right?", extra={"error": failure.reason})
        wait = self._learn(remedy, failure.code, chat.id)
        if remedy not in FOR_LATER:
            return SendResult(Certainty.REJECTED, error=failure.reason)
        later = max(SOON, wait or 0.0, failure.retry_after or 0.0)
        return SendResult(Certainty.REJECTED, error=failure.reason, retry_after=later)


def _as_told(update: DeliveryUpdate) -> SendResult:
    if update.status is DeliveryStatus.FAILED:
        return SendResult(Certainty.REJECTED, error=update.error)
    return SendResult(Certainty.SENT, message_id=update.message_id)
