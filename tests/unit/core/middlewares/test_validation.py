from __future__ import annotations

from tests.support.invocations import Handler, invocation, texts

from whinchat.core.dispatch.arguments import Problem
from whinchat.core.dispatch.command import Command
from whinchat.core.formatting.i18n import Words
from whinchat.core.middlewares.validation import Validation

SAY = Command("say", "echo", examples=("hello",))


async def test_what_can_be_read_goes_on() -> None:
    handler = Handler()
    await Validation(Words(), "!")(invocation(SAY), handler)
    assert len(handler.called) == 1


async def test_what_cannot_be_read_is_answered_with_what_is_wrong_and_how_it_is_written() -> None:
    handler = Handler()
    outcome = await Validation(Words(), "!")(invocation(SAY, problem=Problem.LEFTOVER), handler)
    assert handler.called == []
    (text,) = texts(outcome)
    assert "echo sai" in text
    assert "!echo say" in text


async def test_an_unknown_command_is_answered_with_the_nearest() -> None:
    (text,) = texts(await Validation(Words(), "!")(invocation(None, problem=Problem.UNKNOWN), Handler()))
    assert "!echo say" in text
