"""A fault at every commit in turn: nothing is lost, everything happens once, and in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest
from tests.support.deaths import Death, Killed
from tests.support.echo import Faults, echo

from whinchat.core.dispatch.outgoing import Envelope
from whinchat.core.errors import StorageError, WhinchatError
from whinchat.core.types import ChatKind, ChatRef, SendText
from whinchat.testing.harness import BotHarness, running

ONE, TWO = ChatRef("open-1@g", ChatKind.GROUP), ChatRef("open-2@g", ChatKind.GROUP)
COMMITS = 18
"""Of the story when nothing fails; the first test makes sure of it."""


async def story(bot: BotHarness) -> None:
    """Two chats, a job, and a command whose answer need not be repeated."""
    await bot.transport.emit(
        bot.message("ana", ONE, "first", id="1"),
        bot.message("ana", TWO, "later", id="2"),
        bot.message("bob", ONE, "second", id="3"),
        bot.message("bob", ONE, "!echo say third", id="4"),
    )
    await go_on(bot, rounds=2)


async def go_on(bot: BotHarness, rounds: int = 5) -> None:
    """Time passes: what was refused comes again, what was lost sight of is found."""
    for _ in range(rounds):
        with suppress(WhinchatError):
            await bot.transport.offer()
        await bot.clock.advance(16)
        with suppress(WhinchatError):
            await bot.engine.dispatcher.sweep()
            await bot.engine.sender.sweep()
            while await bot._run_job():
                pass


async def check(bot: BotHarness, interrupted: Counter[str]) -> None:
    """`interrupted`: what was being sent when the process died: it may be said twice, or never if it is an answer."""
    assert bot.transport.waiting == 0
    assert await bot.count("events", "state = 'done'") == await bot.count("events") == 4
    heard = [text for (text,) in await bot.database.fetch("SELECT text FROM heard ORDER BY id")]
    assert sorted(map(str, heard)) == ["first", "job later", "later", "second"]
    assert heard.index("first") < heard.index("second")
    assert heard.index("later") < heard.index("job later")
    assert await bot.count("memory_jobs") == 0

    said = Counter(bot.texts())
    expected = Counter(["heard first", "heard later", "heard second", "third"])
    assert said - expected <= interrupted
    assert expected - said <= Counter({"third": interrupted["third"]})
    in_order = [text for text in dict.fromkeys(bot.texts(ONE)) if text != "third" or said["third"]]
    assert in_order == [text for text in ("heard first", "heard second", "third") if said[text]]
    assert await bot.count("outbox", "state IN ('queued', 'sending')") == 0


def at(number: int, point: str, fail: Callable[[], None]) -> Callable[[str], None]:
    """A hook that fails at `point` of the n-th commit."""
    count = 0

    def hook(reached: str) -> None:
        nonlocal count
        count += reached == "before_commit"
        if count == number and reached == point:
            fail()

    return hook


async def test_the_story_without_a_fault() -> None:
    async with running(echo(Faults())) as bot:
        commits = 0

        def count(point: str) -> None:
            nonlocal commits
            commits += point == "before_commit"

        bot.database.hook = count
        await story(bot)
        await check(bot, Counter())
        assert commits == COMMITS


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
@pytest.mark.parametrize("number", range(1, COMMITS + 1))
async def test_an_error_at_any_commit_loses_and_doubles_nothing(number: int, point: str) -> None:
    failed = False

    def fail() -> None:
        nonlocal failed
        failed = True
        raise StorageError("no answer from the disk", code="disk_full")

    async with running(echo(Faults())) as bot:
        bot.database.hook = at(number, point, fail)
        await story(bot)
        assert failed
        await go_on(bot)
        await check(bot, Counter())


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
@pytest.mark.parametrize("number", range(1, COMMITS + 1))
async def test_a_death_at_any_commit_loses_nothing_and_doubles_only_what_was_being_sent(
    number: int, point: str
) -> None:
    async with running(echo(Faults())) as bot:
        death = Death(number, point)
        bot.database.hook = death
        with suppress(Killed):
            await story(bot)
        assert death.dead
        bot.database.hook = None
        interrupted = await being_sent(bot)
        assert all(count == 1 for count in interrupted.values())
        await bot.crash()
        await go_on(bot)
        await check(bot, interrupted)


async def being_sent(bot: BotHarness) -> Counter[str]:
    """The texts that were on their way when the process died."""
    texts: Counter[str] = Counter()
    for row in await bot.database.fetch("SELECT reference, body FROM outbox WHERE state = 'sending'"):
        reference, body = msgspec.convert(row, tuple[str, bytes])
        action = msgspec.msgpack.decode(bot.sealer.open("outbox", reference, body), type=Envelope).action
        assert isinstance(action, SendText)
        texts[action.text] += 1
    return texts
