"""The commands of the scanner: each translates, asks one service, and answers."""

from __future__ import annotations

from whinchat.apps.scanner import commands
from whinchat.apps.scanner.checking import kept, quoted
from whinchat.apps.scanner.corrections import Corrections
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.knowledge import Lists
from whinchat.apps.scanner.learning import Learning
from whinchat.apps.scanner.links.collect import beginning
from whinchat.apps.scanner.replies import Replies
from whinchat.apps.scanner.repository import Repository, Sighting
from whinchat.apps.scanner.rules import EVERYWHERE, Effect, Scope, parse_pattern, too_wide
from whinchat.apps.scanner.service import Scanner
from whinchat.apps.scanner.sources.panel import Panel
from whinchat.core.dispatch.command import Command
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.ports import Batch
from whinchat.core.types import ChatKind, MessageRef

DAY = 24 * 3600 * 1000  # milliseconds
MOST_RULES = 200  # of one chat
MUTE_USUALLY = 8 * 3600 * 1000  # milliseconds, when no duration is given


class Status:
    spec = commands.STATUS

    def __init__(
        self, repository: Repository, replies: Replies, lists: Lists, judge: Judge, learning: Learning, panel: Panel
    ) -> None:
        self._repository = repository
        self._replies = replies
        self._lists = lists
        self._judge = judge
        self._learning = learning
        self._panel = panel

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
            sources=await self._panel.overview(),
        )
        return Outcome(replies=(reply,))


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
        found = found or await self._scanner.scan(beginning(quoted(call)), call.chat_key)
        if not found:
            return Outcome(replies=(self._replies.nothing_to_explain(call),))
        return Outcome(replies=(self._replies.checked(call, [each.verdict for each in found]),), changes=kept(found))

    async def _seen(self, call: Call) -> list[Sighting]:
        """What we saw ourselves, which counts before what the quoting person's app claims that the message said."""
        quoted = call.message.quoted
        if quoted is None:
            return []
        ref = MessageRef(call.event.chat, quoted.id, quoted.sender, quoted.from_me)
        return await self._repository.sightings_of(self._repository.message_key(call.event.account, ref))


def kept_under(scope: Scope, call: Call) -> bytes:
    """The key that rules of this scope are kept under."""
    return EVERYWHERE if scope is Scope.EVERYWHERE else call.chat_key


class AddRule:
    """`allow RULE` and `deny RULE` differ in one word, and for all chats in where the rule is kept."""

    def __init__(
        self,
        spec: Command,
        effect: Effect,
        repository: Repository,
        corrections: Corrections,
        replies: Replies,
        scope: Scope = Scope.HERE,
    ) -> None:
        self.spec = spec
        self._scope = scope
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
        chat = kept_under(self._scope, call)
        rules = await self._repository.rules(chat)
        known = next((rule.number for rule in rules if rule.pattern == pattern), None)
        if known is None and len(rules) >= MOST_RULES:
            return Outcome(replies=(self._replies.too_many_rules(call, MOST_RULES),))
        number = known or await self._repository.free_number(chat)
        span = call.args[commands.SPAN]
        until = None if span is None else call.now + span
        change = self._repository.add_rule(
            chat,
            number,
            self._effect,
            pattern,
            reason=call.args[commands.REASON] or "",
            author=call.user_key,
            expires_at=until,
        )
        reply = self._replies.rule_added(call, self._effect, pattern, number, until, self._scope)
        outcome = Outcome(replies=(reply,), changes=Batch((change,)))
        if self._scope is Scope.EVERYWHERE:  # what chats call safe is for their own admins to say
            return outcome
        return outcome + await self._corrections.by_rule(call, self._effect, pattern)


class ListRules:
    spec = commands.RULES

    def __init__(self, repository: Repository, replies: Replies, scope: Scope = Scope.HERE) -> None:
        self._repository = repository
        self._replies = replies
        self._scope = scope

    async def handle(self, call: Call) -> Outcome:
        rules = await self._repository.rules(kept_under(self._scope, call))
        return Outcome(replies=(self._replies.rules(call, rules, self._scope),))


class RemoveRule:
    spec = commands.REMOVE

    def __init__(self, repository: Repository, replies: Replies, scope: Scope = Scope.HERE) -> None:
        self._repository = repository
        self._replies = replies
        self._scope = scope

    async def handle(self, call: Call) -> Outcome:
        number, chat = call.args[commands.NUMBER], kept_under(self._scope, call)
        rules = await self._repository.rules(chat)
        rule = next((rule for rule in rules if rule.number == number), None)
        if rule is None:
            return Outcome(replies=(self._replies.no_such_rule(call, number, self._scope),))
        change = self._repository.remove_rule(chat, number)
        return Outcome(replies=(self._replies.rule_removed(call, rule),), changes=Batch((change,)))


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
