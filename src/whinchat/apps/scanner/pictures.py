"""Pictures are scanned for QR codes by a job: downloading and decoding take longer than a chat may be held."""

from __future__ import annotations

import msgspec

from whinchat.apps.scanner import qr
from whinchat.apps.scanner.links.collect import Text
from whinchat.apps.scanner.moderation import Moderation
from whinchat.apps.scanner.service import Scanner
from whinchat.core.app import Download
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.errors import TransportError
from whinchat.core.ports import Claim, Clock, Job, Workers
from whinchat.core.types import Content, MediaKind, Message, MessageEdited, MessageReceived

KIND = "scanner.picture"


class _Order(msgspec.Struct, frozen=True):
    """What the job must know of the message; its text is not kept."""

    event: MessageReceived | MessageEdited
    event_id: int
    chat_key: bytes
    user_key: bytes
    language: str


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Order).decode


class Pictures:
    """Implements `JobHandler`; `jobs` is what a message asks for."""

    kind = KIND
    concurrency = 1

    def __init__(
        self, scanner: Scanner, moderation: Moderation, download: Download, workers: Workers, clock: Clock
    ) -> None:
        self._scanner = scanner
        self._moderation = moderation
        self._download = download
        self._workers = workers
        self._clock = clock
        self._available = qr.available()

    def jobs(self, context: Context, message: Message) -> tuple[Job, ...]:
        media = message.content.media
        if not self._available or media is None or media.kind is not MediaKind.IMAGE or media.size > qr.MAX_BYTES:
            return ()
        bare = msgspec.structs.replace(message, content=Content(media=media), quoted=None)
        order = _Order(bare, context.event_id, context.chat_key, context.user_key, context.language)
        return (Job(kind=KIND, key=str(context.event_id), payload=_encode(order), max_attempts=4),)

    async def run(self, claim: Claim) -> Outcome:
        order = _decode(claim.payload)
        message = order.event
        media = message.content.media
        if media is None:
            return NOTHING
        try:
            data = await self._download(message.account, media, qr.MAX_BYTES)
        except TransportError as error:
            if error.retryable:
                raise
            return NOTHING
        texts = [Text("picture", text) for text in await self._workers.run(lambda: qr.decode(data))]
        found = await self._scanner.scan(texts, order.chat_key)
        if not found:
            return NOTHING
        context = Context(message, order.event_id, order.chat_key, order.user_key, self._clock.now(), order.language)
        return await self._moderation.act(context, message.ref, found)
