from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random

import pytest
from tests.support.rows import Tables, message

from whinchat.core.dispatch.dispatcher import CACHED, HANDLED, Dispatcher
from whinchat.core.dispatch.inbox import Stored
from whinchat.core.errors import StorageError
from whinchat.core.ports import Batch, Statement
from whinchat.core.types import MessageReceived
from whinchat.testing.metrics import RecordedMetrics


class Hall:
    """A dispatcher over an inbox; its handler writes down what it handles, and does what a test wants first."""

    def __init__(self, tables: Tables | None = None, *, chats_at_once: int = 32, max_attempts: int = 3) -> None:
        self.tables = tables or Tables()
        self.metrics = RecordedMetrics()
        self.handled: list[str] = []
        self.before: Callable[[str], Awaitable[None]] | None = None
        self.dispatcher = Dispatcher(
            self.tables.inbox,
            self._handle,
            self.tables.clock,
            Random(1),
            self.metrics,
            chats_at_once=chats_at_once,
            backlog=100,
            max_attempts=max_attempts,
        )

    async def _handle(self, stored: Stored) -> None:
        event = stored.event
        assert isinstance(event, MessageReceived)
        if self.before is not None:
            await self.before(event.content.text)
        await self.tables.database.commit(Batch((self.tables.inbox.done(stored.id),)))
        self.handled.append(event.content.text)

    async def store(self, *texts: str, chat: str = "chat") -> list[Stored]:
        """Written down, and nobody told."""
        stored = [await self.tables.inbox.store(message(text, id=text, chat=chat)) for text in texts]
        return [each for each in stored if each is not None]

    async def arrive(self, *texts: str, chat: str = "chat") -> None:
        for stored in await self.store(*texts, chat=chat):
            self.dispatcher.add(stored)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.dispatcher.run())
        await self.pass_time(0)
        try:
            yield
            await self.pass_time(0)
        finally:
            self.dispatcher.stop()
            await task

    async def pass_time(self, seconds: float) -> None:
        for _ in range(5):
            await self.tables.clock.advance(0)
        await self.tables.clock.advance(seconds)

    async def states(self) -> list[object]:
        return [state for (state,) in await self.tables.rows("SELECT state FROM events ORDER BY id")]


async def test_a_busy_chat_does_not_hold_up_the_others() -> None:
    hall = Hall(chats_at_once=1)
    async with hall.running():
        await hall.arrive("a0", "a1", "a2", "a3", chat="a")
        await hall.arrive("b0", "b1", chat="b")
        await hall.arrive("c0", chat="c")
    assert [text for text in hall.handled if text[0] == "a"] == ["a0", "a1", "a2", "a3"]
    assert hall.handled.index("b0") < hall.handled.index("a2")
    assert hall.handled.index("c0") < hall.handled.index("a3")


async def test_more_events_than_are_kept_in_memory_are_read_back() -> None:
    hall = Hall()
    size = 100_000  # bytes of each
    texts = [str(number).ljust(size, ".") for number in range(CACHED // size + 3)]
    await hall.arrive(*texts)
    async with hall.running():
        await hall.pass_time(0)
        await hall.pass_time(0)
    assert hall.handled == texts


async def test_what_waits_at_the_start_comes_before_what_arrives_meanwhile() -> None:
    hall = Hall()
    await hall.store("old a", "older talk", chat="a")
    await hall.store("old b", chat="b")
    slow = asyncio.Event()

    async def wait(text: str) -> None:
        if text == "old a":
            await slow.wait()

    hall.before = wait
    async with hall.running():
        await hall.arrive("new", chat="a")
        await hall.arrive("elsewhere", chat="c")
        await hall.pass_time(0)
        assert hall.handled == []  # what may have killed the process before is tried alone
        slow.set()
        await hall.pass_time(0)
    assert [text for text in hall.handled if text not in {"old b", "elsewhere"}] == ["old a", "older talk", "new"]
    assert set(hall.handled) == {"old a", "old b", "older talk", "new", "elsewhere"}


async def test_a_suspect_that_only_fails_does_not_hold_up_the_start() -> None:
    hall = Hall(max_attempts=4)
    await hall.store("bad", "good", chat="a")
    await hall.store("fine", chat="b")
    failures = 2

    async def fail(text: str) -> None:
        nonlocal failures
        if text == "bad" and failures:
            failures -= 1
            raise ValueError(text)

    hall.before = fail
    async with hall.running():
        assert "fine" in hall.handled
        await hall.pass_time(20)
    assert [text for text in hall.handled if text != "fine"] == ["bad", "good"]


async def test_an_event_that_was_interrupted_too_often_is_set_aside() -> None:
    tables = Tables()
    before = Hall(tables)
    (stored,) = await before.store("deadly")
    for _ in range(3):
        await tables.inbox.failed(stored.id, "interrupted")
    hall = Hall(tables)
    async with hall.running():
        await hall.arrive("next")
    assert hall.handled == ["next"]
    assert [aside.error for aside in await tables.inbox.aside()] == ["crashed"]
    assert hall.metrics.value(HANDLED, result="aside") == 1


async def test_a_damaged_row_does_not_stop_the_service_from_starting() -> None:
    hall = Hall()
    (damaged, _) = await hall.store("damaged", "fine")
    harm = Statement("UPDATE events SET body = :body WHERE id = :id", {"body": b"x" * 20, "id": damaged.id})
    await hall.tables.database.commit(Batch((harm,)))
    async with hall.running():
        await hall.pass_time(60)
    assert hall.handled == ["fine"]
    assert [aside.error for aside in await hall.tables.inbox.aside()] == ["unsealable"]


async def test_a_suspect_that_another_process_has_handled_meanwhile_is_behind_us() -> None:
    hall = Hall()
    await hall.store("hello")

    def done_elsewhere(_point: str) -> None:
        hall.tables.database._connection.execute("UPDATE events SET state = 'done'")

    hall.tables.database.hook = done_elsewhere
    async with hall.running():
        assert hall.dispatcher.pending == 0
    assert hall.handled == []


async def test_an_outage_costs_no_attempts_however_long_it_lasts() -> None:
    hall = Hall(max_attempts=1)
    outage = True

    async def fail(_text: str) -> None:
        if outage:
            raise StorageError("the disk is full", code="disk_full")

    hall.before = fail
    async with hall.running():
        await hall.arrive("hello")
        await hall.pass_time(600)
        assert await hall.states() == ["waiting"]
        outage = False
        await hall.pass_time(10)
    assert hall.handled == ["hello"]


async def test_a_dispatcher_that_failed_can_be_run_again_and_its_backlog_has_room_again() -> None:
    hall = Hall()
    hall.dispatcher._backlog = 2
    broken = True

    def fail(_point: str) -> None:
        if broken:
            raise RuntimeError("a defect")

    task = asyncio.create_task(hall.dispatcher.run())
    await hall.pass_time(0)
    stored = [*await hall.store("one", chat="a"), *await hall.store("two", chat="b")]
    hall.tables.database.hook = fail
    for each in stored:
        hall.dispatcher.add(each)
    with pytest.raises(ExceptionGroup):
        await task
    broken = False
    await hall.arrive("three", chat="c")  # nobody is there to handle it
    async with hall.running():
        await hall.pass_time(1)
        await asyncio.wait_for(hall.dispatcher.room(), timeout=1)
    assert sorted(hall.handled) == ["one", "three", "two"]


async def test_a_lost_answer_to_a_failed_attempt_is_no_harm() -> None:
    hall = Hall()
    lost = 2  # the answer to the handling, then that to the note of its failure

    def lose(point: str) -> None:
        nonlocal lost
        if point == "after_commit" and lost:
            lost -= 1
            raise StorageError("no answer", code="storage")

    async with hall.running():
        stored = await hall.store("hello")
        hall.tables.database.hook = lose
        hall.dispatcher.add(*stored)
        await hall.pass_time(10)
    assert await hall.states() == ["done"]
    assert hall.dispatcher.pending == 0


async def test_a_stop_finishes_what_is_under_way_and_begins_nothing() -> None:
    hall = Hall(chats_at_once=1)
    slow = asyncio.Event()

    async def wait(_text: str) -> None:
        await slow.wait()

    hall.before = wait
    async with hall.running():
        await hall.arrive("under way", "waits")
        await hall.arrive("elsewhere", chat="b")
        await hall.pass_time(0)
        hall.dispatcher.stop()
        slow.set()
    assert hall.handled == ["under way"]
    assert await hall.states() == ["done", "waiting", "waiting"]


async def test_a_stop_does_not_wait_for_pauses() -> None:
    hall = Hall(chats_at_once=1)
    under_way = asyncio.Event()

    async def fail(text: str) -> None:
        if text == "slow":
            await under_way.wait()
        raise ValueError(text)

    hall.before = fail
    async with hall.running():
        await hall.arrive("pausing", chat="a")
        await hall.pass_time(0)
        await hall.arrive("slow", chat="b")
        await hall.pass_time(0)
        hall.dispatcher.stop()
        under_way.set()
    assert await hall.states() == ["waiting", "waiting"]


async def test_a_stop_during_the_start_leaves_everything_for_the_next_one() -> None:
    hall = Hall()
    await hall.store("first", chat="a")
    await hall.store("second", chat="b")
    slow = asyncio.Event()

    async def wait(_text: str) -> None:
        await slow.wait()

    hall.before = wait
    async with hall.running():
        hall.dispatcher.stop()
        slow.set()
    assert hall.handled == ["first"]
    assert await hall.states() == ["done", "waiting"]


async def test_the_sweep_finds_what_nobody_told_of_once() -> None:
    hall = Hall()
    async with hall.running():
        await hall.store("lost")
        slow = asyncio.Event()

        async def wait(_text: str) -> None:
            await slow.wait()

        hall.before = wait
        await hall.dispatcher.sweep()
        assert hall.dispatcher.pending == 0  # it may be on its way here
        await hall.pass_time(11)
        await hall.dispatcher.sweep()
        await hall.dispatcher.sweep()
        assert hall.dispatcher.pending == 1
        slow.set()
        await hall.pass_time(0)
    assert hall.handled == ["lost"]


async def test_the_sweep_waits_for_the_start() -> None:
    hall = Hall()
    await hall.store("old")
    hall.tables.clock.move(60)
    await hall.dispatcher.sweep()
    assert hall.dispatcher.pending == 0


async def test_an_event_that_is_found_twice_is_lined_up_once() -> None:
    hall = Hall()
    (stored,) = await hall.store("hello")
    hall.dispatcher.find(stored.id, stored.chat_key)
    hall.dispatcher.find(stored.id, stored.chat_key)
    assert hall.dispatcher.pending == 1
