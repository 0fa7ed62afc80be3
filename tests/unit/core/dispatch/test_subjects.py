"""Newer words about a subject: they replace what waits, edit what was sent, or follow it."""

from __future__ import annotations

import pytest
from tests.support.rows import reply
from tests.support.subjects import MESSAGE, about, done, edit, office, reaction

from whinchat.core.dispatch.outgoing import id_row
from whinchat.core.dispatch.sender import UPDATED
from whinchat.core.errors import StorageError
from whinchat.core.ports import Batch, Statement
from whinchat.core.types import (
    Capabilities,
    ChatKind,
    ChatRef,
    Edit,
    MessageRef,
    Otherwise,
    React,
    SendText,
    Urgency,
)
from whinchat.testing.transport import EVERYTHING

WINDOW = EVERYTHING.edit_seconds


# --- what waits ------------------------------------------------------------------------------------------------------


async def test_a_newer_text_takes_the_place_of_one_that_waits() -> None:
    post = office()
    await post.queue(about("suspicious", key="other"), about("suspicious"), about("suspicious", chat="elsewhere"))
    await post.queue(about("dangerous", "edited"))
    rows = await post.tables.rows("SELECT state, body IS NULL, settled_at IS NULL FROM outbox ORDER BY id")
    assert rows == [("queued", 0, 1), ("replaced", 1, 0), ("queued", 0, 1), ("queued", 0, 1)]
    async with post.running():
        await post.pass_time(1)
    assert sorted(post.texts) == ["dangerous", "suspicious", "suspicious"]
    assert post.metrics.value(UPDATED, how="edited") == post.metrics.value(UPDATED, how="followed_up") == 0


async def test_a_reaction_and_a_text_about_the_same_leave_each_other_alone() -> None:
    post = office()
    await post.queue(about("suspicious"), reaction("⚠️"))
    await post.queue(reaction("⛔"))
    async with post.running():
        await post.pass_time(1)
    assert done(post) == [SendText("suspicious"), React(MESSAGE, "⛔")]


async def test_the_parts_of_a_long_text_are_replaced_together_and_never_edited() -> None:
    post = office()
    await post.queue(about("one", "x"), about("two", "x"))
    await post.queue(about("newer one", "x"), about("newer two", "x"))
    async with post.running():
        await post.pass_time(1)
        await post.queue(about("newest", "edited"))
        await post.pass_time(1)
    assert post.texts == ["newer one", "newer two", "newest"]


async def test_what_comes_back_to_the_line_gives_way_to_a_newer_one() -> None:
    post = office()
    post.transport.reject("busy", retry_after=5.0)
    release = post.transport.hold()
    async with post.running():
        await post.queue(about("other", key="other"))  # rejected, and waits
        await post.pass_time(0)
        await post.queue(about("suspicious", chat="b"))
        await post.pass_time(0)
        await post.queue(about("dangerous", "edited", chat="b"))  # while the one before is on its way
        release()
        await post.pass_time(20)
    assert done(post) == [SendText("suspicious"), Edit(_own("b", "held-1"), "edited"), SendText("other")]

    post = office()
    async with post.running():
        post.transport.reject("busy", retry_after=5.0)
        await post.queue(about("suspicious"))
        await post.pass_time(0)
        await post.queue(about("dangerous", "edited"))
        await post.pass_time(20)
    assert done(post) == [SendText("dangerous")]
    assert await post.states() == ["replaced", "sent"]


def _own(chat: str, message_id: str) -> MessageRef:
    return MessageRef(ChatRef(chat, ChatKind.GROUP), message_id, "", from_me=True)


async def test_one_that_was_on_its_way_and_may_not_have_arrived_gives_way_too() -> None:
    post = office()
    await post.queue(about("suspicious"))
    release = post.transport.hold()
    async with post.running():
        await post.pass_time(0)
        await post.queue(about("dangerous", ""))
        release()
        post.tables.database.hook = _broken
        await post.pass_time(0)
        post.sender.stop()
        await post.pass_time(2)
        post.tables.database.hook = None
    assert await post.states() == ["sending", "queued"]
    assert await post.tables.outbox.recover() == 1
    assert await post.states() == ["replaced", "queued"]


def _broken(_point: str) -> None:
    raise StorageError("gone", code="read_only")


# --- what was sent ---------------------------------------------------------------------------------------------------


async def test_a_newer_text_edits_what_was_sent_as_long_as_that_is_possible_and_then_follows() -> None:
    post = office()
    async with post.running():
        await post.queue(about("suspicious"))
        await post.pass_time(WINDOW - 60)
        await post.queue(about("dangerous", "now dangerous"))
        await post.pass_time(59.9)
        await post.queue(about("harmless", "now harmless"))
        await post.pass_time(0.1)
        await post.queue(about("dangerous after all", "never seen"))
        await post.pass_time(1)
        await post.queue(about("and harmless again", "the last one"))
        await post.pass_time(1)
    assert done(post) == [
        SendText("suspicious"),
        edit("sent-1", "now dangerous"),
        edit("sent-1", "now harmless"),
        SendText("dangerous after all"),
        edit("sent-2", "the last one"),
    ]
    kinds = await post.tables.rows("SELECT kind, state, body FROM outbox ORDER BY id")
    assert kinds == [(kind, "sent", None) for kind in ("text", "edit", "edit", "text", "edit")]
    assert post.metrics.value(UPDATED, how="edited") == 3
    assert post.metrics.value(UPDATED, how="followed_up") == 1


async def test_what_adds_to_what_was_said_leaves_it_where_it_is() -> None:
    post = office()
    await post.queue(about("one"))
    await post.queue(about("two"))
    async with post.running():
        await post.pass_time(1)
        await post.queue(about("all of it", "all of it, in place of two"))
        await post.pass_time(1)
    assert done(post) == [SendText("one"), SendText("two"), edit("sent-2", "all of it, in place of two")]


async def test_without_another_wording_it_replaces_what_waits_and_follows_what_was_sent() -> None:
    post = office()
    await post.queue(about("zero"))
    await post.queue(about("one", ""))
    async with post.running():
        await post.pass_time(1)
        await post.queue(about("two", ""))
        await post.pass_time(1)
    assert post.texts == ["one", "two"]


async def test_without_a_wording_it_follows() -> None:
    post = office()
    async with post.running():
        await post.queue(about("one"))
        await post.pass_time(1)
        await post.queue(about("two"))
        await post.pass_time(1)
    assert post.texts == ["one", "two"]


@pytest.mark.parametrize("capabilities", [Capabilities(edit=True), Capabilities()])
async def test_where_nothing_can_be_edited_it_follows(capabilities: Capabilities) -> None:
    post = office(capabilities)
    async with post.running():
        await post.queue(about("one"))
        await post.pass_time(1)
        await post.queue(about("two", "edited"))
        await post.pass_time(1)
    assert post.texts == ["one", "two"]


async def test_an_edit_that_the_network_refuses_becomes_a_message_of_its_own() -> None:
    post = office()
    async with post.running():
        await post.queue(about("one"))
        await post.pass_time(1)
        post.transport.reject("too_late")
        await post.queue(about("two", "edited"))
        await post.pass_time(1)
        await post.queue(about("three", "edited again"))
        await post.pass_time(1)
    assert done(post) == [SendText("one"), SendText("two"), edit("sent-2", "edited again")]


async def test_an_edit_that_is_refused_for_now_is_tried_again() -> None:
    post = office()
    async with post.running():
        await post.queue(about("one"))
        await post.pass_time(1)
        post.transport.reject("busy", retry_after=1.0)
        await post.queue(about("two", "edited"))
        await post.pass_time(10)
    assert done(post) == [SendText("one"), edit("sent-1", "edited")]


async def test_an_edit_whose_fate_is_unknown_is_repeated_and_a_later_one_edits_the_same_message() -> None:
    post = office()
    async with post.running():
        await post.queue(about("one"))
        await post.pass_time(1)
        post.transport.leave_unconfirmed(times=2)
        await post.queue(about("two", "edited"))
        await post.pass_time(10)
        await post.queue(about("three", "edited again"))
        await post.pass_time(1)
    assert done(post) == [
        SendText("one"),
        edit("sent-1", "edited"),
        edit("sent-1", "edited"),
        edit("sent-1", "edited again"),
    ]
    assert await post.states() == ["sent", "unknown", "sent"]


async def test_what_may_have_arrived_but_cannot_be_named_is_followed() -> None:
    post = office()
    post.transport.leave_unconfirmed(times=2)
    async with post.running():
        await post.queue(about("one"))
        await post.pass_time(10)
        await post.queue(about("two", "edited"))
        await post.pass_time(1)
    assert post.texts == ["one", "one", "two"]


# --- only to change or correct something -----------------------------------------------------------------------------


async def test_a_correction_of_what_nobody_saw_is_not_sent() -> None:
    post = office()
    await post.queue(about("suspicious"), reaction("⚠️"), reply("and something else", urgency=Urgency.COURTESY))
    await post.queue(
        about("all clear", "edited", otherwise=Otherwise.CORRECT), reaction("", otherwise=Otherwise.CORRECT)
    )
    async with post.running():
        await post.pass_time(1)
    assert post.texts == ["and something else"]
    rows = await post.tables.rows("SELECT state, error, body FROM outbox WHERE error IS NOT NULL")
    assert rows == [("replaced", "nothing_to_correct", None)] * 2


async def test_a_correction_of_what_was_seen_is_sent_also_when_it_can_no_longer_be_edited() -> None:
    post = office()
    async with post.running():
        await post.queue(about("suspicious"), reaction("⚠️"))
        await post.pass_time(WINDOW)
        await post.queue(
            about("all clear", "edited", otherwise=Otherwise.CORRECT), reaction("", otherwise=Otherwise.CORRECT)
        )
        await post.pass_time(1)
    assert done(post)[2:] == [SendText("all clear"), React(MESSAGE, "")]


async def test_a_mere_change_of_wording_is_made_in_place_or_not_at_all() -> None:
    post = office()
    async with post.running():
        await post.queue(about("one"))
        await post.pass_time(1)
        await post.queue(about("two", "edited", otherwise=Otherwise.DROP))
        await post.pass_time(WINDOW)
        await post.queue(about("three", "edited again", otherwise=Otherwise.DROP))
        await post.pass_time(1)
    assert done(post) == [SendText("one"), edit("sent-1", "edited")]


# --- what is kept for it ---------------------------------------------------------------------------------------------


async def test_the_id_of_a_message_is_kept_sealed_in_one_row_and_only_as_long_as_it_can_be_edited() -> None:
    post = office()
    tables = post.tables
    async with post.running():
        await post.queue(about("one"), reply("stands for itself"))
        await post.pass_time(1)
        await post.queue(about("two", "edited"))
        await post.pass_time(1)
    kept = await tables.rows("SELECT reference, sent_id FROM outbox WHERE sent_id IS NOT NULL")
    ((reference, sealed),) = kept
    assert isinstance(sealed, bytes)
    assert tables.sealer.open("outbox", id_row((reference,)), sealed) == b"sent-1"
    for moved, left in ((WINDOW - 2.001, 1), (0.001, 0)):
        tables.clock.move(moved)
        await tables.database.commit(Batch((tables.outbox.forget_ids(10),)))
        assert len(await tables.rows("SELECT 1 FROM outbox WHERE sent_id IS NOT NULL")) == left


async def test_an_id_that_cannot_be_opened_any_more_costs_the_edit_but_not_the_message() -> None:
    post = office()
    async with post.running():
        await post.queue(about("one"))
        await post.pass_time(1)
        damage = Statement("UPDATE outbox SET sent_id = :sent", {"sent": b"x" * 20})
        await post.tables.database.commit(Batch((damage,)))
        await post.queue(about("two", "edited"))
        await post.pass_time(1)
    assert post.texts == ["one", "two"]
