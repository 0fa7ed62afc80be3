"""The engine as a whole: commands, who may give them, and questions."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.echo import Faults, echo

from whinchat.core.engine import EngineSettings
from whinchat.core.errors import TransportError
from whinchat.core.ports import Limit
from whinchat.core.types import (
    ChatKind,
    ChatRef,
    MembershipChange,
)
from whinchat.testing.harness import BotHarness, running

OPEN = ChatRef("open@g", ChatKind.GROUP)
CLOSED = ChatRef("closed@g", ChatKind.GROUP)


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
async def bot(faults: Faults) -> AsyncIterator[BotHarness]:
    async with running(echo(faults), settings=EngineSettings(commands=Limit(1000, 1000), max_attempts=3)) as bot:
        yield bot


async def test_who_may_do_what(bot: BotHarness) -> None:
    group = await bot.group("club", admin="ana", members=["bob"], consent=False)
    bot.transport.performed.clear()
    await bot.say("bob", group, "!echo admin")
    await bot.say("bob", group, "!echo admin")
    await bot.say("ana", group, "!echo admin")
    await bot.say("owner", group, "!echo admin")
    await bot.say("bob", bot.direct("bob"), "echo admin")
    await bot.say("bob", bot.direct("bob"), "echo groups")
    refused, *done, only_groups, heard = bot.texts()
    assert refused == "Only admins of this group can use this command."
    assert bot.texts()[1] == refused  # the harness sets no limits; the limiter's own test does
    assert done[1:] == ["admin", "admin", "admin"]
    assert only_groups == "This command works in groups only."
    assert heard == "heard echo groups"  # what was not carried out is a message like any other


async def test_a_demotion_counts_at_once(bot: BotHarness) -> None:
    group = await bot.group("club", admin="ana", members=["bob"], consent=False)
    await bot.say("ana", group, "!echo admin")
    was = bot.transport.groups[group.id]
    bot.transport.groups[group.id] = type(was)(group, was.subject, was.members, ("bob",))
    await bot.say("ana", group, "!echo admin")
    assert bot.texts(group)[-1] == "admin"  # believed for a minute
    await bot.membership("bob", group, MembershipChange.DEMOTE, ["ana"])
    await bot.say("ana", group, "!echo admin")
    assert bot.texts(group)[-1].startswith("Only admins")


async def test_a_right_that_cannot_be_checked_is_not_granted(bot: BotHarness) -> None:
    class Silent:
        async def __call__(self, *_: object) -> None:
            raise TransportError("no answer")

    group = await bot.group("club", admin="ana", consent=False)
    bot.transport.group = Silent()  # type: ignore[method-assign,assignment]  # the network does not answer
    await bot.say("ana", group, "!echo admin")
    assert bot.texts(group)[-1].startswith("I cannot see right now")


async def test_a_command_that_cannot_be_read_is_explained(bot: BotHarness) -> None:
    await bot.say("ana", bot.direct("ana"), "!echo sayy hello")
    assert "say" in bot.texts()[0]


async def test_a_question_takes_the_next_message_as_its_answer(bot: BotHarness) -> None:
    ana = bot.direct("ana")
    await bot.say("ana", ana, "echo ask")
    await bot.say("ana", ana, "green")
    await bot.say("ana", ana, "red")
    assert bot.texts() == ["which?", "colour: green", "heard red"]


async def test_a_question_is_forgotten_after_its_time(bot: BotHarness) -> None:
    ana = bot.direct("ana")
    await bot.say("ana", ana, "echo ask")
    bot.clock.move(61)
    await bot.say("ana", ana, "green")
    assert bot.texts() == ["which?", "heard green"]
