"""A sender whose database fails, that is stopped, and that nobody tells anything."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.post import Deaf, Post
from tests.support.rows import reply

from whinchat.core.dispatch.outgoing import Ready
from whinchat.core.errors import StorageError
from whinchat.core.types import OnUnknown, Urgency


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


async def test_nothing_is_put_off_any_more_once_it_stops() -> None:
    post = Post()

    def stop_and_fail(_point: str) -> None:
        post.sender.stop()
        raise StorageError("gone", code="read_only")

    async with post.running():
        await post.queue(reply("hello"))
        post.tables.database.hook = stop_and_fail
        await post.pass_time(0)
        assert post.sender._delays == set()
    assert await post.states() == ["queued"]


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
        post.sender.announce([Ready(b"nobody", "fake", Urgency.ANSWER), Ready(b"nobody", "fake", Urgency.DANGER)])
        await post.pass_time(0)
        assert post.sender.idle
    assert post.transport.performed == []
