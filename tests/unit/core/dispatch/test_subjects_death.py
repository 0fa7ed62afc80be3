"""Texts about the same subject, sent by a process that dies."""

from __future__ import annotations

from contextlib import suppress

import pytest
from tests.support.deaths import Death, Killed
from tests.support.post import Post
from tests.support.subjects import about, done, edit, office

from whinchat.core.types import Edit, SendText

COMMITS = 6
"""Queue, take and settle, twice; the first test makes sure of it."""


async def story(post: Post) -> None:
    await post.queue(about("suspicious"))
    await post.pass_time(1)
    await post.queue(about("dangerous", "now dangerous"))
    await post.pass_time(1)


async def test_the_story_without_a_death() -> None:
    post, commits = office(), 0

    def count(point: str) -> None:
        nonlocal commits
        commits += point == "before_commit"

    async with post.running():
        post.tables.database.hook = count
        await story(post)
        post.tables.database.hook = None
    assert commits == COMMITS
    assert done(post) == [SendText("suspicious"), edit("sent-1", "now dangerous")]


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
@pytest.mark.parametrize("number", range(1, COMMITS + 1))
async def test_a_death_at_any_commit_ends_with_the_newer_words_said_once(number: int, point: str) -> None:
    post, death = office(), Death(number, point)
    with suppress(BaseExceptionGroup, Killed):
        async with post.running():
            post.tables.database.hook = death
            await story(post)
    assert death.dead
    post.tables.database.hook = None
    told = {str(row[0]) for row in await post.tables.rows("SELECT reference FROM outbox")}
    again = post.reborn()
    async with again.running():
        # What was not on the disk yet is decided again, under the same reference.
        for base, words in (("1", about("suspicious")), ("2", about("dangerous", "now dangerous"))):
            if f"{base}-0" not in told:
                await again.tables.queue(words, base=base)
                again.sender.announce(again.tables.outbox.ready([words]))
            await again.pass_time(10)
    actions = done(again)
    newest = [action for action in actions if not isinstance(action, Edit)]
    assert newest.count(SendText("dangerous")) <= 1
    last = actions[-1]
    if isinstance(last, Edit):
        assert last.text == "now dangerous"
        # The message that was edited last is the one that the chat saw last.
        assert last.target.id == f"sent-{len(newest)}"
    else:
        assert last == SendText("dangerous")
    assert await again.tables.rows("SELECT 1 FROM outbox WHERE state IN ('queued', 'sending')") == []
