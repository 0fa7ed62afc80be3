"""From an action to what the library sends; or why nothing is sent."""

from __future__ import annotations

from typing import assert_never

from whinchat.core.ports import Clock
from whinchat.core.resilience.waiting import within
from whinchat.core.types import (
    Certainty,
    ChatKind,
    ChatRef,
    Delete,
    Edit,
    React,
    Revoke,
    SendMedia,
    SendResult,
    SendText,
)
from whinchat.transports.linked.answers import Failure, Uploaded
from whinchat.transports.linked.client import Client
from whinchat.transports.linked.encode import Encoder
from whinchat.transports.linked.governing import Governing
from whinchat.transports.linked.groups import Groups
from whinchat.transports.linked.items import Addressing
from whinchat.transports.linked.recent import Recent

UPLOAD = 8.0  # seconds
AGAIN = 2.5  # seconds, after which it can be tried again

Message = SendText | SendMedia | React | Edit | Revoke | Delete


class NotSent(Exception):
    """Surely nothing was sent."""

    def __init__(self, error: str, retry_after: float | None = None) -> None:
        super().__init__(error)
        self.result = SendResult(Certainty.REJECTED, error=error, retry_after=retry_after)


def not_sent(failure: Failure) -> NotSent:
    return NotSent(failure.code, AGAIN if failure.retryable else None)


def disconnected() -> NotSent:
    return NotSent("disconnected", 1.0)


class Composer:
    def __init__(
        self, client: Client, encoder: Encoder, governing: Governing, groups: Groups, recent: Recent, clock: Clock
    ) -> None:
        self._client = client
        self._encoder = encoder
        self._governing = governing
        self._groups = groups
        self._recent = recent
        self._clock = clock

    async def message(self, chat: ChatRef, action: Message) -> bytes:
        """Raises NotSent; ValueError where an id or a text cannot be sent; TransportError where the network must be
        asked first and cannot."""
        now = self._clock.now()
        match action:
            case Edit():
                message = self._encoder.edit(chat, action, now)
            case Delete():
                message = self._encoder.revoke(chat, action.target, addressing=await self._as_admin(chat))
            case Revoke():
                message = self._encoder.revoke(chat, action.target, addressing=await self._addressing(chat))
            case React():
                message = self._encoder.reaction(chat, action, now, addressing=await self._addressing(chat))
            case SendText():
                addressing, quoted = await self._addressing(chat), self._recent.content(action.quote)
                message = self._encoder.text(chat, action, addressing=addressing, quoted=quoted)
            case SendMedia():
                addressing, quoted = await self._addressing(chat), self._recent.content(action.quote)
                uploaded = await self._upload(action)
                message = self._encoder.media(chat, action, uploaded, addressing=addressing, quoted=quoted)
            case _:
                assert_never(action)
        return message

    async def _as_admin(self, chat: ChatRef) -> Addressing:
        state = await self._governing.state(chat)
        if isinstance(state, str):
            raise NotSent(state)
        return state.addressing

    async def _addressing(self, chat: ChatRef) -> Addressing | None:
        """How the group names its members."""
        if chat.kind is not ChatKind.GROUP:
            return None
        state = await self._groups.state(chat.id)
        if state is None:
            raise NotSent("not_in_group")
        group = state.group
        if group.announce_only and group.me and group.me not in group.admins:
            raise NotSent("announce_only")
        return state.addressing

    async def _upload(self, action: SendMedia) -> Uploaded:
        try:
            uploaded = await within(self._client.upload(action.kind, action.data), UPLOAD, self._clock)
        except TimeoutError:
            raise NotSent("upload_timeout", AGAIN) from None
        if isinstance(uploaded, Failure):
            raise not_sent(uploaded)
        return uploaded
