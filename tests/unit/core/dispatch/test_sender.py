from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from tests.support.post import Post
from tests.support.rows import reply

from whinchat.core.dispatch import sender as module
from whinchat.core.dispatch.sender import LONGEST_WAIT, MAX_ATTEMPTS, SENT
from whinchat.core.errors import TransportError
from whinchat.core.types import (
    Action,
    ChatRef,
    ConnectionState,
    OnUnknown,
    Pacing,
    SendResult,
    SendText,
    Urgency,
)
from whinchat.testing.clock import FakeClock
from whinchat.testing.transport import FakeTransport

DANGER, ANSWER, COURTESY = Urgency.DANGER, Urgency.ANSWER, Urgency.COURTESY


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


class Flapping(Timed):
    """Goes offline over each send, so many times, and comes back by itself."""

    def __init__(self, clock: FakeClock, times: int) -> None:
        super().__init__(clock)
        self.left = times
        self.enter = self._enter
        self.reject("unreachable", retry_after=1.0, times=times)

    async def perform(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        result = await super().perform(chat, action, reference)
        if self.left:
            self.left -= 1
            self.enter(ConnectionState.CONNECTING)
        return result


async def test_what_took_the_account_offline_costs_a_message_no_attempt() -> None:
    post = Post()
    transport = Flapping(post.tables.clock, 3 * MAX_ATTEMPTS)
    post.use(transport)
    async with post.running():
        await post.queue(reply("hello"))
        for _ in range(3 * MAX_ATTEMPTS):
            await post.pass_time(60)
            assert await post.states() == ["queued"]
            transport.enter(ConnectionState.ONLINE)
        await post.pass_time(120)
    assert post.texts == ["hello"]


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
        for _ in range(1000):
            await asyncio.sleep(0.001)
            if await post.states() == ["unknown"]:
                break
    assert await post.tables.rows("SELECT error FROM outbox") == [("timeout",)]
    release()
