"""What people say in their own words becomes a command of an application that understands it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from tests.support.echo import ASK, SAY, WHAT, Faults, echo

from whinchat.core.app import App, AppContext, AppSpec
from whinchat.core.dispatch.arguments import UsageProblem
from whinchat.core.dispatch.command import Arguments
from whinchat.core.dispatch.router import Route
from whinchat.core.types import ChatKind, ChatRef, MessageReceived
from whinchat.testing.harness import BotHarness, running

CLOSED = ChatRef("closed@g", ChatKind.GROUP)


class Polite:
    """`please X` is the command to say X; `please` alone is a question too many."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def interpret(self, message: MessageReceived, said: str) -> Route | None:
        self.asked.append(said)
        word, _, rest = said.partition(" ")
        if word.casefold() != "please":
            return None
        if not rest:
            return Route("echo", SAY, UsageProblem("what", "core.usage.missing", {"argument": "WHAT"}))
        return Route("echo", SAY, Arguments({WHAT: rest}))


@pytest.fixture
def polite() -> Polite:
    return Polite()


@pytest.fixture
async def bot(polite: Polite) -> AsyncIterator[BotHarness]:
    def build(given: AppContext, settings: Any) -> App:
        return replace(spec.build(given, settings), interpreter=polite, observers=())

    spec = echo(Faults())
    understanding: AppSpec[Any] = replace(spec, build=build)
    async with running(understanding) as bot:
        yield bot


async def test_in_a_direct_chat_words_of_ones_own_are_carried_out(bot: BotHarness) -> None:
    await bot.say("ana", bot.direct("ana"), "Please hello there")
    assert bot.texts() == ["hello there"]


async def test_what_it_cannot_carry_out_is_answered_with_what_is_missing(bot: BotHarness) -> None:
    await bot.say("ana", bot.direct("ana"), "please")
    (text,) = bot.texts()
    assert "WHAT" in text


async def test_a_typed_command_and_an_answer_come_first(bot: BotHarness, polite: Polite) -> None:
    await bot.say("ana", bot.direct("ana"), "echo ask")
    asked = len(polite.asked)
    await bot.say("ana", bot.direct("ana"), "please me")
    assert bot.texts()[-1] != "me", f"{ASK.path} asked a question, and this answers it"
    assert len(polite.asked) - asked <= 1, "at most at intake"


async def test_in_a_group_it_hears_only_what_mentions_the_bot(bot: BotHarness, polite: Polite) -> None:
    await bot.group("closed", admin="ana", members=["eve"], consent=False)
    await bot.say("eve", CLOSED, "please hello")
    assert (bot.texts(), polite.asked) == ([], [])
    await bot.say("eve", CLOSED, "@bot please hello", mentions_me=True)
    assert bot.texts() == ["hello"]


async def test_what_nobody_understands_is_not_even_written_down(bot: BotHarness) -> None:
    await bot.say("ana", bot.direct("ana"), "lovely weather")
    assert await bot.count("events") == 0


async def test_an_answer_is_heard_even_where_nobody_listens_else(bot: BotHarness) -> None:
    await bot.say("ana", bot.direct("ana"), "echo ask")
    await bot.say("ana", bot.direct("ana"), "green")
    assert bot.texts()[-1] == "colour: green"
