"""What a chat sees of verdicts: warnings that are never held back by harmless talk, and never said too often."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from whinchat.apps.scanner.history import SiteRepository
from whinchat.apps.scanner.links.collect import QUOTED
from whinchat.apps.scanner.replies import Replies
from whinchat.apps.scanner.repository import KEPT, Repository, Seen, Sighting
from whinchat.apps.scanner.service import Found
from whinchat.apps.scanner.verdict import Level
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.ports import Batch, Statement
from whinchat.core.types import ChatKind, MessageRef, Reply

AGAIN = 60_000  # milliseconds between two replies about the same link in the same chat

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
    url: bytes
    voice: Voice


class Moderation:
    def __init__(self, repository: Repository, sites: SiteRepository, replies: Replies) -> None:
        self._repository = repository
        self._sites = sites
        self._replies = replies

    async def act(
        self, context: Context, message: MessageRef, found: Sequence[Found], quoted: bytes | None = None
    ) -> Outcome:
        """Sightings for the links of a message, worst first, and what is to be said about them.

        `quoted`: the key of the message that it answers.
        """
        state = await self._repository.chat(context.chat_key)
        muted = state.muted_until > context.now
        told = await self._repository.links_of(self._repository.message_key(context.event.account, message))
        heard = [await self._hear(context, each, told, muted=muted) for each in found]
        said = _said(heard)
        replies = self._say(context, message, heard, said)
        if not replies and context.event.chat.kind is ChatKind.DIRECT and not (muted or told):
            replies = self._replies.direct(context, message, found[0].verdict)
        loudest = max((each.voice for each in said), default=Voice.SILENT)
        warned = {each.url for each in said} if loudest >= Voice.SHORT else set()
        posted = [each for each in found if each.part != QUOTED]
        remembered = (
            *self._remember(context, message, found, warned, quoted),
            *self._note_sites(context, posted, found),
        )
        return Outcome(replies, Batch(remembered))

    def answered(self, context: Context, message: MessageRef, found: Sequence[Found]) -> Batch:
        """Sightings for links that somebody asked about, and was told all about."""
        warned = {self._key(each) for each in found if each.verdict.level in DANGEROUS}
        # To ask about a link is not to recommend it: it makes no site familiar.
        return Batch((*self._remember(context, message, found, warned, None), *self._note_sites(context, (), found)))

    def corrected(self, sighting: Sighting, found: Found, *, warned: bool) -> Batch:
        """A link turned out to be worse than it was when the chat saw it."""
        told = self._repository.told(sighting, found.verdict.level, warned=warned)
        bad = () if found.site is None else (self._sites.warned(found.site, sighting.chat_key),)
        return Batch((told, *bad))

    async def voice(self, chat: bytes, url: bytes, level: Level, now: int) -> Voice:
        """How loud a chat may be warned of a link, after what it was told before."""
        last = await self._repository.last_warned(chat, url)
        if last is None or level.rank < last.level.rank:
            return Voice.FULL
        return Voice.SHORT if now - last.at >= AGAIN else Voice.REACTION

    async def _hear(self, context: Context, found: Found, told: Mapping[bytes, Level], *, muted: bool) -> _Heard:
        level, url = found.verdict.level, self._key(found)
        before = told.get(url)
        # An edit that leaves the link as it was is no news.
        known = before is not None and before.rank <= level.rank
        if level not in DANGEROUS or (muted and level is not Level.MALICIOUS) or known:
            return _Heard(found, url, Voice.SILENT)
        return _Heard(found, url, await self.voice(context.chat_key, url, level, context.now))

    def _key(self, found: Found) -> bytes:
        return self._repository.url_key(found.link.key)

    def _remember(
        self, context: Context, message: MessageRef, found: Sequence[Found], warned: set[bytes], quoted: bytes | None
    ) -> tuple[Statement, ...]:
        kept = found[:KEPT]
        message_key = self._repository.message_key(context.event.account, message)
        verdicts = [each.keep for each in kept if each.keep is not None]
        sightings = [
            self._repository.keep_sighting(
                chat=context.chat_key,
                message=message_key,
                url=self._key(each),
                sender=context.user_key,
                part=each.part,
                quoted=quoted if each.part == QUOTED else None,
                shown=each.verdict.level,
                warned=self._key(each) in warned,
                seen=Seen(context.event.account, message, each.link.url, each.around),
            )
            for each in kept
        ]
        return (*verdicts, *sightings)

    def _note_sites(self, context: Context, posted: Sequence[Found], found: Sequence[Found]) -> tuple[Statement, ...]:
        """`posted`: those links that the sender shared; a quote shares nothing."""
        shared = dict.fromkeys(each.site for each in posted[:KEPT] if each.site)
        bad = dict.fromkeys(each.site for each in found[:KEPT] if each.site and each.verdict.level in DANGEROUS)
        return (
            *(self._sites.posted(site, context.chat_key, context.user_key) for site in shared),
            *(self._sites.warned(site, context.chat_key) for site in bad),
        )

    def _say(
        self, context: Context, message: MessageRef, heard: Sequence[_Heard], said: Sequence[_Heard]
    ) -> tuple[Reply, ...]:
        """One reply and one reaction for the whole message; the reaction is that to its worst link."""
        if not said:
            return ()
        worst = next(each.found.verdict.level for each in heard if each.voice is not Voice.SILENT)
        verdicts = [each.found.verdict for each in said]
        match max(each.voice for each in said):
            case Voice.FULL:
                return self._replies.warning(context, message, verdicts)
            case Voice.SHORT:
                return self._replies.again(context, message, verdicts[0], worst)
            case _:
                return (self._replies.reaction(context, message, worst),)


def _said(heard: Sequence[_Heard]) -> list[_Heard]:
    """The links that the reply speaks of: a full one of all that are dangerous, a shorter one of those as loud."""
    loudest = max(each.voice for each in heard)
    if loudest is Voice.FULL:
        return [each for each in heard if each.voice is not Voice.SILENT]
    return [each for each in heard if each.voice is loudest is not Voice.SILENT]
