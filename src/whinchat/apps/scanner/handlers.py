"""The commands of the scanner: each translates, asks one service, and answers."""

from __future__ import annotations

from whinchat.apps.scanner import commands
from whinchat.apps.scanner.corrections import Corrections
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.knowledge import Lists
from whinchat.apps.scanner.learning import Learning
from whinchat.apps.scanner.links.collect import QUOTED, Text, beginning, texts
from whinchat.apps.scanner.links.link import LinkKind
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.moderation import Moderation
from whinchat.apps.scanner.replies import Replies
from whinchat.apps.scanner.repository import Repository, Sighting
from whinchat.apps.scanner.rules import Effect, parse_pattern, too_wide
from whinchat.apps.scanner.service import Found, Scanner, links_in
from whinchat.core.dispatch.command import Command
from whinchat.core.dispatch.context import Call, Context
from whinchat.core.dispatch.conversation import Conversations, Turn
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Batch
from whinchat.core.types import ChatKind, MessageReceived, MessageRef

QUESTION = "scanner.check"
PATIENCE = 120.0  # seconds that the question "which link?" stays open
DAY = 24 * 3600 * 1000  # milliseconds
MOST_RULES = 200  # of one chat
MUTE_USUALLY = 8 * 3600 * 1000  # milliseconds, when no duration is given


def _kept(found: list[Found]) -> Batch:
    return Batch(tuple(each.keep for each in found if each.keep is not None))


def _quoted(call: Call) -> list[Text]:
    """What the message that the command answers says, by the word of who sent the command."""
    return [text for text in texts(call.message) if text.part == QUOTED]


class Status:
    spec = commands.STATUS

    def __init__(
        self, repository: Repository, replies: Replies, lists: Lists, judge: Judge, learning: Learning
    ) -> None:
        self._repository = repository
        self._replies = replies
        self._lists = lists
        self._judge = judge
        self._learning = learning

    async def handle(self, call: Call) -> Outcome:
        age, model = self._lists.age_days, self._judge.model
        reply = self._replies.status(
            call,
            await self._repository.chat(call.chat_key),
            group=call.event.chat.kind is ChatKind.GROUP,
            rules=len(await self._repository.rules(call.chat_key)),
            warned=await self._repository.warned_since(call.chat_key, call.now - DAY),
            lists=None if age is None else (self._lists.version, age),
            model=(model.version, model.age_days(call.now)),
            model_fresh_days=self._judge.rules.thresholds.model_fresh_days,
            leniency=await self._learning.leniency(call.chat_key),
        )
        return Outcome(replies=(reply,))


class Check:
    """`check LINK`, or as a reply to a message, or alone: then it asks which link, where it may read the answer."""

    spec = commands.CHECK
    topic = QUESTION

    def __init__(
        self,
        scanner: Scanner,
        moderation: Moderation,
        repository: Repository,
        replies: Replies,
        conversations: Conversations,
    ) -> None:
        self._scanner = scanner
        self._moderation = moderation
        self._repository = repository
        self._replies = replies
        self._conversations = conversations

    async def handle(self, call: Call) -> Outcome:
        given = call.args[commands.LINK]
        if given is not None:
            return await self._check(call, [Text("command", given)], typed=given)
        if call.message.quoted is not None:
            return await self._check(call, _quoted(call))
        if not await self._repository.may_read(call.event.chat, call.chat_key):
            return Outcome(replies=(self._replies.no_link(call),))
        asking = self._conversations.open(call.chat_key, call.user_key, QUESTION, b"", seconds=PATIENCE)
        return Outcome(replies=(self._replies.which_link(call),), changes=Batch((asking,)))

    async def answer(self, context: Context, turn: Turn) -> Outcome:
        """The next message after the question; one without a link is no answer."""
        message = context.event
        texts = [Text("body", message.content.text)] if isinstance(message, MessageReceived) else []
        return await self._check(context, texts) if links_in(beginning(texts)) else NOTHING

    async def _check(self, context: Context, texts: list[Text], typed: str | None = None) -> Outcome:
        parts = beginning(texts)
        # A link in a command stands in no message.
        found = await self._scanner.judge_all(links_in(parts), context.chat_key, parts if typed is None else ())
        if not found and typed is not None:
            link = parse_link(typed)
            if link is not None and link.kind is LinkKind.WEB:
                found = [await self._scanner.look(link, context.chat_key)]
        if not found:
            reply = self._replies.no_link(context) if typed is None else self._replies.not_a_link(context)
            return Outcome(replies=(reply,))
        reply = self._replies.checked(context, [each.verdict for each in found])
        return Outcome((reply,), await self._remembered(context, found))

    async def _remembered(self, context: Context, found: list[Found]) -> Batch:
        """The chat has seen these links: it hears of it when they turn out to be worse."""
        message = context.event
        if isinstance(message, MessageReceived) and await self._repository.may_read(message.chat, context.chat_key):
            return self._moderation.answered(context, message.ref, found)
        return _kept(found)


class Explain:
    """`explain` as a reply to a message: why the verdict of its links."""

    spec = commands.EXPLAIN

    def __init__(self, scanner: Scanner, repository: Repository, replies: Replies) -> None:
        self._scanner = scanner
        self._repository = repository
        self._replies = replies

    async def handle(self, call: Call) -> Outcome:
        seen = await self._seen(call)
        found = await self._scanner.recall([sighting.seen for sighting in seen], call.chat_key)
        found = found or await self._scanner.scan(beginning(_quoted(call)), call.chat_key)
        if not found:
            return Outcome(replies=(self._replies.nothing_to_explain(call),))
        return Outcome(replies=(self._replies.checked(call, [each.verdict for each in found]),), changes=_kept(found))

    async def _seen(self, call: Call) -> list[Sighting]:
        """What we saw ourselves, which counts before what the quoting person's app claims that the message said."""
        quoted = call.message.quoted
        if quoted is None:
            return []
        ref = MessageRef(call.event.chat, quoted.id, quoted.sender, quoted.from_me)
        return await self._repository.sightings_of(self._repository.message_key(call.event.account, ref))


class AddRule:
    """`allow RULE` and `deny RULE` differ in one word."""

    def __init__(
        self, spec: Command, effect: Effect, repository: Repository, corrections: Corrections, replies: Replies
    ) -> None:
        self.spec = spec
        self._effect = effect
        self._repository = repository
        self._corrections = corrections
        self._replies = replies

    async def handle(self, call: Call) -> Outcome:
        pattern = parse_pattern(call.args[commands.RULE])
        if pattern is None:
            return Outcome(replies=(self._replies.unreadable_rule(call),))
        example = too_wide(pattern)
        if example is not None and self._effect is Effect.ALLOW:
            return Outcome(replies=(self._replies.too_wide(call, example),))
        rules = await self._repository.rules(call.chat_key)
        known = next((rule.number for rule in rules if rule.pattern == pattern), None)
        if known is None and len(rules) >= MOST_RULES:
            return Outcome(replies=(self._replies.too_many_rules(call, MOST_RULES),))
        number = known or await self._repository.free_number(call.chat_key)
        span = call.args[commands.SPAN]
        until = None if span is None else call.now + span
        change = self._repository.add_rule(
            call.chat_key,
            number,
            self._effect,
            pattern,
            reason=call.args[commands.REASON] or "",
            author=call.user_key,
            expires_at=until,
        )
        reply = self._replies.rule_added(call, self._effect, pattern, number, until)
        labels = await self._corrections.by_rule(call, self._effect, pattern)
        return Outcome(replies=(reply,), changes=Batch((change,))) + labels


class ListRules:
    spec = commands.RULES

    def __init__(self, repository: Repository, replies: Replies) -> None:
        self._repository = repository
        self._replies = replies

    async def handle(self, call: Call) -> Outcome:
        return Outcome(replies=(self._replies.rules(call, await self._repository.rules(call.chat_key)),))


class RemoveRule:
    spec = commands.REMOVE

    def __init__(self, repository: Repository, replies: Replies) -> None:
        self._repository = repository
        self._replies = replies

    async def handle(self, call: Call) -> Outcome:
        number = call.args[commands.NUMBER]
        rules = await self._repository.rules(call.chat_key)
        rule = next((rule for rule in rules if rule.number == number), None)
        if rule is None:
            return Outcome(replies=(self._replies.no_such_rule(call, number),))
        change = self._repository.remove_rule(call.chat_key, number)
        return Outcome(replies=(self._replies.rule_removed(call, rule),), changes=Batch((change,)))


class Rescan:
    """Passes over the stored verdict and stores the new one."""

    spec = commands.RESCAN

    def __init__(self, scanner: Scanner, replies: Replies) -> None:
        self._scanner = scanner
        self._replies = replies

    async def handle(self, call: Call) -> Outcome:
        link = parse_link(call.args[commands.TARGET])
        if link is None or link.kind is not LinkKind.WEB:
            return Outcome(replies=(self._replies.not_a_link(call),))
        found = await self._scanner.look(link, call.chat_key, anew=True)
        return Outcome(replies=(self._replies.rescanned(call, found.verdict),), changes=_kept([found]))


class Mute:
    spec = commands.MUTE

    def __init__(self, repository: Repository, replies: Replies) -> None:
        self._repository = repository
        self._replies = replies

    async def handle(self, call: Call) -> Outcome:
        until = call.now + (call.args[commands.MUTE_SPAN] or MUTE_USUALLY)
        change = self._repository.mute(call.chat_key, until)
        return Outcome(replies=(self._replies.muted(call, until),), changes=Batch((change,)))


class Unmute:
    spec = commands.UNMUTE

    def __init__(self, repository: Repository, replies: Replies) -> None:
        self._repository = repository
        self._replies = replies

    async def handle(self, call: Call) -> Outcome:
        state = await self._repository.chat(call.chat_key)
        reply = self._replies.unmuted(call, was_muted=state.muted_until > call.now)
        return Outcome(replies=(reply,), changes=Batch((self._repository.mute(call.chat_key, 0),)))


class Consent:
    spec = commands.CONSENT

    def __init__(self, repository: Repository, replies: Replies) -> None:
        self._repository = repository
        self._replies = replies

    async def handle(self, call: Call) -> Outcome:
        state = await self._repository.chat(call.chat_key)
        if state.consent_at is not None:
            return Outcome(replies=(self._replies.consent(call, "already"),))
        change = self._repository.grant(call.chat_key, call.user_key)
        return Outcome(replies=(self._replies.consent(call, "granted"),), changes=Batch((change,)))


class Revoke:
    spec = commands.REVOKE

    def __init__(self, repository: Repository, replies: Replies) -> None:
        self._repository = repository
        self._replies = replies

    async def handle(self, call: Call) -> Outcome:
        state = await self._repository.chat(call.chat_key)
        if state.consent_at is None:
            return Outcome(replies=(self._replies.consent(call, "not_given"),))
        change = self._repository.withdraw(call.chat_key)
        return Outcome(replies=(self._replies.consent(call, "revoked"),), changes=Batch((change,)))
