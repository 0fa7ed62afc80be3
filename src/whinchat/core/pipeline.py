"""One event from the inbox through the applications to its settled outcome."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from whinchat.core.dispatch.arguments import UsageProblem
from whinchat.core.dispatch.chats import Chats
from whinchat.core.dispatch.context import Call, Context
from whinchat.core.dispatch.conversation import Conversations
from whinchat.core.dispatch.handler import NOTHING, Answerer, CommandHandler, Interpreter, Observer, Outcome
from whinchat.core.dispatch.inbox import Inbox, Stored, user_key
from whinchat.core.dispatch.router import Route, Router
from whinchat.core.dispatch.settlement import Settlement
from whinchat.core.middlewares.chain import Invocation, Middleware, chain
from whinchat.core.ports import Batch, Clock, Sealer
from whinchat.core.types import Content, Event, MessageReceived


@dataclass(frozen=True, slots=True)
class Handlers:
    """Everything the applications contribute to the handling of events, some of it with their application's word."""

    observers: Sequence[tuple[str, Observer]]
    commands: Sequence[CommandHandler]
    answerers: Sequence[tuple[str, Answerer]]
    interpreters: Sequence[Interpreter] = ()


@dataclass(frozen=True, slots=True)
class _Said:
    """What came of a message as something said to the bot.

    `to`: the word of the application that acted upon it; `rest`: what is left of the message for its observers.
    """

    outcome: Outcome = NOTHING
    to: str | None = None
    rest: Context | None = None


class Pipeline:
    """`handle` is what the dispatcher runs; `wanted` is what the intake asks first."""

    def __init__(
        self,
        handlers: Handlers,
        router: Router,
        middlewares: Sequence[Middleware],
        *,
        inbox: Inbox,
        settlement: Settlement,
        chats: Chats,
        conversations: Conversations,
        sealer: Sealer,
        clock: Clock,
        deadline: float,
    ) -> None:
        self._observers = handlers.observers
        self._commands = {handler.spec.path: handler for handler in handlers.commands}
        self._interpreters = handlers.interpreters
        self._answerers = {answerer.topic: (word, answerer) for word, answerer in handlers.answerers}
        self._router = router
        self._middlewares = middlewares
        self._inbox = inbox
        self._settlement = settlement
        self._chats = chats
        self._conversations = conversations
        self._sealer = sealer
        self._clock = clock
        self._deadline = deadline

    async def wanted(self, event: Event) -> bool:
        """Commands and answers always; anything else only if an observer wants its kind and may read it."""
        if isinstance(event, MessageReceived) and (self._router.route(event) or self._interpreted(event)) is not None:
            return True
        for _, observer in self._observers:
            if isinstance(event, observer.events) and await observer.admits(event):
                return True
        return isinstance(event, MessageReceived) and await self._awaited(event)

    async def _awaited(self, message: MessageReceived) -> bool:
        """Whether somebody was asked something, and this may be the answer."""
        if not self._answerers:
            return False
        who = user_key(self._sealer, message.account, message.author)
        turn = await self._conversations.current(self._inbox.chat_key(message), who)
        return turn is not None and turn.topic in self._answerers

    async def handle(self, stored: Stored) -> None:
        """Run the handlers and commit what they want. Raises Conflict; anything else is the handlers' failure."""
        async with asyncio.timeout(self._deadline):
            outcome = await self._outcome(await self._context(stored))
        await self._settlement.settle(outcome, self._inbox.done(stored.id), stored.id, stored.identity.hex())

    async def _context(self, stored: Stored) -> Context:
        event = stored.event
        return Context(
            event=event,
            event_id=stored.id,
            chat_key=stored.chat_key,
            user_key=user_key(self._sealer, event.account, event.author),
            now=self._clock.now(),
            language=await self._chats.language(stored.chat_key),
        )

    async def _outcome(self, context: Context) -> Outcome:
        said = _Said()
        # An edited command is not a second command.
        if isinstance(context.event, MessageReceived):
            said = await self._spoken_to(context, context.event)
        outcome = said.outcome
        for word, observer in self._observers:
            seen = said.rest if word == said.to else context
            if seen is None:
                continue
            if isinstance(seen.event, observer.events) and await observer.admits(seen.event):
                outcome += await observer.observe(seen)
        return outcome

    async def _spoken_to(self, context: Context, message: MessageReceived) -> _Said:
        route = self._router.route(message)
        if route is None:
            answered = await self._answer(context, message)
            if answered is not None:
                return answered
            route = self._interpreted(message)
        return _Said() if route is None else await self._command(Invocation(context, message, route), message)

    async def _answer(self, context: Context, message: MessageReceived) -> _Said | None:
        """What came of it as the answer to a question; None when it is none."""
        if not self._answerers:
            return None
        turn = await self._conversations.current(context.chat_key, context.user_key)
        if turn is None or turn.topic not in self._answerers:
            return None
        word, answerer = self._answerers[turn.topic]
        outcome = await answerer.answer(context, turn)
        if outcome is NOTHING:
            return None
        closing = self._conversations.close(context.chat_key, context.user_key, turn)
        # Before what the answer brings, which may be another question.
        return _Said(Outcome(changes=Batch((closing,))) + outcome, word, _rest(context, message))

    def _interpreted(self, message: MessageReceived) -> Route | None:
        said = self._router.addressed(message) if self._interpreters else None
        if said is None:
            return None
        found = (interpreter.interpret(message, said) for interpreter in self._interpreters)
        return next((route for route in found if route is not None), None)

    async def _command(self, invocation: Invocation, message: MessageReceived) -> _Said:
        """A command that is refused, held back or unreadable is a message like any other to its application too."""
        carried_out: list[str] = []

        async def call(permitted: Invocation) -> Outcome:
            carried_out.append(permitted.route.app)
            return await self._call(permitted)

        outcome = await chain(self._middlewares, call)(invocation)
        if not carried_out:
            return _Said(outcome)
        return _Said(outcome, carried_out[0], _rest(invocation.context, message))

    async def _call(self, invocation: Invocation) -> Outcome:
        route = invocation.route
        if route.command is None or isinstance(route.parsed, UsageProblem):
            raise TypeError("a command that cannot be carried out came through the middlewares")
        context = invocation.context
        call = Call(
            event=context.event,
            event_id=context.event_id,
            chat_key=context.chat_key,
            user_key=context.user_key,
            now=context.now,
            language=context.language,
            message=invocation.message,
            args=route.parsed,
            role=invocation.role,
        )
        return await self._commands[route.command.path].handle(call)


def _rest(context: Context, message: MessageReceived) -> Context | None:
    """The message without what was said to the application: the text with the card of its link, and what it answers.

    Whatever else it holds, such as a picture, is not hidden from observers by a command; None when that is nothing.
    """
    content = replace(message.content, text="", preview=None)
    if content == Content():
        return None
    return dataclasses.replace(context, event=replace(message, content=content, quoted=None))
