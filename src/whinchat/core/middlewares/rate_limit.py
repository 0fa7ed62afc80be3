"""So many commands by one person, in all chats together; warnings are never counted nor held back."""

from __future__ import annotations

import math

from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.middlewares.chain import Invocation, Next, answer
from whinchat.core.ports import Limit, RateLimiter

NOTICES = Limit(rate=1 / 60, burst=1)


class RateLimit:
    """A command's own `limit` counts for itself; all the others share the `usual` one."""

    def __init__(self, limiter: RateLimiter, words: Words, usual: Limit) -> None:
        self._limiter = limiter
        self._words = words
        self._usual = usual

    async def __call__(self, invocation: Invocation, proceed: Next) -> Outcome:
        who = invocation.context.user_key.hex()
        command = invocation.route.command
        if command is not None and command.limit is not None:
            own = command.limit
            counted, limit = f"command:{command.path}:{who}", Limit(own.times / own.seconds, own.times)
        else:
            counted, limit = f"command:{who}", self._usual
        wait = self._limiter.take(counted, limit)
        if wait <= 0:
            return await proceed(invocation)
        if self._limiter.take(f"slow:{who}", NOTICES) > 0:
            return NOTHING
        return answer(
            invocation, self._words.say("core.limit.slow_down", invocation.context.language, count=math.ceil(wait))
        )
