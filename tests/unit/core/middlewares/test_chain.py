from __future__ import annotations

from tests.support.invocations import Handler, invocation, texts

from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.middlewares.chain import Invocation, Next, answer, chain
from whinchat.core.types import SendText


class Passing:
    def __init__(self, name: str, log: list[str]) -> None:
        self._name = name
        self._log = log

    async def __call__(self, invocation: Invocation, proceed: Next) -> Outcome:
        self._log.append(f"{self._name} in")
        outcome = await proceed(invocation)
        self._log.append(f"{self._name} out")
        return outcome


class Stopping:
    async def __call__(self, invocation: Invocation, proceed: Next) -> Outcome:
        return NOTHING


async def test_the_first_middleware_is_the_outermost() -> None:
    log: list[str] = []
    handler = Handler()
    outcome = await chain([Passing("a", log), Passing("b", log)], handler)(invocation(None))
    assert log == ["a in", "b in", "b out", "a out"]
    assert texts(outcome) == ["done"]


async def test_one_that_does_not_proceed_is_the_last() -> None:
    handler = Handler()
    assert await chain([Stopping(), Passing("never", [])], handler)(invocation(None)) is NOTHING
    assert handler.called == []


async def test_without_any_the_handler_is_called() -> None:
    handler = Handler()
    await chain([], handler)(invocation(None))
    assert len(handler.called) == 1


def test_an_answer_quotes_the_command() -> None:
    asked = invocation(None)
    (reply,) = answer(asked, "hello").replies
    assert reply.action == SendText("hello", quote=asked.message.ref)
    assert reply.chat == asked.message.chat
