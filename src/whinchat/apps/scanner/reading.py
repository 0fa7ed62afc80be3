"""A message is read: its texts, the links in them, what is thought of those, and what the chat is told.

Most messages are read while they are handled. Large ones, and pictures, are read by a job: neither may hold a chat.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from whinchat.apps.scanner.links.collect import LARGE, QUOTED, Text, texts
from whinchat.apps.scanner.moderation import Moderation
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.service import Found, Scanner, links_in
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Claim, Clock, Job, Workers
from whinchat.core.types import Content, Message, MessageEdited, MessageReceived, MessageRef


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
    def __init__(self, scanner: Scanner, moderation: Moderation, repository: Repository) -> None:
        self._scanner = scanner
        self._moderation = moderation
        self._repository = repository

    async def read(self, context: Context, message: Message, found: Sequence[Found]) -> Outcome:
        """What follows from the links found in a message, worst first."""
        quoted = self._quoted(message)
        if quoted is not None:
            # Quoted links are scanned once in a chat: not when they were seen in the message itself, or in a quote.
            seen = await self._repository.links_quoted(quoted)
            found = [each for each in found if each.part != QUOTED or self._key(each) not in seen]
        return await self._moderation.act(context, message.ref, found, quoted) if found else NOTHING

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
        found = await self._scanner.judge_all(links, order.chat_key, parts)
        return await self._reader.read(order.context(self._clock.now()), message, found)


def with_media_only(message: Message) -> Message:
    """The message without its texts."""
    return msgspec.structs.replace(message, content=Content(media=message.content.media), quoted=None)
