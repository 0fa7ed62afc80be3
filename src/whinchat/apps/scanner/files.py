"""Attached files that can run as programs: told by their name at once, by their bytes in a job."""

from __future__ import annotations

from whinchat.apps.scanner.attachments import Attachment, named, sniffed
from whinchat.apps.scanner.enforcement import UNDONE, Enforcement, Offence
from whinchat.apps.scanner.moderation import Moderation
from whinchat.apps.scanner.policies import Policies
from whinchat.apps.scanner.policy import Consequence, Filter, Policy
from whinchat.apps.scanner.reading import opened, ordered, with_media_only
from whinchat.apps.scanner.replies import Replies
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.verdict import Level
from whinchat.core.app import Download
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.errors import TransportError
from whinchat.core.formatting.graphemes import clip
from whinchat.core.ports import Claim, Clock, Limit, RateLimiter, Sealer, Workers
from whinchat.core.types import Media, MediaKind, Message

MOST_BYTES = 4 * 1024 * 1024
"""Of a file that is downloaded to see what it is: a larger one is told by its name alone."""
LONGEST_NAME = 80  # code points shown
TEXTS = Limit(rate=1 / 60, burst=3)
"""Of a chat's texts about files that are what they say; further ones get the reaction alone."""


class Files:
    """Implements `JobHandler`; `look` is what the observer asks."""

    kind = "scanner.file"
    concurrency = 1

    def __init__(
        self,
        repository: Repository,
        policies: Policies,
        moderation: Moderation,
        enforcement: Enforcement,
        replies: Replies,
        *,
        download: Download,
        limiter: RateLimiter,
        workers: Workers,
        sealer: Sealer,
        clock: Clock,
    ) -> None:
        self._repository = repository
        self._policies = policies
        self._moderation = moderation
        self._enforcement = enforcement
        self._replies = replies
        self._download = download
        self._limiter = limiter
        self._workers = workers
        self._sealer = sealer
        self._clock = clock

    async def look(self, context: Context, message: Message) -> Outcome:
        media = message.content.media
        if media is None or media.kind is not MediaKind.DOCUMENT:
            return NOTHING
        policy = await self._policies.of(context.chat_key)
        if policy.files is Filter.OFF:
            return NOTHING
        found = named(media.file_name or "", media.mime)
        if found is not None:
            return await self._found(context, message, media, found, policy)
        if media.size > MOST_BYTES:
            return NOTHING
        return Outcome(jobs=(ordered(self.kind, context, with_media_only(message)),))

    async def run(self, claim: Claim) -> Outcome:
        order = opened(claim.payload)
        message, media = order.event, order.event.content.media
        if media is None or not await self._repository.may_read(message.chat, order.chat_key):
            return NOTHING
        try:
            data = await self._download(message.account, media, MOST_BYTES)
        except TransportError as error:
            if error.retryable:
                raise
            return NOTHING
        name = media.file_name or ""
        found = await self._workers.run(lambda: sniffed(name, data))
        if found is None:
            return NOTHING
        policy = await self._policies.of(order.chat_key)
        return await self._found(order.context(self._clock.now()), message, media, found, policy)

    async def _found(
        self, context: Context, message: Message, media: Media, found: Attachment, policy: Policy
    ) -> Outcome:
        if policy.files is Filter.OFF or found.type not in policy.file_types:
            return NOTHING
        shown = clip(media.file_name or found.type.value, LONGEST_NAME)
        measures = UNDONE
        if policy.files is Filter.DELETE:
            measures = await self._enforcement.follow(self._offence(context, message, shown))
        level = Level.MALICIOUS if found.disguised else Level.SUSPICIOUS
        if level is Level.SUSPICIOUS and await self._moderation.quiet_in(context.chat_key, context.now):
            return measures.outcome
        text = found.disguised or self._limiter.take(f"file:{context.chat_key.hex()}", TEXTS) <= 0
        replies = self._replies.file(context, message.ref, found, shown, text=text)
        return measures.outcome + Outcome(self._replies.after(context, replies, measures))

    def _offence(self, context: Context, message: Message, shown: str) -> Offence:
        key = self._repository.message_key(message.account, message.ref)
        return Offence(
            account=message.account,
            message=message.ref,
            chat_key=context.chat_key,
            sender=message.sender,
            kind="file",
            shown=shown,
            wanted=(Consequence.DELETE,),
            causes=(self._sealer.digest("strike-file", key),),
        )
