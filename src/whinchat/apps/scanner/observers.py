"""What the scanner does by itself: read links, and introduce itself where it was added."""

from __future__ import annotations

from whinchat.apps.scanner.links.collect import QUOTED, Text, texts
from whinchat.apps.scanner.moderation import Moderation
from whinchat.apps.scanner.pictures import Pictures
from whinchat.apps.scanner.replies import Replies
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.service import Scanner
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.dispatch.inbox import chat_key
from whinchat.core.ports import Batch, Sealer
from whinchat.core.types import (
    ChatKind,
    Event,
    MembershipChange,
    MembershipChanged,
    Message,
    MessageEdited,
    MessageReceived,
    MessageRef,
)


class ReadLinks:
    """Scans every message that it may read: direct chats, and groups whose admin consented."""

    events = (MessageReceived, MessageEdited)

    def __init__(
        self, scanner: Scanner, moderation: Moderation, pictures: Pictures, repository: Repository, sealer: Sealer
    ) -> None:
        self._scanner = scanner
        self._moderation = moderation
        self._pictures = pictures
        self._repository = repository
        self._sealer = sealer

    async def admits(self, event: Event) -> bool:
        if event.chat.kind is ChatKind.DIRECT:
            return True
        state = await self._repository.chat(chat_key(self._sealer, event.account, event.chat))
        return state.consent_at is not None

    async def observe(self, context: Context) -> Outcome:
        message = context.event
        if not isinstance(message, MessageReceived | MessageEdited):
            return NOTHING
        found = await self._scanner.scan(await self._unread(message), context.chat_key)
        outcome = await self._moderation.act(context, message.ref, found) if found else NOTHING
        return outcome + Outcome(jobs=self._pictures.jobs(context, message))

    async def _unread(self, message: Message) -> list[Text]:
        """The message's texts; what it quotes only if that was not scanned in this chat before."""
        parts = texts(message)
        quoted = message.quoted
        if quoted is None:
            return parts
        ref = MessageRef(message.chat, quoted.id, quoted.sender, quoted.from_me)
        # Our own warnings hold no links, and quoting them is no sharing.
        if quoted.from_me or await self._repository.was_seen(self._repository.message_key(message.account, ref)):
            return [part for part in parts if part.part != QUOTED]
        return parts


class Introduce:
    """Says what the scanner does when it joins a group; leaving ends the consent."""

    events = (MembershipChanged,)

    def __init__(self, repository: Repository, replies: Replies) -> None:
        self._repository = repository
        self._replies = replies

    async def admits(self, event: Event) -> bool:
        return isinstance(event, MembershipChanged) and event.me

    async def observe(self, context: Context) -> Outcome:
        event = context.event
        if not isinstance(event, MembershipChanged):
            return NOTHING
        if event.change in {MembershipChange.ADD, MembershipChange.JOIN}:
            return Outcome(replies=(self._replies.introduction(context),))
        if event.change in {MembershipChange.REMOVE, MembershipChange.LEAVE}:
            return Outcome(changes=Batch((self._repository.withdraw(context.chat_key),)))
        return NOTHING
