from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.rows import Tables, reply

from whinchat.core.dispatch.inbox import chat_key
from whinchat.core.dispatch.outbox import AFTER_RESTORE, Outbox
from whinchat.core.dispatch.outgoing import Outgoing, SendState
from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Row, Statement
from whinchat.core.types import (
    ChatKind,
    ChatRef,
    DeliveryStatus,
    DeliveryUpdate,
    MessageRef,
    OnUnknown,
    React,
    Reply,
    SendText,
    Urgency,
)

CHAT = ChatRef("chat", ChatKind.GROUP)
WARNING = React(MessageRef(CHAT, "m", "eve"), "⛔")


@pytest.fixture
def tables() -> Tables:
    return Tables()


async def take(tables: Tables, chat: str = "chat", *, unsure: bool = False) -> Outgoing:
    out = await tables.outbox.take(key(tables, chat), unsure=unsure)
    assert out is not None
    return out


def key(tables: Tables, chat: str = "chat") -> bytes:
    return chat_key(tables.sealer, "fake", ChatRef(chat, ChatKind.GROUP))


def text(out: Outgoing) -> str:
    action = out.envelope.action
    assert isinstance(action, SendText)
    return action.text


async def test_a_chats_messages_leave_by_urgency_and_then_in_their_order(tables: Tables) -> None:
    await tables.queue(
        reply("by the way", urgency=Urgency.COURTESY),
        reply("first"),
        reply("second"),
        reply("danger", urgency=Urgency.DANGER),
        reply("elsewhere", "other"),
    )
    taken = [await take(tables) for _ in range(4)]
    assert [text(out) for out in taken] == ["danger", "first", "second", "by the way"]
    assert [out.more for out in taken] == [Urgency.ANSWER, Urgency.ANSWER, Urgency.COURTESY, None]
    assert await tables.outbox.take(key(tables)) is None


async def test_the_same_reference_is_one_message(tables: Tables) -> None:
    await tables.queue(reply("once"), base="cause")
    await tables.queue(reply("once"), base="cause")
    assert await tables.rows("SELECT reference FROM outbox") == [("cause-0",)]


async def test_a_row_says_nothing_of_its_content_and_forgets_it_when_settled(tables: Tables) -> None:
    await tables.queue(Reply("fake", CHAT, WARNING, OnUnknown.RESEND_ONCE))
    out = await take(tables)
    assert out.envelope.action == WARNING
    await tables.outbox.settle(out, SendState.SENT, message_id="sent-1")
    ((kind, state, body, message, settled),) = await tables.rows(
        "SELECT kind, state, body, message, settled_at FROM outbox"
    )
    assert (kind, state, body, settled) == ("react", "sent", None, tables.clock.now())
    assert message not in (None, b"sent-1", "sent-1")


async def test_a_fate_is_written_once(tables: Tables) -> None:
    await tables.queue(reply("hello"))
    out = await take(tables)
    await tables.outbox.settle(out, SendState.FAILED, error="refused")
    with pytest.raises(Conflict):
        await tables.outbox.settle(out, SendState.SENT, message_id="x")
    with pytest.raises(Conflict):
        await tables.outbox.put_back(out, error="x", resend=False)
    assert await tables.rows("SELECT state, error FROM outbox") == [("failed", "refused")]


async def test_what_is_put_back_comes_first_again(tables: Tables) -> None:
    await tables.queue(reply("first"), reply("second"))
    out = await take(tables)
    await tables.outbox.put_back(out, error="busy", resend=False)
    again = await take(tables)
    assert (text(again), again.attempt, again.resends, again.reference) == ("first", 2, 0, out.reference)
    await tables.outbox.put_back(again, error="timeout", resend=True)
    assert (await take(tables)).resends == 1


async def test_a_message_taken_by_a_lost_answer_is_taken_again(tables: Tables) -> None:
    await tables.queue(reply("first"), reply("second"), reply("elsewhere", "other"))
    await take(tables)  # and nobody knows
    await take(tables, "other")
    again = await take(tables, unsure=True)
    assert (text(again), again.attempt) == ("first", 2)
    assert await tables.rows("SELECT state FROM outbox ORDER BY id") == [("sending",), ("queued",), ("sending",)]


async def test_a_damaged_message_fails_and_does_not_stop_the_next(tables: Tables) -> None:
    await tables.queue(reply("lost"), reply("kept"))
    await tables.database.commit(
        Batch((Statement("UPDATE outbox SET body = :body WHERE id = 1", {"body": b"x" * 20}),))
    )
    assert text(await take(tables)) == "kept"
    assert await tables.rows("SELECT state, error FROM outbox") == [("failed", "unsealable"), ("sending", None)]


async def test_after_a_crash_what_may_be_repeated_is_repeated_once(tables: Tables) -> None:
    await tables.queue(reply("warning", "a", on_unknown=OnUnknown.RESEND_ONCE), reply("talk", "b"), reply("waits", "c"))
    for chat in ("a", "b"):
        await take(tables, chat)
    assert await tables.outbox.recover() == 2
    assert await tables.rows("SELECT state, error, resends FROM outbox ORDER BY id") == [
        ("queued", "interrupted", 1),
        ("unknown", "interrupted", 0),
        ("queued", None, 0),
    ]
    await take(tables, "a")
    assert await tables.outbox.recover() == 1
    assert await tables.rows("SELECT state, body FROM outbox ORDER BY id LIMIT 2") == [
        ("unknown", None),
        ("unknown", None),
    ]
    assert await tables.outbox.recover() == 0


async def test_after_a_restore_nothing_unsent_is_sent(tables: Tables) -> None:
    await tables.queue(reply("queued"), reply("sending", "b"), reply("sent", "c"))
    await take(tables, "b")
    await tables.outbox.settle(await take(tables, "c"), SendState.SENT, message_id="m")
    await tables.database.commit(Batch(AFTER_RESTORE))
    assert await tables.rows("SELECT state, error, body FROM outbox ORDER BY id") == [
        ("unknown", "restored", None),
        ("unknown", "restored", None),
        ("sent", None, None),
    ]
    assert [ready async for ready in tables.outbox.queued_chats()] == []


async def test_chats_are_listed_most_urgent_and_longest_waiting_first(tables: Tables) -> None:
    await tables.queue(reply("1", "calm", urgency=Urgency.COURTESY), reply("2", "early"), reply("3", "late"))
    await tables.queue(reply("4", "late"), reply("5", "calm", urgency=Urgency.DANGER), base="more")
    ready = [ready async for ready in tables.outbox.queued_chats()]
    assert [each.chat_key for each in ready] == [key(tables, chat) for chat in ("calm", "early", "late")]
    assert [each.urgency for each in ready] == [Urgency.DANGER, Urgency.ANSWER, Urgency.ANSWER]


async def test_deliveries_only_move_forward(tables: Tables) -> None:
    await tables.queue(reply("hello"))
    await tables.outbox.settle(await take(tables), SendState.SENT, message_id="m")

    async def after(status: DeliveryStatus, message: str = "m") -> object:
        update = DeliveryUpdate(account="fake", chat=CHAT, message_id=message, status=status, time=0)
        await tables.outbox.delivered(update)
        ((delivery,),) = await tables.rows("SELECT delivery FROM outbox")
        return delivery

    assert await after(DeliveryStatus.READ, "somebody else's") is None
    assert await after(DeliveryStatus.SENT) == "sent"
    assert await after(DeliveryStatus.DELIVERED) == "delivered"
    assert await after(DeliveryStatus.SENT) == "delivered"
    assert await after(DeliveryStatus.READ) == "read"
    for late in (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED):
        assert await after(late) == "read"


async def test_what_is_settled_goes_after_its_time_and_what_waits_stays(tables: Tables) -> None:
    await tables.queue(reply("sent"), reply("sending", "b"), reply("queued", "c"), reply("failed", "d"))
    await tables.outbox.settle(await take(tables), SendState.SENT, message_id="m")
    await tables.outbox.settle(await take(tables, "d"), SendState.FAILED, error="x")
    await take(tables, "b")
    tables.clock.move(10)
    await tables.database.commit(Batch((tables.outbox.forget(10_000, 100),)))
    assert len(await tables.rows("SELECT 1 FROM outbox")) == 4
    tables.clock.move(0.001)
    (gone,) = await tables.database.commit(Batch((tables.outbox.forget(10_000, 1),)))
    assert len(gone) == 1
    await tables.database.commit(Batch((tables.outbox.forget(10_000, 100),)))
    assert await tables.rows("SELECT state FROM outbox ORDER BY id") == [("sending",), ("queued",)]


# --- receipts --------------------------------------------------------------------------------------------------------


def told(key: str, now: int) -> tuple[Statement, ...]:
    return (Statement("INSERT INTO conversations VALUES (x'00', x'00', :key, x'', :now)", {"key": key, "now": now}),)


@pytest.fixture
def receipts(tables: Tables) -> Outbox:
    return Outbox(tables.database, tables.sealer, tables.clock, {"shop.shown": told})


async def shown(tables: Tables) -> list[Row]:
    return await tables.rows("SELECT topic, expires_at FROM conversations")


async def settled(tables: Tables, receipts: Outbox, receipt: str, state: SendState) -> list[Row]:
    await tables.queue(replace(reply("offer"), receipt=receipt))
    out = await receipts.take(chat_key(tables.sealer, "fake", ChatRef("chat", ChatKind.GROUP)))
    assert out is not None
    tables.clock.move(5)
    await receipts.settle(out, state)
    return await shown(tables)


async def test_an_application_is_told_with_the_same_commit_that_its_message_was_sent(
    tables: Tables, receipts: Outbox
) -> None:
    assert await settled(tables, receipts, "shop.shown:offer:1", SendState.SENT) == [("offer:1", tables.clock.now())]


@pytest.mark.parametrize("state", [SendState.UNKNOWN, SendState.FAILED])
async def test_what_may_not_have_been_shown_is_not_told_of(tables: Tables, receipts: Outbox, state: SendState) -> None:
    assert await settled(tables, receipts, "shop.shown:1", state) == []


async def test_a_receipt_that_nobody_waits_for_any_more_is_no_fault(tables: Tables, receipts: Outbox) -> None:
    assert await settled(tables, receipts, "gone:1", SendState.SENT) == []


async def test_a_receipt_with_nothing_left_to_change_undoes_no_sending(tables: Tables) -> None:
    late = Outbox(
        tables.database,
        tables.sealer,
        tables.clock,
        {"shop": lambda *_: (Statement("DELETE FROM conversations", {}, rows=1),)},
    )
    await settled(tables, late, "shop:1", SendState.SENT)
    assert await tables.rows("SELECT state FROM outbox") == [("sent",)]


# --- what the network finds out about an unknown send ----------------------------------------------------------------


def found(reference: str, status: DeliveryStatus, error: str = "") -> DeliveryUpdate:
    return DeliveryUpdate(
        account="fake", chat=CHAT, message_id="m", status=status, time=0, reference=reference, error=error
    )


@pytest.mark.parametrize(
    ("status", "end"),
    [
        (DeliveryStatus.SENT, ("sent", None, "sent")),
        (DeliveryStatus.READ, ("sent", None, "read")),
        (DeliveryStatus.FAILED, ("failed", "131026", "failed")),
    ],
)
async def test_a_send_with_an_unknown_result_is_settled_by_what_the_network_says_of_it(
    tables: Tables, receipts: Outbox, status: DeliveryStatus, end: tuple[str, str | None, str]
) -> None:
    assert await settled(tables, receipts, "shop.shown:1", SendState.UNKNOWN) == []
    for _ in range(2):  # it is told of every message at least once
        await receipts.delivered(found("base-0", status, "131026"))
    assert await tables.rows("SELECT state, error, delivery FROM outbox") == [end]
    assert await shown(tables) == ([("1", tables.clock.now())] if end[0] == "sent" else [])


async def test_a_repetition_that_waits_is_not_sent_when_the_first_one_arrived(tables: Tables) -> None:
    await tables.queue(reply("danger", on_unknown=OnUnknown.RESEND_ONCE))
    await tables.outbox.put_back(await take(tables), error="timeout", resend=True)
    await tables.outbox.delivered(found("base-0", DeliveryStatus.DELIVERED))
    assert await tables.outbox.take(key(tables)) is None
    assert await tables.rows("SELECT state, delivery, body FROM outbox") == [("sent", "delivered", None)]


async def test_what_the_network_tells_before_its_answer_is_not_lost(tables: Tables) -> None:
    await tables.queue(reply("hanging"))
    out = await take(tables)
    await tables.outbox.delivered(found("base-0", DeliveryStatus.DELIVERED))
    assert await tables.rows("SELECT state, delivery FROM outbox") == [("sent", "delivered")]
    with pytest.raises(Conflict):
        await tables.outbox.settle(out, SendState.UNKNOWN, error="timeout")


async def test_a_stray_word_settles_nothing_that_was_not_sent_and_no_failure_of_what_is_being_sent(
    tables: Tables,
) -> None:
    await tables.queue(reply("queued"), reply("sending", "b"))
    await take(tables, "b")
    for reference in ("base-0", "somebody-else"):
        await tables.outbox.delivered(found(reference, DeliveryStatus.SENT))
    await tables.outbox.delivered(found("base-1", DeliveryStatus.FAILED))
    assert await tables.rows("SELECT state FROM outbox ORDER BY id") == [("queued",), ("sending",)]
