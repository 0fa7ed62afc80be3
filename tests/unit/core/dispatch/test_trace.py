from __future__ import annotations

from dataclasses import replace

from tests.support.rows import Tables, message, reply

from whinchat.core.dispatch.handler import Outcome
from whinchat.core.dispatch.inbox import chat_key
from whinchat.core.dispatch.migrations import MIGRATIONS
from whinchat.core.dispatch.outgoing import SendState
from whinchat.core.dispatch.trace import Summary, Trace, Traced
from whinchat.core.ports import Batch, Claim, Statement
from whinchat.core.types import ChatKind, ChatRef, DeliveryStatus, DeliveryUpdate, OnUnknown
from whinchat.infra.queue.migrations import MIGRATIONS as QUEUE
from whinchat.testing.clock import START
from whinchat.testing.database import MemoryDatabase

CHAT = ChatRef("chat", ChatKind.GROUP)


class Story:
    def __init__(self) -> None:
        self.tables = Tables()
        self.tables.database = self.tables.inbox._database = self.tables.outbox._database = MemoryDatabase(
            [*MIGRATIONS, *QUEUE]
        )
        self.trace = Trace(self.tables.database)

    async def arrive(self, name: str = "1") -> int:
        stored = await self.tables.inbox.store(message(id=name))
        assert stored is not None
        return stored.id

    async def handle(self, event_id: int, *statements: Statement) -> None:
        await self.tables.database.commit(Batch((*statements, self.tables.inbox.done(event_id))))

    async def steps(self, event_id: int) -> list[tuple[int | None, str, str]]:
        """Times in seconds since the start."""
        return [
            (None if step.at is None else (step.at - START) // 1000, step.what, step.detail)
            for step in await self.trace.steps(event_id)
        ]


async def test_an_unknown_event_has_no_story() -> None:
    assert await Story().trace.steps(1) == []


async def test_a_waiting_event_tells_what_failed_so_far() -> None:
    story = Story()
    event = await story.arrive()
    assert await story.steps(event) == [(0, "arrived", "message"), (None, "attempts failed", "0, waiting")]
    await story.tables.inbox.failed(event, "timeout")
    assert (await story.steps(event))[1] == (None, "attempts failed", "1, last: timeout")


async def test_an_event_that_was_set_aside_says_why() -> None:
    story = Story()
    event = await story.arrive()
    story.tables.clock.move(3)
    await story.tables.inbox.failed(event, "ValueError")
    await story.tables.inbox.set_aside(event, "ValueError")
    assert await story.steps(event) == [
        (0, "arrived", "message"),
        (3, "set aside", "ValueError"),
        (None, "attempts failed", "1, last: ValueError"),
    ]


async def test_a_handled_event_tells_of_its_jobs_and_replies_up_to_the_delivery() -> None:
    story = Story()
    tables = story.tables
    event = await story.arrive()
    tables.clock.move(1)
    await story.handle(event, *tables.outbox.add([reply("hello", on_unknown=OnUnknown.RESEND_ONCE)], "ref", event))
    tables.clock.move(1)
    key = chat_key(tables.sealer, "fake", CHAT)
    out = await tables.outbox.take(key)
    assert out is not None
    await tables.outbox.put_back(out, error="timeout", resend=True)
    assert (await story.steps(event))[-1] == (None, "reply queued", "text ref-0 (timeout)")
    out = await tables.outbox.take(key)
    assert out is not None
    await tables.outbox.settle(out, SendState.SENT, message_id="m")
    update = DeliveryUpdate(account="fake", chat=CHAT, message_id="m", status=DeliveryStatus.READ, time=0)
    await tables.outbox.delivered(update)
    assert await story.steps(event) == [
        (0, "arrived", "message"),
        (1, "handled", ""),
        (1, "reply queued", "text ref-0"),
        (2, "reply sent", "text ref-0 (attempt 2, read)"),
    ]


async def test_newer_words_about_a_subject_are_told_as_what_became_of_them() -> None:
    story = Story()
    tables = story.tables
    event, key = await story.arrive(), chat_key(tables.sealer, "fake", CHAT)

    async def say(text: str) -> None:
        tables.clock.move(1)
        newer = replace(reply(text), subject="s", edited=text)
        await tables.database.commit(Batch(tables.outbox.add([newer], text, event)))

    async def send(message_id: str | None) -> None:
        tables.clock.move(1)
        out = await tables.outbox.take(key)
        assert out is not None
        await tables.outbox.settle(out, SendState.SENT, message_id=message_id, edit_seconds=900)

    await story.handle(event)
    await say("one")
    await say("two")
    await send("m")
    await say("three")
    await send(None)
    assert (await story.steps(event))[2:] == [
        (1, "reply queued", "text one-0"),
        (2, "reply replaced", "text one-0"),
        (2, "reply queued", "text two-0"),
        (3, "reply sent", "text two-0"),
        (4, "reply queued", "edit three-0"),
        (5, "reply sent", "edit three-0"),
    ]


async def test_jobs_that_are_done_leave_a_step_and_others_are_found_where_they_are() -> None:
    story = Story()
    event = await story.arrive()

    class Handler:
        kind = "app.work"
        concurrency = 3

        async def run(self, claim: Claim) -> Outcome:
            return Outcome()

    traced = Traced(Handler(), story.tables.clock)
    assert (traced.kind, traced.concurrency) == ("app.work", 3)
    story.tables.clock.move(5)
    outcome = await traced.run(Claim(1, "app.work", "k", b"", 1, 8, 1, 0, cause=event))
    await story.handle(event, *outcome.changes.statements)
    assert (await story.steps(event))[-1] == (5, "job done", "app.work")
    assert (await traced.run(Claim(1, "app.work", "k", b"", 1, 8, 1, 0))) == Outcome()


async def test_an_open_job_says_how_often_it_failed() -> None:
    story = Story()
    event = await story.arrive()
    columns = [str(row[1]) for row in await story.tables.rows("PRAGMA table_info(jobs)")]
    values: dict[str, int | str | bytes | None] = dict.fromkeys(columns, 0)
    values |= {"kind": "app.work", "state": "waiting", "since": START + 2000, "attempt": 2, "cause": event}
    values |= {"error": "timeout", "key": "k", "payload": b""}
    names = ", ".join(columns)
    insert = f"INSERT INTO jobs ({names}) VALUES ({', '.join(':' + column for column in columns)})"
    await story.tables.database.commit(Batch((Statement(insert, values),)))
    assert (2, "job waiting", "app.work, attempt 2, timeout") in await story.steps(event)
    await story.tables.database.commit(Batch((Statement("UPDATE jobs SET error = NULL", {}),)))
    assert (2, "job waiting", "app.work, attempt 2") in await story.steps(event)


async def test_an_event_is_found_by_a_reply_that_it_caused_or_the_beginning_of_its_reference() -> None:
    story = Story()
    event = await story.arrive()
    await story.handle(event, *story.tables.outbox.add([reply("hello")], "abcdef", event))
    await story.tables.queue(reply("of nobody's doing"), base="xyz")
    assert await story.trace.event_of("abcdef-0") == event
    assert await story.trace.event_of("abc") == event
    assert await story.trace.event_of("xyz") is None
    assert await story.trace.event_of("b") is None


async def test_recent_events_are_listed_newest_first_and_by_state() -> None:
    story = Story()
    first, second = await story.arrive("1"), await story.arrive("2")
    story.tables.clock.move(1)
    await story.handle(first, *story.tables.outbox.add([reply("one"), reply("two")], "ref", first))
    handled = Summary(first, "message", "done", START, START + 1000, 2, None)
    waiting = Summary(second, "message", "waiting", START, None, 0, None)
    assert await story.trace.recent(10) == [waiting, handled]
    assert await story.trace.recent(1) == [waiting]
    assert await story.trace.recent(10, "done") == [handled]
