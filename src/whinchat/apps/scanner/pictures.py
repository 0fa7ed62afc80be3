"""Pictures are scanned for QR codes by a job: downloading and decoding take longer than a chat may be held."""

from __future__ import annotations

from whinchat.apps.scanner import qr
from whinchat.apps.scanner.links.collect import Text
from whinchat.apps.scanner.reading import Reader, opened, ordered, with_media_only
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.service import Scanner, links_in
from whinchat.core.app import Download
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.errors import TransportError
from whinchat.core.ports import Claim, Clock, Job, Workers
from whinchat.core.types import MediaKind, Message


class Pictures:
    """Implements `JobHandler`; `jobs` is what a message asks for."""

    kind = "scanner.picture"
    concurrency = 1

    def __init__(
        self,
        scanner: Scanner,
        reader: Reader,
        repository: Repository,
        download: Download,
        workers: Workers,
        clock: Clock,
    ) -> None:
        self._scanner = scanner
        self._reader = reader
        self._repository = repository
        self._download = download
        self._workers = workers
        self._clock = clock
        self._available = qr.available()

    def jobs(self, context: Context, message: Message) -> tuple[Job, ...]:
        media = message.content.media
        if not self._available or media is None or media.kind is not MediaKind.IMAGE or media.size > qr.MAX_BYTES:
            return ()
        return (ordered(self.kind, context, with_media_only(message)),)

    async def run(self, claim: Claim) -> Outcome:
        order = opened(claim.payload)
        message = order.event
        media = message.content.media
        if media is None or not await self._repository.may_read(message.chat, order.chat_key):
            return NOTHING
        try:
            data = await self._download(message.account, media, qr.MAX_BYTES)
        except TransportError as error:
            if error.retryable:
                raise
            return NOTHING
        codes = await self._workers.run(lambda: qr.decode(data))
        links = links_in([Text("picture", code) for code in codes])
        found = await self._scanner.judge_all(links, order.chat_key)  # what a code says is not what the message says
        return await self._reader.read(order.context(self._clock.now()), message, found)
