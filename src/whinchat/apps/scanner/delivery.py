"""Tells a chat what has changed about the links of a message: its whole reply is said again, in place where possible.

What got worse is acted on as if it had just been posted. What got better takes a warning back, but only on better
knowledge than the warning's own: a deep look, a rule, everybody's knowledge; never because an answer ran out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from whinchat.apps.scanner.moderation import DANGEROUS, Moderation
from whinchat.apps.scanner.policies import Policies
from whinchat.apps.scanner.policy import Announce, Policy
from whinchat.apps.scanner.replies import EMOJI, Replies
from whinchat.apps.scanner.repository import Repository, Sighting
from whinchat.apps.scanner.service import Found, Scanner
from whinchat.apps.scanner.verdict import DecidedBy, Depth, Level, Verdict
from whinchat.core.dispatch.chats import Chats
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Batch, Clock
from whinchat.core.types import (
    ChatKind,
    Content,
    MessageReceived,
    MessageRef,
    OnUnknown,
    Otherwise,
    React,
    Reply,
    SendText,
    Urgency,
    UserRef,
)

ASKED = "command"
"""The part in which links stood that somebody asked about."""
WAITING = 15 * 60 * 1000
"""Milliseconds during which somebody who asked is told what the deep look found."""
FIRM = frozenset({DecidedBy.OVERRIDE, DecidedBy.REPUTATION})

Said = set[tuple[bytes, bytes]]
"""Chats and links that a text was just written about: it is said only once."""


def about(subject: str, message: MessageRef, replies: Sequence[Reply]) -> tuple[Reply, ...]:
    """The replies to a message, of which a newer one can take the place."""
    return tuple(replace(each, subject=subject) if _answers(each, message) else each for each in replies)


def _answers(reply: Reply, message: MessageRef) -> bool:
    match reply.action:
        case SendText():
            # What is said of a message that was deleted does not quote it.
            return reply.chat == message.chat and (reply.action.quote == message or reply.urgency is Urgency.DANGER)
        case React():
            return reply.action.target == message
    return False


@dataclass(frozen=True, slots=True)
class Change:
    """One link of a message: what the chat was told of it, and what is thought of it now."""

    sighting: Sighting
    found: Found

    @property
    def level(self) -> Level:
        return self.found.verdict.level

    @property
    def worse(self) -> bool:
        return self.level in DANGEROUS and self.level.rank < self.sighting.shown.rank

    @property
    def better(self) -> bool:
        return self.sighting.shown in DANGEROUS and self.level.rank > self.sighting.shown.rank

    @property
    def harmless(self) -> bool:
        """Nothing was known of it, and now it is known that nothing is wrong with it."""
        return self.sighting.shown is Level.UNKNOWN and self.level is Level.BENIGN and self.firm

    @property
    def firm(self) -> bool:
        """Whether it is known better than by what is only not known any more."""
        verdict = self.found.verdict
        return verdict.depth is Depth.DEEP or verdict.decided_by in FIRM

    def steadied(self) -> Change:
        """A warning is not taken back without good reason."""
        if not self.better or self.firm:
            return self
        verdict = msgspec.structs.replace(self.found.verdict, level=self.sighting.shown)
        return replace(self, found=replace(self.found, verdict=verdict))


class Delivery:
    def __init__(
        self,
        scanner: Scanner,
        moderation: Moderation,
        policies: Policies,
        repository: Repository,
        replies: Replies,
        chats: Chats,
        clock: Clock,
    ) -> None:
        self._scanner = scanner
        self._moderation = moderation
        self._policies = policies
        self._repository = repository
        self._replies = replies
        self._chats = chats
        self._clock = clock

    async def change(self, sighting: Sighting) -> Change | None:
        """What is thought of one link now; None where that is not to be said: it cannot be read, or may not be."""
        if not await self._repository.may_read(sighting.seen.message.chat, sighting.chat_key):
            return None
        found = await self._scanner.recall([sighting.seen], sighting.chat_key)
        return Change(sighting, found[0]) if found else None

    async def concerns(self, change: Change, *, looked: bool) -> bool:
        """Whether the chat is to hear of it. `looked`: somebody looked deeper into the link just now."""
        if change.worse or (change.better and change.firm):
            return True
        if looked and self.awaited(change.sighting):
            return True
        return change.harmless and self._hears_all(change, await self._policies.of(change.sighting.chat_key))

    def awaited(self, sighting: Sighting) -> bool:
        """Whether somebody asked about the link, and was told that it is being looked at."""
        return sighting.part == ASKED and self._clock.now() - sighting.seen_at < WAITING

    @staticmethod
    def _hears_all(change: Change, policy: Policy) -> bool:
        """Whether the chat hears of links that are not dangerous: who writes to the bot alone asks about them."""
        direct = change.sighting.seen.message.chat.kind is ChatKind.DIRECT
        return direct or bool(policy.unknown) or policy.announce_benign is not Announce.SILENT

    async def again(self, sighting: Sighting, said: Said, *, corrects: bool) -> Outcome:
        """Everything that there is to say now about the message of the sighting.

        `corrects`: the chat had to rely on what it was told for a while.
        """
        changes = await self._changes(sighting)
        if not changes:
            return NOTHING
        context = await self._context(sighting)
        keep = Batch(tuple(each.found.keep for each in changes if each.found.keep is not None))
        if sighting.part == ASKED:
            return Outcome(changes=keep) + self._answer(context, changes)
        guard = Batch(
            tuple(self._repository.told(each.sighting, each.sighting.shown, warned=False) for each in changes)
        )
        if any(each.worse for each in changes):
            return Outcome(changes=keep + guard) + await self._worse(context, changes, said, corrects=corrects)
        return Outcome(changes=keep) + await self._milder(context, changes, said)

    async def _changes(self, sighting: Sighting) -> list[Change]:
        """Of all links of the message, worst first."""
        seen = {each.url_key: each for each in await self._repository.sightings_of(sighting.message_key)}
        found = await self._scanner.recall([each.seen for each in seen.values()], sighting.chat_key)
        changes = []
        for each in found:
            known = seen.get(self._repository.url_key(each.link.key))
            if known is not None:
                changes.append(Change(known, replace(each, part=known.part)).steadied())
        return sorted(changes, key=lambda each: (each.level.rank, -each.found.verdict.log_odds))

    async def _context(self, sighting: Sighting) -> Context:
        """The message as far as it is remembered: where it stands and who sent it."""
        message, now = sighting.seen.message, self._clock.now()
        event = MessageReceived(
            account=sighting.seen.account,
            chat=message.chat,
            id=message.id,
            sender=UserRef(message.sender),
            time=now,
            content=Content(),
        )
        language = await self._chats.language(sighting.chat_key)
        return Context(event, 0, sighting.chat_key, sighting.sender, now, language)

    # --- worse ---------------------------------------------------------------------------------------------------

    async def _worse(self, context: Context, changes: Sequence[Change], said: Said, *, corrects: bool) -> Outcome:
        message, subject = _message(changes), _subject(changes)
        quoted = next((each.sighting.quoted for each in changes if each.sighting.quoted is not None), None)
        worse = [each for each in changes if each.worse]
        outcome = await self._moderation.act(context, message, [each.found for each in changes], quoted)
        news = self._replies.warning_text(context, [each.found.verdict for each in worse])
        whole = self._replies.warning_text(context, _dangerous(changes))
        own = self._replies.correction_text(context, [each.found.verdict for each in worse]) if corrects else whole
        otherwise = Otherwise.SEND if self._first(worse, said) else Otherwise.DROP

        def newer(reply: Reply) -> Reply:
            text = reply.action
            if not isinstance(text, SendText) or not _answers(reply, message):
                return reply
            edited = text.text.replace(news, whole) if news in text.text else whole
            text = msgspec.structs.replace(text, text=text.text.replace(news, own))
            return replace(reply, action=text, edited=edited, otherwise=otherwise)

        return replace(outcome, replies=about(subject, message, [newer(reply) for reply in outcome.replies]))

    def _first(self, changes: Sequence[Change], said: Said) -> bool:
        """Whether a text about these is the first one in their chat."""
        keys = {(each.sighting.chat_key, each.sighting.url_key) for each in changes}
        first = not keys <= said
        said |= keys
        return first

    # --- milder --------------------------------------------------------------------------------------------------

    async def _milder(self, context: Context, changes: Sequence[Change], said: Said) -> Outcome:
        policy = await self._policies.of(context.chat_key)
        changed = [each for each in changes if each.level is not each.sighting.shown]
        told = Batch(tuple(self._repository.told(each.sighting, each.level, warned=False) for each in changed))
        better = [each for each in changed if each.better or (each.harmless and self._hears_all(each, policy))]
        if not better:
            return Outcome(changes=told)
        message, verdicts = _message(changes), _dangerous(changes)
        cleared = [each.found.verdict for each in better if each.level not in DANGEROUS]
        own = self._replies.better_text(context, cleared) if cleared else ""
        whole = self._replies.warning_text(context, verdicts) if verdicts else own
        text = context.reply(SendText(own or whole, quote=message), on_unknown=OnUnknown.RESEND_ONCE)
        loud = bool(cleared) and self._first(better, said)
        if loud and await self._moderation.quiet_in(context.chat_key, context.now):
            loud = False
        text = replace(text, edited=whole, otherwise=Otherwise.CORRECT if loud else Otherwise.DROP)
        reaction = self._reaction(context, message, changes[0].level, policy)
        return Outcome(about(_subject(changes), message, (text, reaction)), told)

    def _reaction(self, context: Context, message: MessageRef, worst: Level, policy: Policy) -> Reply:
        """That to the worst link; in most groups nothing is left of it when no link is dangerous any more."""
        shows = context.event.chat.kind is ChatKind.DIRECT
        shows = shows or (worst is Level.BENIGN and policy.announce_benign is Announce.REACT)
        emoji = EMOJI[worst] if shows or worst in DANGEROUS else ""
        reaction = context.reply(React(message, emoji), on_unknown=OnUnknown.RESEND_ONCE)
        return reaction if shows else replace(reaction, otherwise=Otherwise.CORRECT)

    # --- answers -------------------------------------------------------------------------------------------------

    def _answer(self, context: Context, changes: Sequence[Change]) -> Outcome:
        """To somebody who asked about these links."""
        changed = [each for each in changes if each.level is not each.sighting.shown]
        told = [self._repository.told(each.sighting, each.level, warned=each.level in DANGEROUS) for each in changed]
        reply = self._replies.checked(context, [each.found.verdict for each in changes])
        text = reply.action.text if isinstance(reply.action, SendText) else None
        otherwise = Otherwise.SEND if changed else Otherwise.DROP
        replies = (replace(reply, edited=text, otherwise=otherwise),)
        return Outcome(about(_subject(changes), _message(changes), replies), Batch(tuple(told)))


def _dangerous(changes: Sequence[Change]) -> list[Verdict]:
    return [each.found.verdict for each in changes if each.level in DANGEROUS]


def _message(changes: Sequence[Change]) -> MessageRef:
    return changes[0].sighting.seen.message


def _subject(changes: Sequence[Change]) -> str:
    return changes[0].sighting.message_key.hex()
