"""Commands on their way through a middleware."""

from __future__ import annotations

import msgspec
from tests.support.messages import said

from whinchat.core.dispatch.arguments import Problem, UsageProblem
from whinchat.core.dispatch.command import Arguments, Command
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.dispatch.router import Route
from whinchat.core.middlewares.chain import Invocation, answer
from whinchat.core.types import ChatKind, SendText, UserRef


def invocation(
    command: Command | None,
    *,
    by: str = "ana",
    chat: str = "chat",
    kind: ChatKind = ChatKind.GROUP,
    problem: Problem | None = None,
) -> Invocation:
    message = said("!echo say", kind, by=by)
    message = msgspec.structs.replace(message, sender=UserRef(by), chat=msgspec.structs.replace(message.chat, id=chat))
    context = Context(message, 1, chat.encode(), by.encode(), 0, "en")
    parsed = Arguments({}) if problem is None else UsageProblem(None, problem, {"given": "echo sai"}, "say")
    return Invocation(context, message, Route("echo", command, parsed))


class Handler:
    """Stands behind the middlewares, and remembers what came through."""

    def __init__(self, error: Exception | None = None) -> None:
        self.called: list[Invocation] = []
        self._error = error

    async def __call__(self, permitted: Invocation) -> Outcome:
        self.called.append(permitted)
        if self._error is not None:
            raise self._error
        return answer(permitted, "done")


def texts(outcome: Outcome) -> list[str]:
    return [reply.action.text for reply in outcome.replies if isinstance(reply.action, SendText)]
