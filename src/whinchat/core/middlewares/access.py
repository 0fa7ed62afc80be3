"""Who may do what where. A refusal is said once a minute to one person; more of them would only be noise."""

from __future__ import annotations

from dataclasses import replace

from whinchat.core.dispatch.command import Who
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.dispatch.roster import Roster
from whinchat.core.errors import TransportError
from whinchat.core.formatting.i18n import Words
from whinchat.core.middlewares.chain import Invocation, Next, answer
from whinchat.core.ports import Limit, RateLimiter
from whinchat.core.types import Role

REFUSALS = Limit(rate=1 / 60, burst=1)


class Access:
    def __init__(self, roster: Roster, limiter: RateLimiter, words: Words) -> None:
        self._roster = roster
        self._limiter = limiter
        self._words = words

    async def __call__(self, invocation: Invocation, proceed: Next) -> Outcome:
        command = invocation.route.command
        if command is None:
            return await proceed(invocation)
        message = invocation.message
        if not command.where.includes(message.chat.kind):
            return self._refuse(invocation, f"core.access.only_{command.where.value}")
        try:
            role = await self._role(invocation, command.who)
        except TransportError:
            # A right that cannot be checked is not granted.
            return self._refuse(invocation, "core.access.cannot_check")
        if not command.who.includes(role):
            return self._refuse(invocation, f"core.access.only_{command.who.value}")
        return await proceed(replace(invocation, role=role))

    async def _role(self, invocation: Invocation, who: Who) -> Role:
        message = invocation.message
        if who is Who.ANYONE:
            return Role.OWNER if self._roster.is_owner(message.sender) else Role.MEMBER
        return await self._roster.role(message.account, message.chat, message.sender)

    def _refuse(self, invocation: Invocation, key: str) -> Outcome:
        context = invocation.context
        if self._limiter.take(f"refusal:{context.chat_key.hex()}:{context.user_key.hex()}", REFUSALS) > 0:
            return NOTHING
        return answer(invocation, self._words.say(key, context.language))
