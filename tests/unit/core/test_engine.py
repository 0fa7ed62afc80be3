"""The engine as a whole: what arrives is handled once, in order, and what is said arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.support.echo import Faults, echo

from whinchat.core.dispatch.inbox import retry
from whinchat.core.dispatch.intake import ARRIVED
from whinchat.core.engine import EngineSettings
from whinchat.core.errors import Conflict, WhinchatError
from whinchat.core.ports import Limit
from whinchat.core.types import (
    ChatKind,
    ChatRef,
    DeliveryStatus,
    DeliveryUpdate,
    GroupChanged,
    UserRef,
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


async def test_a_message_is_heard_once_and_answered_once(bot: BotHarness, faults: Faults) -> None:
    ana = bot.direct("ana")
    await bot.emit(bot.message("ana", ana, "hello", id="x"), times=100)
    assert faults.handled == ["hello"]
    assert bot.texts() == ["heard hello"]
    assert bot.metrics.value(ARRIVED, kind="message", result="duplicate") == 99


async def test_two_members_may_use_the_same_message_id(bot: BotHarness, faults: Faults) -> None:
    await bot.say("ana", OPEN, "mine", id="x")
    await bot.say("bob", OPEN, "also mine", id="x")
    assert faults.handled == ["mine", "also mine"]


async def test_every_edit_of_a_message_is_an_event_of_its_own(bot: BotHarness, faults: Faults) -> None:
    message = await bot.say("ana", OPEN, "first")
    await bot.edit("ana", message, "second")
    await bot.edit("ana", message, "third")
    assert faults.handled == ["first", "second", "third"]


async def test_what_nobody_may_read_is_not_written(bot: BotHarness, faults: Faults) -> None:
    await bot.say("ana", CLOSED, "private")
    await bot.emit(
        GroupChanged(account="fake", chat=OPEN, id="g", sender=UserRef("ana"), time=bot.clock.now(), subject="new")
    )
    assert faults.handled == []
    assert await bot.count("events") == 0
    assert bot.metrics.value(ARRIVED, kind="message", result="dropped") == 1


async def test_commands_are_heard_in_every_group_but_not_read_by_its_own_observer(
    bot: BotHarness, faults: Faults
) -> None:
    await bot.say("ana", CLOSED, "!echo say hello there")
    await bot.say("ana", OPEN, "!echo say again")
    assert bot.texts() == ["hello there", "again"]
    assert faults.handled == []


async def test_an_edited_command_is_no_second_command(bot: BotHarness) -> None:
    message = await bot.say("ana", CLOSED, "!echo say one")
    await bot.edit("ana", message, "!echo say two")
    assert bot.texts() == ["one"]


async def test_a_body_is_wiped_when_it_is_handled(bot: BotHarness) -> None:
    await bot.say("ana", OPEN, "secret words")
    assert await bot.count("events", "body IS NOT NULL") == 0
    assert await bot.count("outbox", "body IS NOT NULL") == 0


async def test_chats_keep_their_order_and_do_not_wait_for_each_other(bot: BotHarness, faults: Faults) -> None:
    faults.slow = asyncio.Event()
    chats = [ChatRef(f"open-{number}@g", ChatKind.GROUP) for number in range(4)]
    for number in range(5):
        for chat in chats:
            await bot.transport.emit(bot.message("ana", chat, f"{chat.id} {number}"))
    await asyncio.sleep(0)
    assert faults.at_once == 4
    faults.slow.set()
    await bot.settle()
    for chat in chats:
        assert bot.texts(chat) == [f"heard {chat.id} {number}" for number in range(5)]


async def test_only_so_many_chats_are_served_at_once(faults: Faults) -> None:
    faults.slow = asyncio.Event()
    async with running(echo(faults), settings=EngineSettings(chats_at_once=3)) as bot:
        for number in range(10):
            await bot.transport.emit(bot.message("ana", ChatRef(f"open-{number}@g", ChatKind.GROUP), "hello"))
        for _ in range(50):
            await asyncio.sleep(0)
        assert faults.at_once == 3
        faults.slow.set()
        await bot.settle()
        assert faults.most_at_once == 3
        assert len(faults.handled) == 10


async def test_chats_take_turns(faults: Faults) -> None:
    async with running(echo(faults), settings=EngineSettings(chats_at_once=1)) as bot:
        busy, calm = (ChatRef(f"open-{name}@g", ChatKind.GROUP) for name in ("busy", "calm"))
        messages = [bot.message("ana", busy, f"busy {number}") for number in range(20)]
        await bot.emit(*messages[:10], bot.message("bob", calm, "calm"), *messages[10:])
        assert faults.handled.index("calm") <= 11
        assert len(faults.handled) == 21


async def test_a_full_backlog_makes_the_transport_wait(faults: Faults) -> None:
    faults.slow = asyncio.Event()
    async with running(echo(faults), settings=EngineSettings(backlog=3)) as bot:
        messages = [bot.message("ana", OPEN, str(number)) for number in range(10)]
        offering = asyncio.create_task(bot.transport.emit(*messages))
        for _ in range(200):
            await asyncio.sleep(0)
        assert bot.transport.waiting == 7
        assert await bot.count("events") == 3
        faults.slow.set()
        await offering
        await bot.settle()
        assert faults.handled == [str(number) for number in range(10)]


async def test_an_event_that_fails_is_tried_again_and_its_chat_waits(bot: BotHarness, faults: Faults) -> None:
    failures = iter([RuntimeError("first"), WhinchatError("second", code="flaky")])

    def fail_twice(text: str) -> None:
        if text == "bad" and (error := next(failures, None)) is not None:
            raise error

    faults.before = fail_twice
    await bot.transport.emit(bot.message("ana", OPEN, "bad"), bot.message("ana", OPEN, "good"))
    await bot.clock.advance(20)
    await bot.settle()
    assert faults.handled == ["bad", "good"]
    assert bot.texts() == ["heard bad", "heard good"]


async def test_a_poisonous_event_is_set_aside_and_its_chat_goes_on(bot: BotHarness, faults: Faults) -> None:
    def fail(text: str) -> None:
        if text == "poison":
            raise ValueError("the text itself: poison")

    faults.before = fail
    await bot.transport.emit(bot.message("ana", OPEN, "poison"), bot.message("ana", OPEN, "good"))
    await bot.clock.advance(60)
    await bot.settle()
    assert faults.handled == ["good"]
    (aside,) = await bot.engine.inbox.aside()
    assert (aside.error, aside.attempts) == ("ValueError", 3)


async def test_what_was_set_aside_can_be_put_back_while_the_service_runs(bot: BotHarness, faults: Faults) -> None:
    broken = True

    def fail(text: str) -> None:
        if broken:
            raise ValueError(text)

    faults.before = fail
    sweeping = asyncio.create_task(bot.engine.sweep())
    await bot.transport.emit(bot.message("ana", OPEN, "again"))
    await bot.clock.advance(60)
    (aside,) = await bot.engine.inbox.aside()
    broken = False
    assert await retry(bot.database, aside.id)
    assert not await retry(bot.database, aside.id)
    await bot.clock.advance(60)
    await bot.settle()
    assert faults.handled == ["again"]
    sweeping.cancel()


async def test_a_handler_that_takes_too_long_is_interrupted(faults: Faults) -> None:
    faults.slow = asyncio.Event()
    settings = EngineSettings(handler_seconds=0.001, max_attempts=1)
    async with running(echo(faults), settings=settings) as bot:
        await bot.transport.emit(bot.message("ana", OPEN, "slow"))
        while not await bot.engine.inbox.aside():
            await asyncio.sleep(0.001)
        assert [aside.error for aside in await bot.engine.inbox.aside()] == ["timeout"]


async def test_a_conflict_runs_the_handler_again_on_the_new_state(bot: BotHarness, faults: Faults) -> None:
    clashes = 3

    def clash(point: str) -> None:
        nonlocal clashes
        if point == "before_commit" and faults.handled and clashes:
            clashes -= 1
            raise Conflict(0, 1, 0)

    bot.database.hook = clash
    await bot.say("ana", OPEN, "hello")
    assert faults.handled == ["hello"] * 4
    assert bot.texts() == ["heard hello"]
    assert await bot.count("heard") == 1
    assert await bot.count("events", "attempts > 0") == 0


async def test_a_state_that_never_holds_still_is_given_up(bot: BotHarness, faults: Faults) -> None:
    def clash(_text: str) -> None:
        raise Conflict(0, 1, 0)

    faults.before = clash
    await bot.transport.emit(bot.message("ana", OPEN, "hello"))
    await bot.clock.advance(60)
    assert [aside.error for aside in await bot.engine.inbox.aside()] == ["conflict"]


async def test_a_commit_whose_answer_was_lost_is_not_done_twice(bot: BotHarness, faults: Faults) -> None:
    lost = 1

    def lose(point: str) -> None:
        nonlocal lost
        if point == "after_commit" and faults.handled and lost:
            lost -= 1
            raise RuntimeError("the answer was lost")

    bot.database.hook = lose
    sweeping = asyncio.create_task(bot.engine.sweep())
    await bot.transport.emit(bot.message("ana", OPEN, "hello"))
    await bot.clock.advance(30)
    await bot.settle()
    assert await bot.count("heard") == 1
    assert await bot.count("events", "state = 'done'") == 1
    assert bot.texts() == ["heard hello"]
    sweeping.cancel()


async def test_a_full_disk_holds_events_back_and_loses_none(bot: BotHarness, faults: Faults) -> None:
    bot.database.fail_next("disk_full")
    await bot.transport.emit(bot.message("ana", OPEN, "one"))
    assert bot.transport.waiting == 1
    await bot.transport.offer()
    bot.database.fail_next("disk_full", times=3)
    await bot.clock.advance(60)
    await bot.settle()
    assert faults.handled[-1] == "one"
    assert bot.texts() == ["heard one"]
    assert await bot.engine.inbox.aside() == []


async def test_closed_intake_holds_events_back(bot: BotHarness, faults: Faults) -> None:
    bot.engine.sink.close("disk_full")
    await bot.transport.emit(bot.message("ana", OPEN, "one"))
    assert (bot.transport.waiting, faults.handled) == (1, [])
    bot.engine.sink.open()
    await bot.transport.offer()
    await bot.settle()
    assert faults.handled == ["one"]


async def test_a_restart_resumes_what_was_not_handled(bot: BotHarness, faults: Faults) -> None:
    faults.slow = asyncio.Event()
    await bot.transport.emit(*(bot.message("ana", OPEN, str(number)) for number in range(5)))
    faults.slow = None
    await bot.crash()
    assert faults.handled == [str(number) for number in range(5)]
    assert bot.texts() == [f"heard {number}" for number in range(5)]


async def test_an_event_that_kills_the_process_is_found_out_without_blaming_others(
    bot: BotHarness, faults: Faults
) -> None:
    faults.slow = asyncio.Event()
    other = ChatRef("open-other@g", ChatKind.GROUP)
    await bot.transport.emit(bot.message("eve", OPEN, "deadly"), bot.message("ana", other, "innocent"))
    faults.slow = None

    class Killed(BaseException):
        pass

    def kill(text: str) -> None:
        if text == "deadly":
            raise Killed

    faults.before = kill
    for _ in range(4):
        await bot.transport.stop(0)
        running_engine = bot._running
        assert running_engine is not None
        running_engine.cancel()
        await asyncio.gather(running_engine, return_exceptions=True)
        bot._build()
        bot._running = asyncio.create_task(bot.engine.run())
        await asyncio.gather(asyncio.wait([bot._running], timeout=0.05), return_exceptions=True)
    await bot.engine.dispatcher.resumed()
    assert [aside.error for aside in await bot.engine.inbox.aside()] == ["crashed"]
    assert faults.handled == ["innocent"]


async def test_a_job_runs_with_the_name_of_its_cause(bot: BotHarness) -> None:
    await bot.say("ana", OPEN, "later please")
    assert await bot.count("heard", "text = 'job later please'") == 1


async def test_a_lost_answer_repeats_a_text_once_and_no_more(bot: BotHarness) -> None:
    bot.transport.leave_unconfirmed(times=5)
    await bot.transport.emit(bot.message("ana", OPEN, "hello"))
    await bot.clock.advance(120)
    await bot.settle()
    assert bot.texts() == ["heard hello", "heard hello"]
    assert await bot.count("outbox", "state = 'unknown'") == 1


async def test_a_rejected_send_is_tried_later_under_the_same_reference(bot: BotHarness) -> None:
    bot.transport.reject("busy", retry_after=5.0, times=2)
    await bot.transport.emit(bot.message("ana", OPEN, "hello"))
    await bot.clock.advance(60)
    await bot.settle()
    assert bot.texts() == ["heard hello"]
    assert len({done.reference for done in bot.transport.performed}) == 1


async def test_a_refused_send_fails_and_the_chat_goes_on(bot: BotHarness) -> None:
    bot.transport.reject("not_a_member")
    await bot.say("ana", OPEN, "one")
    await bot.say("ana", OPEN, "two")
    assert bot.texts() == ["heard two"]
    assert await bot.count("outbox", "state = 'failed' AND error = 'not_a_member'") == 1


async def test_nothing_is_sent_while_disconnected_and_everything_afterwards(bot: BotHarness) -> None:
    bot.transport.disconnect()
    await bot.transport.emit(bot.message("ana", OPEN, "one"), bot.message("ana", OPEN, "two"))
    await bot.clock.advance(10)
    assert bot.transport.performed == []
    bot.transport.reconnect()
    await bot.clock.advance(10)
    await bot.settle()
    assert bot.texts() == ["heard one", "heard two"]


async def test_a_send_interrupted_by_a_crash_is_repeated_once(bot: BotHarness) -> None:
    bot.transport.hold()
    await bot.transport.emit(bot.message("ana", OPEN, "hello"))
    for _ in range(100):
        await asyncio.sleep(0)
    assert await bot.count("outbox", "state = 'sending'") == 1
    await bot.crash()
    assert bot.texts() == ["heard hello", "heard hello"]
    assert await bot.count("outbox", "state = 'sent' AND resends = 1") == 1


async def test_delivery_moves_forward_only(bot: BotHarness) -> None:
    await bot.say("ana", OPEN, "hello")
    message_id = bot.sent()[0].result.message_id
    assert message_id is not None
    for status in (DeliveryStatus.READ, DeliveryStatus.DELIVERED):
        await bot.transport.emit(
            DeliveryUpdate(account="fake", chat=OPEN, message_id=message_id, status=status, time=bot.clock.now())
        )
    assert await bot.count("outbox", "delivery = 'read'") == 1
