"""How middlewares are put together, and what passes through them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.dispatch.router import Route
from whinchat.core.types import Message, Role, SendText


@dataclass(frozen=True, slots=True)
class Invocation:
    """A recognised command on its way. `role` is a member's until the access check has asked."""

    context: Context
    message: Message
    route: Route
    role: Role = Role.MEMBER


Next = Callable[[Invocation], Awaitable[Outcome]]


class Middleware(Protocol):
    """Answers by itself, or passes the invocation on by awaiting `proceed`."""

    async def __call__(self, invocation: Invocation, proceed: Next) -> Outcome: ...


def chain(middlewares: Sequence[Middleware], last: Next) -> Next:
    """`last` behind all of `middlewares`, the first one outermost."""
    handler = last
    for middleware in reversed(middlewares):
        handler = _link(middleware, handler)
    return handler


def _link(middleware: Middleware, proceed: Next) -> Next:
    async def call(invocation: Invocation) -> Outcome:
        return await middleware(invocation, proceed)

    return call


def answer(invocation: Invocation, text: str) -> Outcome:
    """`text`, quoting the command."""
    return Outcome(replies=(invocation.context.reply(SendText(text, quote=invocation.message.ref)),))
