from __future__ import annotations

import pytest
from tests.support.invocations import Handler, invocation, texts

from whinchat.core.dispatch.command import Command
from whinchat.core.dispatch.command import Limit as Own
from whinchat.core.dispatch.handler import NOTHING
from whinchat.core.formatting.i18n import Words
from whinchat.core.middlewares.rate_limit import RateLimit
from whinchat.core.ports import Limit
from whinchat.infra.rate_limit import TokenBuckets
from whinchat.testing.clock import FakeClock

SAY = Command("say", "echo")
ADMIN = Command("admin", "echo")
SELDOM = Command("seldom", "echo", limit=Own(2, 60))


class Gate:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.limit = RateLimit(TokenBuckets(self.clock), Words(), Limit(rate=0.1, burst=3))

    async def give(self, command: Command | None, *, by: str = "ana", chat: str = "chat") -> str:
        """What came of it: `done`, what was said instead, or nothing."""
        outcome = await self.limit(invocation(command, by=by, chat=chat), Handler())
        return "" if outcome is NOTHING else texts(outcome)[0]


@pytest.fixture
def gate() -> Gate:
    return Gate()


async def test_a_person_gives_so_many_commands_wherever_and_is_told_once_to_slow_down(gate: Gate) -> None:
    assert [await gate.give(SAY, chat=chat) for chat in ("a", "b", "c")] == ["done"] * 3
    assert await gate.give(ADMIN) == "Too many commands. Please wait 10 seconds."
    assert await gate.give(SAY) == ""
    assert await gate.give(SAY, by="bob") == "done"
    gate.clock.move(10)
    assert await gate.give(SAY) == "done"
    gate.clock.move(50)
    assert [await gate.give(SAY) for _ in range(3)] == ["done"] * 3
    assert await gate.give(SAY) != ""  # a minute later it may be said again


async def test_a_commands_own_limit_counts_for_itself(gate: Gate) -> None:
    assert [await gate.give(SELDOM) for _ in range(2)] == ["done"] * 2
    assert await gate.give(SELDOM) != "done"
    assert [await gate.give(SAY) for _ in range(3)] == ["done"] * 3
    gate.clock.move(30)
    assert await gate.give(SELDOM) == "done"


async def test_words_that_are_no_command_count_too(gate: Gate) -> None:
    assert [await gate.give(None) for _ in range(3)] == ["done"] * 3
    assert await gate.give(None) != "done"
