"""`!scan global …` and `!scan restart`: what the owner of the bot alone may do, from any chat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from whinchat.apps.scanner import commands
from whinchat.apps.scanner.commands import APP
from whinchat.apps.scanner.corrections import Corrections
from whinchat.apps.scanner.handlers import AddRule, ListRules, RemoveRule
from whinchat.apps.scanner.replies import Replies
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.rules import Effect, Scope
from whinchat.core.dispatch.arguments import Choice, Optional, Rest, UsageProblem
from whinchat.core.dispatch.command import Command, Who
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import CommandHandler, Outcome
from whinchat.core.dispatch.help import refusal
from whinchat.core.dispatch.router import Route
from whinchat.core.events import RestartAsked
from whinchat.core.formatting.i18n import Words

ACTION = Choice("action", (commands.ALLOW.name, commands.DENY.name, commands.RULES.name, commands.REMOVE.name))
WHAT = Optional(Rest("rule", at_most=2048))

GLOBAL = Command(
    "global",
    APP,
    args=(ACTION, WHAT),
    help="scanner.command.global",
    who=Who.OWNER,
    examples=("rules", "deny example.com", "remove 3"),
)
RESTART = Command("restart", APP, help="scanner.command.restart", who=Who.OWNER, audited=True)

COMMANDS = (GLOBAL, RESTART)


class Global:
    """The commands for a chat's rules, for those that hold in every chat: written and read the same way."""

    spec = GLOBAL

    def __init__(
        self, repository: Repository, corrections: Corrections, replies: Replies, words: Words, prefix: str
    ) -> None:
        self._words = words
        self._prefix = prefix
        everywhere = Scope.EVERYWHERE
        handlers = (
            AddRule(commands.ALLOW, Effect.ALLOW, repository, corrections, replies, everywhere),
            AddRule(commands.DENY, Effect.DENY, repository, corrections, replies, everywhere),
            ListRules(repository, replies, everywhere),
            RemoveRule(repository, replies, everywhere),
        )
        self._handlers: Mapping[str, CommandHandler] = {handler.spec.name: handler for handler in handlers}

    async def handle(self, call: Call) -> Outcome:
        handler = self._handlers[call.args[ACTION]]
        written = replace(handler.spec, name=f"{GLOBAL.name} {handler.spec.name}")
        parsed = written.parse(call.args[WHAT] or "")
        if isinstance(parsed, UsageProblem):
            text = refusal(Route(APP, written, parsed), self._words, call.language, self._prefix)
            return Outcome(replies=(call.answer(text),))
        return await handler.handle(replace(call, args=parsed))


class Restart:
    """The wish is a fact, told after the commit: the command is done, and a new start does not find it again."""

    spec = RESTART

    def __init__(self, words: Words) -> None:
        self._words = words

    async def handle(self, call: Call) -> Outcome:
        text = self._words.say("scanner.restart.soon", call.language)
        return Outcome(replies=(call.answer(text),), facts=(RestartAsked(),))
