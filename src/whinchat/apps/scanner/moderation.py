"""What a chat sees of verdicts: warnings that are never held back by harmless talk, and never said too often.

What is said follows from the chat's policy; what is done besides, `enforcement.py` does.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from whinchat.apps.scanner.enforcement import UNDONE, Enforcement, Measures, Offence
from whinchat.apps.scanner.explain import shown_host
from whinchat.apps.scanner.history import SiteRepository
from whinchat.apps.scanner.links.collect import QUOTED
from whinchat.apps.scanner.policies import Policies
from whinchat.apps.scanner.policy import PUNISHING, Announce, Consequence, Policy
from whinchat.apps.scanner.replies import Replies
from whinchat.apps.scanner.repository import KEPT, Repository, Seen
from whinchat.apps.scanner.service import Found
from whinchat.apps.scanner.verdict import Level, Verdict
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.ports import Batch, Limit, RateLimiter, Statement
from whinchat.core.types import ChatKind, MessageRef, React, Reply

AGAIN = 60_000  # milliseconds between two replies about the same link in the same chat

HARMLESS = Limit(rate=10 / 60, burst=10)
"""Of a chat's replies about links that are not dangerous. Warnings are never counted nor held back."""

SPOKEN = frozenset({Consequence.WARN, Consequence.REACT})
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
    known: bool
    """The chat was told as much of this message before: an edit that leaves a link as it was is no news."""


class Moderation:
    def __init__(
        self,
        repository: Repository,
        sites: SiteRepository,
        policies: Policies,
        enforcement: Enforcement,
        replies: Replies,
        limiter: RateLimiter,
    ) -> None:
        self._repository = repository
        self._sites = sites
        self._policies = policies
        self._enforcement = enforcement
        self._replies = replies
        self._limiter = limiter

    async def act(
        self, context: Context, message: MessageRef, found: Sequence[Found], quoted: bytes | None = None
    ) -> Outcome:
        """Sightings for the links of a message, worst first, and what is to be said about them.

        `quoted`: the key of the message that it answers.
        """
        policy = await self._policies.of(context.chat_key)
        quiet = await self._is_quiet(context.chat_key, policy, context.now)
        told = await self._repository.links_of(self._repository.message_key(context.event.account, message))
        heard = [await self._hear(context, each, told, policy, quiet=quiet) for each in found]
        news = [each.found for each in heard if not each.known and each.found.part != QUOTED]
        measures = await self._pursue(context, message, policy, news)
        said = _said(heard)
        replies = self._replies.after(context, self._say(context, message, heard, said, policy), measures)
        if not replies and not (quiet or told):
            replies = self._harmless(context, message, found[0].verdict, policy)
        loudest = max((each.voice for each in said), default=Voice.SILENT)
        warned = {each.url for each in said} if loudest >= Voice.SHORT else set()
        posted = [each for each in found if each.part != QUOTED]
        remembered = (
            *self._remember(context, message, found, warned, quoted),
            *self._note_sites(context, posted, found),
        )
        return measures.outcome + Outcome(replies, Batch(remembered))

    async def _is_quiet(self, chat: bytes, policy: Policy, now: int) -> bool:
        """Whether only danger is told now: the chat is muted, or it is its quiet time."""
        return policy.is_quiet(now) or (await self._repository.chat(chat)).muted_until > now

    async def _pursue(self, context: Context, message: MessageRef, policy: Policy, found: Sequence[Found]) -> Measures:
        """What follows for a message and its sender beyond words. `found`: what is new about it, worst first."""
        if not found:
            return UNDONE
        worst = found[0].verdict
        wanted = [each for each in policy.consequences(worst.level) if each not in SPOKEN]
        causes = tuple(self._key(each) for each in found if policy.sure(each.verdict))
        if not causes:
            wanted = [each for each in wanted if each not in PUNISHING]
        if not (wanted or causes):
            return UNDONE
        return await self._enforcement.follow(
            Offence(
                account=context.event.account,
                message=message,
                chat_key=context.chat_key,
                sender=context.event.sender,
                kind=f"link_{worst.level.value}",
                shown=str(shown_host(worst)),
                wanted=tuple(wanted),
                causes=causes[:KEPT],
            )
        )

    def answered(self, context: Context, message: MessageRef, found: Sequence[Found]) -> Batch:
        """Sightings for links that somebody asked about, and was told all about."""
        warned = {self._key(each) for each in found if each.verdict.level in DANGEROUS}
        # To ask about a link is not to recommend it: it makes no site familiar.
        return Batch((*self._remember(context, message, found, warned, None), *self._note_sites(context, (), found)))

    async def quiet_in(self, chat: bytes, now: int) -> bool:
        """Whether the chat wants to be told of danger only, at this time."""
        return await self._is_quiet(chat, await self._policies.of(chat), now)

    async def voice(self, chat: bytes, url: bytes, level: Level, now: int) -> Voice:
        """How loud a chat may be warned of a link, after what it was told before."""
        last = await self._repository.last_warned(chat, url)
        if last is None or level.rank < last.level.rank:
            return Voice.FULL
        return Voice.SHORT if now - last.at >= AGAIN else Voice.REACTION

    async def _hear(
        self, context: Context, found: Found, told: Mapping[bytes, Level], policy: Policy, *, quiet: bool
    ) -> _Heard:
        level, url = found.verdict.level, self._key(found)
        before = told.get(url)
        known = before is not None and before.rank <= level.rank
        voice = Voice.SILENT
        if level in DANGEROUS and not known and (level is Level.MALICIOUS or not quiet):
            wanted = policy.consequences(level)
            if Consequence.WARN in wanted:
                voice = await self.voice(context.chat_key, url, level, context.now)
            elif Consequence.REACT in wanted:
                voice = Voice.REACTION
        return _Heard(found, url, voice, known)

    def _harmless(self, context: Context, message: MessageRef, worst: Verdict, policy: Policy) -> tuple[Reply, ...]:
        """What is said of links that are not dangerous, where somebody wants it, and not too often."""
        text, reaction = False, False
        if context.event.chat.kind is ChatKind.DIRECT:
            text, reaction = worst.level is Level.UNKNOWN, True
        elif worst.level is Level.UNKNOWN:
            text, reaction = Consequence.WARN in policy.unknown, Consequence.REACT in policy.unknown
        elif worst.level is Level.BENIGN:
            text, reaction = policy.announce_benign is Announce.REPLY, policy.announce_benign is Announce.REACT
        if not (text or reaction) or self._limiter.take(f"harmless:{context.chat_key.hex()}", HARMLESS) > 0:
            return ()
        return self._replies.harmless(context, message, worst, text=text, reaction=reaction)

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
        self,
        context: Context,
        message: MessageRef,
        heard: Sequence[_Heard],
        said: Sequence[_Heard],
        policy: Policy,
    ) -> tuple[Reply, ...]:
        """One reply and one reaction for the whole message; the reaction is that to its worst link."""
        if not said:
            return ()
        worst = next(each.found.verdict.level for each in heard if each.known or each.voice is not Voice.SILENT)
        verdicts = [each.found.verdict for each in said]
        match max(each.voice for each in said):
            case Voice.FULL:
                replies = self._replies.warning(context, message, verdicts, worst)
            case Voice.SHORT:
                replies = self._replies.again(context, message, verdicts[0], worst)
            case _:
                replies = (self._replies.reaction(context, message, worst),)
        if Consequence.REACT in policy.consequences(worst):
            return replies
        return tuple(reply for reply in replies if not isinstance(reply.action, React))


def _said(heard: Sequence[_Heard]) -> list[_Heard]:
    """The links that the reply speaks of: a full one of all that are dangerous, a shorter one of those as loud."""
    loudest = max(each.voice for each in heard)
    if loudest is Voice.FULL:
        return [each for each in heard if each.voice is not Voice.SILENT]
    return [each for each in heard if each.voice is loudest is not Voice.SILENT]
