"""A message is read: its texts, the links in them, what is thought of those, and what the chat is told.

Most messages are read while they are handled. Large ones, and pictures, are read by a job: neither may hold a chat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from whinchat.apps.scanner.deep import DeepScan
from whinchat.apps.scanner.delivery import about
from whinchat.apps.scanner.links.collect import LARGE, QUOTED, Text, texts
from whinchat.apps.scanner.members import Members
from whinchat.apps.scanner.moderation import Moderation
from whinchat.apps.scanner.privacy import PrivacyLevels
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.service import Found, Scanner, links_in
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Claim, Clock, Job, Workers
from whinchat.core.types import ChatKind, Content, Message, MessageEdited, MessageReceived, MessageRef


class Order(msgspec.Struct, frozen=True):
    """What a job must know of the message that asked for it."""

    event: MessageReceived | MessageEdited
    event_id: int
    chat_key: bytes
    user_key: bytes
    language: str

    def context(self, now: int) -> Context:
        return Context(self.event, self.event_id, self.chat_key, self.user_key, now, self.language)


_encode = msgspec.msgpack.Encoder().encode
opened = msgspec.msgpack.Decoder(Order).decode
"""From a job's payload."""


def ordered(kind: str, context: Context, message: Message) -> Job:
    """A job about a message, of which it keeps what `message` holds until it is done."""
    order = Order(message, context.event_id, context.chat_key, context.user_key, context.language)
    return Job(kind=kind, key=str(context.event_id), payload=_encode(order), max_attempts=4)


class Reader:
    def __init__(
        self,
        moderation: Moderation,
        deep: DeepScan,
        privacy: PrivacyLevels,
        repository: Repository,
        members: Members,
    ) -> None:
        self._moderation = moderation
        self._deep = deep
        self._privacy = privacy
        self._repository = repository
        self._members = members

    async def sender_age(self, context: Context, message: Message) -> int | None:
        """Milliseconds since who posted it came into the group; None: long ago, or it is not known."""
        if message.chat.kind is not ChatKind.GROUP:
            return None
        return await self._members.age(context.chat_key, message.account, message.sender)

    async def read(self, context: Context, message: Message, found: Sequence[Found]) -> Outcome:
        """What follows from the links found in a message, worst first."""
        quoted = self._quoted(message)
        if quoted is not None:
            # Quoted links are scanned once in a chat: not when they were seen in the message itself, or in a quote.
            seen = await self._repository.links_quoted(quoted)
            found = [each for each in found if each.part != QUOTED or self._key(each) not in seen]
        if not found:
            return NOTHING
        outcome = await self._moderation.act(context, message.ref, found, quoted)
        subject = self._repository.message_key(message.account, message.ref).hex()
        uncertain = self._deep.uncertain(found)
        jobs = self._deep.jobs(uncertain, await self._privacy.of(context.chat_key)) if uncertain else ()
        return replace(outcome, replies=about(subject, message.ref, outcome.replies), jobs=(*outcome.jobs, *jobs))

    def _key(self, found: Found) -> bytes:
        return self._repository.url_key(found.link.key)

    def _quoted(self, message: Message) -> bytes | None:
        quoted = message.quoted
        if quoted is None:
            return None
        ref = MessageRef(message.chat, quoted.id, quoted.sender, quoted.from_me)
        return self._repository.message_key(message.account, ref)


def readable(message: Message) -> list[Text]:
    """The texts of a message. Our own warnings hold no links, and quoting them is no sharing."""
    ours = message.quoted is not None and message.quoted.from_me
    return [part for part in texts(message) if not (ours and part.part == QUOTED)]


def is_large(parts: Sequence[Text]) -> bool:
    """Whether a job is to read them."""
    return sum(len(part.text) for part in parts) > LARGE


class ReadLarge:
    """The job that reads a large message."""

    kind = "scanner.message"
    concurrency = 1

    def __init__(
        self, scanner: Scanner, reader: Reader, repository: Repository, workers: Workers, clock: Clock
    ) -> None:
        self._scanner = scanner
        self._reader = reader
        self._repository = repository
        self._workers = workers
        self._clock = clock

    def job(self, context: Context, message: Message) -> Job:
        return ordered(self.kind, context, message)

    async def run(self, claim: Claim) -> Outcome:
        order = opened(claim.payload)
        message = order.event
        if not await self._repository.may_read(message.chat, order.chat_key):
            return NOTHING
        parts = readable(message)
        links = await self._workers.run(lambda: links_in(parts))
        context = order.context(self._clock.now())
        age = await self._reader.sender_age(context, message)
        found = await self._scanner.judge_all(links, order.chat_key, parts, sender_age=age)
        return await self._reader.read(context, message, found)


def with_media_only(message: Message) -> Message:
    """The message without its texts."""
    return msgspec.structs.replace(message, content=Content(media=message.content.media), quoted=None)
