"""A command that could not be read is answered with what was wrong and how it is written."""

from __future__ import annotations

from whinchat.core.dispatch.arguments import UsageProblem
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.dispatch.help import refusal
from whinchat.core.formatting.i18n import Words
from whinchat.core.middlewares.chain import Invocation, Next, answer


class Validation:
    def __init__(self, words: Words, prefix: str) -> None:
        self._words = words
        self._prefix = prefix

    async def __call__(self, invocation: Invocation, proceed: Next) -> Outcome:
        route = invocation.route
        if isinstance(route.parsed, UsageProblem):
            return answer(invocation, refusal(route, self._words, invocation.context.language, self._prefix))
        return await proceed(invocation)
