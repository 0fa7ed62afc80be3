"""What a chat sees of verdicts: warnings that are never held back by harmless talk, and never said too often."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from whinchat.apps.scanner.replies import Replies
from whinchat.apps.scanner.repository import Repository, Seen
from whinchat.apps.scanner.service import Found
from whinchat.apps.scanner.verdict import Level
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.ports import Batch, Statement
from whinchat.core.types import ChatKind, MessageRef, Reply

AGAIN = 60_000  # milliseconds between two replies about the same link in the same chat

KEPT = 200  # sightings of one message; all its links are judged, the worst are remembered

DANGEROUS = frozenset({Level.MALICIOUS, Level.SUSPICIOUS})


class Voice(enum.IntEnum):
    """How loud a dangerous link is answered."""

    SILENT = 0
    REACTION = 1
    SHORT = 2
    FULL = 3


@dataclass(frozen=True, slots=True)
class _Heard:
    found: Found
    voice: Voice


class Moderation:
    def __init__(self, repository: Repository, replies: Replies) -> None:
        self._repository = repository
        self._replies = replies

    async def act(self, context: Context, message: MessageRef, found: Sequence[Found]) -> Outcome:
        """Sightings for all links of a message, worst first, and what is to be said about them."""
        state = await self._repository.chat(context.chat_key)
        muted = state.muted_until > context.now
        message_key = self._repository.message_key(context.event.account, message)
        told = {sighting.seen.url: sighting.shown for sighting in await self._repository.sightings_of(message_key)}
        heard = [_Heard(each, await self._voice(context, each, muted=muted, told=told)) for each in found]
        kept = heard[:KEPT]
        statements = [each.found.keep for each in kept if each.found.keep is not None]
        statements += [self._sighting(context, message, message_key, each) for each in kept]
        replies = self._say(context, message, heard)
        if not replies and context.event.chat.kind is ChatKind.DIRECT and not (muted or told):
            replies = self._replies.direct(context, message, found[0].verdict)
        return Outcome(replies=replies, changes=Batch(tuple(statements)))

    async def _voice(self, context: Context, found: Found, *, muted: bool, told: dict[str, Level]) -> Voice:
        level = found.verdict.level
        if level not in DANGEROUS or (muted and level is not Level.MALICIOUS):
            return Voice.SILENT
        before = told.get(found.link.url)
        if before is not None and before.rank <= level.rank:
            return Voice.SILENT  # an edit that leaves the link as it was
        last = await self._repository.last_warned(context.chat_key, self._repository.url_key(found.link.key))
        if last is None:
            return Voice.FULL
        return Voice.SHORT if context.now - last >= AGAIN else Voice.REACTION

    def _sighting(self, context: Context, message: MessageRef, message_key: bytes, heard: _Heard) -> Statement:
        found = heard.found
        return self._repository.keep_sighting(
            chat=context.chat_key,
            message=message_key,
            url=self._repository.url_key(found.link.key),
            sender=context.user_key,
            part=found.part,
            shown=found.verdict.level,
            warned=heard.voice >= Voice.SHORT,
            seen=Seen(context.event.account, message, found.link.url),
        )

    def _say(self, context: Context, message: MessageRef, heard: Sequence[_Heard]) -> tuple[Reply, ...]:
        """One reply and one reaction for the whole message."""
        loudest = max(each.voice for each in heard)
        verdicts = [each.found.verdict for each in heard if each.voice is not Voice.SILENT]
        if loudest is Voice.FULL:
            return self._replies.warning(context, message, verdicts)
        if loudest is Voice.SHORT:
            return self._replies.again(context, message, verdicts)
        if loudest is Voice.REACTION:
            return (self._replies.reaction(context, message, verdicts[0].level),)
        return ()
