from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from random import Random

import pytest
from tests.support.rows import Tables, reply

from whinchat.core.dispatch import sender as module
from whinchat.core.dispatch.outbox import Ready
from whinchat.core.dispatch.sender import LONGEST_WAIT, MAX_ATTEMPTS, SENT, Sender
from whinchat.core.errors import StorageError, TransportError
from whinchat.core.types import (
    Action,
    Capabilities,
    ChatRef,
    ConnectionState,
    DeliveryUpdate,
    Event,
    OnUnknown,
    Pacing,
    Reply,
    SendResult,
    SendText,
    Urgency,
)
from whinchat.infra.rate_limit import TokenBuckets
from whinchat.testing.clock import FakeClock
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.transport import FakeTransport

DANGER, ANSWER, COURTESY = Urgency.DANGER, Urgency.ANSWER, Urgency.COURTESY
FAST = Pacing()


class Deaf:
    """A sink for a transport that only sends."""

    async def accept(self, event: Event) -> None:
        """Nothing arrives here."""

    async def delivery(self, update: DeliveryUpdate) -> None:
        """Nothing arrives here."""

    def connection(self, account: str, state: ConnectionState) -> None:
        """Of no interest."""


class Post:
    """A sender with its outbox and transport."""

    def __init__(self, pacing: Pacing = FAST, *, senders: int = 8) -> None:
        self.tables = Tables()
        self.transport = FakeTransport("fake", Capabilities(pacing=pacing))
        self.metrics = RecordedMetrics()
        self.sender = Sender(
            self.tables.outbox,
            lambda account: self.transport if account == "fake" else None,
            TokenBuckets(self.tables.clock),
            self.tables.clock,
            Random(1),
            self.metrics,
            senders=senders,
        )
        self._bases = 0

    def use(self, transport: FakeTransport) -> None:
        self.transport = transport

    async def queue(self, *replies: Reply) -> None:
        """As the settlement of an outcome does it."""
        self._bases += 1
        await self.tables.queue(*replies, base=str(self._bases))
        self.sender.announce(self.tables.outbox.ready(replies))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        await self.transport.start(Deaf())
        task = asyncio.create_task(self.sender.run())
        await self.pass_time(0)
        try:
            yield
            await self.pass_time(0)
        finally:
            self.sender.stop()
            await task

    async def pass_time(self, seconds: float) -> None:
        await self.tables.clock.advance(seconds)
        await self.tables.clock.advance(0)

    @property
    def texts(self) -> list[str]:
        return [done.action.text for done in self.transport.arrived() if isinstance(done.action, SendText)]

    async def states(self) -> list[object]:
        return [state for (state,) in await self.tables.rows("SELECT state FROM outbox ORDER BY id")]


async def test_danger_overtakes_what_waits_in_its_chat_and_in_others() -> None:
    post = Post(senders=1)
    await post.queue(reply("bye a", "a", urgency=COURTESY), reply("bye b", "b", urgency=COURTESY))
    await post.queue(reply("answer a", "a"), reply("answer b", "b"))
    await post.queue(reply("danger b", "b", urgency=DANGER))
    async with post.running():
        await post.pass_time(1)
    assert post.texts == ["danger b", "answer a", "answer b", "bye a", "bye b"]


async def test_a_chat_that_had_danger_does_not_push_its_talk_ahead_of_others() -> None:
    post = Post(Pacing(account_rate=1, account_burst=1))
    await post.queue(
        reply("danger", "a", urgency=DANGER), *(reply(f"talk {n}", "a", urgency=COURTESY) for n in range(3))
    )
    await post.queue(reply("answer b", "b"), reply("answer c", "c"))
    async with post.running():
        await post.pass_time(10)
    assert post.texts == ["danger", "answer b", "answer c", "talk 0", "talk 1", "talk 2"]


async def test_chats_of_the_same_urgency_take_turns() -> None:
    post = Post(senders=1)
    await post.queue(*(reply(f"a{number}", "a") for number in range(3)), reply("b0", "b"), reply("c0", "c"))
    async with post.running():
        await post.pass_time(1)
    assert post.texts == ["a0", "b0", "c0", "a1", "a2"]


async def test_a_chat_is_paced_without_holding_up_the_others() -> None:
    post = Post(Pacing(chat_rate=0.5, chat_burst=2))
    async with post.running():
        await post.queue(*(reply(f"a{number}", "a") for number in range(4)), reply("b", "b"))
        await post.pass_time(0)
        assert sorted(post.texts) == ["a0", "a1", "b"]
        await post.pass_time(1.9)
        assert len(post.texts) == 3
        await post.pass_time(0.2)
        assert post.texts[3:] == ["a2"]
        await post.pass_time(2)
        assert post.texts[3:] == ["a2", "a3"]


async def test_an_account_is_paced_over_all_its_chats_and_danger_goes_first_when_it_may_speak_again() -> None:
    post = Post(Pacing(account_rate=1, account_burst=1))
    async with post.running():
        await post.queue(*(reply(f"talk {number}", str(number), urgency=COURTESY) for number in range(5)))
        await post.pass_time(0.5)
        assert post.texts == ["talk 0"]
        await post.queue(reply("danger", "somewhere else", urgency=DANGER))
        await post.pass_time(0.6)
        assert post.texts == ["talk 0", "danger"]
        await post.pass_time(4)
        assert post.texts == ["talk 0", "danger", "talk 1", "talk 2", "talk 3", "talk 4"]


async def test_waiting_for_the_account_costs_a_chat_nothing_of_its_own_pace() -> None:
    post = Post(Pacing(account_rate=1, account_burst=1, chat_rate=0.01, chat_burst=3))
    async with post.running():
        await post.queue(*(reply(f"a{number}", "a") for number in range(3)), reply("b", "b"))
        await post.pass_time(10)
    assert sorted(post.texts) == ["a0", "a1", "a2", "b"]


async def test_a_disconnected_account_is_left_alone_until_it_is_back() -> None:
    post = Post()
    async with post.running():
        post.transport.disconnect()
        await post.queue(*(reply(str(number), str(number)) for number in range(20)))
        await post.pass_time(5)
        assert post.transport.performed == []
        assert not post.sender.idle
        post.transport.reconnect()
        await post.pass_time(0.5)
        assert len(post.texts) == 20
        assert post.sender.idle


async def test_what_an_account_that_is_gone_should_send_fails() -> None:
    post = Post()
    async with post.running():
        await post.queue(reply("one", account="gone"), reply("two", account="gone"))
        await post.pass_time(0)
    assert await post.states() == ["failed", "failed"]


class Timed(FakeTransport):
    """Remembers when it was called."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__("fake")
        self.times: list[float] = []
        self._clock = clock

    async def perform(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        self.times.append(self._clock.monotonic())
        return await super().perform(chat, action, reference)


async def test_a_promise_that_nothing_was_sent_is_tried_again_with_growing_pauses_that_end() -> None:
    post = Post()
    transport = Timed(post.tables.clock)
    post.use(transport)
    transport.reject("busy", retry_after=0.1, times=MAX_ATTEMPTS + 1)
    async with post.running():
        await post.queue(reply("hello"))
        await post.pass_time(600)
    assert len(transport.times) == MAX_ATTEMPTS
    for attempt, (sooner, later) in enumerate(pairwise(transport.times), start=1):
        longest = min(LONGEST_WAIT, 0.25 * 2**attempt)
        assert longest / 2 <= later - sooner <= longest
    assert await post.states() == ["failed"]


async def test_the_transports_word_on_when_to_try_again_counts() -> None:
    post = Post()
    post.transport.reject("busy", retry_after=300.0)
    async with post.running():
        await post.queue(reply("hello"), reply("another"), reply("elsewhere", "b"))
        await post.pass_time(299)
        assert post.texts == ["elsewhere"]
        await post.pass_time(1)
        assert post.texts == ["elsewhere", "hello", "another"]


async def test_an_unknown_result_is_repeated_once_only_by_those_that_ask_for_it() -> None:
    post = Post()
    post.transport.lose(times=3)
    async with post.running():
        await post.queue(reply("warning", "a", on_unknown=OnUnknown.RESEND_ONCE))
        await post.pass_time(0)
        await post.queue(reply("talk", "b"))
        await post.pass_time(100)
    assert [done.action for done in post.transport.performed] == [
        SendText("warning"),
        SendText("talk"),
        SendText("warning"),
    ]
    assert await post.states() == ["unknown", "unknown"]
    assert post.metrics.value(SENT, action="text", result="unknown") == 3


class Raises(FakeTransport):
    def __init__(self, error: Exception) -> None:
        super().__init__("fake")
        self._error = error

    async def perform(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        raise self._error


@pytest.mark.parametrize(
    ("error", "code"), [(TransportError("no", code="broken"), "broken"), (RuntimeError("+15550100"), "raised")]
)
async def test_a_transport_that_raises_leaves_an_unknown_result_and_no_personal_data(
    error: Exception, code: str
) -> None:
    post = Post()
    post.use(Raises(error))
    async with post.running():
        await post.queue(reply("hello"))
        await post.pass_time(0)
    assert await post.tables.rows("SELECT state, error FROM outbox") == [("unknown", code)]


async def test_a_send_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEND_SECONDS", 0.001)
    post = Post()
    release = post.transport.hold()
    async with post.running():
        await post.queue(reply("hello"))
        while (await post.states()) != ["unknown"]:
            await asyncio.sleep(0.001)
    assert await post.tables.rows("SELECT error FROM outbox") == [("timeout",)]
    release()


# --- the database fails ----------------------------------------------------------------------------------------------


def nth_commit(post: Post, number: int, point: str) -> None:
    """Let the n-th commit from now fail at `point`."""
    left = number

    def hook(reached: str) -> None:
        nonlocal left
        if reached == point:
            left -= 1
            if left == 0:
                raise StorageError("the disk is full", code="disk_full")

    post.tables.database.hook = hook


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
async def test_a_failing_commit_loses_and_doubles_nothing(number: int, point: str) -> None:
    post = Post()
    async with post.running():
        await post.queue(reply("one"), reply("two"))
        nth_commit(post, number, point)
        await post.pass_time(10)
        assert post.texts == ["one", "two"]
        assert await post.states() == ["sent", "sent"]
        assert post.sender.idle


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_a_message_whose_return_to_the_queue_was_not_confirmed_is_still_sent(point: str) -> None:
    post = Post()
    post.transport.reject("busy", retry_after=0.1)
    async with post.running():
        await post.queue(reply("hello"))
        nth_commit(post, 2, point)
        await post.pass_time(10)
    assert post.texts == ["hello"]


async def test_a_result_that_cannot_be_written_before_the_stop_is_unknown_afterwards() -> None:
    post = Post()
    async with post.running():
        await post.queue(reply("hello"))
        taken = False

        def fail_from_the_second_commit(point: str) -> None:
            nonlocal taken
            if point == "before_commit" and taken:
                raise StorageError("gone", code="read_only")
            taken = True

        post.tables.database.hook = fail_from_the_second_commit
        await post.pass_time(5)
        post.sender.stop()
        await post.pass_time(1)
    assert await post.states() == ["sending"]


async def test_a_sender_that_failed_can_be_run_again() -> None:
    post = Post()
    broken = True

    def fail(point: str) -> None:
        if broken:
            raise RuntimeError("a defect")

    await post.transport.start(Deaf())
    task = asyncio.create_task(post.sender.run())
    await post.pass_time(0)
    await post.tables.queue(reply("hello", on_unknown=OnUnknown.RESEND_ONCE))
    post.tables.database.hook = fail
    post.sender.announce(post.tables.outbox.ready([reply("hello")]))
    with pytest.raises(ExceptionGroup):
        await task
    post.sender.announce(post.tables.outbox.ready([reply("hello")]))  # nobody is there to send
    broken = False
    async with post.running():
        await post.pass_time(0)
    assert post.texts == ["hello"]


# --- stopping, and what nobody announced -----------------------------------------------------------------------------


async def test_a_stop_finishes_what_is_under_way_and_leaves_the_rest() -> None:
    post = Post(senders=1)
    release = post.transport.hold()
    async with post.running():
        await post.queue(reply("under way", "a"), reply("waits", "b"))
        await post.pass_time(0)
        post.sender.stop()
        release()
    assert post.texts == ["under way"]
    assert await post.states() == ["sent", "queued"]


async def test_a_stop_does_not_wait_for_pauses() -> None:
    post = Post()
    post.transport.reject("busy", retry_after=1000.0, times=2)
    async with post.running():
        await post.queue(reply("pausing", "a"))
        await post.pass_time(0)
        post.transport.reject("busy", retry_after=1000.0)
        await post.queue(reply("about to pause", "b"))
        post.sender.stop()
        await post.pass_time(0)
    assert await post.states() == ["queued", "queued"]


async def test_what_was_queued_without_a_word_is_found_by_the_sweep() -> None:
    post = Post()
    async with post.running():
        await post.pass_time(0)
        await post.tables.queue(reply("found", on_unknown=OnUnknown.RESEND_ONCE))
        await post.pass_time(100)
        assert post.texts == []
        await post.sender.sweep()
        await post.pass_time(0)
        assert post.texts == ["found"]


async def test_an_announcement_of_nothing_is_harmless() -> None:
    post = Post()
    async with post.running():
        post.sender.announce([Ready(b"nobody", "fake", int(ANSWER)), Ready(b"nobody", "fake", int(DANGER))])
        await post.pass_time(0)
        assert post.sender.idle
    assert post.transport.performed == []
