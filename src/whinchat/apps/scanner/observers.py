"""What the scanner does by itself: read links, and introduce itself where it was added."""

from __future__ import annotations

from whinchat.apps.scanner.files import Files
from whinchat.apps.scanner.invites import Invites
from whinchat.apps.scanner.pictures import Pictures
from whinchat.apps.scanner.reading import Reader, ReadLarge, is_large, readable
from whinchat.apps.scanner.replies import Replies
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.service import Scanner
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.dispatch.inbox import chat_key
from whinchat.core.ports import Batch, Sealer
from whinchat.core.types import Delete, Event, MembershipChange, MembershipChanged, MessageEdited, MessageReceived

JOINED = frozenset({MembershipChange.ADD, MembershipChange.JOIN})
LEFT = frozenset({MembershipChange.REMOVE, MembershipChange.LEAVE})


class ReadLinks:
    """Scans every message that it may read."""

    events = (MessageReceived, MessageEdited)

    def __init__(
        self,
        scanner: Scanner,
        reader: Reader,
        large: ReadLarge,
        pictures: Pictures,
        files: Files,
        invites: Invites,
        repository: Repository,
        sealer: Sealer,
    ) -> None:
        self._scanner = scanner
        self._reader = reader
        self._large = large
        self._pictures = pictures
        self._files = files
        self._invites = invites
        self._repository = repository
        self._sealer = sealer

    async def admits(self, event: Event) -> bool:
        return await self._repository.may_read(event.chat, chat_key(self._sealer, event.account, event.chat))

    async def observe(self, context: Context) -> Outcome:
        message = context.event
        if not isinstance(message, MessageReceived | MessageEdited):
            return NOTHING
        parts = readable(message)
        outcome = Outcome(jobs=self._pictures.jobs(context, message)) + await self._files.look(context, message)
        if is_large(parts):
            return outcome + Outcome(jobs=(self._large.job(context, message),))
        age = await self._reader.sender_age(context, message)
        found = await self._scanner.scan(parts, context.chat_key, sender_age=age)
        outcome += await self._reader.read(context, message, found)
        if any(isinstance(reply.action, Delete) for reply in outcome.replies):
            return outcome
        return outcome + await self._invites.look(context, message)


class Introduce:
    """Says what the scanner does when it joins a group. Consent belongs to one stay: it ends with it."""

    events = (MembershipChanged,)

    def __init__(self, repository: Repository, replies: Replies) -> None:
        self._repository = repository
        self._replies = replies

    async def admits(self, event: Event) -> bool:
        return isinstance(event, MembershipChanged) and event.me and event.change in JOINED | LEFT

    async def observe(self, context: Context) -> Outcome:
        event = context.event
        joined = isinstance(event, MembershipChanged) and event.change in JOINED
        # Its end may have been missed, while the bot was away: joining anew needs a new consent.
        ended = Batch((self._repository.withdraw(context.chat_key),))
        return Outcome((self._replies.introduction(context),) if joined else (), ended)
